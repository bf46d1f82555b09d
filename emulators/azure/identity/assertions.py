"""Client assertions: JWTs by which an application signs in, signed with its certificate or by an issuer that it trusts.

Sources: learn.microsoft.com "Microsoft identity platform application authentication certificate credentials",
"Microsoft Entra authentication error codes", "Workload identity federation". Codes and texts as applications report
them in public issues.
"""

import base64
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from jwt.types import Options

from emulators.azure.identity import tokens
from emulators.azure.world.cloud import Cloud
from emulators.azure.world.settings import Federation

Fault = tuple[int, str, int, str]  # status, OAuth error, number of the AADSTS code, text
_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ALGORITHMS = ["RS256", "PS256"]
_SKEW = 300  # seconds by which clocks may differ
_UNCHECKED: Options = {
    "verify_aud": False,
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_sub": False,
}
_MOMENT = "%m/%d/%Y %H:%M:%S"
_FORMAT = "Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials"
_FEDERATION = (
    "Please check your federated identity credential Subject, Audience and Issuer against the presented assertion. "
    "https://learn.microsoft.com/entra/workload-id/workload-identity-federation"
)


def find_fault(cloud: Cloud, authority: str, form: Mapping[str, str]) -> Fault | None:
    """Why the assertion in a token request does not sign its client in; None if it does. `authority` is the address of
    the tenant.
    """
    if form.get("client_assertion_type") != _TYPE:
        text = "The request body must contain the following parameter: 'client_assertion_type'."
        return 400, "invalid_request", 900144, text
    assertion, client = form["client_assertion"], form["client_id"]
    try:
        header = jwt.get_unverified_header(assertion)
        claims = jwt.decode(assertion, options={**_UNCHECKED, "verify_signature": False})
    except jwt.PyJWTError:
        return 400, "invalid_request", 50027, "JWT token is invalid or malformed."
    if "x5t" in header or "x5t#S256" in header or claims.get("iss") == client:
        return _find_fault_of_certificate(cloud, authority, client, assertion, header, claims)
    return _find_fault_of_federation(cloud, client, assertion, claims)


def _find_fault_of_certificate(
    cloud: Cloud, authority: str, client: str, assertion: str, header: Mapping[str, Any], claims: Mapping[str, Any]
) -> Fault | None:
    known = [x509.load_pem_x509_certificate(pem.encode()) for pem in cloud.settings.certificates.get(client, ())]
    used = [certificate for certificate in known if _is_named(certificate, header)]
    thumbprint = _decode(str(header.get("x5t") or header.get("x5t#S256") or "")).hex().upper()
    if not used:
        return _refuse(
            700027,
            "The certificate with identifier used to sign the client assertion is not registered on application. "
            f"[Reason - The key was not found., Thumbprint of key used by client: '{thumbprint}']",
        )
    begin, end = used[0].not_valid_before_utc, used[0].not_valid_after_utc
    if not begin <= datetime.now(UTC) <= end:
        return _refuse(
            700027,
            "Client assertion contains an invalid signature. [Reason - The key used is expired., Thumbprint of key "
            f"used by client: '{thumbprint}', Found key 'Start={begin:{_MOMENT}}, End={end:{_MOMENT}}']",
        )
    if not _is_signed(assertion, used[0].public_key()):
        return _refuse(700027, "Client assertion failed signature validation.")
    if claims.get("iss") != client or claims.get("sub") != client:
        text = f"Client assertion application identifier doesn't match 'client_id' parameter. {_FORMAT}"
        return _refuse(700021, text)
    if claims.get("aud") not in (f"{authority}/oauth2/v2.0/token", f"{authority}/v2.0"):
        return _refuse(700023, f"Client assertion audience claim does not match Realm issuer. {_FORMAT}")
    return _find_fault_of_time(claims)


def _find_fault_of_federation(cloud: Cloud, client: str, assertion: str, claims: Mapping[str, Any]) -> Fault | None:
    found = [one for one in cloud.settings.federations if one.client_id == client]
    if not found:
        return _refuse(70025, f"The client '{client}' has no configured federated identity credentials.")
    for number, name, claim in ((700211, "issuer", "iss"), (700213, "subject", "sub"), (700212, "audience", "aud")):
        given = claims.get(claim)
        listed = given if isinstance(given, list) else [given]
        found = [one for one in found if getattr(one, name) in listed]
        if not found:
            text = f"No matching federated identity record found for presented assertion {name} '{listed[0]}'."
            return _refuse(number, f"{text} {_FEDERATION}")
    if not any(_is_signed_by_issuer(cloud, one, assertion) for one in found):
        return _refuse(50013, "Assertion failed signature validation. [Reason - The key was not found.]")
    return _find_fault_of_time(claims)


def _is_signed_by_issuer(cloud: Cloud, federation: Federation, assertion: str) -> bool:
    """Without a key the issuer is this emulator, whose managed identities sign applications in."""
    return _is_signed(assertion, federation.key) if federation.key else tokens.read(cloud, assertion) is not None


def _is_signed(assertion: str, key: Any) -> bool:
    try:
        jwt.decode(assertion, key, algorithms=_ALGORITHMS, options=_UNCHECKED)
    except jwt.PyJWTError:
        return False
    return True


def _is_named(certificate: x509.Certificate, header: Mapping[str, Any]) -> bool:
    for name, algorithm in (("x5t", hashes.SHA1()), ("x5t#S256", hashes.SHA256())):  # noqa: S303 - x5t is SHA-1
        if name in header:
            return certificate.fingerprint(algorithm) == _decode(str(header[name]))
    return False


def _find_fault_of_time(claims: Mapping[str, Any]) -> Fault | None:
    now, begin, end = time.time(), float(claims.get("nbf", 0)), float(claims.get("exp", 0))
    if begin - _SKEW <= now <= end + _SKEW:
        return None
    return _refuse(
        700024,
        f"Client assertion is not within its valid time range. Current time: {tokens.utc(now)}, assertion valid from "
        f"{tokens.utc(begin)}, expiry time of assertion {tokens.utc(end)}. {_FORMAT}",
    )


def _refuse(number: int, text: str) -> Fault:
    return 401, "invalid_client", number, text


def _decode(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return b""
