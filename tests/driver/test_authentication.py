"""Each way to sign in, through the real SDKs: against the embedded Entra ID and its end points of managed identities,
and against a stub that answers what they answer on a bad day.
"""

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import jwt
import pytest
import time_machine

from driver import settings
from driver.azure import connection, operations, reachability
from driver.azure.credentials import SharedCredential
from driver.azure.locations import read_location
from driver.azure.refusals import Refusal, SignInRefused, SignInUnavailable
from driver.azure.verdicts import UNTIL_TIMEOUT
from driver.models.orders import AzureLocation
from tests.azure.emulator import SUBSCRIPTION, TENANT, Emulator, started
from tests.support.arm_stub import DROP, Asked, Raw, Reply, Stub, location_of
from tests.support.certificates import claim, list_lines, make_identity, make_issued_identity
from tests.support.requests import deployment_location

CLIENT = "22222222-2222-2222-2222-222222222222"
OTHER = "44444444-4444-4444-4444-444444444444"
ISSUER, SUBJECT = "https://oidc.cluster.example/", "system:serviceaccount:lm:azure-driver"
EXCHANGE = "api://AzureADTokenExchange"
VNET = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-1/providers/Microsoft.Network/virtualNetworks/vnet-1"
ONE, CLUSTER = make_identity(), make_identity("cluster")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with started(tmp_path_factory.mktemp("tls"), ["--provisioning-seconds", "0"]) as emulator:
        yield emulator


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    """No credential of another test is used."""
    connection._build_clients.cache_clear()
    yield
    connection._build_clients.cache_clear()


@pytest.fixture
def azure(running: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(running.ca))
    empty = {"clients": {}, "certificates": {}, "federations": [], "managedIdentities": [], "tokenSeconds": 3599}
    running.control("POST", "settings", empty)
    return running


@pytest.fixture
def token_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The token of a pod's service account, at the place that the environment names."""
    file = tmp_path / "azure-identity-token"
    file.write_text(CLUSTER.sign(federated()) + "\n")
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", str(file))
    settings.current.cache_clear()
    yield file
    settings.current.cache_clear()


