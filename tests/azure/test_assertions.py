"""Applications that sign in with an assertion, and managed identities: what Microsoft documents of Entra ID and of the
end points on its hosts. The assertions are made here, and by the unmodified azure-identity.
"""

import base64
import json
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import CertificateCredential, ManagedIdentityCredential, WorkloadIdentityCredential
from cryptography.hazmat.primitives import hashes

from tests.azure.emulator import SCOPE, SUBSCRIPTION, TENANT, Emulator
from tests.support.certificates import Identity, claim, make_identity, make_issued_identity

CLIENT = "22222222-2222-2222-2222-222222222222"
OTHER = "44444444-4444-4444-4444-444444444444"
ISSUER = "https://oidc.cluster.example/"
SUBJECT = "system:serviceaccount:lm:azure-driver"
EXCHANGE = "api://AzureADTokenExchange"
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
GROUPS = f"/subscriptions/{SUBSCRIPTION}/resourcegroups?api-version=2022-09-01"
ONE = make_identity()
EXPIRED = make_identity("expired", days=-1)
CLUSTER = make_identity("cluster")
FEDERATION = {"clientId": CLIENT, "issuer": ISSUER, "subject": SUBJECT, "audience": EXCHANGE, "key": CLUSTER.public_key}


@pytest.fixture
def entra(quick: Emulator) -> Iterator[Emulator]:
    """Entra ID that knows a certificate, an expired one, and a cluster's service account."""
    known = {"certificates": {CLIENT: [EXPIRED.public, ONE.public]}, "federations": [FEDERATION]}
    quick.control("POST", "settings", known)
    yield quick
    quick.control("POST", "settings", {"certificates": {}, "federations": [], "managedIdentities": []})


def request_token(entra: Emulator, assertion: str, client: str = CLIENT, kind: str = TYPE) -> tuple[int, Any]:
    form = {"grant_type": "client_credentials", "scope": SCOPE, "client_id": client, "client_assertion": assertion}
    form |= {"client_assertion_type": kind} if kind else {}
    answer = entra.session.post(f"{entra.url}/{TENANT}/oauth2/v2.0/token", data=form, timeout=10)
    return answer.status_code, answer.json()


def audience_of(entra: Emulator, end: str = "oauth2/v2.0/token") -> str:
    return f"{entra.url}/{TENANT}/{end}"


def sign(identity: Identity, claims: dict[str, Any]) -> str:
    return identity.sign(claims, x5t=identity.fingerprint(hashes.SHA1()))


@pytest.mark.parametrize("end", ["oauth2/v2.0/token", "v2.0"])
@pytest.mark.parametrize(
    ("algorithm", "header"),
    [
        ("RS256", {"x5t": hashes.SHA1()}),
        ("PS256", {"x5t#S256": hashes.SHA256()}),
        ("RS256", {"x5t#S256": hashes.SHA256()}),
    ],
)
def test_a_registered_certificate_signs_its_application_in(
    entra: Emulator, algorithm: str, header: dict[str, hashes.HashAlgorithm], end: str
) -> None:
    named = {name: ONE.fingerprint(digest) for name, digest in header.items()}
    status, body = request_token(entra, ONE.sign(claim(CLIENT, audience_of(entra, end)), algorithm, **named))
    assert (status, body["token_type"]) == (200, "Bearer")
    headers = {"Authorization": f"Bearer {body['access_token']}"}
    assert entra.session.get(entra.url + GROUPS, headers=headers, timeout=10).status_code == 200


# Each fault of an assertion about itself: what is wrong, the AADSTS code, what the text says.
CERTIFICATE_FAULTS: dict[str, tuple[Callable[[str], str], int, str]] = {
    "another certificate": (
        lambda audience: sign(make_identity("another"), claim(CLIENT, audience)),
        700027,
        "is not registered on application. [Reason - The key was not found., Thumbprint of key used by client: '",
    ),
    "an expired one": (lambda audience: sign(EXPIRED, claim(CLIENT, audience)), 700027, "The key used is expired."),
    "another key": (
        lambda audience: make_identity("another").sign(claim(CLIENT, audience), x5t=ONE.fingerprint(hashes.SHA1())),
        700027,
        "Client assertion failed signature validation.",
    ),
    "without a thumbprint": (lambda audience: ONE.sign(claim(CLIENT, audience)), 700027, "The key was not found."),
    "a thumbprint that is none": (
        lambda audience: ONE.sign(claim(CLIENT, audience), x5t="?"),
        700027,
        "The key was not found.",
    ),
    "another subject": (
        lambda audience: sign(ONE, claim(CLIENT, audience, sub=OTHER)),
        700021,
        "Client assertion application identifier doesn't match 'client_id' parameter.",
    ),
    "another issuer": (
        lambda audience: sign(ONE, claim(CLIENT, audience, iss=OTHER)),
        700021,
        "Client assertion application identifier doesn't match 'client_id' parameter.",
    ),
    "another audience": (
        lambda audience: sign(ONE, claim(CLIENT, audience.replace(TENANT, OTHER))),
        700023,
        "Client assertion audience claim does not match Realm issuer.",
    ),
    "too late": (
        lambda audience: sign(ONE, claim(CLIENT, audience, exp=int(time.time()) - 400)),
        700024,
        "Client assertion is not within its valid time range. Current time: ",
    ),
    "too early": (
        lambda audience: sign(ONE, claim(CLIENT, audience, nbf=int(time.time()) + 400)),
        700024,
        "Client assertion is not within its valid time range. Current time: ",
    ),
}


