"""The plan of a request, made before it is accepted: the transition and the template are found, every parameter is
bound and checked.
"""

from dataclasses import dataclass
from typing import Any

from driver.azure.locations import read_location
from driver.deployment_plans import build_deployment_name, plan_deployment
from driver.errors import InvalidRequest
from driver.inputs import Inputs, build_context, evaluate
from driver.models.orders import Adopt, Call, Deploy, Order, Preview, Remove, Target
from driver.models.requests import LifecycleRequest
from driver.packages.catalogue import Package
from driver.packages.manifests import PREVIEWS, OwnedResource, Transition
from driver.resource_ids import DEPLOYMENT_TYPE, ResourceId
from driver.settings import Settings

STACK_ID = "stack_id"


@dataclass(frozen=True)
class Plan:
    """An order, and its timeout in seconds."""

    order: Order
    timeout: int


def plan(request: LifecycleRequest, package: Package, settings: Settings) -> Plan:
    """The plan of a request. Its order has no requestId yet: `name_order` adds it. Raises InvalidRequest naming every
    fault.
    """
    transition, preview = find_transition(request, package)
    location = read_location(request.deployment_location, settings)
    inputs = Inputs(request, package, transition, preview, build_context(request))
    work = _plan_work(inputs)
    order = Order(
        request_id="",
        resource_id=request.read_system_property("resourceId"),
        transition=request.lifecycle_name,
        location=location,
        topology=request.associated_topology,
        work=work,
    )
    return Plan(order, transition.seconds or settings.transition_timeout_minutes * 60)


def find_transition(request: LifecycleRequest, package: Package) -> tuple[Transition, str]:
    """The transition of a request; and CheckDrift or WhatIf, if it asks for one of these about Create. Raises
    InvalidRequest if there is none.
    """
    preview = next((name for name in PREVIEWS if name.lower() == request.lifecycle_name.lower()), "")
    if preview.lower() in map(str.lower, package.manifest.transitions):
        preview = ""  # the package defines an operation of that name itself
    return package.manifest.find_transition("Create" if preview else request.lifecycle_name), preview


def name_order(order: Order, request_id: str) -> Order:
    """The order of a plan with the requestId in it and in the name of its deployment."""
    deploy = order.deploy
    if deploy is not None:
        name = build_deployment_name(deploy.name, request_id)
        order = order.with_deploy(deploy.model_copy(update={"name": name}))
    return order.model_copy(update={"request_id": request_id})


def _plan_work(inputs: Inputs) -> Deploy | Remove | Call | Adopt | Preview:
    transition = inputs.transition
    if inputs.preview:
        if transition.deploy is None:
            raise InvalidRequest(f"{inputs.place}: it compares with the template of Create, and Create has none here")
        return Preview(deploy=plan_deployment(inputs, transition.deploy), drift=inputs.preview == "CheckDrift")
    if transition.deploy is not None:
        return _plan_adoption(inputs) or plan_deployment(inputs, transition.deploy)
    if transition.call is not None and transition.on is not None:
        return Call(action=transition.call, on=transition.on)
    return _plan_removal(inputs)


def _plan_removal(inputs: Inputs) -> Remove:
    manifest, removed = inputs.package.manifest, inputs.transition.remove
    options: dict[str, Any] = {"refuse_foreign": manifest.refuse_foreign, "purge": manifest.soft_delete.purge_on_delete}
    if removed == "all" or removed is None:
        return Remove(groups=inputs.package.name == "AzureResourceGroup", **options)
    owned_resources = [removed] if isinstance(removed, OwnedResource) else removed
    return Remove(targets=_plan_targets(inputs, owned_resources), **options)


def _plan_targets(inputs: Inputs, owned_resources: list[OwnedResource]) -> tuple[Target, ...]:
    faults: list[str] = []
    targets = []
    for owned in owned_resources:
        fields: dict[str, str] = {}
        for key, expression in owned.model_dump(by_alias=True).items():
            place = f"{inputs.place}, remove.{key}"
            known_faults = len(faults)
            value = evaluate(expression, inputs.context, place, faults)
            if not isinstance(value, str) and len(faults) == known_faults:
                faults.append(f"{place}: '{expression}' must give a text")
            fields[key] = str(value)
        targets.append(Target.model_validate(fields))
    if faults:
        raise InvalidRequest(*faults)
    return tuple(targets)


def _plan_adoption(inputs: Inputs) -> Adopt | None:
    """The adoption of the deployment that the property `stack_id` of a Create names; None without that property."""
    stack_property = inputs.request.resource_properties.get(STACK_ID)
    stack_id = "" if stack_property is None or stack_property.value is None else str(stack_property.value).strip()
    if not stack_id or inputs.transition is not inputs.package.manifest.find_transition("Create"):
        return None
    deployment_id = ResourceId.parse(stack_id)
    if not (deployment_id.is_deployment and deployment_id.subscription):
        raise InvalidRequest(
            f"property '{STACK_ID}': '{stack_id[:300]}' is not the ARM id of a deployment:"
            f" /subscriptions/<id>/resourceGroups/<group>/providers/{DEPLOYMENT_TYPE}/<name>"
        )
    template, _ = inputs.package.load_template(inputs.transition.deploy or "")
    return Adopt(deployment_id=deployment_id, outputs=template.outputs)
