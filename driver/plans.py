"""The plan of a request, made before it is accepted: the transition and the template are found, every parameter is
bound and checked.
"""

import re
from dataclasses import dataclass
from typing import Any

from driver.azure.locations import read_location
from driver.errors import InvalidRequest
from driver.models.orders import Adopt, Call, Deploy, Order, Preview, Remove, Target
from driver.models.requests import LifecycleRequest
from driver.packages import expressions
from driver.packages.binding import bind_parameters
from driver.packages.catalogue import Package
from driver.packages.manifests import FILE, PREVIEWS, OwnedResource, Transition
from driver.packages.names import find_name_fault
from driver.packages.properties import measure_depth
from driver.resource_ids import DEPLOYMENT_TYPE, GROUP_TYPE, ResourceId
from driver.settings import Settings

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_.-]+")
STACK_ID = "stack_id"
DEEPEST = 200  # levels of objects and lists; pydantic serializes 255
_LONGEST_PREFIX = 27  # with a hyphen and the requestId a deployment's name has 64 characters at most


@dataclass(frozen=True)
class Plan:
    """An order, and its timeout in seconds."""

    order: Order
    timeout: int


@dataclass(frozen=True)
class _Inputs:
    """What an order is made from. `preview` is CheckDrift or WhatIf if the request asks for one, else empty."""

    request: LifecycleRequest
    package: Package
    transition: Transition
    preview: str
    context: dict[str, Any]

    @property
    def place(self) -> str:
        return f"{self.package.name} {FILE}, {self.request.lifecycle_name}"


def plan(request: LifecycleRequest, package: Package, settings: Settings) -> Plan:
    """The plan of a request. Its order has no requestId yet: `name_order` adds it. Raises InvalidRequest naming every
    fault.
    """
    manifest = package.manifest
    preview = next((name for name in PREVIEWS if name.lower() == request.lifecycle_name.lower()), "")
    if preview.lower() in map(str.lower, manifest.transitions):
        preview = ""  # the package defines an operation of that name itself
    transition = manifest.find_transition("Create" if preview else request.lifecycle_name)
    location = read_location(request.deployment_location, settings)
    inputs = _Inputs(request, package, transition, preview, _build_context(request))
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


def name_order(order: Order, request_id: str) -> Order:
    """The order of a plan with the requestId in it and in the name of its deployment."""
    work = order.work
    if isinstance(work, Deploy):
        work = _name_deployment(work, request_id)
    elif isinstance(work, Preview):
        work = work.model_copy(update={"deploy": _name_deployment(work.deploy, request_id)})
    return order.model_copy(update={"request_id": request_id, "work": work})


def _name_deployment(deploy: Deploy, request_id: str) -> Deploy:
    return deploy.model_copy(update={"name": build_deployment_name(deploy.name, request_id)})


def _plan_work(inputs: _Inputs) -> Deploy | Remove | Call | Adopt | Preview:
    transition = inputs.transition
    if inputs.preview:
        if transition.deploy is None:
            raise InvalidRequest(f"{inputs.place}: it compares with the template of Create, and Create has none here")
        return Preview(deploy=_plan_deployment(inputs, transition.deploy), drift=inputs.preview == "CheckDrift")
    if transition.deploy is not None:
        return _plan_adoption(inputs) or _plan_deployment(inputs, transition.deploy)
    if transition.call is not None and transition.on is not None:
        return Call(action=transition.call, on=transition.on)
    if transition.remove == "all" or transition.remove is None:
        groups = inputs.package.name == "AzureResourceGroup"
        return Remove(groups=groups, refuse_foreign=inputs.package.manifest.refuse_foreign)
    owned_resources = [transition.remove] if isinstance(transition.remove, OwnedResource) else transition.remove
    return Remove(targets=_plan_targets(inputs, owned_resources), refuse_foreign=inputs.package.manifest.refuse_foreign)


