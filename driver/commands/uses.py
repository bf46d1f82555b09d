"""Which properties the transitions of a package use, and where: as template parameters, and by name in expressions."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from driver.adoption_plans import STACK_ID
from driver.commands.files import read_file
from driver.errors import InvalidRequest
from driver.faults import suggest_name
from driver.packages import expressions
from driver.packages.catalogue import Package
from driver.packages.documents import Document
from driver.packages.manifests import OwnedResource, Transition
from driver.packages.templates import Template

# Names that a property does not have to give: those of the system, and groups of names.
_GIVEN = frozenset(
    (
        *("resourceid", "resourcename", "resourcetype", "requestid", "metrickey", "resourcemanagerid"),
        *("deploymentlocation", "system_properties", "request_properties", "deployment_location"),
        "associated_topology",
    )
)


@dataclass(frozen=True)
class Use:
    """A property that a transition uses. `needed` says what needs it; empty if it may be left out."""

    name: str
    transition: str
    needed: str = ""

    @property
    def spellings(self) -> tuple[str, ...]:
        """Names of the property, in lower case. One of type `key` gives the parameters <name>_public and _private."""
        name = self.name.lower()
        return (name, *(name.removesuffix(end) for end in ("_public", "_private") if name.endswith(end)))


def find_uses(package: Package) -> list[Use]:
    """The uses of properties in all transitions of a package. Raises InvalidRequest if they are not all known: it names
    every template that cannot be loaded, and every text that is no expression.
    """
    faults: list[str] = []
    uses = [Use(STACK_ID, "Create")]
    for name, transition in package.manifest.transitions.items():
        uses += _find_uses(package, name, transition, faults)
    if package.manifest.reference:
        names = expressions.list_names(package.manifest.reference.resource_group)
        uses += [Use(one, "") for one in names]
    if faults:
        raise InvalidRequest(*faults)
    return uses


def _find_uses(package: Package, name: str, transition: Transition, faults: list[str]) -> Iterator[Use]:
    template, given = _load_template(package, transition, faults)
    for place, value in _list_texts(package, name, transition, template):
        needed = set(_find_needed(value, place, faults))
        for one in expressions.list_names(value):
            if one.lower() not in _GIVEN:
                yield Use(one, name, f"{place} names it" if one in needed else "")
    explicit = {one.lower() for one in transition.parameters}
    for parameter in template.parameters if template else ():
        if parameter.name.lower() not in explicit:
            is_given = parameter.name in given or parameter.name.lower() in _GIVEN or transition.if_missing
            is_needed = parameter.required and not is_given
            yield Use(parameter.name, name, f"{transition.deploy} needs it ({parameter.type})" if is_needed else "")


def _load_template(
    package: Package, transition: Transition, faults: list[str]
) -> tuple[Template | None, Mapping[str, Any]]:
    """The template of a transition and the parameters beside it; None if it has none, or if it cannot be loaded."""
    if transition.deploy is None:
        return None, {}
    try:
        return package.load_template(transition.deploy)
    except InvalidRequest as error:
        faults += error.faults
        return None, {}


def _list_texts(
    package: Package, name: str, transition: Transition, template: Template | None
) -> Iterator[tuple[str, Any]]:
    """The values of a transition that may hold expressions, each with its place."""
    manifest = package.manifest
    for parameter, value in transition.parameters.items():
        yield package.find_place("transitions", name, "parameters", parameter), value
    removed = transition.remove if isinstance(transition.remove, list) else [transition.remove]
    for owned in removed:
        if isinstance(owned, OwnedResource):
            yield package.find_place("transitions", name, "remove"), [owned.type, owned.name, owned.resource_group]
    if template is None:
        return
    if template.scope == "resourceGroup":
        key, own, general = "resourceGroup", transition.resource_group, manifest.resource_group
    else:
        key, own, general = "location", transition.location, manifest.location
    if own or general:
        yield package.find_place("transitions", name, key) if own else package.find_place(key), own or general


def _find_needed(value: Any, place: str, faults: list[str]) -> Iterator[str]:
    """The names in expressions that have to be there. A text that is no expression is a fault."""
    if isinstance(value, str):
        try:
            yield from expressions.find_names(value, place)
        except InvalidRequest as error:
            faults += error.faults
    elif isinstance(value, Mapping | list):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from _find_needed(inner, place, faults)


def find_unused_properties(file: Path, uses: list[Use], descriptor: Document | None) -> list[str]:
    """Warnings about the properties in a file that nothing uses."""
    document = read_file(file)
    declared = descriptor.content.get("properties") if descriptor else {}
    outputs = {
        name.lower()
        for name, one in (declared.items() if isinstance(declared, Mapping) else ())
        if isinstance(one, Mapping) and one.get("read-only")
    }
    names = [name for name in map(str, document.content) if name.lower() not in outputs]
    return [f"{document.find_place(name)}: {text}" for name, text in describe_unused(names, uses).items()]


def describe_unused(names: list[str], uses: list[Use]) -> dict[str, str]:
    """The message about each unused property, by its name."""
    used = {spelling for use in uses for spelling in use.spellings}
    given = {name.lower() for name in names}
    open_names = [use.name for use in uses if given.isdisjoint(use.spellings) and use.name != STACK_ID]
    return {
        name: f"nothing in this package uses this property{suggest_name(name, open_names)}"
        for name in names
        if name.lower() not in used
    }
