"""Deployments in ARM, at resource group and at subscription scope."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from driver.azure import connection, operations
from driver.azure.operations import Operation
from driver.azure.refusals import Refusal, read_cause
from driver.azure.verdicts import Cause
from driver.models.orders import AzureLocation, Deploy
from driver.resource_ids import DEPLOYMENT_TYPE, ResourceId

_ACTIVE = ("deploymentactive", "deploymentactiveanduneditable")
_MOST_NESTED = 5  # levels; ARM itself refuses deeper nesting


@dataclass(frozen=True)
class Deployment:
    """A deployment in ARM. `state` is its provisioning state. `failure` is set if it has failed or was canceled."""

    state: str
    outputs: Mapping[str, Any]
    resource_ids: tuple[ResourceId, ...]
    failure: Cause | None = None


def build_deployment_id(location: AzureLocation, work: Deploy) -> ResourceId:
    """The ARM id of a deployment to make."""
    group = f"/resourceGroups/{work.resource_group}" if work.scope == "resourceGroup" else ""
    return ResourceId.parse(f"/subscriptions/{location.subscription_id}{group}/providers/{DEPLOYMENT_TYPE}/{work.name}")


def put(location: AzureLocation, work: Deploy, template: Mapping[str, Any], tags: Mapping[str, str]) -> Operation:
    """Create or update a deployment, whose record gets the tags. If one of that name is active already, this request
    has started it, since its name holds the requestId: then it is joined, and the operation has no URL.
    """
    try:
        with connection.connect(location) as clients:
            begin = clients.deployments.deployments.begin_create_or_update_at_scope
            return operations.read_operation(
                operations.call_begin(
                    begin,
                    *_split_id(build_deployment_id(location, work)),
                    {**_build_body(work, template), "tags": tags},
                )
            )
    except Refusal as refused:
        if refused.status == 409 and refused.cause.code.lower() in _ACTIVE:
            return Operation()
        raise


def list_validated_ids(location: AzureLocation, work: Deploy, template: Mapping[str, Any]) -> tuple[ResourceId, ...]:
    """The ids of the resources that a template would create or update, from ARM's preflight validation."""
    with connection.connect(location) as clients:
        begin = clients.deployments.deployments.begin_validate_at_scope
        answer = operations.call_begin(
            begin, *_split_id(build_deployment_id(location, work)), _build_body(work, template)
        ).json()
    if "error" in answer:
        raise Refusal(200, read_cause(answer))
    return tuple(
        ResourceId.parse(resource["id"]) for resource in answer.get("properties", {}).get("validatedResources") or ()
    )


def start_what_if(location: AzureLocation, work: Deploy, template: Mapping[str, Any]) -> Operation:
    """Begin ARM's what-if of a deployment. Once its operation is over, its body holds `properties.changes`."""
    with connection.connect(location) as clients:
        deployments = clients.deployments.deployments
        if work.scope == "resourceGroup":
            response = operations.call_begin(
                deployments.begin_what_if, work.resource_group, work.name, _build_body(work, template)
            )
        else:
            begin = deployments.begin_what_if_at_subscription_scope
            response = operations.call_begin(begin, work.name, _build_body(work, template))
    return operations.read_operation(response)


def get(location: AzureLocation, resource_id: ResourceId) -> Deployment:
    """A deployment's state, outputs and resources."""
    with connection.connect(location) as clients:
        deployment = clients.deployments.deployments.get_at_scope(*_split_id(resource_id))
    properties: Any = deployment.properties
    state = _read_word(properties.provisioning_state)
    failure = None
    if state in ("Failed", "Canceled"):
        error = properties.error.as_dict() if properties.error else {}
        failure = read_cause({"error": error}, f"Deployment{state}")
    ids = tuple(ResourceId.parse(str(resource.id)) for resource in properties.output_resources or ())
    return Deployment(state, properties.outputs or {}, ids, failure)


def list_touched_ids(location: AzureLocation, resource_id: ResourceId) -> tuple[ResourceId, ...]:
    """The ids of all that a deployment and its nested deployments wrote or tried to write, nested deployments included.
    They are read from its operations, since ARM lists no resources for a deployment that has failed.
    """
    return tuple(dict.fromkeys(_walk_touched_ids(location, resource_id, _MOST_NESTED)))


def list_nested_ids(location: AzureLocation, resource_id: ResourceId) -> tuple[ResourceId, ...]:
    """The ids of a deployment's nested deployments."""
    return tuple(touched_id for touched_id in list_touched_ids(location, resource_id) if touched_id.is_deployment)


def cancel(location: AzureLocation, resource_id: ResourceId) -> bool:
    """Cancel a deployment if it is active. False if there is none."""
    try:
        with connection.connect(location) as clients:
            clients.deployments.deployments.cancel_at_scope(*_split_id(resource_id))
    except Refusal as refused:
        if refused.status == 409:
            return True
        if refused.is_absence:
            return False
        raise
    return True


def delete(location: AzureLocation, resource_id: ResourceId) -> Operation:
    """Begin to delete a deployment's record. The resources that it created stay."""
    with connection.connect(location) as clients:
        return operations.read_operation(
            operations.call_begin(clients.deployments.deployments.begin_delete_at_scope, *_split_id(resource_id))
        )


def read_outputs(deployment: Deployment, declared: Iterable[str]) -> dict[str, Any]:
    """Outputs under the names that the template declares. ARM may answer with other upper and lower case. Secure
    outputs have no value and are left out.
    """
    names = {name.lower(): name for name in declared}
    return {
        names.get(name.lower(), name): output["value"]
        for name, output in deployment.outputs.items()
        if isinstance(output, Mapping)
        and not str(output.get("type", "")).lower().startswith("secure")
        and output.get("value") is not None
    }


def _walk_touched_ids(location: AzureLocation, resource_id: ResourceId, levels: int) -> Iterator[ResourceId]:
    try:
        with connection.connect(location) as clients:
            entries = list(clients.deployments.deployment_operations.list_at_scope(*_split_id(resource_id)))
    except Refusal as refused:
        if refused.is_absence:
            return
        raise
    for entry in entries:
        properties: Any = entry.properties
        target = properties.target_resource if properties else None
        if target is None or not target.id or _read_word(properties.provisioning_operation) == "Read":
            continue
        touched_id = ResourceId.parse(str(target.id))
        yield touched_id
        if levels and touched_id.is_deployment:
            yield from _walk_touched_ids(location, touched_id, levels - 1)


def _read_word(value: Any) -> str:
    """ARM's text for a value of one of the SDK's enumerations. `str()` of a known value would give its Python name."""
    return str(getattr(value, "value", value) or "")


def _split_id(resource_id: ResourceId) -> tuple[str, str]:
    """The scope and the name of a deployment, as the SDK takes them."""
    return resource_id.scope.strip("/"), resource_id.name


def _build_body(work: Deploy, template: Mapping[str, Any]) -> Any:
    body: dict[str, Any] = {
        "properties": {
            "mode": "Incremental",
            "template": template,
            "parameters": {
                **{name: {"value": value} for name, value in work.parameters.items()},
                **{name: {"reference": reference} for name, reference in work.references.items()},
            },
        }
    }
    if work.scope == "subscription":
        body["location"] = work.location
    return body