@pytest.fixture(params=["machine", "App Service"])
def end_point(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def name_end_point(monkeypatch: pytest.MonkeyPatch, url: str, kind: str) -> None:
    if kind == "machine":
        monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", url)
    else:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{url}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", "identity-header")


def federated(**changes: Any) -> dict[str, Any]:
    return {**claim(SUBJECT, EXCHANGE, iss=ISSUER), **changes}


def locate(azure: Emulator, kind: str, **changes: Any) -> AzureLocation:
    fields: dict[str, Any] = {
        "name": "trial",
        "authentication": kind,
        "tenant_id": TENANT,
        "client_id": CLIENT,
        "subscription_id": SUBSCRIPTION,
        "authority_host": azure.url,
        "resource_manager_url": azure.url,
        "credential_scope": f"{azure.url}/.default",
    }
    return AzureLocation(**{**fields, **changes})


def look(location: AzureLocation) -> Refusal | None:
    """Why ARM cannot be asked for the resource groups; None if it answers."""
    try:
        with connection.connect(location) as clients:
            list(clients.resources.resource_groups.list())
    except Refusal as refused:
        return refused
    return None


def trust_cluster(azure: Emulator) -> None:
    trusted = {"clientId": CLIENT, "issuer": ISSUER, "subject": SUBJECT, "key": CLUSTER.public_key}
    azure.control("POST", "settings", {"federations": [trusted]})


# Certificates


@pytest.mark.parametrize("form", ["PEM", "PKCS#12"])
def test_a_certificate_signs_in(azure: Emulator, form: str) -> None:
    azure.control("POST", "settings", {"certificates": {CLIENT: [ONE.public]}})
    given = {"clientCertificate": ONE.pem() if form == "PEM" else ONE.pkcs12("a")}
    given |= {"authentication": "clientCertificate", "clientCertificatePassword": "a"}
    read = read_location(deployment_location(clientSecret=None, **given), settings.Settings())
    assert look(locate(azure, "clientCertificate", client_certificate=read.client_certificate)) is None


def test_a_certificate_that_is_not_registered_is_final_and_shows_nothing(azure: Emulator) -> None:
    refused = look(locate(azure, "clientCertificate", client_certificate=ONE.canonical))
    assert isinstance(refused, SignInRefused)
    assert "AADSTS700027" in refused.cause.text
    assert "deployment location 'trial'" in refused.cause.text
    assert not any(line in refused.body + refused.cause.text for line in list_lines(ONE.pem()))


@pytest.mark.parametrize("sends_chain", [True, False])
def test_the_chain_goes_along_if_asked(stub: Stub, sends_chain: bool) -> None:
    issued, headers = make_issued_identity(), []

    def sign_in(asked: Asked) -> Reply | None:
        if not asked.path.endswith("/token"):
            return None
        headers.append(jwt.get_unverified_header(parse_qs(asked.body)["client_assertion"][0]))
        return Reply(body={"token_type": "Bearer", "expires_in": 3599, "access_token": "token"})

    stub.sign_in, stub.answer = sign_in, lambda asked: Reply(body={"value": []})
    location = location_of(stub, "").model_copy(
        update={
            "authentication": "clientCertificate",
            "client_certificate": issued.canonical,
            "send_certificate_chain": sends_chain,
        }
    )
    assert look(location) is None
    assert [len(header.get("x5c", [])) for header in headers] == [2 if sends_chain else 0]


# Workload identities


def test_the_token_file_of_the_pod_signs_in_and_is_read_each_time(azure: Emulator, token_file: Path) -> None:
    trust_cluster(azure)
    location = locate(azure, "workloadIdentity")
    assert look(location) is None
    credential = SharedCredential(location)
    token = credential.get_token(location.credential_scope).token
    token_file.write_text(ONE.sign(federated()))
    credential.forget(token)
    with pytest.raises(SignInRefused, match="AADSTS50013"):
        credential.get_token(location.credential_scope)


@pytest.mark.parametrize(
    ("claims", "code", "tries"),
    [
        ({"iss": "https://other.example/"}, "AADSTS700211", 6),
        ({"sub": "system:serviceaccount:default:default"}, "AADSTS700213", 6),
        ({"aud": "https://kubernetes.default.svc"}, "AADSTS700212", 6),
        ({"exp": 1}, "AADSTS700024", 0),
    ],
)
def test_a_token_file_that_entra_id_does_not_trust_is_final(
    azure: Emulator, token_file: Path, claims: dict[str, Any], code: str, tries: int
) -> None:
    """Where no federated credential matches, only after some tries: a new one is not known everywhere at once."""
    trust_cluster(azure)
    token_file.write_text(CLUSTER.sign(federated(**claims)))
    refused = look(locate(azure, "workloadIdentity"))
    assert isinstance(refused, SignInRefused)
    assert refused.verdict.tries == tries
    assert code in refused.cause.text
    assert reachability.ENTRA_ID.find_trouble() is None


def test_a_token_file_that_is_not_there_is_waited_for(azure: Emulator, token_file: Path) -> None:
    token_file.unlink()
    refused = look(locate(azure, "workloadIdentity"))
    assert isinstance(refused, SignInUnavailable)
    assert refused.verdict.tries == UNTIL_TIMEOUT
    assert "AZURE_FEDERATED_TOKEN_FILE cannot be read" in refused.cause.text


@pytest.mark.parametrize("source", ["", OTHER])
def test_a_managed_identity_signs_a_workload_identity_in(
    azure: Emulator, end_point: str, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name_end_point(monkeypatch, azure.url, end_point)
    location = locate(azure, "workloadIdentity", assertion_scope=f"{EXCHANGE}/.default", assertion_client_id=source)
    refused = look(location)
    assert isinstance(refused, SignInRefused)
    assert "AADSTS70025" in refused.cause.text
    managed = SharedCredential(locate(azure, "managedIdentity", client_id=source))
    claims = jwt.decode(managed.get_token(f"{EXCHANGE}/.default").token, options={"verify_signature": False})
    trusted = {"clientId": CLIENT, "issuer": claims["iss"], "subject": claims["sub"], "audience": EXCHANGE}
    azure.control("POST", "settings", {"federations": [trusted]})
    assert look(location.model_copy(update={"name": "again"})) is None


def test_a_managed_identity_that_cannot_sign_a_workload_identity_in_is_named(
    azure: Emulator, end_point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name_end_point(monkeypatch, azure.url, end_point)
    azure.control("POST", "settings", {"managedIdentities": [OTHER]})
    refused = look(locate(azure, "workloadIdentity", assertion_scope=f"{EXCHANGE}/.default"))
    assert isinstance(refused, SignInRefused)
    assert "the managed identity of this host gives no token" in refused.cause.text


# Managed identities


@pytest.mark.parametrize("client", ["", OTHER])
def test_a_managed_identity_signs_in(
    azure: Emulator, end_point: str, client: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name_end_point(monkeypatch, azure.url, end_point)
    azure.control("POST", "settings", {"managedIdentities": [client or "system"]})
    assert look(locate(azure, "managedIdentity", client_id=client, tenant_id="")) is None
    refused = look(locate(azure, "managedIdentity", client_id=CLIENT))
    assert isinstance(refused, SignInRefused)
    said = "Identity not found" if end_point == "machine" else "No User Assigned or Delegated Managed Identity"
    assert said in refused.cause.text


def test_the_workload_identity_of_the_pod_is_not_taken_for_a_managed_identity(
    azure: Emulator, token_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The webhook sets these in the pod, and the SDK would take them."""
    name_end_point(monkeypatch, azure.url, "machine")
    for name, value in (("TENANT_ID", TENANT), ("CLIENT_ID", OTHER), ("AUTHORITY_HOST", azure.url)):
        monkeypatch.setenv(f"AZURE_{name}", value)
    credential = SharedCredential(locate(azure, "managedIdentity", client_id=""))
    token = credential.get_token(f"{azure.url}/.default").token
    assert jwt.decode(token, options={"verify_signature": False})["appid"] == "system"


HTML = Reply(200, Raw("<html>busy</html>"), {"Content-Type": "text/html"})
CUT = Reply(200, Raw('{"access_token": "n33dle'))


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(404, {"error": "not_found", "error_description": "being updated"}), "HTTP 404: being updated"),
        (Reply(410, None), "HTTP 410"),
        (Reply(429, {"error": "throttled"}, {"Retry-After": "9"}), "HTTP 429"),
        (Reply(500, {"statusCode": 500, "message": "no token now"}), "HTTP 500: no token now"),
        (Reply(503, Raw("busy")), "HTTP 503"),
        (HTML, "HTTP 200"),
        (CUT, "HTTP 200"),
        (Reply(DROP), "cannot be reached"),
    ],
)
def test_what_passes_at_the_end_point_of_managed_identities(
    stub: Stub, end_point: str, reply: Reply, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name_end_point(monkeypatch, stub.url, end_point)
    stub.answer = lambda asked: reply
    refused = look(location_of(stub, "").model_copy(update={"authentication": "managedIdentity"}))
    assert isinstance(refused, SignInUnavailable)
    assert refused.verdict.tries == UNTIL_TIMEOUT
    assert "deployment location 'trial': the managed identity of this host" in refused.cause.text
    assert said in refused.cause.text
    assert "n33dle" not in refused.cause.text
    assert len(stub.asked) == 1, "it is asked once, and nothing is slept on"
    trouble = reachability.ENTRA_ID.find_trouble()
    assert trouble is not None
    assert trouble.reason == refused.cause.message
    if reply.headers.get("Retry-After"):
        assert refused.retry_after == 9


@pytest.mark.parametrize(
    "reply",
    [
        Reply(400, {"error": "invalid_request", "error_description": "Identity not found"}),
        Reply(400, {"statusCode": 400, "message": "No User Assigned or Delegated Managed Identity found"}),
        Reply(403, {"error": "forbidden"}),
    ],
)
def test_what_the_end_point_of_managed_identities_refuses_for_good(
    stub: Stub, end_point: str, reply: Reply, monkeypatch: pytest.MonkeyPatch
) -> None:
    name_end_point(monkeypatch, stub.url, end_point)
    stub.answer = lambda asked: reply
    refused = look(location_of(stub, "").model_copy(update={"authentication": "managedIdentity"}))
    assert isinstance(refused, SignInRefused)
    assert refused.verdict.tries == 0


# What passes at Entra ID passes for every kind that asks it.

KINDS: dict[str, dict[str, Any]] = {
    "clientCertificate": {"client_certificate": ONE.canonical},
    "workloadIdentity": {},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(500, {"error": {"code": "ServerError"}}), "HTTP 500"),
        (Reply(503, Raw("busy")), "HTTP 503"),
        (Reply(504, None), "HTTP 504"),
        (Reply(429, {"error": "temporarily_unavailable", "error_description": "AADSTS90055"}), "AADSTS90055"),
        (HTML, "HTTP 200"),
        (CUT, "HTTP 200"),
        (Reply(200, {"token_type": "Bearer"}), "HTTP 200"),
        (Reply(200, []), "HTTP 200"),
        (Reply(DROP), "cannot be reached"),
    ],
)
def test_what_passes_at_entra_id(stub: Stub, token_file: Path, kind: str, reply: Reply, said: str) -> None:
    stub.sign_in = lambda asked: reply if asked.path.endswith("/token") else None
    refused = look(location_of(stub, "").model_copy(update={"authentication": kind, **KINDS[kind]}))
    assert isinstance(refused, SignInUnavailable)
    assert said in refused.cause.text
    assert stub.tokens == 1


@pytest.mark.parametrize("kind", ["clientCertificate", "workloadIdentity", "managedIdentity"])
def test_the_southbound_log_has_the_sign_in_and_no_secret_of_it(
    azure: Emulator, token_file: Path, kind: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("SOUTHBOUND_LOG", "true")
    settings.current.cache_clear()
    name_end_point(monkeypatch, azure.url, "machine")
    trust_cluster(azure)
    azure.control("POST", "settings", {"certificates": {CLIENT: [ONE.public]}})
    with caplog.at_level(logging.INFO):
        assert look(locate(azure, kind, **KINDS.get(kind, {}))) is None
    lines = [f"{record.getMessage()} {record.__dict__}" for record in caplog.records]
    assert any("southbound" in record.name for record in caplog.records)
    secrets = [*list_lines(ONE.pem()), token_file.read_text().strip(), "eyJ"]
    assert [line for line in lines if any(secret in line for secret in secrets)] == []


# A rotation


def rotate_secret(azure: Emulator) -> tuple[AzureLocation, AzureLocation, Callable[[], None]]:
    azure.control("POST", "settings", {"clients": {CLIENT: "old-secret"}})
    old, new = (locate(azure, "clientSecret", client_secret=secret) for secret in ("old-secret", "new-secret"))
    return old, new, lambda: azure.control("POST", "settings", {"clients": {CLIENT: "new-secret"}})


def rotate_certificate(azure: Emulator) -> tuple[AzureLocation, AzureLocation, Callable[[], None]]:
    new = make_identity("another")
    azure.control("POST", "settings", {"certificates": {CLIENT: [ONE.public]}})
    old, rotated = (locate(azure, "clientCertificate", client_certificate=each.canonical) for each in (ONE, new))
    return old, rotated, lambda: azure.control("POST", "settings", {"certificates": {CLIENT: [new.public]}})


@pytest.mark.parametrize(("rotate", "code"), [(rotate_secret, "AADSTS7000215"), (rotate_certificate, "AADSTS700027")])
def test_after_a_rotation_the_new_one_works_at_once_and_the_old_one_until_its_token_ends(
    azure: Emulator, rotate: Callable[[Emulator], tuple[AzureLocation, AzureLocation, Callable[[], None]]], code: str
) -> None:
    """A POST brings the new one, while lifecycles that run have the old one in their orders."""
    old, new, take_effect = rotate(azure)
    assert look(old) is None
    take_effect()
    assert look(new) is None, "the credential that is kept for the old one is not in the way"
    assert look(old) is None, "its token is still good"
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=2), tick=True):
        refused = look(old)
    assert isinstance(refused, SignInRefused)
    assert code in refused.cause.text
    assert look(new) is None


# Auxiliary tenants


def test_tokens_of_auxiliary_tenants_go_along_with_what_changes_something(stub: Stub) -> None:
    def sign_in(asked: Asked) -> Reply | None:
        if not asked.path.endswith("/token"):
            return None
        return Reply(
            body={"token_type": "Bearer", "expires_in": 3599, "access_token": f"of-{asked.path.split('/')[1]}"}
        )

    stub.sign_in, stub.answer = sign_in, lambda asked: Reply(200, {"id": VNET, "status": "Succeeded"})
    tenants = ("fabrikam.com", "contoso.com")
    location = location_of(stub).model_copy(update={"auxiliary_tenants": tenants})
    operations.get(location, VNET, "2024-05-01")
    operations.act(location, VNET, "start", "2024-05-01")
    operations.delete(location, VNET, "2024-05-01")
    sent = [(asked.method, asked.headers.get("x-ms-authorization-auxiliary")) for asked in stub.asked]
    both = "Bearer of-fabrikam.com, Bearer of-contoso.com"
    assert sent == [("GET", None), ("POST", both), ("DELETE", both)]
    assert {asked.headers["Authorization"] for asked in stub.asked} == {f"Bearer of-{location.tenant_id}"}
    operations.delete(location_of(stub), VNET, "2024-05-01")
    assert "x-ms-authorization-auxiliary" not in stub.asked[-1].headers


def test_an_auxiliary_tenant_that_refuses_is_named(stub: Stub) -> None:
    text = "AADSTS700016: Application 'x' was not found in the directory 'fabrikam.com'."

    def sign_in(asked: Asked) -> Reply | None:
        is_refused = asked.path.endswith("/token") and "fabrikam" in asked.path
        return Reply(400, {"error": "unauthorized_client", "error_description": text}) if is_refused else None

    stub.sign_in, stub.answer = sign_in, lambda asked: Reply(200, {"id": VNET})
    location = location_of(stub).model_copy(update={"auxiliary_tenants": ("fabrikam.com",)})
    operations.get(location, VNET, "2024-05-01")
    with pytest.raises(SignInRefused, match=r"fabrikam\.com"):
        operations.delete(location, VNET, "2024-05-01")
    assert [asked.method for asked in stub.asked] == ["GET"]
