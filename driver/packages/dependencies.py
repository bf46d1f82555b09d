"""Resources of a template of ARM JSON that are there twice, and what their `dependsOn` name.

Only what is written without expressions, conditions and copies is looked at: of the rest a deployment decides.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from driver.faults import suggest_name

_ELSEWHERE = {"scope", "resourceGroup", "subscriptionId"}  # with them a resource of the same name is another one
_OPTIONAL = {"condition", "copy", "existing", "import", "extension"}


@dataclass(frozen=True)
class _Entry:
    """A resource: where it is written, its symbolic name, its whole type and name with those of its parents."""

    path: str
    symbol: str
    type: str
    name: str
    resource: Mapping[str, Any]

    @property
    def is_sure(self) -> bool:
        """Whether there is exactly one such resource in each deployment."""
        return not _OPTIONAL & self.resource.keys() and "[" not in f"{self.type}{self.name}"

    def list_names(self) -> Iterator[str]:
        """How a `dependsOn` without `/` may name it, or its copies."""
        loop = self.resource.get("copy")
        looped = loop.get("name") if isinstance(loop, Mapping) else None
        yield from (str(one) for one in (self.symbol, self.name.rpartition("/")[2], looped) if one)

    def list_dependencies(self) -> list[str]:
        """The names in its `dependsOn` that are neither ids nor expressions."""
        named = self.resource.get("dependsOn")
        listed = named if isinstance(named, list) and "condition" not in self.resource else []
        return [one for one in listed if isinstance(one, str) and not set("/[") & set(one)]


def find_dependency_faults(resources: Any) -> Iterator[tuple[str, str]]:
    """Path and fault of each resource that is there twice, depends on none of the template, or on itself."""
    entries = list(_list_entries(resources, "", None))
    yield from _find_doubles(entries)
    known = {name.lower(): name for entry in entries for name in entry.list_names()}
    if isinstance(resources, Mapping) or not any("[" in name for name in known):
        for entry in entries:
            for name in entry.list_dependencies():
                if name.lower() not in known:
                    near = suggest_name(name, known.values())
                    yield entry.path, f"it depends on '{name[:100]}', which is no resource of the template{near}"
    yield from _find_circle(entries)


def _list_entries(resources: Any, outer: str, parent: _Entry | None) -> Iterator[_Entry]:
    listed = enumerate(resources) if isinstance(resources, list) else ()
    for key, resource in resources.items() if isinstance(resources, Mapping) else listed:
        if isinstance(resource, Mapping):
            kind, name = str(resource.get("type", "")), str(resource.get("name", ""))
            if parent and not kind.lower().startswith(f"{parent.type.lower()}/"):
                kind, name = f"{parent.type}/{kind}", f"{parent.name}/{name}"
            entry = _Entry(f"{outer}{key}", key if isinstance(key, str) else "", kind, name, resource)
            yield entry
            yield from _list_entries(resource.get("resources"), f"{entry.path}.resources.", entry)


def _find_doubles(entries: list[_Entry]) -> Iterator[tuple[str, str]]:
    first: dict[tuple[str, str], _Entry] = {}
    for entry in entries:
        if entry.is_sure and entry.name and not _ELSEWHERE & entry.resource.keys():
            before = first.setdefault((entry.type.lower(), entry.name.lower()), entry)
            if before is not entry:
                yield entry.path, f"{entry.type} '{entry.name}' is there already, as resource {before.path}"


def _find_circle(entries: list[_Entry]) -> Iterator[tuple[str, str]]:
    named: dict[str, list[_Entry]] = {}
    for entry in entries:
        for name in {one.lower() for one in entry.list_names()}:
            named.setdefault(name, []).append(entry)
    graph = {
        entry.path: [
            before.path
            for name in entry.list_dependencies()
            for before in named.get(name.lower(), [])
            if len(named[name.lower()]) == 1 and before.is_sure
        ]
        for entry in entries
        if entry.is_sure
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle = list(reversed(error.args[1]))
        yield circle[0], f"it depends on itself: {' -> '.join(circle)}"
