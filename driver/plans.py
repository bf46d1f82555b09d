"""The plan of a request, made before it is accepted: the transition and the template are found, every parameter is
bound and checked.
"""

import logging
from dataclasses import dataclass
from typing import Any

from driver.adoption_plans import plan_adoption, plan_stack_adoption
from driver.azure.locations import read_location
from driver.deployment_plans import build_deployment_name, plan_deployment
from driver.errors import InvalidRequest, Missing
from driver.inputs import Inputs, build_context, evaluate
from driver.models.orders import Adopt, Call, Check, Deploy, Idle, Order, Precheck, Preview, Remove, Target
from driver.models.requests import LifecycleRequest
from driver.packages.catalogue import Package
from driver.packages.manifests import ADOPT, INTEGRITY, PRECHECK, PREVIEWS, UPDATES, OwnedResource
from driver.settings import Settings

_log = logging.getLogger("driver.api")
Work = Deploy | Remove | Call | Adopt | Preview | Precheck | Check | Idle


@dataclass(frozen=True)
class Plan:
    """An order, and its timeout in seconds."""

    order: Order
    timeout: int


def plan(request: LifecycleRequest, package: Package, settings: Settings) -> Plan:
    """The plan of a request. Its order has no requestId yet: `name_order` adds it. Raises InvalidRequest naming every
    fault.
    """
    built_in = package.manifest.find_built_in(request.lifecycle_name)
    preview = built_in if built_in in (PRECHECK, *PREVIEWS) else ""
    transition = None
    location = read_location(request.deployment_location, settings)
    if built_in == ADOPT:
        work: Work = plan_adoption(request, package)
    elif built_in == INTEGRITY:
        work = Check()
    elif transition := package.manifest.find_transition("Create" if preview else request.lifecycle_name):
        work = _plan_work(Inputs(request, package, transition, location, preview, build_context(request)))
    else:
        work = Idle()
    order = Order(
        request_id="",
        resource_id=request.read_system_property("resourceId"),
        transition=request.lifecycle_name,
        location=location,
        topology=request.associated_topology,
        work=work,
    )
    seconds = transition.seconds if transition else None
    return Plan(order, seconds or settings.transition_timeout_minutes * 60)


def find_template_file(request: LifecycleRequest, package: Package) -> str:
    """The file of the template that the plan of a request reads; empty if it reads none."""
    files = {name.lower(): each.deploy for name, each in package.manifest.transitions.items()}
    about_create = (ADOPT, PRECHECK, *PREVIEWS, *UPDATES)
    otherwise = "create" if request.lifecycle_name.lower() in map(str.lower, about_create) else ""
    return files.get(request.lifecycle_name.lower(), files.get(otherwise)) or ""


def name_order(order: Order, request_id: str) -> Order:
    """The order of a plan with the requestId in it and in the name of its deployment."""
    deploy = order.deploy
    if deploy is not None:
        name = build_deployment_name(deploy.name, request_id)
        order = order.with_deploy(deploy.model_copy(update={"name": name}))
    return order.model_copy(update={"request_id": request_id})


def _plan_work(inputs: Inputs) -> Work:
    transition = inputs.transition
    if inputs.preview:
        if transition.deploy is None:
            raise InvalidRequest(f"{inputs.find_place()}: it is about the template of Create, and Create has none here")
        deploy = plan_deployment(inputs, transition.deploy)
        if inputs.preview == PRECHECK:
            return Precheck(deploy=deploy)
        return Preview(deploy=deploy, drift=inputs.preview == "CheckDrift")
    if transition.deploy is not None:
        is_create = inputs.request.lifecycle_name.lower() == "create"
        adoption = plan_stack_adoption(inputs.request, inputs.package) if is_create else None
        return adoption or _plan_repair(inputs) or plan_deployment(inputs, transition.deploy)
    if transition.call is not None and transition.on is not None:
        is_stop = inputs.request.lifecycle_name.lower() == "stop"  # TNC-O heals by Stop, Start and Integrity
        return Call(action=transition.call, on=transition.on, may_be_gone=is_stop)
    return _plan_removal(inputs)


def _plan_repair(inputs: Inputs) -> Deploy | Call | None:
    """The work of a transition that deploys what is missing and calls an action. If a property that the deployment
    needs is not given, as may be with an adopted resource, it is the action alone. None for any other transition.
    """
    transition = inputs.transition
    if transition.deploy is None or transition.call is None or transition.on is None:
        return None
    try:
        return plan_deployment(inputs, transition.deploy)
    except InvalidRequest as error:
        if not any(isinstance(fault, Missing) for fault in error.faults):
            raise
        _log.info(
            "%s deploys nothing that is missing, it only calls %s: %s", inputs.find_place(), transition.call, error
        )
        return Call(action=transition.call, on=transition.on)


def _plan_removal(inputs: Inputs) -> Remove:
    manifest, removed = inputs.package.manifest, inputs.transition.remove
    options: dict[str, Any] = {
        "refuse_foreign": manifest.refuse_foreign,
        "purge": manifest.soft_delete.purge_on_delete,
        "retain": manifest.retain,
        "retain_all": inputs.transition.retain,
    }
    if removed == "all" or removed is None:
        return Remove(groups=inputs.package.name == "AzureResourceGroup", **options)
    owned_resources = [removed] if isinstance(removed, OwnedResource) else removed
    return Remove(targets=_plan_targets(inputs, owned_resources), **options)


def _plan_targets(inputs: Inputs, owned_resources: list[OwnedResource]) -> tuple[Target, ...]:
    faults: list[str] = []
    targets = []
    is_list = isinstance(inputs.transition.remove, list)
    for index, owned in enumerate(owned_resources):
        fields: dict[str, str] = {}
        sound = len(faults)
        for key, expression in owned.model_dump(by_alias=True).items():
            place = inputs.find_place("remove", *([index] if is_list else []), key)
            known_faults = len(faults)
            value = evaluate(expression, inputs.context, place, faults)
            if not isinstance(value, str) and len(faults) == known_faults:
                faults.append(f"{place}: '{expression}' must give a text")
            fields[key] = str(value)
        levels, given = fields["type"].count("/"), fields["name"].count("/") + 1
        if levels != given and len(faults) == sound:
            place = inputs.find_place("remove", *([index] if is_list else []), "name")
            faults.append(
                f"{place}: {fields['type']} takes {levels} names joined by '/', those of its parents and its own;"
                f" '{fields['name']}' has {given}"
            )
        targets.append(Target.model_validate(fields))
    if faults:
        raise InvalidRequest(*faults)
    return tuple(targets)
