"""Calls to ARM through its pipeline, and the asynchronous operations that they start."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from driver.azure import connection, crowds, throttling
from driver.azure.headers import read_date, read_retry_after
from driver.azure.refusals import Refusal, Refused, Unreachable, read_cause
from driver.azure.registrations import SUBSCRIPTION, register_on_refusal
from driver.azure.verdicts import Cause
from driver.models.orders import AzureLocation
from driver.resource_ids import ResourceId
from driver.waiting import Polling

POLLS = Polling(share=0.2, least=1.0, most=45.0, jitter=0.2)
# The words for an operation that goes on. Providers make up their own; one that is in neither list says nothing.
_RUNNING = {
    *("accepted", "creating", "deleting", "inprogress", "notstarted", "pending", "provisioning"),
    *("queued", "running", "started", "updating"),
}
DELETING = ("deleting", "scheduledfordelete")  # provisioning states, in lower case, of what will be gone
_CANCELED = ("canceled", "cancelled")
_IN_PATHS = "/%:@!$&'()*+,;=~"  # characters of an id that stay as they are; some services write `%20` into their ids


@dataclass(frozen=True)
class Operation:
    """An asynchronous ARM operation: the URL to poll (empty if it is over), the seconds that ARM asks to wait, ARM's
    correlation id, the body of the last answer, its HTTP status and its time by ARM's clock, in whole seconds.
    `is_unclear`: its state is a word that the RPC of ARM does not know.
    """

    url: str = ""
    retry_after: float = 0
    correlation_id: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    status: int = 0
    answered_at: datetime | None = None
    is_unclear: bool = False

    @property
    def is_over(self) -> bool:
        return not self.url


def call_begin(call: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """Call one of the SDK's `begin_` methods without polling. Returns the HTTP response."""
    responses: list[Any] = []
    call(
        *arguments,
        polling=False,
        raw_response_hook=lambda response: responses.append(response.http_response),
        **options,
    )
    return responses[-1]


def read_operation(response: Any) -> Operation:
    """The operation that a PUT, POST or DELETE has started, from the headers of its response."""
    headers: Mapping[str, str] = response.headers
    url = headers.get("Azure-AsyncOperation", "")
    if not url and response.status_code == 202:
        url = headers.get("Location", "")
    correlation_id = headers.get("x-ms-correlation-request-id", "")
    answered_at = read_date(headers)
    return Operation(
        url, read_retry_after(headers), correlation_id, status=response.status_code, answered_at=answered_at
    )


def poll(location: AzureLocation, url: str, registers: bool = True) -> Operation:
    """Read the state of an operation. Raises a Refusal of status 200 with the cause if it has failed. `registers`: a
    provider that it has failed for is registered.
    """
    response = _send(location, "GET", url, registers)
    body = read_json(response)
    state = str(body.get("status") or "").lower()
    if state == "failed" or state in _CANCELED:
        cause = read_cause(body, "OperationCanceled" if state in _CANCELED else "OperationFailed")
        with register_on_refusal(location) if registers else nullcontext():
            raise Refused(200, cause, answered_at=read_date(response.headers), body=json.dumps(body))
    is_running = response.status_code == 202 or state not in ("", "succeeded")
    return Operation(
        url if is_running else "",
        read_retry_after(response.headers),
        body=body,
        status=response.status_code,
        is_unclear=response.status_code != 202 and state not in _RUNNING,
    )


def compute_poll_wait(location: AzureLocation, age: float, retry_after: float = 0.0) -> float:
    """The seconds until an operation that is `age` seconds old is polled again: longer while this process polls many
    and while ARM has few reads left.
    """
    return pace_poll(age, retry_after, throttling.measure_shortage(location))


def pace_poll(age: float, retry_after: float, shortage: float) -> float:
    """The same with the `shortage` of reads, from 0 to 1. To be asked once for each poll: that is what is counted."""
    return POLLS.compute_seconds(age, retry_after, shortage, crowds.share_crowd().note_poll())