@pytest.mark.parametrize("name", CERTIFICATE_FAULTS)
def test_a_wrong_assertion_of_a_certificate_is_refused(entra: Emulator, name: str) -> None:
    make, number, said = CERTIFICATE_FAULTS[name]
    status, body = request_token(entra, make(audience_of(entra)))
    assert (status, body["error"], body["error_codes"]) == (401, "invalid_client", [number])
    assert body["error_description"].startswith(f"AADSTS{number}: ")
    assert said in body["error_description"]


@pytest.mark.parametrize("assertion", ["no.jwt.atall", "abc", "e30.e30"])
def test_what_is_no_jwt_is_refused(entra: Emulator, assertion: str) -> None:
    status, body = request_token(entra, assertion)
    assert (status, body["error"], body["error_codes"]) == (400, "invalid_request", [50027])


def test_the_type_of_an_assertion_is_asked_for(entra: Emulator) -> None:
    assert request_token(entra, sign(ONE, claim(CLIENT, audience_of(entra))), kind="")[1]["error_codes"] == [900144]


def test_an_application_without_this_certificate_is_refused(entra: Emulator) -> None:
    found = request_token(entra, sign(ONE, claim(OTHER, audience_of(entra))), client=OTHER)
    assert found[1]["error_codes"] == [700027]


def federated(**changes: Any) -> dict[str, Any]:
    return {**claim(SUBJECT, EXCHANGE, iss=ISSUER), **changes}


@pytest.mark.parametrize("audience", [EXCHANGE, [EXCHANGE]])
def test_a_token_of_a_trusted_issuer_signs_its_application_in(entra: Emulator, audience: Any) -> None:
    status, body = request_token(entra, CLUSTER.sign(federated(aud=audience), kid="1"))
    assert (status, body["token_type"]) == (200, "Bearer")


@pytest.mark.parametrize(
    ("claims", "number", "said"),
    [
        ({"iss": ISSUER.rstrip("/")}, 700211, f"presented assertion issuer '{ISSUER.rstrip('/')}'"),
        ({"sub": f"{SUBJECT}-2"}, 700213, f"presented assertion subject '{SUBJECT}-2'"),
        ({"sub": SUBJECT.upper()}, 700213, f"presented assertion subject '{SUBJECT.upper()}'"),
        (
            {"aud": ["https://kubernetes.default.svc"]},
            700212,
            "presented assertion audience 'https://kubernetes.default",
        ),
        ({"exp": 1}, 700024, "Client assertion is not within its valid time range."),
    ],
)
def test_a_wrong_token_of_an_issuer_is_refused(entra: Emulator, claims: dict[str, Any], number: int, said: str) -> None:
    status, body = request_token(entra, CLUSTER.sign(federated(**claims)))
    assert (status, body["error"], body["error_codes"]) == (401, "invalid_client", [number])
    assert said in body["error_description"]


def test_a_token_that_the_issuer_has_not_signed_is_refused(entra: Emulator) -> None:
    assert request_token(entra, ONE.sign(federated()))[1]["error_codes"] == [50013]


def test_an_application_that_trusts_nobody_is_refused(entra: Emulator) -> None:
    assert request_token(entra, CLUSTER.sign(federated()), client=OTHER)[1]["error_codes"] == [70025]


def test_applications_are_those_of_secrets_certificates_and_issuers(entra: Emulator) -> None:
    entra.control("POST", "settings", {"clients": {OTHER: "secret"}})
    try:
        stranger = str(uuid.uuid4())
        assertion = sign(ONE, claim(stranger, audience_of(entra)))
        assert request_token(entra, assertion, client=stranger)[1]["error_codes"] == [700016]
        assert request_token(entra, sign(ONE, claim(CLIENT, audience_of(entra))))[0] == 200
    finally:
        entra.control("POST", "settings", {"clients": {}})


# The unmodified SDK


