"""Deployments as ARM records and shows them."""

import hashlib
from typing import Any

from emulators.azure.deployments.descriptions import TYPE
from emulators.azure.wire.errors import Refusal, refusal
from emulators.azure.wire.times import american, duration, timestamp
from emulators.azure.world.entities import SUCCEEDED, Deployment, Look, Step

VERSIONED = "2025-03-01"  # the first api-version whose outputResources say by which one a resource was written
_OBJECTS = "2019-10-01"  # the first api-version whose every statusMessage is an object
_WEEK = 7 * 24 * 3600


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


def operations(deployment: Deployment, version: str = _OBJECTS) -> list[dict[str, Any]]:
    """The items of the operations list: one for each resource begun, at last the evaluation of the outputs."""
    begun = [(step.started, _operation(deployment, step)) for step in deployment.steps if step.state != "Waiting"]
    asked = [(look.at, _show_look(deployment, look)) for look in deployment.looks]
    items = [item for _, item in sorted([*begun, *asked], key=lambda entry: entry[0])]
    if not deployment.active and deployment.state != "Canceled" and "ended" in deployment.shown:
        items.append(_evaluation(deployment, version))
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


def _show_look(deployment: Deployment, look: Look) -> dict[str, Any]:
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


def _evaluation(deployment: Deployment, version: str) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "provisioningOperation": "EvaluateDeploymentOutput",
        "provisioningState": deployment.shown["ended"],
        "timestamp": timestamp(deployment.changed),
        "duration": duration(deployment.changed - deployment.started),
        "trackingId": _guid_of(deployment.number, "outputs"),
        "statusCode": "OK" if deployment.shown["ended"] == SUCCEEDED else "BadRequest",
    }
    if deployment.shown["ended"] != SUCCEEDED:
        text = "The deployment's outputs were not evaluated, because it failed."
        error = {key: (deployment.error or {}).get(key, text) for key in ("code", "message")}
        properties["statusMessage"] = {"status": "Failed", "error": error} if version >= _OBJECTS else text
    return _item(deployment, deployment.number, properties)


def _item(deployment: Deployment, operation_id: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {"id": f"{deployment.id}/operations/{operation_id}", "operationId": operation_id, "properties": properties}


def _guid_of(*parts: str) -> str:
    digest = hashlib.sha256("/".join(parts).encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}"
