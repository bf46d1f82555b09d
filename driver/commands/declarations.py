"""What a resource descriptor declares, by TNC-O's rules: properties, transitions, and the driver that is asked.

Source: "Resource Descriptor" of the TNC-O documentation, reference/descriptor-specification.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from driver.commands.projects import Project
from driver.errors import InvalidRequest
from driver.faults import suggest_name
from driver.packages import properties
from driver.packages.catalogue import Package
from driver.packages.coercions import Unfit
from driver.packages.documents import Document
from driver.packages.manifests import STANDARD
from driver.packages.templates import Parameter
from driver.packages.values import coerce_value

DRIVER = "azure"  # the type that this driver is registered with, and the name of its folder in Lifecycle
_SECTIONS = (
    *("name", "description", "properties", "private-properties", "infrastructure", "lifecycle", "default-driver"),
    *("operations", "queries", "metrics", "policies", "capabilities", "requirements"),
)
_KEYS = ("type", "required", "description", "default", "read-only", "volatile", "value")
_SWITCHES = ("required", "read-only", "volatile")
_TYPES = ("string", "key", "resourceKeyId", "integer", "float", "boolean", "timestamp", "list", "map")
_YES = ("true", "yes", "on")  # booleans of YAML 1.1, which TNC-O reads; here `yes` is a text
_NO = ("false", "no", "off")
_NAME = re.compile(r"[^\s.]+")
_TYPE_NAME = re.compile(r"[A-Za-z][\w.-]*")
_VERSION = re.compile(r"\d+(\.\d+)*")


def is_on(declared: Any, key: str) -> bool:
    """Whether a switch of a property, such as `read-only`, is on."""
    value = declared.get(key) if isinstance(declared, Mapping) else None
    return value is True or (isinstance(value, str) and value.lower() in _YES)


def check_declarations(project: Project, descriptor: Document, faults: list[str], warnings: list[str]) -> None:
    """Add the faults and the warnings of a descriptor."""
    warnings += [
        f"{descriptor.find_place(key)}: is no key of a resource descriptor{near}"
        for key in map(str, descriptor.content)
        if key not in _SECTIONS and (near := suggest_name(key, _SECTIONS))
    ]
    faults += _check_type_name(descriptor)
    operations = descriptor.content.get("operations")
    sections: list[tuple[str, ...]] = [("properties",), ("private-properties",)]
    sections += [
        ("operations", str(name), "properties") for name in (operations if isinstance(operations, Mapping) else ())
    ]
    for keys in sections:
        _check_properties(descriptor, keys, faults, warnings)
    faults += _find_unfit_defaults(descriptor, project.package)
    warnings += _find_fixed_properties(descriptor, project.package)
    _check_transitions(descriptor, faults, warnings)
    _check_drivers(descriptor, project.package, faults, warnings)


def _check_type_name(descriptor: Document) -> Iterator[str]:
    parts = str(descriptor.content.get("name") or "").split("::")
    if len(parts) != 3:
        return
    if parts[1] and not _TYPE_NAME.fullmatch(parts[1]):
        yield f"{descriptor.find_place('name')}: '{parts[1]}' takes letters, digits, - and _, and begins with a letter"
    if parts[2] and not _VERSION.fullmatch(parts[2]):
        yield f"{descriptor.find_place('name')}: the version '{parts[2]}' takes numbers and points, such as 1.0"


def _check_properties(descriptor: Document, keys: tuple[str, ...], faults: list[str], warnings: list[str]) -> None:
    """Check a section of properties."""
    section: Any = descriptor.content
    for key in keys:
        section = section.get(key) if isinstance(section, Mapping) else None
    if section is None:
        return
    if not isinstance(section, Mapping):
        faults.append(f"{descriptor.find_place(*keys)}: takes an object, such as vnet_name: {{type: string}}")
        return
    spelled: dict[str, str] = {}
    for name, declared in section.items():
        place = descriptor.find_place(*keys, str(name))
        if (before := spelled.setdefault(str(name).lower(), str(name))) != str(name):
            warnings.append(f"{place}: it differs from '{before}' only in case: the driver takes both for one name")
        if not _NAME.fullmatch(str(name)):
            faults.append(f"{place}: the name of a property takes no spaces and no points")
        if isinstance(declared, Mapping):
            faults += _find_contradictions(declared, place)
            warnings += _find_odd_keys(declared, place)
        else:
            faults.append(f"{place}: takes an object, such as {{type: string}}")


def _find_contradictions(declared: Mapping[str, Any], place: str) -> Iterator[str]:
    for other in ("read-only", "value"):
        if is_on(declared, "volatile") and (is_on(declared, other) or (other == "value" and other in declared)):
            yield f"{place}: volatile and {other} exclude each other: a volatile property is one that may be changed"


def _find_odd_keys(declared: Mapping[str, Any], place: str) -> Iterator[str]:
    for key, value in declared.items():
        if key not in _KEYS:
            near = suggest_name(str(key), _KEYS)
            yield f"{place}: '{key}' is no key of a property{near} (there are {', '.join(_KEYS)})"
        if key in _SWITCHES and not isinstance(value, bool) and str(value).lower() not in (*_YES, *_NO):
            yield f"{place}: {key} takes true or false; it is '{str(value)[:50]}'"
        if key == "type" and value not in _TYPES and suggest_name(str(value), _TYPES):
            yield f"{place}: '{str(value)[:50]}' is no type{suggest_name(str(value), _TYPES)}"
        if key in ("default", "value") and isinstance(value, Mapping | list):
            yield f"{place}: {key} takes a text: write it as JSON in quotes, or with commas"
    if is_on(declared, "read-only") and is_on(declared, "required"):
        yield f"{place}: read-only and required: a value is required, and none can be given"


def _find_unfit_defaults(descriptor: Document, package: Package) -> Iterator[str]:
    """Defaults and fixed values that the driver would refuse for the parameter of the same name."""
    section = descriptor.content.get("properties")
    named = (
        {str(name).lower(): (str(name), one) for name, one in section.items()} if isinstance(section, Mapping) else {}
    )
    for file, parameter in _walk_parameters(package):
        name, declared = named.get(parameter.name.lower(), ("", None))
        for key in ("default", "value"):
            value = declared.get(key) if isinstance(declared, Mapping) else None
            if properties.is_absent(value, parameter) or (isinstance(value, str) and "${" in value):
                continue
            try:
                coerce_value(parameter, value)
            except Unfit as unfit:
                yield f"{descriptor.find_place('properties', name, key)}: {file} would refuse it: {unfit}"


def _find_fixed_properties(descriptor: Document, package: Package) -> Iterator[str]:
    """Properties that a transition changes in place and for which TNC-O would not call it."""
    section = descriptor.content.get("properties")
    for name in dict.fromkeys(one for each in package.manifest.transitions.values() for one in each.changes):
        declared = section.get(name) if isinstance(section, Mapping) else None
        if isinstance(declared, Mapping) and not is_on(declared, "volatile"):
            yield (
                f"{descriptor.find_place('properties', name)}: lifecycle.yaml has it among changes, and it is not"
                " volatile: true: TNC-O installs the resource again instead of a Reconfigure"
            )


def _walk_parameters(package: Package) -> Iterator[tuple[str, Parameter]]:
    """The parameters that are bound by name, each with its template."""
    for transition in package.manifest.transitions.values():
        explicit = {name.lower() for name in transition.parameters}
        if transition.deploy is None:
            continue
        try:
            template, _ = package.load_template(transition.deploy)
        except InvalidRequest:
            continue
        for parameter in template.parameters:
            if parameter.name.lower() not in explicit:
                yield transition.deploy, parameter


def _check_transitions(descriptor: Document, faults: list[str], warnings: list[str]) -> None:
    lifecycle, operations = (descriptor.content.get(key) or () for key in ("lifecycle", "operations"))
    for key, section in (("lifecycle", lifecycle), ("operations", operations)):
        if not isinstance(section, Mapping | list | tuple):
            faults.append(f"{descriptor.find_place(key)}: takes an object, such as Create: {{}}")
    for name in map(str, lifecycle) if isinstance(lifecycle, Mapping | list) else ():
        if name not in STANDARD:
            where = suggest_name(name, STANDARD) or ": declare an operation under operations"
            faults.append(f"{descriptor.find_place('lifecycle', name)}: is no transition of TNC-O{where}")
    warnings += [
        f"{descriptor.find_place('operations', name)}: it is a transition: TNC-O calls it only if it is declared under"
        " lifecycle"
        for name in (map(str, operations) if isinstance(operations, Mapping) else ())
        if name in STANDARD
    ]


def _check_drivers(descriptor: Document, package: Package, faults: list[str], warnings: list[str]) -> None:
    """Check which driver TNC-O asks for the transitions of the package."""
    default = descriptor.content.get("default-driver")
    if isinstance(default, Mapping):
        warnings += _find_odd_selectors(descriptor, ("default-driver",), default)
    elif default is not None:
        faults.append(f"{descriptor.find_place('default-driver')}: takes an object with the name of a driver, {DRIVER}")
    for key in ("lifecycle", "operations"):
        section = descriptor.content.get(key)
        for name, declared in section.items() if isinstance(section, Mapping) else ():
            own = declared.get("drivers") if isinstance(declared, Mapping) else None
            drivers = own if isinstance(own, Mapping) else default
            is_here = str(name).lower() in map(str.lower, package.manifest.transitions)
            keys = (key, str(name), "drivers") if isinstance(own, Mapping) else ("default-driver",)
            if isinstance(own, Mapping):
                warnings += _find_odd_selectors(descriptor, keys, own)
            if isinstance(drivers, Mapping) and is_here and DRIVER not in drivers:
                faults.append(
                    f"{descriptor.find_place(*keys)}: TNC-O asks {', '.join(map(str, drivers)) or 'no driver'} for"
                    f" {name}; this driver is called {DRIVER}"
                )
            if drivers is None and is_here:
                warnings.append(
                    f"{descriptor.find_place('default-driver')}: is missing: it says which driver TNC-O asks:"
                    f" default-driver: {{{DRIVER}: {{selector: {{infrastructure-type: ['*']}}}}}}"
                )


def _find_odd_selectors(descriptor: Document, keys: tuple[str, ...], drivers: Mapping[str, Any]) -> Iterator[str]:
    """The selectors that take no deployment location of Azure."""
    declared = drivers.get(DRIVER)
    if DRIVER not in drivers:
        return
    selector = declared.get("selector") if isinstance(declared, Mapping) else None
    kinds = selector.get("infrastructure-type") if isinstance(selector, Mapping) else None
    if not isinstance(kinds, list):
        yield f"{descriptor.find_place(*keys, DRIVER)}: it has no selector: {{infrastructure-type: ['*']}}"
    elif not any(str(kind) == "*" or "azure" in str(kind).lower() for kind in kinds):
        yield (
            f"{descriptor.find_place(*keys, DRIVER)}: it is asked only for deployment locations of the type"
            f" {', '.join(map(str, kinds))}, which is not Azure's"
        )
