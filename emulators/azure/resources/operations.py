"""Long-running operations: their URLs, their polls and what happens when they end."""

from dataclasses import dataclass
from typing import Any

from emulators.azure.faults import answers
from emulators.azure.faults.scripts import Fault
from emulators.azure.providers.types import Form
from emulators.azure.resources.views import show
from emulators.azure.wire.errors import Refusal, refusal
from emulators.azure.wire.messages import Request, Response
from emulators.azure.wire.times import offset_time
from emulators.azure.world import ids, locations
from emulators.azure.world.clock import now
from emulators.azure.world.cloud import Cloud, guid
from emulators.azure.world.entities import Operation, Resource


@dataclass(frozen=True)
class Polling:
    """The URLs of an operation and their answers, as one service words them. A `job` is ARM's own: its error is whole.

    `running_status` is the status of the status URL while the operation runs, `final` what the result URL answers in
    the end (204, 200 empty, or "resource").
    """

    status_path: str
    result_path: str
    running_retry_after: int | None = None
    running_status: int = 200
    named: bool = False
    final: int | str = 204
    signed: bool = True
    result_headers: bool = False
    running_headers: bool = False
    output: bool = False
    job: bool = False


_SUBSCRIPTION = "/subscriptions/{subscription}"

FORMS = {
    "network": Polling(
        _SUBSCRIPTION + "/providers/Microsoft.Network/locations/{location}/operations/{id}?api-version={version}",
        _SUBSCRIPTION + "/providers/Microsoft.Network/locations/{location}/operationResults/{id}?api-version={version}",
        running_retry_after=10,
        result_headers=True,
    ),
    "compute": Polling(
        _SUBSCRIPTION
        + "/providers/Microsoft.Compute/locations/{location}/operations/{id}?p={id}&api-version={version}",
        _SUBSCRIPTION
        + "/providers/Microsoft.Compute/locations/{location}/operations/{id}?p={id}&monitor=true&api-version={version}",
        named=True,
        final=200,
    ),
    "disk": Polling(
        _SUBSCRIPTION
        + "/providers/Microsoft.Compute/locations/{location}/DiskOperations/{id}?p={id}&api-version={version}",
        _SUBSCRIPTION
        + "/providers/Microsoft.Compute/locations/{location}/DiskOperations/{id}"
        + "?p={id}&monitor=true&api-version={version}",
        running_retry_after=2,
        named=True,
        final="resource",
        output=True,
    ),
    "storage": Polling(
        "",
        _SUBSCRIPTION
        + "/providers/Microsoft.Storage/locations/{location}/asyncoperations/{id}?monitor=true&api-version={version}",
        running_retry_after=17,
        final="resource",
    ),
    "privateDns": Polling(
        _SUBSCRIPTION
        + "/resourceGroups/{group}/providers/Microsoft.Network/privateDnsOperationStatuses/{id}?api-version={version}",
        _SUBSCRIPTION
        + "/resourceGroups/{group}/providers/Microsoft.Network/privateDnsOperationResults/{id}?api-version={version}",
        running_retry_after=30,
        running_status=202,
        running_headers=True,
        signed=False,
        final="resource",
    ),
    "job": Polling(
        "",
        _SUBSCRIPTION + "/operationresults/{id}?api-version={version}",
        running_retry_after=15,
        signed=False,
        final=200,
        job=True,
    ),
    "deploymentJob": Polling(
        "",
        _SUBSCRIPTION + "/operationresults/{id}?api-version={version}",
        running_retry_after=15,
        signed=False,
        final=204,
        job=True,
    ),
}

RESULT_SEGMENTS = ("operationresults", "privatednsoperationresults")


def begin(cloud: Cloud, form: str, kind: str, target: str, version: str, seconds: float, name: str = "") -> Operation:
    """Start an operation on `target` that ends in `seconds`; `kind` says what its end does (see `agenda`)."""
    resource = cloud.state.resources.get(target.lower())
    location = locations.normal(resource.location or "") if resource else ""
    started = now()
    operation_id = name or guid()
    path = {
        "subscription": ids.subscription_of(target),
        "group": ids.group_of(target),
        "location": location or _location_of_group(cloud, target),
    }
    operation = Operation(
        operation_id, kind, form, "/".join(path.values()), target, version, started, started + seconds
    )
    cloud.begun = cloud.state.operations[operation_id.lower()] = operation
    cloud.state.plan(operation.due, "operation", operation_id.lower())
    return operation


def headers(cloud: Cloud, request: Request, operation: Operation, form: Form) -> dict[str, str]:
    """The polling headers of the answer that starts the operation."""
    found: dict[str, str] = {}
    if form.async_operation:
        found["azure-asyncoperation"] = url(request, operation, result=False)
        if form.polling in ("network", "compute"):
            found["azure-asyncnotification"] = "Enabled"
    if form.location:
        found["location"] = url(request, operation, result=True)
    if form.retry_after is not None and not operation.done:
        found["retry-after"] = str(cloud.retry_after(form.retry_after))
    return found


