"""Which resources of a template must be deployed before which."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from emulators.azure.language.entries import Entry, loop_names
from emulators.azure.language.evaluation import evaluate, resolve
from emulators.azure.language.expressions import Access, Call, Node, is_expression, parse
from emulators.azure.language.functions_ids import GROUP
from emulators.azure.language.identities import DEPLOYMENT, is_evaluated_inside
from emulators.azure.language.models import TemplateError

REFERS = re.compile(r"\b(references?|list\w*)\s*\(", re.IGNORECASE)


@dataclass(frozen=True)
class Names:
    """How resources may be named, in lower case: one by its symbol, name or id, a whole loop by the loop's name."""

    single: Mapping[str, Entry]
    loops: Mapping[str, Sequence[Entry]]

    @classmethod
    def of(cls, entries: Sequence[Entry], resources: Any) -> "Names":
        """The names of a template's `resources`; those that are not deployed give way to others of the same name."""
        symbolic = isinstance(resources, Mapping)
        single: dict[str, Entry] = {}
        loops: dict[str, list[Entry]] = {name: [] for name in loop_names(resources)}
        for entry in sorted(entries, key=lambda entry: entry.resource.condition is False):
            for name in entry.names(symbolic):
                single.setdefault(name.lower(), entry)
        for entry in entries:
            for loop in {entry.loop, entry.resource.symbol} if entry.loop else ():
                loops.setdefault(str(loop).lower(), []).append(entry)
        return cls(single, loops)

    def find(self, name: str) -> Entry | None:
        """The resource of a symbol, name or id. resourceId() in a subscription's template writes a group's id like that
        of a resource of Microsoft.Resources.
        """
        return self.single.get(name.lower()) or self.single.get(GROUP.sub(r"/resourceGroups/\1", name).lower())


def depends_on(entries: Sequence[Entry], names: Names) -> dict[str, tuple[str, ...]]:
    """By each resource's id in lower case the ids of those that must be deployed before it.

    Raises TemplateError for an unknown dependency, a resource that is defined twice, a circle.
    """
    direct: dict[str, list[Entry]] = {}
    for entry in entries:
        key = entry.resource.id.lower()
        if key in direct and entry.resource.condition and not entry.resource.existing:
            raise TemplateError(
                f"The resource '{entry.resource.id}' is defined multiple times in a template. "
                "Please see https://aka.ms/arm-syntax-resources for usage details."
            )
        if entry.resource.condition:
            direct[key] = list(_before(entry, names, strict=True))
    _refuse_circles(direct)
    return {e.resource.id.lower(): _deployed(e, direct) if e.resource.condition else () for e in entries}


def in_order(entries: Iterable[Entry], names: Names) -> list[Entry]:
    """The entries, each after what it depends on, else as they are written; circles are not minded."""
    ordered: dict[int, Entry] = {}
    begun: set[int] = set()

    def visit(entry: Entry) -> None:
        if id(entry) not in begun:
            begun.add(id(entry))
            for before in _before(entry, names, strict=False) if entry.resource.condition is not False else ():
                visit(before)
            ordered[id(entry)] = entry

    for entry in entries:
        visit(entry)
    return list(ordered.values())


def _before(entry: Entry, names: Names, strict: bool) -> Iterator[Entry]:
    """What a resource depends on: as its dependsOn says, by references, by the batch of its loop."""
    for written in entry.raw.get("dependsOn") or ():
        name = str(resolve(written, entry.scope))
        if name.lower() in names.loops:
            yield from names.loops[name.lower()]
        elif (found := names.find(name)) is not None:
            yield found
        elif strict:
            raise TemplateError(
                f"The resource '{name}' is not defined in the template; '{entry.resource.name}' depends on it. "
                "Please see https://aka.ms/arm-syntax for usage details."
            )
    for name in _referred(entry):
        found = names.find(name)
        if found is not None and found is not entry:
            yield found
    if entry.batch and entry.loop is not None:
        start = entry.index // entry.batch * entry.batch
        yield from (e for e in names.loops[entry.loop.lower()] if start - entry.batch <= e.index < start)


def _referred(entry: Entry) -> Iterator[str]:
    """The names and ids that are given to reference() and list*()."""
    for expression in _expressions(entry):
        for call in _calls(parse(expression)):
            if call.arguments and REFERS.fullmatch(f"{call.name}("):
                try:
                    name = evaluate(call.arguments[0], entry.scope)
                except TemplateError:
                    continue  # It depends on a lambda's variable or is in a branch that is not taken.
                if isinstance(name, str):
                    yield name


def _expressions(entry: Entry) -> Iterator[str]:
    raw: Any = {key: value for key, value in entry.raw.items() if key != "resources"}
    properties = raw.get("properties")
    is_nested = entry.resource.type.lower() == DEPLOYMENT and isinstance(properties, Mapping)
    if is_nested and is_evaluated_inside(properties, symbolic=entry.resource.symbol is not None):
        raw["properties"] = {key: value for key, value in properties.items() if key != "template"}
    stack: list[Any] = [raw]
    while stack:
        value = stack.pop()
        if isinstance(value, str):
            if is_expression(value) and REFERS.search(value):
                yield value
        elif isinstance(value, Mapping):
            stack.extend(value.values())
        elif isinstance(value, list):
            stack.extend(value)


def _calls(node: Node) -> Iterator[Call]:
    stack = [node]
    while stack:
        node = stack.pop()
        if isinstance(node, Call):
            yield node
            stack.extend(node.arguments)
        elif isinstance(node, Access):
            stack.extend((node.target, node.key))


def _refuse_circles(direct: Mapping[str, list[Entry]]) -> None:
    graph = {key: {before.resource.id.lower() for before in befores} for key, befores in direct.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        raise TemplateError(
            f"Circular dependency detected on resource: '{error.args[1][0]}'. "
            "Please see https://aka.ms/arm-template/#circular-dependency for details."
        ) from error


def _deployed(entry: Entry, direct: Mapping[str, list[Entry]]) -> tuple[str, ...]:
    """The dependencies that are deployed; in place of an existing resource what that depends on."""
    result: dict[str, None] = {}
    stack = list(reversed(direct[entry.resource.id.lower()]))
    while stack:
        before = stack.pop().resource
        if before.existing:
            stack.extend(reversed(direct.get(before.id.lower(), [])))
        elif before.condition:
            result[before.id] = None
    return tuple(result)
