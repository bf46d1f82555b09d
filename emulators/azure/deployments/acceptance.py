"""What ARM checks before it accepts a deployment: its name, its location, its template, its resources."""

import re
from contextlib import suppress
from typing import Any

from emulators.azure.deployments import descriptions, expansions, links, records
from emulators.azure.faults import answers
from emulators.azure.identity.entra import Caller
from emulators.azure.language import Expansion, TemplateError
from emulators.azure.language.expansion import validation
from emulators.azure.language.members import find_member_fault
from emulators.azure.language.models import UnknownCount
from emulators.azure.language.residuals import has_residual
from emulators.azure.providers import type_of
from emulators.azure.resources import checks
from emulators.azure.wire.errors import Refusal, refusal, unsupported
from emulators.azure.wire.messages import Request
from emulators.azure.world import ids, locations
from emulators.azure.world.clock import now
from emulators.azure.world.cloud import Cloud, guid
from emulators.azure.world.entities import Deployment

_NAME = re.compile(r"[-\w.()]+", re.ASCII)
_LEVELS = ("provider", "providernorbac", "template")


def level_of(request: Request) -> str:
    """The validation level that a request asks for, in lower case."""
    properties = request.body().get("properties")
    wanted = properties.get("validationLevel", _LEVELS[0]) if isinstance(properties, dict) else _LEVELS[0]
    if str(wanted).lower() not in _LEVELS:
        raise refusal("InvalidRequestContent", reason=f"'{wanted}' is no validation level")
    return str(wanted).lower()


def prepared(
    cloud: Cloud, request: Request, scope: str, name: str, caller: Caller, preflight: bool = True
) -> tuple[Deployment, Deployment | None]:
    """Check the request and its template, as ARM does before it accepts a deployment. `preflight`: also each resource
    of it.
    """
    if len(name) > 64:
        raise refusal("DeploymentNameLengthLimitExceeded", name=name)
    if not _NAME.fullmatch(name):
        raise refusal("DeploymentNameInvalidCharacters", name=name)
    body = {key.lower(): value for key, value in request.body().items()}
    properties = body.get("properties")
    if not isinstance(properties, dict):
        raise refusal("InvalidRequestContent", reason="The request has no 'properties'")
    properties, base = _with_template(cloud, properties)
    if str(properties.get("mode", "Incremental")).lower() != "incremental":
        raise unsupported(f"deployment mode {properties.get('mode')}")
    key = f"{scope}/providers/{descriptions.TYPE}/{name}"
    existing = cloud.state.deployments.get(key.lower())
    location = _location(name, scope, body.get("location"), existing)
    if existing is not None and existing.active and not request.path.lower().endswith(("/validate", "/whatif")):
        raise records.still_active(existing)
    moment = now()
    slow = cloud.faults.strike(("slow",), "", key)
    seconds = cloud.settings.provisioning_seconds * (slow.factor if slow else 1.0)
    deployment = Deployment(
        key,
        name,
        scope,
        expansions.new_number(key),
        caller.tenant_id,
        request.correlation_id,
        {
            item: properties[item]
            for item in ("template", "templateLink", "parameters", "mode", "debugSetting")
            if item in properties
        },
        moment,
        moment + seconds,
        moment,
        location=location,
        tags=body.get("tags"),
        shown={"base": base},
        deployer=caller.principal,
    )
    _expand(cloud, deployment, preflight)
    deployment.shown["apiVersion"] = request.api_version
    return deployment, existing


