"""Deployments in ARM, at resource group and at subscription scope."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from driver.azure import connection, operations, tags
from driver.azure.headers import read_date, read_timestamp
from driver.azure.operations import Operation
from driver.azure.refusals import Refusal, Refused, Unreachable, read_cause
from driver.azure.registrations import register_on_refusal
from driver.azure.verdicts import Cause
from driver.models.orders import AzureLocation, Deploy, Order
from driver.resource_ids import DEPLOYMENT_TYPE, ResourceId

VERSION = "2025-04-01"  # of deployments, their lists and their operations
_ACTIVE = ("deploymentactive", "deploymentactiveanduneditable")


@dataclass(frozen=True)
class Deployment:
    """A deployment's record in ARM. `state` is its provisioning state. `failure` is set if it has failed or was
    canceled. `resource_ids` are its `outputResources`; `unnamed` describes those of them that have no ARM id, such as
    what a Bicep extension made. `changed_at` is the time of the last change, ISO 8601.
    """

    state: str
    outputs: Mapping[str, Any]
    resource_ids: tuple[ResourceId, ...]
    failure: Cause | None = None
    unnamed: tuple[str, ...] = ()
    correlation_id: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    changed_at: datetime | None = None


def build_deployment_id(location: AzureLocation, work: Deploy) -> ResourceId:
    """The ARM id of a deployment to make."""
    group = f"/resourceGroups/{work.resource_group}" if work.scope == "resourceGroup" else ""
    return ResourceId.parse(f"/subscriptions/{location.subscription_id}{group}/providers/{DEPLOYMENT_TYPE}/{work.name}")


def put(order: Order, work: Deploy, template: Mapping[str, Any]) -> Operation:
    """Create or update a deployment. If one of that name is active already, this request has started it, since its name
    holds the requestId: then it is joined, and the operation has no URL.

    ARM takes the requestId over as the correlation id of the record, and of those of nested deployments.
    """
    scope_and_name = split_id(build_deployment_id(order.location, work))
    body = {**build_body(work, template), "tags": tags.build_tags(order)}
    headers = {"x-ms-correlation-request-id": order.request_id}
    try:
        with register_on_refusal(order.location), connection.connect(order.location) as clients:
            begin = clients.deployments.deployments.begin_create_or_update_at_scope
            return operations.read_operation(operations.call_begin(begin, *scope_and_name, body, headers=headers))
    except Refusal as refused:
        if refused.status == 409 and refused.cause.code.lower() in _ACTIVE:
            return Operation()
        raise


@dataclass(frozen=True)
class Validation:
    """The ids of the resources that a template would create or update, as far as ARM can tell without running it, and
    the time of the answer by ARM's clock.
    """

    ids: tuple[ResourceId, ...]
    answered_at: datetime | None


def validate(location: AzureLocation, work: Deploy, template: Mapping[str, Any]) -> Validation:
    """ARM's preflight validation of a deployment."""
    with register_on_refusal(location), connection.connect(location) as clients:
        begin = clients.deployments.deployments.begin_validate_at_scope
        response = operations.call_begin(
            begin, *split_id(build_deployment_id(location, work)), build_body(work, template)
        )
    answer = operations.read_json(response)
    if not answer:
        raise Unreachable(Cause("ConnectionFailed", "the validation was answered with something that is no result"))
    if "error" in answer:
        with register_on_refusal(location):
            raise Refused(200, read_cause(answer))
    return Validation(read_validated(answer), read_date(response.headers))


def read_validated(answer: Mapping[str, Any]) -> tuple[ResourceId, ...]:
    """The ids of the resources that the result of a validation names."""
    named = (answer.get("properties") or {}).get("validatedResources") or ()
    return tuple(ResourceId.parse(resource["id"]) for resource in named if resource.get("id"))


def start_what_if(location: AzureLocation, work: Deploy, template: Mapping[str, Any]) -> Operation:
    """Begin ARM's what-if of a deployment. Once its operation is over, its body holds `properties.changes`."""
    with register_on_refusal(location), connection.connect(location) as clients:
        deployments = clients.deployments.deployments
        if work.scope == "resourceGroup":
            response = operations.call_begin(
                deployments.begin_what_if, work.resource_group, work.name, build_body(work, template)
            )
        else:
            begin = deployments.begin_what_if_at_subscription_scope
            response = operations.call_begin(begin, work.name, build_body(work, template))
    return operations.read_operation(response)


def get(location: AzureLocation, resource_id: ResourceId) -> Deployment:
    """A deployment's state, outputs and resources. Read as JSON: the SDK would build a model of each part first."""
    record = operations.get(location, resource_id.text, VERSION)
    properties = record.get("properties")
    if not isinstance(properties, Mapping) or str(record.get("id") or resource_id).lower() != resource_id.text.lower():
        raise Unreachable(Cause("ConnectionFailed", f"{resource_id} was answered with something that is no record"))
    state = str(properties.get("provisioningState") or "")
    failure = None
    if state in ("Failed", "Canceled"):
        failure = read_cause({"error": properties.get("error") or {}}, f"Deployment{state}")
    listed = properties.get("outputResources") or ()
    return Deployment(
        state=state,
        outputs=properties.get("outputs") or {},
        resource_ids=tuple(ResourceId.parse(str(resource["id"])) for resource in listed if resource.get("id")),
        failure=failure,
        unnamed=tuple(_describe_unnamed(resource) for resource in listed if not resource.get("id")),
        correlation_id=str(properties.get("correlationId") or ""),
        tags=dict(record.get("tags") or {}),
        changed_at=read_timestamp(properties.get("timestamp")),
    )


def find_record(location: AzureLocation, resource_id: ResourceId) -> Deployment | None:
    """A deployment's record; None if there is none (ARM deletes old ones)."""
    try:
        return get(location, resource_id)
    except Refusal as refused:
        if refused.is_absence:
            return None
        raise


def cancel(location: AzureLocation, resource_id: ResourceId) -> bool:
    """Cancel a deployment if it is active. False if there is none."""
    try:
        with connection.connect(location) as clients:
            clients.deployments.deployments.cancel_at_scope(*split_id(resource_id))
    except Refusal as refused:
        if refused.status == 409:
            return True
        if refused.is_absence:
            return False
        raise
    return True


def delete(location: AzureLocation, resource_id: ResourceId) -> Operation:
    """Begin to delete a deployment's record. The resources that it created stay."""
    return operations.delete(location, resource_id.text, VERSION)


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


def _describe_unnamed(resource: Mapping[str, Any]) -> str:
    """A text for an entry of `outputResources` without an ARM id."""
    kind = str(resource.get("resourceType") or "a resource")
    extension = resource.get("extension")
    alias = extension.get("name") or extension.get("alias") if isinstance(extension, Mapping) else ""
    return f"{kind} of the extension {alias}" if alias else f"{kind} without an ARM id"


def split_id(resource_id: ResourceId) -> tuple[str, str]:
    """The scope and the name of a deployment, as the SDK takes them."""
    return resource_id.scope.strip("/"), resource_id.name


def build_body(work: Deploy, template: Mapping[str, Any]) -> Any:
    """The body of a deployment's PUT, and of the POSTs that ask about it."""
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
