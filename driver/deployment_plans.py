"""The plan of a deployment: its template, its parameters, its place and its name."""

import json
import re
from typing import Any

from driver.errors import InvalidRequest
from driver.inputs import Inputs, evaluate, evaluate_text
from driver.models.orders import Call, Condition, Deploy
from driver.packages.binding import bind_parameters
from driver.packages.manifests import PRECHECK, Manifest, Transition
from driver.packages.names import find_name_fault
from driver.packages.properties import DEEPEST, measure_depth
from driver.packages.targets import read_api_versions
from driver.packages.templates import Template, can_deploy
from driver.resource_ids import DEPLOYMENT_TYPE, GROUP_TYPE

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_.-]+")
_LONGEST_PREFIX = 27  # with a hyphen and the requestId a deployment's name has 64 characters at most


def plan_deployment(inputs: Inputs, file: str) -> Deploy:
    """The deployment of a template, still named as the resource is. Raises InvalidRequest naming every fault."""
    transition, manifest, place = inputs.transition, inputs.package.manifest, inputs.place
    template, file_parameters = inputs.package.load_template(file)
    faults: list[str] = []
    explicit = {
        name: evaluate(value, inputs.context, f"{place}, parameters.{name}", faults)
        for name, value in transition.parameters.items()
    }
    conditions = plan_conditions(transition, template, place, faults)
    declared = {parameter.name.lower() for parameter in template.parameters}
    faults += [f"{place}: '{file}' has no parameter '{name}'" for name in explicit if name.lower() not in declared]
    request = inputs.request
    sources = (request.resource_properties, request.request_properties)
    bound, references = bind_parameters(
        template.parameters, explicit, sources, file_parameters, request.system_properties, faults
    )
    if measure_depth([template.body, bound]) > DEEPEST:
        faults.append(f"{place}: '{file}' or a value for it is nested more than {DEEPEST} deep")
    elif not _is_json([{} if inputs.package.built_in else template.body, bound]):
        faults.append(f"{place}: '{file}' or a value for it has a number that is too large for JSON, or none")
    group = location = ""
    if template.scope == "resourceGroup":
        group = evaluate_text(transition.resource_group or manifest.resource_group, inputs, "resourceGroup", faults)
        if (fault := find_name_fault(GROUP_TYPE, group)) and (group or not faults):
            faults.append(f"{place}, resourceGroup: {fault}")
    else:
        location = (
            evaluate_text(transition.location or manifest.location, inputs, "location", faults).replace(" ", "").lower()
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
        secure_members=tuple(
            member
            for parameter in template.parameters
            if parameter.name in bound
            for member in parameter.list_secure_members(bound[parameter.name])
        ),
        prune=transition.prune,
        precheck=transition.precheck and not inputs.preview,
        kept=_list_kept_types(manifest) if transition.precheck or inputs.preview == PRECHECK else (),
        if_missing=transition.if_missing,
        then=Call(action=transition.call, on=transition.on) if transition.call and transition.on else None,
        ready_when=conditions,
    )


def plan_conditions(transition: Transition, template: Template, place: str, faults: list[str]) -> tuple[Condition, ...]:
    """The conditions of a transition that deploys the template, each with the api-versions of its type there. One whose
    type the template does not deploy is a fault, which is added to `faults` and names the `place`.
    """
    faults += [
        f"{place}, readyWhen.{index}: '{transition.deploy}' deploys no {condition.on}, so nothing could meet it"
        for index, condition in enumerate(transition.ready_when)
        if not can_deploy(template.body, condition.on)
    ]
    versions = read_api_versions(template.body) if transition.ready_when else {}
    return tuple(
        Condition(on=one.on, that=one.that, seconds=one.seconds, versions=versions.get(one.on.lower(), ()))
        for one in transition.ready_when
    )


def _list_kept_types(manifest: Manifest) -> tuple[str, ...]:
    """The ARM types that a Delete of the package leaves; `*` if it is not known which it deletes."""
    delete = manifest.find_transition("Delete")
    is_known = delete is not None and delete.remove == "all" and not delete.retain
    return manifest.retain if is_known else ("*",)


def build_deployment_name(resource_name: str, request_id: str) -> str:
    """A deployment's name: the resource's name, for readers of the portal, and the requestId, so that a PUT that is
    repeated after a crash updates the same deployment.
    """
    prefix = _NOT_IN_NAMES.sub("-", resource_name).strip("-.")[:_LONGEST_PREFIX]
    name = f"{prefix}-{request_id}" if prefix else request_id
    if fault := find_name_fault(DEPLOYMENT_TYPE, name):
        raise ValueError(fault)
    return name


def _is_json(value: Any) -> bool:
    """Whether JSON has a form for all numbers in a value: it has none for NaN and Infinity."""
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        return False
    return True
