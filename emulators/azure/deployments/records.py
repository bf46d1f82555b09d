"""Deployments as ARM records and shows them."""

import hashlib
import json
from typing import Any

from emulators.azure.language import Expansion, Resource, Runtime, TemplateError
from emulators.azure.providers import type_of
from emulators.azure.wire.errors import Refusal, refusal
from emulators.azure.wire.times import american, duration, timestamp
from emulators.azure.world.state import SUCCEEDED, Deployment, Look, Step

TYPE = "Microsoft.Resources/deployments"
VERSIONED = "2025-03-01"  # the first api-version whose outputResources say by which one a resource was written
_WEEK = 7 * 24 * 3600
_TYPES = {
    "string": "String",
    "int": "Int",
    "bool": "Bool",
    "array": "Array",
    "object": "Object",
    "securestring": "SecureString",
    "secureobject": "SecureObject",
}


def show(deployment: Deployment, version: str = "", lags: bool = False) -> dict[str, Any]:
    """The record as GET of an api-version answers it; one that lags says Running though its operation has ended."""
    shown: dict[str, Any] = {"id": deployment.id, "name": deployment.name, "type": TYPE}
    if deployment.location is not None:
        shown["location"] = deployment.location
    if deployment.tags is not None:
        shown["tags"] = deployment.tags
    head = {
        key: deployment.shown[key]
        for key in ("templateLink", "templateHash", "parameters", "mode", "debugSetting")
        if key in deployment.shown
    }
    if "parameters" in head:
        head["parameters"] = _without_nulls(head["parameters"])
    properties: dict[str, Any] = head | {
        "provisioningState": "Running" if lags else deployment.state,
        "timestamp": timestamp(deployment.changed),
        "duration": duration(deployment.changed - deployment.started),
        "correlationId": deployment.correlation_id,
        "providers": deployment.shown["providers"],
        "dependencies": deployment.shown["dependencies"],
    }
    if lags:
        return shown | {"properties": properties}
    if deployment.state == SUCCEEDED:
        if deployment.outputs is not None:
            properties["outputs"] = _without_nulls(deployment.outputs)
        kept = ("id", "apiVersion") if version >= VERSIONED else ("id",)
        properties["outputResources"] = [
            {key: item[key] for key in kept if key in item} for item in deployment.shown.get("outputResources", [])
        ]
    elif deployment.error is not None:
        properties["error"] = deployment.error
    return shown | {"properties": properties}


def still_active(deployment: Deployment) -> Refusal:
    """An active deployment is neither replaced nor deleted."""
    started = deployment.started
    return refusal("DeploymentActive", name=deployment.name, start=american(started), expiry=american(started + _WEEK))


def _without_nulls(values: dict[str, Any]) -> dict[str, Any]:
    """A value that is null is not shown, but in the answer to the PUT."""
    return {
        name: {key: part for key, part in value.items() if key != "value" or part is not None}
        for name, value in values.items()
    }


def operations(deployment: Deployment) -> list[dict[str, Any]]:
    """The items of the operations list: one for each resource begun, at last the evaluation of the outputs."""
    begun = [(step.started, _operation(deployment, step)) for step in deployment.steps if step.state != "Waiting"]
    asked = [(look.at, _looked(deployment, look)) for look in deployment.looks]
    items = [item for _, item in sorted([*begun, *asked], key=lambda entry: entry[0])]
    if not deployment.active and deployment.state != "Canceled" and "ended" in deployment.shown:
        items.append(_evaluation(deployment))
    return items


def _operation(deployment: Deployment, step: Step) -> dict[str, Any]:
    ended = step.ended or step.started
    properties: dict[str, Any] = {
        "provisioningOperation": "Create",
        "provisioningState": step.state,
        "timestamp": timestamp(ended),
        "duration": duration(ended - step.started),
        "trackingId": _guid_of(deployment.number, step.operation_id),
        "statusCode": step.status_code,
    }
    if step.error is not None:
        properties["statusMessage"] = step.error
    properties["targetResource"] = {
        "id": step.resource_id,
        "resourceType": step.type,
        "resourceName": step.name,
    }
    return _item(deployment, step.operation_id, properties)


def _looked(deployment: Deployment, look: Look) -> dict[str, Any]:
    """A Read, an Action or a Waiting: what a run asked of a resource without writing it."""
    tracking = _guid_of(deployment.number, look.operation, look.resource_id, look.action)
    target = {"id": look.resource_id, "resourceType": look.type, "resourceName": look.name}
    properties: dict[str, Any] = {
        "provisioningOperation": look.operation,
        "provisioningState": SUCCEEDED,
        "timestamp": timestamp(look.at),
        "duration": "PT0S",
        "trackingId": tracking,
        "statusCode": "OK",
        "targetResource": target | ({"actionName": look.action} if look.action else {}),
    }
    return _item(deployment, tracking.replace("-", "")[:16].upper(), properties)