def _plan_targets(inputs: _Inputs, owned_resources: list[OwnedResource]) -> tuple[Target, ...]:
    faults: list[str] = []
    targets = []
    for owned in owned_resources:
        fields: dict[str, str] = {}
        for key, expression in owned.model_dump(by_alias=True).items():
            place = f"{inputs.place}, remove.{key}"
            known_faults = len(faults)
            value = _evaluate(expression, inputs.context, place, faults)
            if not isinstance(value, str) and len(faults) == known_faults:
                faults.append(f"{place}: '{expression}' must give a text")
            fields[key] = str(value)
        targets.append(Target.model_validate(fields))
    if faults:
        raise InvalidRequest(*faults)
    return tuple(targets)


def _plan_deployment(inputs: _Inputs, file: str) -> Deploy:
    transition, manifest, place = inputs.transition, inputs.package.manifest, inputs.place
    template, file_parameters = inputs.package.load_template(file)
    faults: list[str] = []
    explicit = {
        name: _evaluate(value, inputs.context, f"{place}, parameters.{name}", faults)
        for name, value in transition.parameters.items()
    }
    declared = {parameter.name.lower() for parameter in template.parameters}
    faults += [f"{place}: '{file}' has no parameter '{name}'" for name in explicit if name.lower() not in declared]
    sources = (inputs.request.resource_properties, inputs.request.request_properties, inputs.request.system_properties)
    bound, references = bind_parameters(template.parameters, explicit, sources, file_parameters, faults)
    if measure_depth([template.body, bound]) > DEEPEST:
        faults.append(f"{place}: '{file}' or a value for it is nested more than {DEEPEST} deep")
    group = location = ""
    if template.scope == "resourceGroup":
        group = _evaluate_text(transition.resource_group or manifest.resource_group, inputs, "resourceGroup", faults)
        if (fault := find_name_fault(GROUP_TYPE, group)) and (group or not faults):
            faults.append(f"{place}, resourceGroup: {fault}")
    else:
        location = (
            _evaluate_text(transition.location or manifest.location, inputs, "location", faults)
            .replace(" ", "")
            .lower()
        )
        if not location and not faults:
            faults.append(f"{place}: a subscription deployment needs 'location:', where its record is kept")
    if faults:
        raise InvalidRequest(*dict.fromkeys(faults))
    return Deploy(
        package=inputs.package.name,
        file=file,
        template=None if inputs.package.built_in else dict(template.body),
        name=inputs.request.read_system_property("resourceName"),
        scope=template.scope,
        resource_group=group,
        location=location,
        parameters=bound,
        references=references,
        secure=tuple(parameter.name for parameter in template.parameters if parameter.secure),
    )


def _plan_adoption(inputs: _Inputs) -> Adopt | None:
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


def build_deployment_name(resource_name: str, request_id: str) -> str:
    """A deployment's name: the resource's name, for readers of the portal, and the requestId, so that a PUT that is
    repeated after a crash updates the same deployment.
    """
    prefix = _NOT_IN_NAMES.sub("-", resource_name).strip("-.")[:_LONGEST_PREFIX]
    name = f"{prefix}-{request_id}" if prefix else request_id
    if fault := find_name_fault(DEPLOYMENT_TYPE, name):
        raise ValueError(fault)
    return name


def _evaluate_text(expression: str, inputs: _Inputs, key: str, faults: list[str]) -> str:
    return str(_evaluate(expression, inputs.context, f"{inputs.place}, {key}", faults) or "").strip()


def _evaluate(value: Any, context: dict[str, Any], place: str, faults: list[str]) -> Any:
    try:
        return expressions.evaluate_all(value, context, place)
    except InvalidRequest as fault:
        faults.extend(fault.faults)
        return None


def _build_context(request: LifecycleRequest) -> dict[str, Any]:
    """The names that an expression can use. All properties stand at the root; of two with one name, a resource property
    comes before a request property, and that before a system property. System and request properties, the deployment
    location and the topology also stand under their TNC-O names.
    """
    resource, requested, system = (
        {name: value.content for name, value in properties.items()}
        for properties in (request.resource_properties, request.request_properties, request.system_properties)
    )
    return {
        **system,
        **requested,
        **resource,
        "system_properties": system,
        "request_properties": requested,
        "deployment_location": {"name": request.deployment_location.name, "type": request.deployment_location.type},
        "associated_topology": {
            key: entry.model_dump() for key, entry in request.associated_topology.items() if entry is not None
        },
    }
