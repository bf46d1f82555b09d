"""Throttling, shared by the lifecycles of a worker process: a call that ARM is known to refuse is not sent (ADR 23).

ARM counts the reads, writes and deletes of a principal in a subscription, and those of all principals together.
Resource providers count what is done with a type. An answer of status 429 says which limit it was. Only what counts
against that limit is held back until its Retry-After is over. Then one call probes, and the others follow.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from driver.azure.headers import read_retry_after
from driver.azure.limits import Limits, Scope, Scopes
from driver.azure.refusals import read_cause
from driver.models.orders import AzureLocation

_REMAINING = "x-ms-ratelimit-remaining-subscription"
_OF_SUBSCRIPTION = "subscriptionrequeststhrottled"
_OF_PROVIDER = ("resourcerequeststhrottled", "toomanyrequests")
_SUBSCRIPTION = re.compile(r"/subscriptions/([^/?]+)", re.IGNORECASE)
_KINDS = {"GET": "reads", "HEAD": "reads", "DELETE": "deletes"}


class Gate:
    """A policy of the SDK's pipeline: it sends no call that ARM is known to refuse, and learns from the answers."""

    next: Any = None  # the policy that follows, which the SDK sets

    def __init__(self, location: AzureLocation) -> None:
        self._location = location

    def send(self, request: Any) -> Any:
        """The response to a call. Raises Refused, of status 429, for one that is not sent."""
        scopes = find_scopes(self._location, request.http_request.method, request.http_request.url)
        probed = share_limits().admit(scopes)
        try:
            response = self.next.send(request)
        except BaseException:
            share_limits().end_probe(probed, is_open=False)
            raise
        _learn(scopes, probed, response.http_response)
        return response


@cache
def share_limits() -> Limits:
    """The limits of this process."""
    return Limits()


def find_scopes(location: AzureLocation, method: str, url: str) -> Scopes:
    """The limits that a call counts against."""
    path = urlsplit(url).path.rstrip("/").lower()
    found = _SUBSCRIPTION.search(path)
    subscription, kind = found.group(1) if found else "", _KINDS.get(method, "writes")
    host = location.resource_manager_url
    return Scopes(
        Scope(host, subscription, kind, principal=location.client_id.lower()),
        Scope(host, subscription, kind),
        Scope(host, subscription, kind, type=read_type(url)),
    )


def require_open_deployments(location: AzureLocation) -> None:
    """Raise Refused if ARM is known to take no deployment now, so that nothing is prepared in vain."""
    url = f"/subscriptions/{location.subscription_id}/providers/Microsoft.Resources/deployments/x"
    share_limits().admit(find_scopes(location, "PUT", url), is_sent=False)


def measure_shortage(location: AzureLocation) -> float:
    """How few reads ARM has left for a location, from 0 (enough) to 1 (none)."""
    return share_limits().measure_shortage(find_scopes(location, "GET", f"/subscriptions/{location.subscription_id}"))


def find_reached(scopes: Scopes, code: str, headers: Mapping[str, str]) -> Scope | None:
    """The limit that an answer of status 429 says was reached. None if it is about one resource alone: some providers
    use that status for a resource that is busy.
    """
    kind = scopes.own.kind
    if headers.get(f"{_REMAINING}-global-{kind}") == "0":
        return scopes.whole
    if headers.get(f"{_REMAINING}-{kind}") == "0" or code.lower() == _OF_SUBSCRIPTION:
        return scopes.own
    return scopes.provider if code.lower() in _OF_PROVIDER else None


def _learn(scopes: Scopes, probed: list[Scope], answer: Any) -> None:
    """Note what an answer shows of the limits that the call counts against. `probed` are those that it probed."""
    for scope, name in ((scopes.own, _REMAINING), (scopes.whole, f"{_REMAINING}-global")):
        text = answer.headers.get(f"{name}-{scope.kind}") or ""
        if text.isdecimal():
            share_limits().note_left(scope, int(text))
    reached = None
    if answer.status_code == 429:
        cause = read_cause(answer.read().decode("utf-8", "replace"), "HTTP 429")
        reached = find_reached(scopes, cause.code, answer.headers)
    share_limits().end_probe([scope for scope in probed if scope != reached], is_open=True)
    if reached is not None:
        says_none_left = answer.headers.get(f"{_REMAINING}-{reached.kind}") == "0"
        is_certain = reached == scopes.whole or (reached == scopes.own and says_none_left)
        share_limits().hold(reached, cause, read_retry_after(answer.headers), is_certain)
    elif answer.status_code != 429:
        share_limits().note_taken(scopes)


def read_type(url: str) -> str:
    """The resource type in an address in lower case; that of an action ends with its name:
    `microsoft.compute/virtualmachines/restart`.
    """
    path = urlsplit(url).path.rstrip("/").lower()
    _, is_provider, after = path.rpartition("/providers/")
    if is_provider:
        namespace, *rest = after.split("/")
        return "/".join([namespace, *rest[::2]])
    return "/".join(["microsoft.resources", *path.strip("/").split("/")[2::2]])