@dataclass(frozen=True)
class Look:
    """What a GET answered: the body, None if the resource does not exist, with ARM's error; and the time of the answer
    by ARM's clock, in whole seconds.
    """

    body: Mapping[str, Any] | None
    answered_at: datetime | None
    absence: Cause | None = None

    @property
    def is_being_deleted(self) -> bool:
        properties = (self.body or {}).get("properties")
        return isinstance(properties, Mapping) and str(properties.get("provisioningState")).lower() in DELETING

    def is_about_container(self, resource_id: ResourceId) -> bool:
        """Whether it is not the resource itself that is absent, but its group, or its parent or the resource that it
        extends. ARM names these as 'type/name'.
        """
        if self.absence is None:
            return False
        code, message = self.absence.code.lower(), self.absence.message.lower()
        if code in ("resourcegroupnotfound", "parentresourcenotfound"):
            return not resource_id.is_group
        containers = (container for container in resource_id.list_containers() if not container.is_group)
        return any(f"'{container.type}/{container.name}'".lower() in message for container in containers)


def get(location: AzureLocation, resource_id: str, api_version: str, expand: str = "") -> Mapping[str, Any]:
    """The body of a resource. `expand` is ARM's `$expand`."""
    body = read_json(_send(location, "GET", _build_url(resource_id, api_version, expand=expand)))
    if not body:
        raise Unreachable(Cause("ConnectionFailed", f"{resource_id} was answered with something that is no resource"))
    return body


def look(location: AzureLocation, resource_id: str, api_version: str) -> Look:
    """Look whether a resource exists. Raises a Refusal for every answer that shows neither."""
    try:
        response = _send(location, "GET", _build_url(resource_id, api_version))
    except Refusal as refused:
        if refused.is_absence:
            return Look(None, refused.answered_at, refused.cause)
        raise
    body = read_json(response)
    if not body:
        raise Unreachable(Cause("ConnectionFailed", f"{resource_id} was answered with something that is no resource"))
    return Look(body, read_date(response.headers))


def list_values(
    location: AzureLocation, path: str, api_version: str, condition: str | None = None, expand: str = ""
) -> Iterator[Mapping[str, Any]]:
    """The entries of a list, of all its pages. `condition` is ARM's `$filter`, `expand` its `$expand`.

    The SDK's lists do the same, but build a model of each entry, which costs half of the CPU time of the call.
    """
    url = _build_url(path, api_version, condition, expand)
    while url:
        page = read_json(_send(location, "GET", url))
        values = page.get("value", "") or []  # some services write null for none
        if "value" not in page or not isinstance(values, list):
            raise Unreachable(Cause("ConnectionFailed", f"{path} was answered with something that is not a list"))
        yield from values
        url = page.get("nextLink") or ""


def delete(location: AzureLocation, resource_id: str, api_version: str) -> Operation:
    """Begin to delete a resource or a resource group."""
    return read_operation(_send(location, "DELETE", _build_url(resource_id, api_version)))


def act(location: AzureLocation, resource_id: str, action: str, api_version: str) -> Operation:
    """POST an action on a resource."""
    return read_operation(_send(location, "POST", _build_url(f"{resource_id}/{action}", api_version)))


def _build_url(path: str, api_version: str, condition: str | None = None, expand: str = "") -> str:
    """A path with its query. A name may hold what ends the path of a URL, such as `#`."""
    options = {"api-version": api_version, "$filter": condition, "$expand": expand}
    query = urlencode({name: value for name, value in options.items() if value}, quote_via=quote)
    return f"{quote(path, safe=_IN_PATHS)}?{query}"


def _send(location: AzureLocation, method: str, url: str, registers: bool = True) -> Any:
    absolute = url if "://" in url else f"{location.resource_manager_url}{url}"
    subscription = SUBSCRIPTION.match(url)
    register = register_on_refusal(location, subscription[1] if subscription else "") if registers else nullcontext()
    with register, connection.connect(location) as arm:
        from azure.core.exceptions import HttpResponseError
        from azure.core.rest import HttpRequest

        response = arm.calls.send_request(HttpRequest(method, absolute))
        if response.status_code >= 300:
            raise HttpResponseError(response=response)
    return response


def read_json(response: Any) -> Mapping[str, Any]:
    """The body of an answer, which is JSON; empty if it has none, or no object."""
    body = response.json() if response.content else None
    return body if isinstance(body, Mapping) else {}
