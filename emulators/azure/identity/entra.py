"""Entra ID: discovery, tokens for applications (by secret, certificate or federated token), and their check by ARM.

Tokens live by the machine's time, whatever the clock of the embedded Azure says.
"""

import hmac
import re
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from emulators.azure.identity import assertions, managed, tokens
from emulators.azure.wire.errors import refusal, unsupported
from emulators.azure.wire.messages import Request, Response
from emulators.azure.world.cloud import Cloud, guid

_TOKEN = ("oauth2", "v2.0", "token")
_CONFIGURATION = (("v2.0", ".well-known", "openid-configuration"), (".well-known", "openid-configuration"))
_TENANT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[\w-]+(\.[\w-]+)+", re.IGNORECASE)


@dataclass(frozen=True)
class Caller:
    """A principal and its tenant."""

    tenant_id: str
    principal: str


def serves(request: Request) -> bool:
    """Whether a request is for Entra ID."""
    tail = request.lowered[1:]
    is_discovery = request.lowered == ("common", "discovery", "instance") or tail in _CONFIGURATION
    return is_discovery or tail == _TOKEN or managed.serves(request)


def handle(cloud: Cloud, request: Request) -> Response:
    """The answer to a request for Entra ID."""
    lowered = request.lowered
    if managed.serves(request):
        cloud.counters.token += 1
        return managed.handle(cloud, request)
    if lowered == ("common", "discovery", "instance"):
        cloud.counters.discovery += 1
        return Response(200, _instance(request))
    if lowered[1:] in _CONFIGURATION:
        cloud.counters.discovery += 1
        refused = _unknown_tenant(cloud, request.segments[0])
        return refused or Response(200, _configuration(request, request.segments[0]))
    if request.method != "POST":
        raise unsupported(f"{request.method} {request.path}")
    cloud.counters.token += 1
    return _unknown_tenant(cloud, request.segments[0]) or _token(cloud, request)


def _instance(request: Request) -> dict[str, Any]:
    host = request.host
    return {
        "tenant_discovery_endpoint": f"{request.url}/common/v2.0/.well-known/openid-configuration",
        "api-version": "1.1",
        "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
    }


def _configuration(request: Request, tenant: str) -> dict[str, Any]:
    base = f"{request.url}/{tenant}"
    return {
        "token_endpoint": f"{base}/oauth2/v2.0/token",
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": f"{base}/discovery/v2.0/keys",
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": f"{base}/v2.0",
        "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
        "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
        "tenant_region_scope": "EU",
        "cloud_instance_name": request.host,
    }


def _unknown_tenant(cloud: Cloud, tenant: str) -> Response | None:
    """Without a list of tenants all are known whose name does not begin with `unknown`."""
    if not _TENANT.fullmatch(tenant) and not tenant.lower().startswith("unknown"):
        text = f"Specified tenant identifier '{tenant}' is neither a valid DNS name, nor a valid external domain."
        return _error(400, "invalid_request", 900023, text)
    known = cloud.settings.tenants
    if tenant.lower() in known or (not known and not tenant.lower().startswith("unknown")):
        return None
    text = (
        f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the "
        "correct "
        "cloud. Check with your subscription administrator, this may happen if there are no active subscriptions "
        "for the tenant."
    )
    return _error(400, "invalid_request", 90002, text)


def _token(cloud: Cloud, request: Request) -> Response:
    form = {key: values[-1] for key, values in parse_qs(request.content.decode()).items()}
    if form.get("grant_type") != "client_credentials":
        text = f"The app requested an unsupported grant type '{form.get('grant_type', '')}'."
        return _error(400, "unsupported_grant_type", 70003, text)
    missing = next((name for name in ("client_id", "scope") if not form.get(name)), None)
    if missing:
        text = f"The request body must contain the following parameter: '{missing}'."
        return _error(400, "invalid_request", 900144, text)
    client = form["client_id"]
    known = cloud.settings.clients
    if known and client not in cloud.settings.applications:
        text = (
            f"Application with identifier '{client}' was not found in the directory '{request.segments[0]}'. This "
            "can happen "
            "if the application has not been installed by the administrator of the tenant or consented to by any "
            "user in the "
            "tenant. You may have sent your authentication request to the wrong tenant."
        )
        return _error(400, "unauthorized_client", 700016, text)
    secret = form.get("client_secret")
    if form.get("client_assertion"):
        refused = assertions.find_fault(cloud, f"{request.url}/{request.segments[0]}", form)
        return _error(*refused) if refused else _grant(cloud, request, form)
    if not secret:
        text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
        return _error(401, "invalid_client", 7000218, text)
    registered = known.get(client, "")
    if not (hmac.compare_digest(registered.encode(), secret.encode()) if known else not secret.startswith("wrong")):
        text = (
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, "
            f"not the client secret ID, for a secret added to app '{client}'."
        )
        return _error(401, "invalid_client", 7000215, text)
    return _grant(cloud, request, form)


def _grant(cloud: Cloud, request: Request, form: dict[str, str]) -> Response:
    tenant, audience = request.segments[0], form["scope"].removesuffix("/.default")
    token = tokens.issue(cloud, f"{request.url}/{tenant}/v2.0", tenant, form["client_id"], audience)
    seconds = cloud.settings.token_seconds
    return Response(
        200, {"token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds, "access_token": token}
    )


def _error(status: int, error: str, number: int, text: str) -> Response:
    trace, correlation = guid(), guid()
    moment = tokens.utc(time.time())
    return Response(
        status,
        {
            "error": error,
            "error_description": (
                f"AADSTS{number}: {text} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {moment}"
            ),
            "error_codes": [number],
            "timestamp": moment,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"https://login.microsoftonline.com/error?code={number}",
        },
    )


def caller_of(cloud: Cloud, request: Request) -> Caller:
    """Who sent the request, by its token; refuses one without a valid token, as ARM does."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise refusal("AuthenticationFailed", reason="The 'Authorization' header is missing.")
    claims = tokens.read(cloud, token)
    if claims is None:
        raise refusal("InvalidAuthenticationToken")
    if claims["exp"] < time.time():
        raise refusal("ExpiredAuthenticationToken", expiry=tokens.utc(claims["exp"]))
    return Caller(str(claims["tid"]), str(claims["appid"]))


def challenge(request: Request, code: str) -> dict[str, str]:
    """WWW-Authenticate, as ARM sends it with 401."""
    text = f'Bearer authorization_uri="{request.url}/", error="invalid_token", error_description="{code}"'
    return {"www-authenticate": text}
