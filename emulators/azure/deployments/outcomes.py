"""What became of a deployment and of its resources, as ARM words it."""

import json
from http import HTTPStatus
from typing import Any

from emulators.azure.world.clock import now
from emulators.azure.world.cloud import Cloud
from emulators.azure.world.entities import Deployment, Step

DEBUG = "Please see https://aka.ms/arm-deployment-operations for usage details."


FAILED = "At least one resource deployment operation failed. Please list deployment operations for details. " + DEBUG


def terminal(deployment: Deployment, this: Step, state: str, inner: dict[str, Any]) -> dict[str, Any]:
    target = {"target": this.resource_id} if modern(deployment) else {}
    message = (
        "The resource write operation failed to complete successfully, because it reached terminal provisioning state "
        f"'{state}'."
    )
    return {"code": "ResourceDeploymentFailure"} | target | {"message": message, "details": [inner]}


def failed(this: Step, status: int, error: dict[str, Any]) -> None:
    this.state, this.ended = "Failed", now()
    this.status_code = "".join(word.capitalize() for word in HTTPStatus(status).phrase.split())
    this.error = error


def lost(deployment: Deployment) -> set[str]:
    """Ids of the resources that failed, and of those that cannot begin because of them."""
    found = {item.resource_id.lower() for item in deployment.steps if item.state in ("Failed", "Canceled")}
    while True:
        more = {item.resource_id.lower() for item in deployment.steps if found & set(item.depends_on)} - found
        if not more:
            return found
        found |= more


def waiting(deployment: Deployment) -> bool:
    """Whether there are steps that have not begun, but still can."""
    gone = lost(deployment)
    return any(item.state == "Waiting" and item.resource_id.lower() not in gone for item in deployment.steps)


def finish(deployment: Deployment, state: str, error: dict[str, Any] | None) -> None:
    deployment.state, deployment.error = state, error
    deployment.shown["ended"] = state


def _target(deployment: Deployment) -> dict[str, str]:
    return {"target": deployment.id} if modern(deployment) else {}


def modern(deployment: Deployment) -> bool:
    """From 2022-09-01 on, details carry the service's code and target; before, its JSON as text in the message."""
    return str(deployment.shown.get("apiVersion", "2022-09-01")) >= "2022-09-01"


def _detail(deployment: Deployment, item: Step) -> dict[str, Any]:
    error = (item.error or {}).get("error") or {}
    if modern(deployment):
        return {key: value for key, value in error.items() if key != "details" or value}
    text = json.dumps(item.error, indent=2).replace("\n", "\r\n")
    return {"code": item.status_code, "message": text}


def made_by(cloud: Cloud, deployment: Deployment) -> list[dict[str, str]]:
    """`{id, apiVersion}` of the resources; those of a nested deployment stand in its place."""
    made: dict[str, dict[str, str]] = {}
    for item in deployment.steps:
        nested = cloud.state.deployments.get(item.nested or "")
        own = {"id": item.resource_id} | ({"apiVersion": item.api_version} if item.api_version else {})
        for one in made_by(cloud, nested) if nested is not None else [own]:
            made.setdefault(one["id"], one)
    return list(made.values())


def failure(deployment: Deployment, failed: list[Step]) -> dict[str, Any]:
    """The error of a deployment, with what each failed resource says."""
    details = [_detail(deployment, item) for item in failed]
    return {"code": "DeploymentFailed"} | _target(deployment) | {"message": FAILED, "details": details}
