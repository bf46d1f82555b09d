"""Requests about deployments, at resource group and subscription scope."""

import base64
import re
from typing import Any

from emulators.azure import (
    checks,
    deployments,
    faults,
    filters,
    groups,
    ids,
    locations,
    operations,
    resources,
    runs,
    what_if,
)
from emulators.azure.clock import now
from emulators.azure.cloud import Cloud, guid
from emulators.azure.errors import Refusal, refusal, unsupported
from emulators.azure.language import TemplateError
from emulators.azure.messages import Request, Response
from emulators.azure.providers import type_of
from emulators.azure.providers.types import Form
from emulators.azure.runtime import CloudRuntime
from emulators.azure.state import Deployment
from emulators.azure.times import american, timestamp

DELETE = Form(202, location=True, retry_after=15, body="empty", polling="deploymentJob", share=0.25)
WHAT_IF = Form(202, location=True, retry_after=15, body="empty", polling="job", share=0.25)
_WEEK = 7 * 24 * 3600
_NAME = re.compile(r"[-\w.()]+", re.ASCII)


def handle(cloud: Cloud, request: Request, scope: str, rest: tuple[str, ...], tenant_id: str) -> Response:
    """`{scope}/providers/Microsoft.Resources/deployments[/{name}[/{part}[/{id}]]]`, `rest` beginning with the name."""
    groups.version(request)
    group = checks.group(cloud, scope + "/x")
    scope = group.id if group else scope
    if not rest:
        return _list(cloud, request, scope)
    name, part = rest[0], rest[1].lower() if len(rest) > 1 else ""
    if part == "validate":
        return _validate(cloud, request, scope, name, tenant_id)
    if part == "whatif":
        return _what_if(cloud, request, scope, name, tenant_id)
    if not part and request.method == "PUT":
        return _put(cloud, request, scope, name, tenant_id)
    deployment = cloud.state.deployments.get(f"{scope}/providers/{deployments.TYPE}/{name}".lower())
    if deployment is None:
        if request.method == "HEAD":
            return Response(404, None, {"x-ms-failure-cause": "gateway"})
        if request.method == "DELETE" and not part:
            return Response(204)
        raise refusal("DeploymentNotFound", name=name)
    if part:
        return _part(cloud, request, deployment, part, rest[2:])
    if request.method == "HEAD":
        return Response(204)
    if request.method == "GET":
        headers = {"retry-after": str(cloud.retry_after(5))} if deployment.active else {}
        return Response(200, deployments.show(deployment), headers)
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
    items = deployments.operations(deployment)
    if not rest:
        return Response(200, filters.page(request, items))
    found = next((item for item in items if item["operationId"].lower() == rest[0].lower()), None)
    if found is None:
        raise refusal("DeploymentOperationNotFound", operation=rest[0])
    return Response(200, found)


def _list(cloud: Cloud, request: Request, scope: str) -> Response:
    prefix = f"{scope}/providers/{deployments.TYPE}/".lower()
    found = [item for key, item in cloud.state.deployments.items() if key.startswith(prefix)]
    found.sort(key=lambda item: item.started, reverse=True)
    return Response(200, filters.page(request, filters.chosen(request, [deployments.show(item) for item in found])))


def _put(cloud: Cloud, request: Request, scope: str, name: str, tenant_id: str) -> Response:
    checks.writable_group(cloud, scope + "/x")
    deployment, existing = _prepare(cloud, request, scope, name, tenant_id)
    cloud.state.deployments[deployment.id.lower()] = deployment
    runs.start(cloud, deployment)
    shown = _shown_now(deployment)
    url = f"{request.url}{request.path}/operationStatuses/{deployment.number}?api-version={request.api_version}"
    headers = {"azure-asyncoperation": url + operations.SIGNATURE.format(id=deployment.number)}
    return Response(200 if existing else 201, shown, headers)


def _validate(cloud: Cloud, request: Request, scope: str, name: str, tenant_id: str) -> Response:
    deployment, _ = _prepare(cloud, request, scope, name, tenant_id)
    shown = _shown_now(deployment)
    properties = shown["properties"]
    properties["provisioningState"] = "Succeeded"
    properties["timestamp"] = "0001-01-01T00:00:00Z" if deployment.location is None else timestamp(now())
    properties["duration"] = "PT0S"
    properties["validatedResources"] = [{"id": key} for key in _validated(cloud, deployment)]
    return Response(200, shown)


def _shown_now(deployment: Deployment) -> dict[str, Any]:
    """The record in the answer that makes it: parameters that are null say so."""
    shown = deployments.show(deployment)
    if "parameters" in deployment.shown:
        shown["properties"]["parameters"] = deployment.shown["parameters"]
    return shown


def _what_if(cloud: Cloud, request: Request, scope: str, name: str, tenant_id: str) -> Response:
    deployment, _ = _prepare(cloud, request, scope, name, tenant_id)
    found = what_if.changes(cloud, deployment)
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
        resources.share(cloud, WHAT_IF, deployment.id, None),
        token,
    )
    properties = {"correlationId": deployment.correlation_id, "changes": found}
    operation.result = {"status": "Succeeded", "properties": properties}
    return Response(202, None, operations.headers(cloud, request, operation, WHAT_IF))