def url(request: Request, operation: Operation, result: bool) -> str:
    polling = FORMS[operation.form]
    subscription, group, location = operation.path.split("/")
    template = polling.result_path if result else polling.status_path
    path = template.format(
        subscription=subscription, group=group, location=location, id=operation.id, version=operation.api_version
    )
    return f"{request.url}{path}{SIGNATURE.format(id=operation.id) if polling.signed else ''}"


# Azure signs its polling URLs (some 3 KB); a client that takes one apart and puts it together again breaks it.
SIGNATURE = "&t=638900000000000000&c=MIIHpTCCBo2gAwIBAgITOgI&s=emulated-{id}&h=4Vt%2Bq%2F8xkZ0%3D"


def poll(cloud: Cloud, request: Request) -> Response:
    """GET of a status or result URL."""
    operation = cloud.state.operations.get(request.lowered[-1])
    if operation is None:
        raise refusal("NotFound", id=request.path)
    polling = FORMS[operation.form]
    result = request.lowered[-2] in RESULT_SEGMENTS or request.query.get("monitor") == "true"
    answer = _result(cloud, request, operation, polling) if result else _status(cloud, request, operation, polling)
    if operation.outcome == "Canceled" and operation.done:
        answer.headers["canceled-by-azure-asyncoperation"] = url(request, operation, result=False)
    return answer


def _status(cloud: Cloud, request: Request, operation: Operation, polling: Polling) -> Response:
    retry = {} if operation.done else _retry_after(cloud, operation, polling)
    if polling.running_headers and not operation.done:
        retry |= {
            "azure-asyncoperation": url(request, operation, result=False),
            "location": url(request, operation, result=True),
        }
    body: dict[str, Any] = {"status": operation.outcome if operation.done else "InProgress"}
    if polling.named:
        times = {"startTime": offset_time(operation.started)}
        if operation.done:
            times["endTime"] = offset_time(operation.due)
        body = times | body
        target = cloud.state.resources.get(operation.target.lower())
        if polling.output and operation.done and operation.kind == "write" and target is not None:
            body["properties"] = {"output": show(cloud.state, target, operation.api_version)}
        body["name"] = operation.id
    if operation.done and operation.error:
        body["error"] = operation.error
    return Response(200 if operation.done else polling.running_status, body, retry)


def _result(cloud: Cloud, request: Request, operation: Operation, polling: Polling) -> Response:
    form_headers: dict[str, str] = {}
    if polling.result_headers:
        form_headers = {
            "azure-asyncoperation": url(request, operation, result=False),
            "azure-asyncnotification": "Enabled",
        }
    if polling.result_headers or not operation.done:
        form_headers["location"] = url(request, operation, result=True)
    if not operation.done:
        return Response(202, None, form_headers | _retry_after(cloud, operation, polling))
    if operation.result is not None:
        return Response(200, operation.result)
    if operation.error and operation.status != 200:
        return Response(operation.status, operation.error, form_headers)
    if operation.error:
        raise Refusal(400, operation.error["code"], operation.error["message"], "service")
    resource = cloud.state.resources.get(operation.target.lower())
    if polling.final == "resource" and resource is not None:
        return Response(200, show(cloud.state, resource, operation.api_version), form_headers)
    return Response(polling.final if isinstance(polling.final, int) else 204, None, form_headers)


def _retry_after(cloud: Cloud, operation: Operation, polling: Polling) -> dict[str, str]:
    seconds = operation.retry_after or polling.running_retry_after
    return {} if seconds is None else {"retry-after": str(cloud.retry_after(seconds))}


def _location_of_group(cloud: Cloud, target: str) -> str:
    group = cloud.state.groups.get("/".join(target.lower().split("/")[:5]))
    return group.location if group else "global"


def spoil(cloud: Cloud, operation: Operation, fault: Fault) -> None:
    """Let an operation end otherwise, or later or sooner, than it would."""
    if fault.seconds is not None:
        operation.due = operation.started + fault.seconds
        cloud.state.plan(operation.due, "operation", operation.id.lower())
    if fault.outcome:
        operation.outcome = fault.outcome
        error = answers.make_error(fault, "InternalServerError")
        whole = error.body() if FORMS[operation.form].job else error.error()
        operation.error = whole if fault.body is None else fault.body
        operation.status = error.status if fault.status else operation.status


def supersede(operation: Operation, by: str) -> None:
    """Another operation takes the place of this one, whose status is Canceled from then on."""
    kind = by.rsplit("/", 1)[-1].removesuffix("s").capitalize()
    message = f"Operation PutVirtualNetworkOperation ({operation.id}) was canceled and superseded by operation "
    message += f"Put{kind}Operation."
    details = [{"code": "CanceledAndSupersededDueToAnotherOperation", "message": message}]
    operation.outcome, operation.done = "Canceled", True
    operation.error = {"code": "Canceled", "message": "Operation was canceled.", "details": details}


def running_on(cloud: Cloud, root: Resource) -> Operation | None:
    """The operation that is changing a resource or one of its children right now."""
    for resource in (root, *cloud.state.children_of(root.id)):
        operation = cloud.state.operations.get(resource.operation or "")
        if operation is not None and not operation.done:
            return operation
    return None
