"""What TNC-O has to know of a package: lmproject.yml and Definitions/lm/resource.yaml, compared with lifecycle.yaml."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import yaml

from driver.commands.declarations import check_declarations, is_on
from driver.commands.projects import DESCRIPTOR, PROJECT, Project
from driver.commands.uses import Use, describe_unused
from driver.errors import InvalidRequest
from driver.faults import suggest_name
from driver.packages.catalogue import Package
from driver.packages.documents import Document
from driver.packages.manifests import FILE, STANDARD

_PROJECT_KEYS = {"type": "Resource", "resource-manager": "brent"}  # as lmctl spells them


def check_documents(project: Project, uses: list[Use] | None, faults: list[str], warnings: list[str]) -> None:
    """Add the faults and the warnings of lmproject.yml and resource.yaml. `uses` is None if they are not known."""
    if project.project is None:
        faults.append(f"{PROJECT} is missing: lmctl needs it in the package's folder to push the package")
    else:
        faults += _check_lmproject(project.project)
    descriptor = project.descriptor
    if descriptor is None:
        faults.append(f"{DESCRIPTOR} is missing: it declares properties and transitions to TNC-O")
        return
    faults += _check_name(descriptor, project.project)
    check_declarations(project, descriptor, faults, warnings)
    faults += _find_undeclared_transitions(descriptor, project.package)
    faults += _find_unknown_transitions(descriptor, project.package)
    if "Delete" not in _read_names(descriptor, "lifecycle"):
        warnings.append(
            f"{descriptor.find_place('lifecycle')}: 'Delete' is missing: nothing is deleted in Azure when the resource"
            " is removed"
        )
    if uses is None:
        return
    faults += _find_missing_properties(descriptor, uses)
    properties = _read_object(descriptor.content, "properties")
    own = [str(name) for name, declared in properties.items() if not is_on(declared, "read-only")]
    warnings += [
        f"{descriptor.find_place('properties', name)}: {text}" for name, text in describe_unused(own, uses).items()
    ]
    warnings += _find_odd_outputs(descriptor, project.package)


def _check_lmproject(project: Document) -> Iterator[str]:
    for key, taken in _PROJECT_KEYS.items():
        given = project.content.get(key)
        if given is None:
            near = suggest_name(key, [str(name) for name in project.content if name not in _PROJECT_KEYS])
            yield f"{project.find_place()}: '{key}' is missing: it takes {taken}{near}"
        elif str(given).lower() != taken.lower():
            yield f"{project.find_place(key)}: it is '{given}', a resource package has {taken}"
    if "schema" not in project.content:
        yield f"{project.find_place()}: 'schema' is missing: it takes '2.0'"
    if not project.content.get("name"):
        yield f"{project.find_place()}: 'name' is missing: it takes the name of the resource type"


def _check_name(descriptor: Document, project: Document | None) -> Iterator[str]:
    name = str(descriptor.content.get("name") or "")
    parts = name.split("::")
    if len(parts) != 3 or parts[0] != "resource" or not all(parts):
        yield f"{descriptor.find_place('name')}: it is '{name}', and takes resource::<name>::<version>"
        return
    for key, given in (("name", parts[1]), ("version", parts[2])):
        wanted = project.content.get(key) if project else None
        node = project.find_node(key) if project else None
        if isinstance(wanted, float) and isinstance(node, yaml.ScalarNode) and node.value != str(wanted):
            place = project.find_place(key) if project else ""
            yield f"{place}: {node.value} without quotes is the number {wanted}: put it into quotes"
        elif wanted is not None and str(wanted) != given:
            yield (
                f"{descriptor.find_place('name')}: the {key} is '{given}', and '{wanted}' in {PROJECT}:"
                " give both the same"
            )


def _find_missing_properties(descriptor: Document, uses: list[Use]) -> Iterator[str]:
    """The properties that a transition needs and that TNC-O cannot send, since they are not declared."""
    own = {name.lower(): name for key in ("properties", "private-properties") for name in _read_names(descriptor, key)}
    operations = _read_object(descriptor.content, "operations")
    names = {name.lower(): name for name in map(str, operations)}
    used = {spelling for use in uses for spelling in use.spellings}
    for use in uses:
        operation = names.get(use.transition.lower(), "")
        extra = {name.lower(): name for name in _read_object(operations.get(operation), "properties")}
        declared = {**own, **extra}
        if use.needed and not any(spelling in declared for spelling in use.spellings):
            unused = [name for lower, name in declared.items() if lower not in used]
            keys = ("operations", operation, "properties") if operation else ("properties",)
            yield (
                f"{descriptor.find_place(*keys)}: '{use.name}' is missing: {use.needed} for {use.transition}"
                f"{suggest_name(use.name, unused)}"
            )


def _find_undeclared_transitions(descriptor: Document, package: Package) -> Iterator[str]:
    """The transitions of the lifecycle.yaml that TNC-O would never call."""
    for name in dict.fromkeys((*package.manifest.transitions, "Create")):
        is_standard = name.lower() in map(str.lower, STANDARD)
        key = "lifecycle" if is_standard else "operations"
        known = _read_names(descriptor, key)
        if name.lower() not in map(str.lower, known):
            here = package.find_place("transitions", name)
            is_here = name in package.manifest.transitions
            why = f"{here} has it, and TNC-O calls only what is declared" if is_here else "it creates the resource"
            others = [one for one in known if not _is_known(package, one)]
            near = suggest_name(name, others) or suggest_name(name, () if is_standard else STANDARD)
            yield f"{descriptor.find_place(key)}: '{name}' is missing: {why}{near}"


def _find_unknown_transitions(descriptor: Document, package: Package) -> Iterator[str]:
    """What the descriptor declares and the driver would refuse."""
    for key in ("lifecycle", "operations"):
        for name in _read_names(descriptor, key):
            if not _is_known(package, name):
                yield (
                    f"{descriptor.find_place(key, name)}: {FILE} has no such transition or operation"
                    f"{suggest_name(name, package.manifest.transitions)}"
                )


def _find_odd_outputs(descriptor: Document, package: Package) -> Iterator[str]:
    """Outputs that no property takes, and read-only properties that no output gives."""
    outputs: dict[str, str] = {}
    kinds: dict[str, str] = {}
    for name, transition in package.manifest.transitions.items():
        if transition.deploy is not None and name.lower() in map(str.lower, STANDARD):
            template = package.load_template(transition.deploy)[0]
            outputs |= dict.fromkeys(template.outputs, transition.deploy)
            kinds |= {one: str(_read_object(template.body["outputs"], one).get("type")) for one in template.outputs}
    found = package.manifest.reference.outputs if package.manifest.reference else {}
    properties = _read_object(descriptor.content, "properties")
    for name, declared in properties.items():
        if is_on(declared, "read-only") and name not in (outputs | found):
            near = suggest_name(str(name), [one for one in outputs if one not in properties])
            yield f"{descriptor.find_place('properties', str(name))}: no output gives this read-only property{near}"
    for output, file in outputs.items():
        if output not in properties:
            yield (
                f"{descriptor.find_place('properties')}: '{output}' is missing: {file} has this output, and other"
                " resources can use it only as a property with read-only: true"
            )
        elif kinds[output].lower() in ("array", "object") and _read_object(properties, output).get("type") == "string":
            yield (
                f"{descriptor.find_place('properties', output)}: its type is string, and {file} gives an"
                f" {kinds[output].lower()}, which is sent as it is: a text would be join(...) or string(...)"
            )


def _is_known(package: Package, name: str) -> bool:
    """Whether the driver takes a transition or operation of that name."""
    if package.manifest.find_built_in(name):
        return True
    try:
        package.manifest.find_transition(name)
    except InvalidRequest:
        return False
    return True


def _read_names(descriptor: Document, key: str) -> list[str]:
    """The names below a key, which holds an object or, in old descriptors, a list."""
    found = descriptor.content.get(key)
    return [str(name) for name in found] if isinstance(found, Iterable) and not isinstance(found, str) else []


def _read_object(content: Any, key: str) -> Mapping[str, Any]:
    found = content.get(key) if isinstance(content, Mapping) else None
    return found if isinstance(found, Mapping) else {}
