"""The command `check`: what each transition of a package does, and every fault that is known without Azure."""

import argparse
import json
import sys
from collections.abc import Iterator
from functools import partial
from typing import Any

from driver.commands.descriptors import check_documents
from driver.commands.effects import find_idle_settings, find_wrong_settings
from driver.commands.projects import Project, Properties, build_order, read_both_properties, read_project
from driver.commands.uses import find_unused_properties, find_uses
from driver.deployment_plans import describe_missing_setting, find_parameter_faults, plan_conditions
from driver.errors import InvalidRequest, Missing
from driver.models.orders import Deploy, Remove
from driver.packages.catalogue import Package
from driver.packages.disclosures import find_disclosures, find_secure_outputs
from driver.packages.manifests import STANDARD, Transition
from driver.packages.secure_values import mask_values
from driver.packages.structures import find_changing_defaults, find_missing_version, find_structure_faults
from driver.packages.templates import Template, list_resource_types

FAULTY = 1  # exit status: the driver would refuse the package, or TNC-O could not use it
_NOWHERE = {
    "name": "check",
    "properties": {
        "tenantId": "00000000-0000-0000-0000-000000000000",
        "clientId": "00000000-0000-0000-0000-000000000000",
        "clientSecret": "none",
        "subscriptionId": "00000000-0000-0000-0000-000000000000",
    },
}


def check_package(options: argparse.Namespace) -> int:
    """Print what the transitions of a package do, its warnings and its faults. Returns the exit status."""
    project = read_project(options.folder)
    properties = read_both_properties(options)
    faults: list[str] = []
    warnings: list[str] = []
    for name, transition in _list_transitions(project.package).items():
        try:
            for line in _describe_transition(project.package, name, transition, properties, faults, warnings):
                print(line)
        except InvalidRequest as error:
            faults += [f"{name}: {fault}" if fault.startswith("property ") else fault for fault in error.faults]
    _check_project(project, options, faults, warnings)
    sys.stdout.flush()
    for warning in dict.fromkeys(warnings):
        print(f"warning: {warning}", file=sys.stderr)
    for fault in dict.fromkeys(faults):
        print(f"error: {fault}", file=sys.stderr)
    return FAULTY if faults else 0


def _check_project(project: Project, options: argparse.Namespace, faults: list[str], warnings: list[str]) -> None:
    """Check what is known only of all transitions together."""
    try:
        uses = find_uses(project.package)
    except InvalidRequest as error:
        faults += error.faults
        uses = None
    faults += find_wrong_settings(project.package)
    warnings += find_idle_settings(project.package, uses)
    for file in (options.resource_properties, options.request_properties):
        if file is not None and uses is not None:
            warnings += find_unused_properties(file, uses, project.descriptor)
    if project.is_whole:
        check_documents(project, uses, faults, warnings)


def _list_transitions(package: Package) -> dict[str, Transition]:
    """The transitions that a package defines, and Delete."""
    known = dict(package.manifest.transitions)
    deleting = package.manifest.find_transition("Delete")
    if deleting and "delete" not in map(str.lower, known):
        known["Delete"] = deleting
    return known


def _describe_transition(
    package: Package,
    name: str,
    transition: Transition,
    properties: Properties,
    faults: list[str],
    warnings: list[str],
) -> Iterator[str]:
    """Lines that say what a transition does. With resource properties they include the values that would be sent."""
    called = f"calls {transition.call} on each owned {transition.on}" if transition.call else ""
    if transition.deploy is not None:
        template, _ = package.load_template(transition.deploy)
        _check_deployment(package, name, transition, template, faults, warnings)
        when = ", if something that it owns is missing" if transition.if_missing else ""
        yield f"{name}: deploys {transition.deploy} at {template.scope} scope{when}"
        yield f"  will own: {', '.join(sorted(list_resource_types(template.body))) or 'nothing'}"
        work = _plan_work(package, name, properties)
        yield from _describe_parameters(template) if work is None else _describe_values(work)
        for condition in transition.ready_when:
            yield f"  then waits at most {condition.timeout} until each {condition.on} meets: {condition.that}"
        if called:
            yield f"  then {called}"
    else:
        work = _plan_work(package, name, properties)
        yield f"{name}: {called or f'removes {_describe_targets(transition, work)}'}"


def _check_deployment(
    package: Package, name: str, transition: Transition, template: Template, faults: list[str], warnings: list[str]
) -> None:
    """Add what is wrong with a transition that deploys a template, whatever the properties are."""
    file = transition.deploy or ""
    find_place = partial(package.find_place, "transitions", name)
    plan_conditions(transition, template, find_place, faults)
    faults += find_parameter_faults(transition, template, find_place)
    faults += find_structure_faults(template)
    faults += map(str, find_disclosures(template))
    key = "resourceGroup" if template.scope == "resourceGroup" else "location"
    group = transition.resource_group or package.manifest.resource_group
    if not (group if key == "resourceGroup" else transition.location or package.manifest.location):
        faults.append(f"{find_place()}: {describe_missing_setting(key, file)}")
    warnings += package.list_warnings(file)
    warnings += filter(None, [find_missing_version(template)])
    warnings += find_changing_defaults(template)
    warnings += [
        f"{template.source.find_place('output', output)}: ARM gives no value for a secure output, so it reaches neither"
        " the event nor a property"
        for output in find_secure_outputs(template)
    ]


def _plan_work(package: Package, name: str, properties: Properties) -> Any:
    """What a request with the properties would do; None if they were not given, or those of an operation were not."""
    if properties.resource is None:
        return None
    try:
        return build_order(package, name, properties, _NOWHERE).work
    except InvalidRequest as error:
        is_operation = name.lower() not in map(str.lower, STANDARD)
        if is_operation and properties.request is None and all(isinstance(one, Missing) for one in error.faults):
            return None
        raise


def _describe_values(work: Any) -> Iterator[str]:
    if isinstance(work, Deploy):
        yield f"  resource group: {work.resource_group}" if work.resource_group else f"  location: {work.location}"
        for parameter, value in work.parameters.items():
            shown = "***" if parameter in work.secure else json.dumps(mask_values(value, list(work.secure_members)))
            yield f"  {parameter} = {shown}"


def _describe_parameters(template: Template) -> Iterator[str]:
    for parameter in template.parameters:
        yield f"  {parameter.name}: {parameter.type}, {'required' if parameter.required else 'optional'}"


def _describe_targets(transition: Transition, work: Any) -> str:
    if transition.remove == "all" or transition.remove is None:
        return "all that the resource owns"
    resources = transition.remove if isinstance(transition.remove, list) else [transition.remove]
    targets = work.targets if isinstance(work, Remove) and work.targets else resources
    return ", ".join(f"{target.type} {target.name}" for target in targets)
