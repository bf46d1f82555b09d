"""The templates of the model: names and properties are literal, or one whole expression.

Understood are `[parameters('x')]`; `[reference('<id>', '<version>').x]`, the property of a resource, and
`[listKeys('<id>', '<version>').key1]`, both of which only a run can know.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.properties.world import DEPLOYMENT, GROUP, World, find_group_id

_PARAMETER = re.compile(r"\[parameters\('(\w+)'\)\]")
READ = re.compile(r"\[(reference|listKeys)\('([^']+)', '[^']+'\)\.(\w+)\]")


class Unknown(Exception):
    """An expression asks for a resource that is not there."""


@dataclass
class Look:
    """What a deployment asked of a resource: Read or Action."""

    operation: str
    id: str


@dataclass
class Item:
    """A resource of a template. `body` may hold expressions that only the run can resolve."""

    id: str
    type: str
    name: str
    body: dict[str, Any]
    depends_on: list[str] = field(default_factory=list)

    @property
    def is_deployment(self) -> bool:
        return self.type.lower() == DEPLOYMENT


def expand(template: Mapping[str, Any], parameters: Mapping[str, Any], scope: str) -> list[Item]:
    """The resources that a deployment in a scope (the id of a group or subscription) writes: those that exist already
    are left out.
    """
    defaults = {
        name: declared["defaultValue"]
        for name, declared in template.get("parameters", {}).items()
        if "defaultValue" in declared
    }
    values = {**defaults, **{name: parameter["value"] for name, parameter in parameters.items()}}
    resources = template["resources"]
    entries = resources.values() if isinstance(resources, Mapping) else resources
    return [_read_item(_insert(entry, values), scope) for entry in entries if not entry.get("existing")]


def resolve(world: World, value: Any, looks: list[Look]) -> Any:
    """A value with what its expressions ask for; the questions are added to `looks`. Raises Unknown."""
    if isinstance(value, Mapping):
        return {key: resolve(world, part, looks) for key, part in value.items()}
    match = READ.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return value
    thing = world.find(match[2])
    if thing is None:
        raise Unknown(match[2])
    looks.append(Look("Read" if match[1] == "reference" else "Action", thing.id))
    return thing.properties[match[3]] if match[1] == "reference" else "key"


def find_nested_scope(item: Item) -> str:
    """The id of the group or subscription that a nested deployment deploys to."""
    return item.id.rpartition("/providers/")[0]


def _insert(value: Any, parameters: Mapping[str, Any]) -> Any:
    """A value with the parameters of its template; those of a nested template are its own."""
    if isinstance(value, Mapping):
        return {key: part if key == "template" else _insert(part, parameters) for key, part in value.items()}
    match = _PARAMETER.fullmatch(value) if isinstance(value, str) else None
    return value if match is None else parameters[match[1]]


def _read_item(entry: Mapping[str, Any], scope: str) -> Item:
    kind, name = entry["type"], entry["name"]
    namespace, *types = kind.split("/")
    subscription = (
        f"/subscriptions/{entry['subscriptionId']}" if "subscriptionId" in entry else "/".join(scope.split("/")[:3])
    )
    place = find_group_id(scope) if "subscriptionId" not in entry else ""
    if "resourceGroup" in entry:
        place = f"{subscription}/resourceGroups/{entry['resourceGroup']}"
    place = place or subscription
    if "scope" in entry:
        place = f"{place}/providers/{entry['scope']}"
    path = "".join(f"/{kind}/{part}" for kind, part in zip(types, name.split("/"), strict=True))
    thing_id = f"{place}/resourceGroups/{name}" if kind.lower() == GROUP else f"{place}/providers/{namespace}{path}"
    depends_on = [other.lower() for other in entry.get("dependsOn", ())]
    return Item(thing_id, kind, name, dict(entry), depends_on)
