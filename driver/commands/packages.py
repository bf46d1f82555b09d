"""The commands for authors of resource packages: what its transitions do (`check`), what one would change (`plan`)."""

import argparse
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from driver import plans, settings
from driver.azure import deployments, operations
from driver.commands.files import read_object
from driver.deployment_plans import plan_conditions
from driver.errors import InvalidRequest
from driver.models.orders import Deploy, Order, Remove
from driver.models.requests import LifecycleRequest, parse
from driver.packages.catalogue import Package, find_template, load_own_package
from driver.packages.manifests import FILE, Transition
from driver.packages.secure_values import mask_values
from driver.packages.templates import Template, list_resource_types

_NOWHERE = {
    "name": "check",
    "properties": {
        "tenantId": "00000000-0000-0000-0000-000000000000",
        "clientId": "00000000-0000-0000-0000-000000000000",
        "clientSecret": "none",
        "subscriptionId": "00000000-0000-0000-0000-000000000000",
    },
}
_REQUEST_ID = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class _Properties:
    """Resource and request properties, as in a request; None if no file was given."""

    resource: dict[str, Any] | None
    request: dict[str, Any] | None


def check(options: argparse.Namespace) -> Iterator[str]:
    """Lines that say what each transition of a package does. Raises InvalidRequest naming every fault."""
    yield from _check_package(_read_package(options.folder), _read_both_properties(options))


def plan(options: argparse.Namespace) -> Iterator[str]:
    """Lines that say what a transition would change in Azure. Raises Refusal if Azure refuses the what-if."""
    yield from _describe_changes(_read_package(options.folder), _read_both_properties(options), options)


def _read_both_properties(options: argparse.Namespace) -> _Properties:
    return _Properties(_read_properties(options.resource_properties), _read_properties(options.request_properties))


def _read_properties(file: Path | None) -> dict[str, Any] | None:
    if file is None:
        return None
    content = read_object(file)
    return {name: value if isinstance(value, Mapping) else {"value": value} for name, value in content.items()}


def _read_package(folder: Path) -> Package:
    root = folder / "Lifecycle" / "azure" if (folder / "Lifecycle" / "azure").is_dir() else folder
    if not root.is_dir():
        raise InvalidRequest(f"{root} is no folder")
    files = {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}
    package = load_own_package(files, settings.current())
    if package is None:
        raise InvalidRequest(f"{root} holds neither a lifecycle.yaml nor a template")
    return package


def _check_package(package: Package, properties: _Properties) -> Iterator[str]:
    faults: list[str] = []
    deleting = package.manifest.find_transition("Delete")
    for name, transition in {**package.manifest.transitions, **({"Delete": deleting} if deleting else {})}.items():
        try:
            yield from _describe_transition(package, name, transition, properties)
        except InvalidRequest as error:
            faults += [f"{name}: {fault}" for fault in error.faults]
    if faults:
        raise InvalidRequest(*faults)


def _describe_transition(package: Package, name: str, transition: Transition, properties: _Properties) -> Iterator[str]:
    """Lines that say what a transition does. With resource properties they include the values that would be sent."""
    work = None if properties.resource is None else _build_order(package, name, properties, _NOWHERE).work
    called = f"calls {transition.call} on each owned {transition.on}" if transition.call else ""
    if transition.deploy is not None:
        template, _ = package.load_template(transition.deploy)
        faults: list[str] = []
        plan_conditions(transition, template, FILE, faults)
        if faults:
            raise InvalidRequest(*faults)
        when = ", if something that it owns is missing" if transition.if_missing else ""
        yield f"{name}: deploys {transition.deploy} at {template.scope} scope{when}"
        yield f"  will own: {', '.join(sorted(list_resource_types(template.body))) or 'nothing'}"
        yield from _describe_parameters(template) if work is None else _describe_values(work)
        for condition in transition.ready_when:
            yield f"  then waits at most {condition.timeout} until each {condition.on} meets: {condition.that}"
        if called:
            yield f"  then {called}"
    else:
        yield f"{name}: {called or f'removes {_describe_targets(transition, work)}'}"


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


def _describe_changes(package: Package, properties: _Properties, options: argparse.Namespace) -> Iterator[str]:
    order = _build_order(package, options.transition, properties, read_object(options.deployment_location))
    if not isinstance(order.work, Deploy):
        raise InvalidRequest(f"{options.transition} deploys nothing, there is no change to show")
    operation = deployments.start_what_if(order.location, order.work, find_template(order.work).body)
    begun_at = time.monotonic()
    while not operation.is_over:
        time.sleep(operations.POLLS.compute_seconds(time.monotonic() - begun_at, operation.retry_after))
        operation = operations.poll(order.location, operation.url)
    for change in operation.body.get("properties", {}).get("changes", ()):
        yield f"{change['changeType']:<12} {change['resourceId']}"


def _build_order(package: Package, transition: str, properties: _Properties, location: dict[str, Any]) -> Order:
    content = {
        "lifecycleName": transition,
        "driverFiles": "",
        "systemProperties": {"resourceName": "check"},
        "resourceProperties": properties.resource,
        "requestProperties": properties.request,
        "deploymentLocation": location,
    }
    request = parse(LifecycleRequest, json.dumps(content, default=str).encode())
    return plans.name_order(plans.plan(request, package, settings.current()).order, _REQUEST_ID)