def _with_template(cloud: Cloud, properties: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """The properties with the template that they link to, and where it was found."""
    if properties.get("parametersLink"):
        raise unsupported("parameters by link (parametersLink)")
    link = properties.get("templateLink")
    if isinstance(properties.get("template"), dict) and link:
        raise refusal("InvalidRequestContent", reason="'template' and 'templateLink' exclude each other")
    if isinstance(link, dict):
        try:
            found = links.make_follower(cloud)(link)
        except TemplateError as error:
            raise Refusal(400, error.code, error.message) from error
        return {**properties, "template": found.template}, str(link.get("id") or link.get("uri") or "")
    if not isinstance(properties.get("template"), dict):
        raise refusal("InvalidRequestContent", reason="'properties' has neither 'template' nor 'templateLink'")
    if fault := find_member_fault(properties["template"]):
        raise refusal("InvalidRequestContent", reason=fault)
    return properties, ""


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


def _expand(cloud: Cloud, deployment: Deployment, preflight: bool) -> None:
    try:
        expansion = expansions.expansion_of(cloud, deployment)
        template = deployment.properties["template"]
        with validation():
            deployment.shown |= descriptions.describe(expansion, template, deployment.properties)
            _evaluate_nested(expansion)
        _meet(cloud, template)
        for item in expansion.resources:  # by their ids: a legacy extension resource is written with another type
            rid = ids.parse(item.id)
            if rid is not None:
                _note_type(cloud, rid.type, item.api_version)
        if preflight:
            _preflight(cloud, deployment)
    except TemplateError as error:
        raise _invalid(error) from error


def _evaluate_nested(expansion: Expansion) -> None:
    """Find what no run can evaluate in nested templates whose parameters are known."""
    for item in descriptions.deployed(expansion):
        if item.type.lower() != descriptions.TYPE.lower():
            continue
        with suppress(UnknownCount):
            properties = expansion.body(item, None)["properties"]
            if "templateLink" in properties or has_residual(properties) or _has_references(properties):
                continue
            inner = expansion.nested(item, None)
            for one in descriptions.deployed(inner):
                descriptions.location_of(inner, one)
            _evaluate_nested(inner)


def _has_references(properties: dict[str, Any]) -> bool:
    """Whether parameters refer to key vaults, which are read once the nested deployment begins."""
    given = properties.get("parameters") or {}
    return any(isinstance(entry, dict) and "reference" in entry for entry in given.values())


def _meet(cloud: Cloud, part: Any) -> None:
    """Note the types that a template names, nested ones included: providers list them from then on, as Azure lists
    every type there is.
    """
    if isinstance(part, list):
        for item in part:
            _meet(cloud, item)
    if isinstance(part, dict):
        kind, version = part.get("type"), part.get("apiVersion")
        if isinstance(kind, str) and isinstance(version, str) and "/" in kind and "[" not in f"{kind}{version}":
            _note_type(cloud, kind, version)
        for item in part.values():
            _meet(cloud, item)


def _note_type(cloud: Cloud, kind: str, version: str) -> None:
    if "/providers/" in kind.lower():
        return
    versions = cloud.state.met.setdefault(kind, [])
    if version not in versions:
        versions.append(version)


def _invalid(error: TemplateError) -> Refusal:
    refused = Refusal(400, error.code, error.message)
    info = {"lineNumber": 1, "linePosition": 1, "path": "properties.template"}
    refused.additional_info = [{"type": "TemplateViolation", "info": info}]
    return refused


def _preflight(cloud: Cloud, deployment: Deployment) -> None:
    """What ARM checks of each resource before it accepts the deployment: groups, api-versions, names, locations."""
    expansion = expansions.expansion_of(cloud, deployment)
    made = {item.id.lower() for item in expansion.resources}
    for item in descriptions.deployed(expansion):
        quota = cloud.faults.strike(("quota",), "", item.id, resource_type=item.type)
        if quota is not None:
            raise _not_valid(deployment, answers.make_error(quota, "QuotaExceeded").error())
        rid = ids.parse(item.id)
        if rid is None:
            continue
        row = type_of(rid.type)
        group_id = "/".join(item.id.split("/")[:5])
        if ids.group_of(item.id) and group_id.lower() not in made:
            checks.group(cloud, item.id)
        if item.type.lower() == descriptions.TYPE.lower():
            continue
        place = descriptions.location_of(expansion, item)
        checks.api_version(row, rid, item.api_version.lower(), place or "")
        try:
            checks.name(row, rid)
        except Refusal as error:
            inner = {"code": error.code, "target": rid.name, "message": error.message}
            message = "Preflight validation failed. Please refer to the details for the specific errors."
            raise _not_valid(
                deployment, {"code": "PreflightValidationCheckFailed", "message": message, "details": [inner]}
            ) from error
        if place is not None:
            checks.location(row, None, rid, place)


def _not_valid(deployment: Deployment, detail: dict[str, Any]) -> Refusal:
    refused = refusal("InvalidTemplateDeployment", name=deployment.name, id=guid())
    refused.details = [detail]
    return refused
