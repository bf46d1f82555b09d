"""Requests about deployments, at resource group and subscription scope."""

import base64
from typing import Any

from emulators.azure.deployments import acceptance, descriptions, expansions, records, runs, what_if
from emulators.azure.deployments.runtime import CloudRuntime
from emulators.azure.identity import entra
from emulators.azure.language import Expansion, TemplateError
from emulators.azure.providers.types import Form
from emulators.azure.resources import checks, groups, operations, permissions, writes
from emulators.azure.wire import filters
from emulators.azure.wire.errors import refusal, unsupported
from emulators.azure.wire.messages import Request, Response
from emulators.azure.wire.times import timestamp
from emulators.azure.world import ids
from emulators.azure.world.clock import now
from emulators.azure.world.cloud import Cloud
from emulators.azure.world.entities import Deployment

DELETE = Form(202, location=True, retry_after=15, body="empty", polling="deploymentJob", share=0.25)
WHAT_IF = Form(202, location=True, retry_after=15, body="empty", polling="job", share=0.25)


def handle(cloud: Cloud, request: Request, scope: str, rest: tuple[str, ...], caller: entra.Caller) -> Response:
    """`{scope}/providers/Microsoft.Resources/deployments[/{name}[/{part}[/{id}]]]`, `rest` beginning with the name."""
    groups.version(request)
    group = checks.group(cloud, scope + "/x")
    scope = group.id if group else scope
    if not rest:
        return _list(cloud, request, scope)
    name, part = rest[0], rest[1].lower() if len(rest) > 1 else ""
    if part == "validate":
        return _validate(cloud, request, scope, name, caller)
    if part == "whatif":
        return _what_if(cloud, request, scope, name, caller)
    if not part and request.method == "PUT":
        return _put(cloud, request, scope, name, caller)
    deployment = cloud.state.deployments.get(f"{scope}/providers/{descriptions.TYPE}/{name}".lower())
    if deployment is None or not _is_seen(cloud, request, deployment):
        return _absent(request, name, part)
    if part:
        return _part(cloud, request, deployment, part, rest[2:])
    return _whole(cloud, request, deployment)


def _is_seen(cloud: Cloud, request: Request, deployment: Deployment) -> bool:
    """Whether a read finds the record: for a while after its PUT it may not; a nested one is found at once."""
    delay = 0.0 if deployment.parent else cloud.settings.record_delay_seconds
    return request.method not in ("GET", "HEAD") or now() >= deployment.started + delay


def _absent(request: Request, name: str, part: str) -> Response:
    if request.method == "HEAD":
        return Response(404, None, {"x-ms-failure-cause": "gateway"})
    if request.method == "DELETE" and not part:
        return Response(204)
    raise refusal("DeploymentNotFound", name=name)


def _whole(cloud: Cloud, request: Request, deployment: Deployment) -> Response:
    if request.method == "HEAD":
        return Response(204)
    if request.method == "GET":
        headers = {"retry-after": str(cloud.retry_after(5))} if deployment.active else {}
        lags = not deployment.active and now() < deployment.changed + cloud.settings.record_lag_seconds
        return Response(200, records.show(deployment, request.api_version, lags), headers)
    if request.method == "DELETE":
        return _delete(cloud, request, deployment)
    raise refusal("MethodNotAllowed", method=request.method)


def _part(cloud: Cloud, request: Request, deployment: Deployment, part: str, rest: tuple[str, ...]) -> Response:
    if part == "cancel" and request.method == "POST":
        if not deployment.active:
            raise refusal("DeploymentCannotBeCancelled", name=deployment.name, state=deployment.state)
        runs.cancel(cloud, deployment)
        return Response(204)
    if part == "operationstatuses" and rest and request.method == "GET":
        return _status(deployment, rest[0])
    if part == "operations" and request.method == "GET":
        return _operations(request, deployment, rest)
    if part == "exporttemplate" and request.method == "POST":
        return Response(200, {"template": deployment.properties.get("template", {})})
    raise unsupported(f"{request.method} deployments/{part}")


def _status(deployment: Deployment, number: str) -> Response:
    if number != deployment.number:
        raise refusal("DeploymentOperationNotFound", operation=number)
    body: dict[str, Any] = {"status": deployment.state}
    if deployment.error is not None:
        body["error"] = deployment.error
    return Response(200, body)


def _operations(request: Request, deployment: Deployment, rest: tuple[str, ...]) -> Response:
    items = records.operations(deployment, request.api_version)
    if not rest:
        return Response(200, filters.page(request, items))
    found = next((item for item in items if item["operationId"].lower() == rest[0].lower()), None)
    if found is None:
        raise refusal("DeploymentOperationNotFound", operation=rest[0])
    return Response(200, found)


