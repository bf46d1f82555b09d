"""The plan of a deployment: its template, its parameters, its place and its name."""

import json
import re
from collections.abc import Callable
from functools import partial
from itertools import islice
from typing import Any

from driver.errors import InvalidRequest
from driver.faults import join_names, suggest_name
from driver.inputs import Inputs, evaluate
from driver.models.orders import Call, Condition, Deploy
from driver.packages.binding import bind_parameters
from driver.packages.disclosures import find_disclosures
from driver.packages.manifests import PRECHECK, Manifest, Transition
from driver.packages.names import RULES, find_name_fault
from driver.packages.secret_texts import find_secret_texts
from driver.packages.targets import read_api_versions
from driver.packages.templates import Template, can_deploy, list_resource_types
from driver.packages.values import DEEPEST, measure_depth
from driver.resource_ids import DEPLOYMENT_TYPE, GROUP_TYPE

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_.-]+")
FindPlace = Callable[..., str]  # of the keys of a transition: file, line and key
_MOST_FAULTS = 20  # of one kind in a message
_LONGEST_PREFIX = 27  # with a hyphen and the requestId a deployment's name has 64 characters at most


def plan_deployment(inputs: Inputs, file: str) -> Deploy:
    """The deployment of a template, still named as the resource is. Raises InvalidRequest naming every fault."""
    transition, manifest, place = inputs.transition, inputs.package.manifest, inputs.find_place()
    template, file_parameters = inputs.package.load_template(file)
    faults: list[str] = []
    explicit, failed = _evaluate_parameters(inputs, faults)
    conditions = plan_conditions(transition, template, inputs.find_place, faults)
    faults += find_parameter_faults(transition, template, inputs.find_place)
    if not inputs.package.built_in:
        faults += [str(one) for one in find_disclosures(template) if one.is_parameter]
    request = inputs.request
    sources = (request.resource_properties, request.request_properties)
    bound, references = bind_parameters(
        [parameter for parameter in template.parameters if parameter.name.lower() not in failed],
        explicit,
        sources,
        file_parameters,
        request.system_properties,
        faults,
        partial(inputs.find_place, "parameters"),
    )
    if measure_depth([template.body, bound]) > DEEPEST:
        faults.append(f"{place}: '{file}' or a value for it is nested more than {DEEPEST} deep")
    elif not _is_json([{} if inputs.package.built_in else template.body, bound]):
        faults.append(
            f"{place}: '{file}' or a value for it has a number that is too large for JSON, or none, or half a character"
        )
    group = location = ""
    if template.scope == "resourceGroup":
        group = _plan_setting(inputs, "resourceGroup", transition.resource_group, manifest.resource_group, faults)
    else:
        location = _plan_setting(inputs, "location", transition.location, manifest.location, faults)
        location = location.replace(" ", "").lower()
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
        hidden=find_secret_texts(
            template,
            bound,
            (*bound, *references),
            transition.parameters,
            inputs.context,
            (group, location, *inputs.list_open_values()),
        ),
        prune=transition.prune,
        precheck=transition.precheck and not inputs.preview,
        kept=_list_kept_types(manifest) if transition.precheck or inputs.preview == PRECHECK else (),
        if_missing=transition.if_missing,
        then=Call(action=transition.call, on=transition.on) if transition.call and transition.on else None,
        ready_when=conditions,
    )


def _evaluate_parameters(inputs: Inputs, faults: list[str]) -> tuple[dict[str, Any], set[str]]:
    """The values of the transition's `parameters`, and the names, in lower case, of those that are faulty."""
    explicit: dict[str, Any] = {}
    failed: set[str] = set()
    for name, value in inputs.transition.parameters.items():
        known_faults = len(faults)
        explicit[name] = evaluate(value, inputs.context, inputs.find_place("parameters", name), faults)
        if len(faults) > known_faults:
            failed.add(name.lower())
    return explicit, failed


def _plan_setting(inputs: Inputs, key: str, own: str | None, general: str, faults: list[str]) -> str:
    """The text of `resourceGroup` or `location`, which the transition (`own`) or else the package (`general`) has."""
    place = inputs.find_place(key) if own else inputs.package.find_place(key)
    if not own and not general:
        faults.append(f"{inputs.find_place()}: {describe_missing_setting(key, inputs.transition.deploy)}")
        return ""
    known_faults = len(faults)
    text = str(evaluate(own or general, inputs.context, place, faults) or "").strip()
    if len(faults) > known_faults:
        return ""
    if not text:
        rule = RULES[GROUP_TYPE.lower()].text if key == "resourceGroup" else "the name of an Azure location"
        faults.append(f"{place}: '{own or general}' gives an empty text: it takes {rule}")
    elif key == "resourceGroup" and (fault := find_group_fault(text)):
        faults.append(f"{place}: {fault}")
    return text


def find_group_fault(group: str) -> str:
    """The fault of the name of a resource group; empty if there is none."""
    fault = find_name_fault(GROUP_TYPE, group)
    return f"{fault}{'; an expression is written {{ name }}' if '{' in group else ''}" if fault else ""


def describe_missing_setting(key: str, file: str | None) -> str:
    """The message about a transition for which neither it nor the package has `resourceGroup` or `location`."""
    if key == "resourceGroup":
        why, example = f"'{file}' is deployed to a resource group", "{{ resourcegroup_name }}"
    else:
        why, example = f"'{file}' is deployed to the subscription, and its record is kept there", "{{ location }}"
    return f"'{key}' is missing: {why}. Give it here or at the top level: {key}: \"{example}\""


def find_parameter_faults(transition: Transition, template: Template, find_place: FindPlace) -> list[str]:
    """The `parameters` of a transition that its template does not have."""
    declared = {parameter.name.lower(): parameter.name for parameter in template.parameters}
    return [
        f"{find_place('parameters', name)}: '{transition.deploy}' has no parameter '{name}'"
        f"{suggest_name(name, declared.values())} (there are {join_names(declared.values()) or 'none'})"
        for name in islice((one for one in transition.parameters if one.lower() not in declared), _MOST_FAULTS)
    ]


def plan_conditions(
    transition: Transition, template: Template, find_place: FindPlace, faults: list[str]
) -> tuple[Condition, ...]:
    """The conditions of a transition that deploys the template, each with the api-versions of its type there. One whose
    type the template does not deploy is a fault, which is added to `faults`.
    """
    faults += [
        f"{find_place('readyWhen', index)}: '{transition.deploy}' deploys no {condition.on}, so nothing could meet it"
        f"{suggest_name(condition.on, list_resource_types(template.body) - {condition.on.lower()})}"
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
    """Whether JSON in UTF-8 has a form for all in a value: it has none for NaN, Infinity and half a character."""
    try:
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except ValueError:
        return False
    return True
