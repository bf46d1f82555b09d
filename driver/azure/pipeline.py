"""The policies through which every call to ARM goes, the SDK's own ones and these. Imports the SDK."""

from typing import Any
from uuid import uuid4

from azure.core.exceptions import DecodeError
from azure.core.pipeline import policies
from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy, AuxiliaryAuthenticationPolicy

from driver import metrics, traces
from driver.azure.addresses import is_trusted
from driver.azure.credentials import SharedCredential
from driver.azure.deadlines import Deadline
from driver.azure.measurement import Measurement
from driver.azure.refusals import Unreachable, read_cause
from driver.azure.southbound import SouthboundLog
from driver.azure.throttling import Gate
from driver.azure.verdicts import Cause
from driver.models.orders import AzureLocation
from driver.settings import current

USER_AGENT = "tnco-azure-driver"
_POLLING = ("Azure-AsyncOperation", "Location")
_ABOUT_TOKEN = {"authenticationfailed", "expiredauthenticationtoken", "invalidauthenticationtoken"}  # in lower case


def build_policies(location: AzureLocation) -> list[Any]:
    """The SDK's own policies without two that would wait in the worker, its retries of answers and its registration of
    providers, without one that parses every body once more, and without those for what the driver does not use: headers
    and proxies of a single call, and the SDK's own log. `_Headers` takes the place of two.
    """
    return [
        _Headers(),
        _TrustedAddresses(location),
        _JsonAnswers(),
        Gate(location),
        Deadline(),
        _BrokenConnections(retry_total=3, retry_backoff_factor=0),
        *([_OtherTenants(location)] if location.auxiliary_tenants else []),
        _RenewedTokens(SharedCredential(location), location.credential_scope),
        policies.CustomHookPolicy(),
        *([Measurement()] if metrics.is_on() or traces.is_on() else []),
        *([SouthboundLog()] if current().southbound_log else []),
    ]


class _Headers(policies.HTTPPolicy[Any, Any]):
    """Names the driver and the call, as the SDK's two policies do, which find the name out for each call."""

    _name = policies.UserAgentPolicy(base_user_agent=USER_AGENT).user_agent

    def send(self, request: Any) -> Any:
        request.http_request.headers.update({"User-Agent": self._name, "x-ms-client-request-id": str(uuid4())})
        return self.next.send(request)


class _TrustedAddresses(policies.HTTPPolicy[Any, Any]):
    """Sends nothing to an address that is not ARM's: a token would go along. ARM's answers name addresses to poll and
    pages to read.
    """

    def __init__(self, location: AzureLocation) -> None:
        super().__init__()
        self._location = location

    def send(self, request: Any) -> Any:
        url, known = str(request.http_request.url), self._location.resource_manager_url
        if not is_trusted(known, url, current().arm_gateway_hosts):
            place = url.split("?", 1)[0][:200]
            reason = f"{place} is neither at {known} nor at a host of the setting ARM_GATEWAY_HOSTS"
            raise Unreachable(Cause("UntrustedPollingAddress", reason))
        return self.next.send(request)


class _BrokenConnections(policies.RetryPolicy[Any, Any]):
    """Tries again at once if a connection broke. Whether an answer is tried again is decided by the orchestrator."""

    def is_retry(self, settings: Any, response: Any) -> bool:
        return False


class _JsonAnswers(policies.HTTPPolicy[Any, Any]):
    """Rejects answers that are not ARM's: HTML of a proxy, or JSON that is cut off.

    An answer to a PUT, POST or DELETE that names an address to poll is ARM's, whatever its body.
    """

    def send(self, request: Any) -> Any:
        response = self.next.send(request)
        answer = response.http_response
        is_read = request.http_request.method == "GET"
        if answer.status_code < 300 and (is_read or not any(answer.headers.get(name) for name in _POLLING)):
            is_empty = not answer.content.lstrip(b"\xef\xbb\xbf \t\r\n")
            if not is_empty and not _is_json(answer):
                raise DecodeError(response=answer)
        return response


class _OtherTenants(AuxiliaryAuthenticationPolicy):
    """Adds tokens of the auxiliary tenants to calls that change something: a peering names a network there."""

    def __init__(self, location: AzureLocation) -> None:
        tenants = [location.model_copy(update={"tenant_id": tenant}) for tenant in location.auxiliary_tenants]
        super().__init__([SharedCredential(tenant) for tenant in tenants], location.credential_scope)

    def on_request(self, request: Any) -> None:
        if request.http_request.method not in ("GET", "HEAD"):
            super().on_request(request)


class _RenewedTokens(ARMChallengeAuthenticationPolicy):
    """Repeats a call with a new token if ARM does not take the token, though the cache counts it as valid."""

    def __init__(self, credential: SharedCredential, scope: str) -> None:
        super().__init__(credential, scope)
        self._shared = credential

    def send(self, request: Any) -> Any:
        response = super().send(request)
        if _is_about_token(response.http_response):
            self._shared.forget(request.http_request.headers["Authorization"].removeprefix("Bearer "))
            response = super().send(request)
        return response


def _is_json(answer: Any) -> bool:
    try:
        answer.json()
    except (ValueError, RecursionError):
        return False
    return True


def _is_about_token(answer: Any) -> bool:
    if answer.status_code != 401:
        return False
    return read_cause(answer.text()).code.lower() in _ABOUT_TOKEN
