"""Deployments in ARM, at resource group and at subscription scope."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from driver import arm
from driver.arm import Operation
from driver.arm_errors import Cause, Refusal, cause
from driver.models import AzureLocation, Deploy
from driver.topology import DEPLOYMENT_TYPE, arm_type, group_name

_MOST_NESTED = 5  # levels; ARM itself refuses deeper nesting


@dataclass(frozen=True)
class Deployment:
    """What ARM says of a deployment. `state` is its provisioning state; `failure` stands where it has failed."""

    state: str
    outputs: Mapping[str, Any]
    resource_ids: tuple[str, ...]
    failure: Cause | None = None


def deployment_id(location: AzureLocation, work: Deploy) -> str:
    group = f"/resourceGroups/{work.resource_group}" if work.scope == "resourceGroup" else ""
    return f"/subscriptions/{location.subscription_id}{group}/providers/{DEPLOYMENT_TYPE}/{work.name}"


def put(location: AzureLocation, work: Deploy, template: Mapping[str, Any]) -> Operation:
    """Create or update a deployment. One of that name that is active is joined: the name is this request's own."""
    answers: list[Any] = []
    options: dict[str, Any] = {
        "polling": False,
        "raw_response_hook": lambda answer: answers.append(answer.http_response),
    }
    body: Any = _body(work, template)
    try:
        with arm.clients(location) as clients:
            deployments = clients.deployments.deployments
            if work.scope == "resourceGroup":
                deployments.begin_create_or_update(work.resource_group, work.name, body, **options)
            else:
                deployments.begin_create_or_update_at_subscription_scope(work.name, body, **options)
    except Refusal as refused:
        if (
            refused.cause.code.lower() in ("deploymentactive", "deploymentactiveanduneditable")
            and refused.status == 409
        ):
            return Operation()
        raise
    return arm.operation(answers[-1])


def validated_ids(location: AzureLocation, work: Deploy, template: Mapping[str, Any]) -> tuple[str, ...]:
    """The ids of the resources that a template would make, as ARM's own preflight gives them."""
    answers: list[Any] = []
    options: dict[str, Any] = {
        "polling": False,
        "raw_response_hook": lambda answer: answers.append(answer.http_response),
    }
    body: Any = _body(work, template)
    with arm.clients(location) as clients:
        deployments = clients.deployments.deployments
        if work.scope == "resourceGroup":
            deployments.begin_validate(work.resource_group, work.name, body, **options)
        else:
            deployments.begin_validate_at_subscription_scope(work.name, body, **options)
    answer = answers[-1].json()
    if "error" in answer:
        raise Refusal(200, cause(answer))
    return tuple(one["id"] for one in answer.get("properties", {}).get("validatedResources") or ())


def get(location: AzureLocation, work: Deploy) -> Deployment:
    """A deployment's state, outputs and resources."""
    with arm.clients(location) as clients:
        deployments = clients.deployments.deployments
        if work.scope == "resourceGroup":
            found = deployments.get(work.resource_group, work.name)
        else:
            found = deployments.get_at_subscription_scope(work.name)
    properties: Any = found.properties
    state = str(properties.provisioning_state)
    failure = None
    if state in ("Failed", "Canceled"):
        error = properties.error.as_dict() if properties.error else {}
        failure = cause({"error": error}, f"Deployment{state}")
    return Deployment(
        state,
        properties.outputs or {},
        tuple(str(one.id) for one in properties.output_resources or ()),
        failure,
    )


def touched_ids(location: AzureLocation, work: Deploy) -> tuple[str, ...]:
    """The ids of what a deployment wrote or tried to write, with its nested deployments and what those wrote, from its
    operations: ARM names no resources of a deployment that has failed.
    """
    return tuple(dict.fromkeys(_touched(location, deployment_id(location, work), _MOST_NESTED)))


def nested_ids(location: AzureLocation, work: Deploy) -> tuple[str, ...]:
    """The ids of a deployment's nested deployments."""
    return tuple(one for one in touched_ids(location, work) if arm_type(one).lower() == DEPLOYMENT_TYPE.lower())


def cancel(location: AzureLocation, resource_id: str) -> bool:
    """Cancel a deployment if it is active. False if there is none."""
    name, group = resource_id.rsplit("/", 1)[-1], group_name(resource_id)
    try:
        with arm.clients(location) as clients:
            if group:
                clients.deployments.deployments.cancel(group, name)
            else:
                clients.deployments.deployments.cancel_at_subscription_scope(name)
    except Refusal as refused:
        if refused.status == 409:
            return True
        if refused.is_absence:
            return False
        raise
    return True


def outputs(deployment: Deployment, declared: Iterable[str]) -> dict[str, Any]:
    """Outputs under the names that the template declares: ARM answers in camel case. Secure outputs have no value and
    are left out.
    """
    names = {name.lower(): name for name in declared}
    return {
        names.get(name.lower(), name): output["value"]
        for name, output in deployment.outputs.items()
        if isinstance(output, Mapping)
        and not str(output.get("type", "")).lower().startswith("secure")
        and output.get("value") is not None
    }


def _touched(location: AzureLocation, resource_id: str, levels: int) -> Iterator[str]:
    name, group = resource_id.rsplit("/", 1)[-1], group_name(resource_id)
    try:
        with arm.clients(location) as clients:
            operations = clients.deployments.deployment_operations
            found = list(operations.list(group, name) if group else operations.list_at_subscription_scope(name))
    except Refusal as refused:
        if refused.is_absence:
            return
        raise
    for one in found:
        properties: Any = one.properties
        target = properties.target_resource if properties else None
        if (
            target is None
            or not target.id
            or str(properties.provisioning_operation) in ("Read", "EvaluateDeploymentOutput")
        ):
            continue
        yield str(target.id)
        if levels and arm_type(str(target.id)).lower() == DEPLOYMENT_TYPE.lower():
            yield from _touched(location, str(target.id), levels - 1)


def _body(work: Deploy, template: Mapping[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = {
        "properties": {
            "mode": "Incremental",
            "template": template,
            "parameters": {name: {"value": value} for name, value in work.parameters.items()},
        }
    }
    if work.scope == "subscription":
        body["location"] = work.location
    return body