def _list(cloud: Cloud, request: Request, scope: str) -> Response:
    prefix = f"{scope}/providers/{descriptions.TYPE}/".lower()
    found = [item for key, item in cloud.state.deployments.items() if key.startswith(prefix)]
    found.sort(key=lambda item: item.started, reverse=True)
    return Response(200, filters.page(request, filters.chosen(request, [records.show(item) for item in found])))


def _put(cloud: Cloud, request: Request, scope: str, name: str, caller: entra.Caller) -> Response:
    checks.writable_group(cloud, scope + "/x")
    deployment, existing = acceptance.prepared(cloud, request, scope, name, caller)
    _require_writes(cloud, request, deployment)
    cloud.state.deployments[deployment.id.lower()] = deployment
    runs.start(cloud, deployment)
    shown = _shown_now(deployment)
    url = f"{request.url}{request.path}/operationStatuses/{deployment.number}?api-version={request.api_version}"
    headers = {"azure-asyncoperation": url + operations.SIGNATURE.format(id=deployment.number)}
    return Response(200 if existing else 201, shown, headers)


def _validate(cloud: Cloud, request: Request, scope: str, name: str, caller: entra.Caller) -> Response:
    level = acceptance.level_of(request)
    deployment, _ = acceptance.prepared(cloud, request, scope, name, caller, preflight=level != "template")
    if level == "provider":
        _require_writes(cloud, request, deployment)
    shown = _shown_now(deployment)
    properties = shown["properties"]
    properties["provisioningState"] = "Succeeded"
    properties["timestamp"] = "0001-01-01T00:00:00Z" if deployment.location is None else timestamp(now())
    properties["duration"] = "PT0S"
    properties["validatedResources"] = [{"id": key} for key in _validated(cloud, deployment)]
    expansions.forget(cloud, deployment)
    return Response(200, shown)


def _require_writes(cloud: Cloud, request: Request, deployment: Deployment) -> None:
    """ARM asks before it accepts a deployment whether the principal may write all that it names."""
    if permissions.are_limited(cloud):
        principal = entra.caller_of(cloud, request).principal
        permissions.require_writes(cloud, principal, _validated(cloud, deployment))


def _shown_now(deployment: Deployment) -> dict[str, Any]:
    """The record in the answer that makes it: parameters that are null say so."""
    shown = records.show(deployment)
    if "parameters" in deployment.shown:
        shown["properties"]["parameters"] = deployment.shown["parameters"]
    return shown


def _what_if(cloud: Cloud, request: Request, scope: str, name: str, caller: entra.Caller) -> Response:
    deployment, _ = acceptance.prepared(cloud, request, scope, name, caller)
    found = what_if.changes(cloud, deployment)
    expansions.forget(cloud, deployment)
    settings = (request.body().get("properties") or {}).get("whatIfSettings") or {}
    if str(settings.get("resultFormat", "")).lower() == "resourceidonly":
        found = [{key: change[key] for key in ("resourceId", "changeType")} for change in found]
    token = base64.urlsafe_b64encode(f"DeploymentWhatIfJob-{deployment.number}".encode()).decode().rstrip("=")
    operation = operations.begin(
        cloud,
        "job",
        "what-if",
        deployment.id,
        request.api_version,
        writes.share(cloud, WHAT_IF, deployment.id, None),
        token,
    )
    properties = {"correlationId": deployment.correlation_id, "changes": found}
    operation.result = {"status": "Succeeded", "properties": properties}
    return Response(202, None, operations.headers(cloud, request, operation, WHAT_IF))


def _validated(cloud: Cloud, deployment: Deployment) -> list[str]:
    return _resources_of(expansions.expansion_of(cloud, deployment), CloudRuntime(cloud))


def _resources_of(expansion: Expansion, runtime: CloudRuntime) -> list[str]:
    """The ids of a template's resources, those of nested ones after them."""
    found = [item.id for item in descriptions.deployed(expansion)]
    for item in descriptions.deployed(expansion):
        if item.type.lower() == descriptions.TYPE.lower():
            try:
                if "templateLink" in expansion.body(item, runtime)["properties"]:
                    continue  # ARM's validation does not name what a linked template makes
                found += _resources_of(expansion.nested(item, runtime), runtime)
            except (LookupError, TemplateError):
                continue  # its parameters hang on what only the run will know
    return found


def _delete(cloud: Cloud, request: Request, deployment: Deployment) -> Response:
    if deployment.active:
        raise records.still_active(deployment)
    group = ids.group_of(deployment.id).upper()
    job = f'{{"jobId":"DeploymentDeletionJob-GNS-{group}-{deployment.name.upper()}-{deployment.number}"}}'
    token = base64.urlsafe_b64encode(job.encode()).decode().rstrip("=")
    operation = cloud.state.operations.get(token.lower())
    if operation is None:
        seconds = DELETE.share * cloud.settings.provisioning_seconds
        operation = operations.begin(
            cloud, "deploymentJob", "deployment-delete", deployment.id, request.api_version, seconds, token
        )
    return Response(202, None, operations.headers(cloud, request, operation, DELETE))
