"""What a request asks for, worked out before it is accepted: which transition, which template, every parameter bound
and checked.
"""

import re
from dataclasses import dataclass
from typing import Any

from driver import expressions, properties
from driver.errors import InvalidRequest
from driver.locations import azure_location
from driver.manifests import OwnedResource, Transition
from driver.models import Call, Deploy, LifecycleRequest, Order, Remove, Target
from driver.names import name_fault
from driver.packages import Package
from driver.settings import Settings
from driver.templates import Parameter, Template
from driver.topology import DEPLOYMENT_TYPE, GROUP_TYPE

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_.-]+")
_LONGEST_PREFIX = 27  # with a hyphen and the requestId a deployment's name has 64 characters at most


@dataclass(frozen=True)
class Plan:
    """An order, and how many seconds it may take."""

    order: Order
    timeout: int


def plan(request: LifecycleRequest, package: Package, request_id: str, settings: Settings) -> Plan:
    """What a request asks for. Raises InvalidRequest naming every fault of it."""
    transition = package.manifest.transition(request.lifecycle_name)
    location = azure_location(request.deployment_location, settings)
    context = _context(request)
    order = Order(
        request_id=request_id,
        location=location,
        topology=request.associated_topology,
        work=_work(transition, request, package, context, request_id),
    )
    return Plan(order, transition.seconds or settings.transition_timeout_minutes * 60)


def _work(
    transition: Transition, request: LifecycleRequest, package: Package, context: dict[str, Any], request_id: str
) -> Deploy | Remove | Call:
    place = f"{package.name} lifecycle.yaml, {request.lifecycle_name}"
    if transition.deploy is not None:
        return _deploy(transition, transition.deploy, request, package, context, request_id, place)
    if transition.call is not None and transition.on is not None:
        return Call(action=transition.call, on=transition.on)
    if transition.remove == "all" or transition.remove is None:
        return Remove()
    named = [transition.remove] if isinstance(transition.remove, OwnedResource) else transition.remove
    return Remove(
        targets=tuple(
            Target.model_validate(expressions.evaluate_all(one.model_dump(), context, f"{place}, remove"))
            for one in named
        )
    )


def _deploy(
    transition: Transition,
    file: str,
    request: LifecycleRequest,
    package: Package,
    context: dict[str, Any],
    request_id: str,
    place: str,
) -> Deploy:
    template = package.template(file)
    manifest = package.manifest
    faults: list[str] = []
    explicit = {
        name: _evaluated(value, context, f"{place}, parameters.{name}", faults)
        for name, value in transition.parameters.items()
    }
    declared = {parameter.name.lower() for parameter in template.parameters}
    faults += [f"{place}: '{file}' has no parameter '{name}'" for name in explicit if name.lower() not in declared]
    bound = _bind(template, explicit, request, faults)
    group = location = ""
    if template.scope == "resourceGroup":
        expression = transition.resource_group or manifest.resource_group
        group = str(_evaluated(expression, context, f"{place}, resourceGroup", faults) or "").strip()
        if fault := name_fault(GROUP_TYPE, group) if group or not faults else None:
            faults.append(f"{place}, resourceGroup: {fault}")
    else:
        expression = transition.location or manifest.location
        location = str(_evaluated(expression, context, f"{place}, location", faults) or "").replace(" ", "").lower()
        if not location and not faults:
            faults.append(f"{place}: a subscription deployment needs 'location:', where its record is kept")
    if faults:
        raise InvalidRequest(*dict.fromkeys(faults))
    return Deploy(
        package=package.name,
        file=file,
        name=deployment_name(request.system("resourceName"), request_id),
        scope=template.scope,
        resource_group=group,
        location=location,
        parameters=bound,
        secure=tuple(parameter.name for parameter in template.parameters if parameter.secure),
    )


def deployment_name(resource_name: str, request_id: str) -> str:
    """A deployment's name: what it is for, to be read in the portal, and the requestId, so that a PUT repeated after a
    crash lands on the same deployment.
    """
    prefix = _NOT_IN_NAMES.sub("-", resource_name).strip("-.")[:_LONGEST_PREFIX]
    name = f"{prefix}-{request_id}" if prefix else request_id
    if fault := name_fault(DEPLOYMENT_TYPE, name):
        raise ValueError(fault)
    return name


def _bind(template: Template, explicit: dict[str, Any], request: LifecycleRequest, faults: list[str]) -> dict[str, Any]:
    """The values of a template's parameters; those that are left to their defaults are not among them."""
    sources = (request.resource_properties, request.request_properties, request.system_properties)
    given = {name.lower(): value for name, value in explicit.items()}
    bound: dict[str, Any] = {}
    for parameter in template.parameters:
        try:
            value = (
                given[parameter.name.lower()]
                if parameter.name.lower() in given
                else properties.find(parameter, sources)
            )
            if not properties.is_absent(value, parameter):
                bound[parameter.name] = properties.coerce(parameter, value)
            elif parameter.required:
                faults.append(f"property '{parameter.name}' is missing: {_wanted(parameter)}")
        except properties.Unfit as unfit:
            faults.append(f"property '{parameter.name}': {unfit}")
    return bound


def _wanted(parameter: Parameter) -> str:
    allowed = f", one of {', '.join(map(str, parameter.allowed))}" if parameter.allowed else ""
    return f"it is required ({parameter.type}{allowed})"


def _evaluated(value: Any, context: dict[str, Any], place: str, faults: list[str]) -> Any:
    try:
        return expressions.evaluate_all(value, context, place)
    except InvalidRequest as fault:
        faults.extend(fault.faults)
        return None


def _context(request: LifecycleRequest) -> dict[str, Any]:
    """The names an expression sees: resource properties at the root, the rest under their TNC-O names."""
    return {
        **{name: value.content for name, value in request.resource_properties.items()},
        "system_properties": {name: value.content for name, value in request.system_properties.items()},
        "request_properties": {name: value.content for name, value in request.request_properties.items()},
        "deployment_location": {"name": request.deployment_location.name, "type": request.deployment_location.type},
        "associated_topology": {
            key: entry.model_dump() for key, entry in request.associated_topology.items() if entry is not None
        },
    }
