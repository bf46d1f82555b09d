"""The connection to ARM and Entra ID: the SDK's clients, one pair for each location, with their tokens. Whatever ARM or
Entra ID refuses is raised as a Refusal.

Nothing waits here: retries are durable timers of the orchestrator. Only a connection that broke is tried again at once.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from driver.azure import credentials
from driver.azure.credentials import SharedCredential
from driver.azure.deadlines import Deadline
from driver.azure.refusals import Refusal, Refused, SignInRefused, SignInUnavailable, Unreachable, read_cause
from driver.azure.verdicts import Cause
from driver.models.orders import AzureLocation

if TYPE_CHECKING:
    from azure.core.pipeline.transport import HttpTransport
    from azure.mgmt.resource.deployments import DeploymentsMgmtClient
    from azure.mgmt.resource.resources import ResourceManagementClient

USER_AGENT = "tnco-azure-driver"
CONNECT_SECONDS = 10
READ_SECONDS = 60
_LOCATIONS = 128
_CONNECTIONS = 64  # to one location: at least as many as the activities that a worker runs at once
_reachable = True
_connecting = threading.Lock()


@dataclass(frozen=True)
class Clients:
    """The SDK's clients for one location. They share one pipeline with its connections and its token."""

    resources: "ResourceManagementClient"
    deployments: "DeploymentsMgmtClient"


def is_reachable() -> bool:
    """Whether the last call reached ARM or Entra ID."""
    return _reachable


@contextmanager
def connect(location: AzureLocation) -> Iterator[Clients]:
    """The clients of a location. What ARM or Entra ID refuse in the block is raised as a Refusal."""
    global _reachable
    with _connecting:  # two threads that import parts of the SDK at the same time can deadlock
        from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError

        connected = _build_clients(location)
    try:
        yield connected
    except HttpResponseError as error:
        _reachable = True
        if isinstance(error, ClientAuthenticationError) and error.response is None:
            raise _build_sign_in_refusal(location, str(error.message)) from error
        if error.response is None:
            raise Unreachable(Cause(type(error).__name__, "")) from error
        raise build_refusal(error.response) from error
    except AzureError as error:
        _reachable = False
        raise Unreachable(Cause("ConnectionFailed", " ".join(str(error).split())[:300])) from error
    else:
        _reachable = True


def build_refusal(response: Any) -> Refusal:
    """The Refusal for a response with an error status, or with a body that is no JSON where there should be some."""
    headers: Mapping[str, str] = response.headers
    text = response.text()
    if response.status_code < 300:
        cause = Cause("ConnectionFailed", f"answered with HTTP {response.status_code} and something that is no JSON")
        return Unreachable(cause, read_retry_after(headers), read_date(headers))
    cause = read_cause(text, f"HTTP {response.status_code}")
    return Refused(response.status_code, cause, read_retry_after(headers), read_date(headers), text)


def read_retry_after(headers: Mapping[str, str]) -> float:
    """The seconds that a Retry-After header asks for; 0 if there is none."""
    try:
        return max(0.0, float(headers.get("Retry-After") or 0))
    except ValueError:
        return 0.0


def read_date(headers: Mapping[str, str]) -> datetime | None:
    """The time of an answer by the clock of the server, in whole seconds; None if there is none."""
    try:
        time = parsedate_to_datetime(headers.get("Date") or "")
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _build_sign_in_refusal(location: AzureLocation, message: str) -> Refusal:
    """The Refusal for a sign-in that failed. Some AADSTS codes mean a passing error, which is tried again; a wrong
    secret is final.
    """
    text = f"deployment location '{location.name}': {' '.join(message.split())}"[:600]
    if any(code in text for code in ("AADSTS90033", "AADSTS50196", "temporarily_unavailable")):
        return SignInUnavailable(Cause("ServiceUnavailable", text))
    return SignInRefused(Cause("AuthenticationFailed", text))


@lru_cache(maxsize=_LOCATIONS)
def _build_clients(location: AzureLocation) -> Clients:
    from azure.core.pipeline import policies
    from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy, ARMHttpLoggingPolicy
    from azure.mgmt.resource.deployments import DeploymentsMgmtClient
    from azure.mgmt.resource.resources import ResourceManagementClient

    class BrokenConnections(policies.RetryPolicy[Any, Any]):
        """Tries again if a connection broke. Whether an answer is tried again is decided by the orchestrator."""

        def is_retry(self, settings: Any, response: Any) -> bool:
            return False

    class RenewedTokens(ARMChallengeAuthenticationPolicy):
        """Sends a call again with a new token if ARM says that the token has expired. By the cache it has not."""

        def send(self, request: Any) -> Any:
            response = super().send(request)
            if _has_expired_token(response.http_response):
                credential.forget(request.http_request.headers["Authorization"].removeprefix("Bearer "))
                response = super().send(request)
            return response

    credential = SharedCredential(lambda: credentials.build_credential(location))
    # The SDK's own list without two policies that would wait in the worker: its retries of answers, and its
    # registration of providers.
    pipeline = [
        policies.RequestIdPolicy(),
        policies.HeadersPolicy(),
        policies.UserAgentPolicy(base_user_agent=USER_AGENT),
        policies.ProxyPolicy(),
        policies.ContentDecodePolicy(),
        Deadline(CONNECT_SECONDS, READ_SECONDS),
        BrokenConnections(retry_total=3, retry_backoff_factor=0.2),
        RenewedTokens(credential, location.credential_scope),
        policies.CustomHookPolicy(),
        ARMHttpLoggingPolicy(),
    ]
    shared: dict[str, Any] = {
        "base_url": location.resource_manager_url,
        "credential_scopes": [location.credential_scope],
        "policies": pipeline,
        "transport": build_transport(location),
    }
    return Clients(
        ResourceManagementClient(credential, location.subscription_id, **shared),
        DeploymentsMgmtClient(credential, location.subscription_id, **shared),
    )


def build_transport(location: AzureLocation) -> "HttpTransport[Any, Any]":
    """The transport that carries all calls to ARM for a location."""
    from azure.core.pipeline.transport import RequestsTransport
    from requests import Session
    from requests.adapters import HTTPAdapter

    # The SDK's own session keeps 10 connections. Beyond that each call would open a new one, with a TLS handshake.
    session = Session()
    session.mount("https://", HTTPAdapter(pool_maxsize=_CONNECTIONS))
    # Proxies and CA bundle are read from the environment once instead of for each call.
    environment = session.merge_environment_settings(location.resource_manager_url, {}, None, None, None)
    session.trust_env = False
    session.proxies = environment["proxies"]
    transport: HttpTransport[Any, Any] = RequestsTransport(
        session=session,
        connection_verify=True if environment["verify"] is None else environment["verify"],
        connection_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
    )
    return transport


def _has_expired_token(response: Any) -> bool:
    return response.status_code == 401 and read_cause(response.text()).code.lower() == "expiredauthenticationtoken"