def _validated(cloud: Cloud, deployment: Deployment) -> list[str]:
    expansion = runs.expansion_of(cloud, deployment)
    runtime = CloudRuntime(cloud, deployment.tenant_id)
    found = [item.id for item in deployments.deployed(expansion)]
    for item in deployments.deployed(expansion):
        if item.type.lower() == deployments.TYPE.lower():
            try:
                found += [inner.id for inner in deployments.deployed(expansion.nested(item, runtime))]
            except LookupError:
                continue  # its parameters hang on what only the run will know
    return found


def _prepare(
    cloud: Cloud, request: Request, scope: str, name: str, tenant_id: str
) -> tuple[Deployment, Deployment | None]:
    """Check the request and its template, as ARM does before it accepts a deployment."""
    if len(name) > 64:
        raise refusal("DeploymentNameLengthLimitExceeded", name=name)
    if not _NAME.fullmatch(name):
        raise refusal("DeploymentNameInvalidCharacters", name=name)
    body = {key.lower(): value for key, value in request.body().items()}
    properties = body.get("properties")
    if not isinstance(properties, dict):
        raise refusal("InvalidRequestContent", reason="The request has no 'properties'")
    if not isinstance(properties.get("template"), dict):
        raise unsupported("deployments without an inline template (templateLink)")
    if str(properties.get("mode", "Incremental")).lower() != "incremental":
        raise unsupported(f"deployment mode {properties.get('mode')}")
    key = f"{scope}/providers/{deployments.TYPE}/{name}"
    existing = cloud.state.deployments.get(key.lower())
    location = _location(name, scope, body.get("location"), existing)
    if existing is not None and existing.active and not request.path.lower().endswith(("/validate", "/whatif")):
        raise refusal(
            "DeploymentActive", name=name, start=american(existing.started), expiry=american(existing.started + _WEEK)
        )
    moment = now()
    slow = cloud.faults.strike(("slow",), "", key)
    seconds = cloud.settings.provisioning_seconds * (slow.factor if slow else 1.0)
    deployment = Deployment(
        key,
        name,
        scope,
        runs.new_number(key),
        tenant_id,
        request.correlation_id,
        {item: properties[item] for item in ("template", "parameters", "mode", "debugSetting") if item in properties},
        moment,
        moment + seconds,
        moment,
        location=location,
        tags=body.get("tags"),
    )
    _expand(cloud, deployment)
    deployment.shown["apiVersion"] = request.api_version
    return deployment, existing


def _location(name: str, scope: str, wanted: Any, existing: Deployment | None) -> str | None:
    if ids.group_of(scope):
        return None
    if not wanted:
        raise refusal("InvalidDeployment", name=name)
    if locations.normal(wanted) not in locations.NAMES:
        raise refusal("LocationNotAvailableForDeployment", location=wanted, regions=locations.LISTED)
    if existing is not None and existing.location not in (None, locations.normal(wanted)):
        raise refusal("InvalidDeploymentLocation", location=wanted, name=name, existing=existing.location)
    return locations.normal(wanted)


def _expand(cloud: Cloud, deployment: Deployment) -> None:
    try:
        expansion = runs.expansion_of(cloud, deployment)
        runtime = CloudRuntime(cloud, deployment.tenant_id)
        template = deployment.properties["template"]
        deployment.shown = deployments.describe(expansion, template, deployment.properties, runtime)
        _preflight(cloud, deployment, runtime)
    except TemplateError as error:
        raise _invalid(error) from error


def _invalid(error: TemplateError) -> Refusal:
    refused = refusal("InvalidTemplate", reason=error.message)
    refused.code = error.code
    info = {"lineNumber": 1, "linePosition": 1, "path": "properties.template"}
    refused.additional_info = [{"type": "TemplateViolation", "info": info}]
    return refused


def _preflight(cloud: Cloud, deployment: Deployment, runtime: CloudRuntime) -> None:
    """What ARM checks of each resource before it accepts the deployment: groups of nested deployments, versions, names."""
    expansion = runs.expansion_of(cloud, deployment)
    made = {item.id.lower() for item in expansion.resources}
    for item in deployments.deployed(expansion):
        quota = cloud.faults.strike(("quota",), "", item.id, item.type)
        if quota is not None:
            raise _not_valid(deployment, faults.refused(quota, "QuotaExceeded").error())
        rid = ids.parse(item.id)
        if rid is None:
            continue
        row = type_of(rid.type)
        group_id = "/".join(item.id.split("/")[:5])
        if ids.group_of(item.id) and group_id.lower() not in made:
            checks.group(cloud, item.id)
        if item.type.lower() == deployments.TYPE.lower():
            continue
        checks.api_version(row, rid, item.api_version.lower(), deployments.location_of(expansion, item, runtime) or "")
        try:
            checks.name(row, rid)
        except Refusal as error:
            inner = {"code": error.code, "target": rid.name, "message": error.message}
            message = "Preflight validation failed. Please refer to the details for the specific errors."
            raise _not_valid(
                deployment, {"code": "PreflightValidationCheckFailed", "message": message, "details": [inner]}
            ) from error
        place = deployments.location_of(expansion, item, runtime)
        if place is not None:
            checks.location(row, None, rid, place)


def _not_valid(deployment: Deployment, detail: dict[str, Any]) -> Refusal:
    refused = refusal("InvalidTemplateDeployment", name=deployment.name, id=guid())
    refused.details = [detail]
    return refused


def _delete(cloud: Cloud, request: Request, deployment: Deployment) -> Response:
    if deployment.active:
        raise refusal(
            "DeploymentActive",
            name=deployment.name,
            start=american(deployment.started),
            expiry=american(deployment.started + _WEEK),
        )
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