def test_the_sdk_signs_in_with_a_certificate(entra: Emulator) -> None:
    issued = make_issued_identity()
    entra.control("POST", "settings", {"certificates": {CLIENT: [issued.public]}})
    options: dict[str, Any] = {"authority": entra.url, "disable_instance_discovery": True}
    for sends_chain in (False, True):
        with CertificateCredential(
            TENANT, CLIENT, certificate_data=issued.pem().encode(), send_certificate_chain=sends_chain, **options
        ) as credential:
            assert credential.get_token(SCOPE).token
    with (
        CertificateCredential(TENANT, CLIENT, certificate_data=ONE.pem().encode(), **options) as wrong,
        pytest.raises(ClientAuthenticationError, match="AADSTS700027"),
    ):
        wrong.get_token(SCOPE)


def test_the_sdk_signs_in_with_the_token_file_of_a_pod(entra: Emulator, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(CLUSTER.sign(federated()))
    with WorkloadIdentityCredential(
        tenant_id=TENANT, client_id=CLIENT, token_file_path=str(file), authority=entra.url
    ) as credential:
        assert credential.get_token(SCOPE).token


@pytest.fixture(params=["machine", "App Service"])
def end_point(entra: Emulator, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The end point of managed identities, as the environment of the host names it."""
    if request.param == "machine":
        monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", entra.url)
    else:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{entra.url}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", "identity-header")
    return str(request.param)


@pytest.mark.parametrize("client", [None, OTHER])
def test_the_sdk_gets_tokens_for_managed_identities(entra: Emulator, end_point: str, client: str | None) -> None:
    entra.control("POST", "settings", {"managedIdentities": ["system", OTHER]})
    with ManagedIdentityCredential(client_id=client, retry_total=0) as credential:
        token = credential.get_token(SCOPE).token
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert (claims["aud"], claims["appid"]) == ("https://management.azure.com", client or "system")
    headers = {"Authorization": f"Bearer {token}"}
    assert entra.session.get(entra.url + GROUPS, headers=headers, timeout=10).status_code == 200


def test_an_identity_that_the_host_does_not_have_is_refused(entra: Emulator, end_point: str) -> None:
    entra.control("POST", "settings", {"managedIdentities": ["system"]})
    said = "Identity not found" if end_point == "machine" else "No User Assigned or Delegated Managed Identity found"
    with (
        ManagedIdentityCredential(client_id=OTHER, retry_total=0) as credential,
        pytest.raises(ClientAuthenticationError, match=said),
    ):
        credential.get_token(SCOPE)


@pytest.mark.parametrize(
    ("path", "headers", "status", "said"),
    [
        ("metadata/identity/oauth2/token?api-version=2018-02-01&resource=x", {}, 400, "metadata header not specified"),
        ("metadata/identity/oauth2/token?resource=x", {"Metadata": "true"}, 400, "'api-version' is missing"),
        ("metadata/identity/oauth2/token?api-version=2018-02-01", {"Metadata": "true"}, 400, "'resource' is missing"),
        ("msi/token?api-version=2019-08-01&resource=x", {}, 401, "X-IDENTITY-HEADER"),
        ("msi/token?api-version=2019-08-01&resource=x", {"X-IDENTITY-HEADER": "guessed"}, 401, "X-IDENTITY-HEADER"),
        ("msi/token?resource=x", {"X-IDENTITY-HEADER": "identity-header"}, 400, "'api-version' is missing"),
    ],
)
def test_what_the_end_points_ask_for(
    entra: Emulator, path: str, headers: dict[str, str], status: int, said: str
) -> None:
    answer = entra.session.get(f"{entra.url}/{path}", headers=headers, timeout=10)
    assert answer.status_code == status
    assert said in answer.json().get("error_description", answer.json().get("message"))


@pytest.mark.parametrize("source", [None, OTHER])
def test_a_managed_identity_signs_an_application_in(entra: Emulator, source: str | None) -> None:
    query = {"api-version": "2018-02-01", "resource": EXCHANGE, **({"client_id": source} if source else {})}
    url, headers = f"{entra.url}/metadata/identity/oauth2/token", {"Metadata": "true"}
    token = entra.session.get(url, params=query, headers=headers, timeout=10).json()["access_token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert request_token(entra, token)[1]["error_codes"] == [700211]
    trusted = {"clientId": CLIENT, "issuer": claims["iss"], "subject": claims["sub"], "audience": EXCHANGE}
    entra.control("POST", "settings", {"federations": [trusted]})
    assert request_token(entra, token)[0] == 200
    head, body, _ = token.split(".")
    assert request_token(entra, f"{head}.{body}.{'A' * 43}")[1]["error_codes"] == [50013]