def _evaluation(deployment: Deployment) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "provisioningOperation": "EvaluateDeploymentOutput",
        "provisioningState": deployment.shown["ended"],
        "timestamp": timestamp(deployment.changed),
        "duration": duration(deployment.changed - deployment.started),
        "trackingId": _guid_of(deployment.number, "outputs"),
        "statusCode": "OK" if deployment.shown["ended"] == SUCCEEDED else "BadRequest",
    }
    if deployment.shown["ended"] != SUCCEEDED:
        properties["statusMessage"] = "The deployment's outputs were not evaluated, because it failed."
    return _item(deployment, deployment.number, properties)


def _item(deployment: Deployment, operation_id: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {"id": f"{deployment.id}/operations/{operation_id}", "operationId": operation_id, "properties": properties}


def _guid_of(*parts: str) -> str:
    digest = hashlib.sha256("/".join(parts).encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}"


def describe(
    expansion: Expansion, template: dict[str, Any], properties: dict[str, Any], runtime: Runtime
) -> dict[str, Any]:
    """What the record says of its template: templateHash, parameters, mode, debugSetting, providers, dependencies."""
    link = {"templateLink": properties["templateLink"]} if "templateLink" in properties else {}
    shown: dict[str, Any] = {**link, "templateHash": template_hash(template)}
    if "parameters" in template or "parameters" in properties:
        shown["parameters"] = typed(expansion.parameters())
    shown["mode"] = str(properties.get("mode", "Incremental")).capitalize()
    level = (properties.get("debugSetting") or {}).get("detailLevel")
    if level:
        words = [word.strip() for word in level.split(",")]
        shown["debugSetting"] = {"detailLevel": ", ".join(word[:1].upper() + word[1:] for word in words)}
    shown["providers"] = _providers(expansion, runtime)
    shown["dependencies"] = _dependencies(expansion)
    return shown


def deployed(expansion: Expansion) -> list[Resource]:
    """The resources of a template that a deployment writes."""
    return [resource for resource in expansion.resources if resource.condition and not resource.existing]


def _providers(expansion: Expansion, runtime: Runtime) -> list[dict[str, Any]]:
    found: dict[str, dict[str, list[str | None]]] = {}
    for resource in deployed(expansion):
        namespace, _, kind = type_of(resource.type).name.partition("/")
        places = found.setdefault(namespace, {}).setdefault(kind, [])
        place = location_of(expansion, resource, runtime)
        if place not in places:
            places.append(place)
    return [
        {
            "namespace": namespace,
            "resourceTypes": [{"resourceType": kind, "locations": places} for kind, places in kinds.items()],
        }
        for namespace, kinds in found.items()
    ]


def location_of(expansion: Expansion, resource: Resource, runtime: Runtime) -> str | None:
    """Where a resource will be, as far as that is known before it is deployed."""
    if resource.type.lower() == TYPE.lower():
        return None
    try:
        location = expansion.body(resource, runtime).get("location")
    except (LookupError, TemplateError):
        return None
    return location.replace(" ", "").lower() if isinstance(location, str) else None


def _dependencies(expansion: Expansion) -> list[dict[str, Any]]:
    known = {resource.id.lower(): resource for resource in deployed(expansion)}
    return [
        {"dependsOn": [_named(known[key.lower()]) for key in resource.depends_on if key.lower() in known]}
        | _named(resource)
        for resource in deployed(expansion)
        if resource.depends_on
    ]


def _named(resource: Resource) -> dict[str, str]:
    return {"id": resource.id, "resourceType": resource.type, "resourceName": resource.name}


def typed(values: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Parameters or outputs as ARM shows them: names camel-cased, types capitalised, secure ones without a value."""
    return {
        camel(name): {
            key: _TYPES.get(str(part).lower(), part) if key == "type" else part for key, part in value.items()
        }
        for name, value in values.items()
    }


def camel(name: str) -> str:
    """`VMSS` -> `vmss`, `AZURE_ID` -> `azurE_ID`, `NewNSG` -> `newNSG`: the JSON library of ARM does this."""
    if not name[:1].isupper():
        return name
    letters = list(name)
    for at, letter in enumerate(letters):
        if at == 1 and not letter.isupper():
            break
        if at > 0 and at + 1 < len(letters) and not letters[at + 1].isupper():
            break
        letters[at] = letter.lower()
    return "".join(letters)


def template_hash(template: dict[str, Any]) -> str:
    """Bicep's own hash where the template carries one, else one of the same form."""
    generator = (template.get("metadata") or {}).get("_generator") or {}
    if "templateHash" in generator:
        return str(generator["templateHash"])
    digest = hashlib.sha256(json.dumps(template, sort_keys=True).encode()).digest()
    return str(int.from_bytes(digest[:8], "big"))
