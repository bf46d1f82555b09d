"""Which resources of a template must be deployed before which."""

import re
from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from emulators.azure.language.entries import Entry
from emulators.azure.language.evaluation import evaluate, resolve
from emulators.azure.language.expressions import Access, Call, Node, is_expression, parse
from emulators.azure.language.identities import DEPLOYMENT
from emulators.azure.language.models import TemplateError

REFERS = re.compile(r"\b(references?|list\w*)\s*\(", re.IGNORECASE)


def order_of(entries: Iterable[Entry], names: Mapping[str, Entry]) -> dict[str, tuple[str, ...]]:
    """By each resource's id in lower case the ids of those that must be deployed before it.

    Raises TemplateError for an unknown dependency, a resource that is defined twice, a circle.
    """
    entries = list(entries)
    loops: dict[str, list[Entry]] = {}
    for entry in entries:
        for name in {entry.loop, entry.resource.symbol if entry.loop else None} - {None}:
            loops.setdefault(str(name).lower(), []).append(entry)
    direct: dict[str, list[Entry]] = {}
    for entry in entries:
        key = entry.resource.id.lower()
        if key in direct and entry.resource.condition and not entry.resource.existing:
            raise TemplateError(
                f"The resource '{entry.resource.id}' is defined multiple times in a template. "
                "Please see https://aka.ms/arm-syntax-resources for usage details."
            )
        if entry.resource.condition:
            direct[key] = [*_explicit(entry, names, loops), *_implicit(entry, names), *_earlier_batch(entry, loops)]
    _refuse_circles(direct)
    return {e.resource.id.lower(): _deployed(e, direct) if e.resource.condition else () for e in entries}


def _explicit(entry: Entry, names: Mapping[str, Entry], loops: Mapping[str, list[Entry]]) -> Iterator[Entry]:
    for written in entry.raw.get("dependsOn") or ():
        name = str(resolve(written, entry.scope))
        if name.lower() in loops:
            yield from loops[name.lower()]
        elif (found := _by_name(name, names)) is not None:
            yield found
        else:
            raise TemplateError(
                f"The resource '{name}' is not defined in the template; '{entry.resource.name}' depends on it. "
                "Please see https://aka.ms/arm-syntax for usage details."
            )


def _by_name(name: str, names: Mapping[str, Entry]) -> Entry | None:
    """A resource by its symbol, name or id; also by `Namespace/type/name`, as templates write it too."""
    found = names.get(name.lower())
    if found is None and "/" in name and not name.startswith("/"):
        ends = "/providers/" + name.lower()
        found = next((entry for key, entry in names.items() if key.endswith(ends)), None)
    return found


def _implicit(entry: Entry, names: Mapping[str, Entry]) -> Iterator[Entry]:
    """What the body refers to: by name or symbol, or by id without an api-version."""
    for expression in _expressions(entry):
        for call in _calls(parse(expression)):
            if not call.arguments or not REFERS.fullmatch(f"{call.name}("):
                continue
            try:
                name = evaluate(call.arguments[0], entry.scope)
            except TemplateError:
                continue  # It depends on a lambda's variable or is in a branch that is not taken.
            if isinstance(name, str) and (len(call.arguments) == 1 or not name.startswith("/")):
                found = names.get(name.lower())
                if found is not None and found is not entry:
                    yield found


def _expressions(entry: Entry) -> Iterator[str]:
    raw: Any = {key: value for key, value in entry.raw.items() if key != "resources"}
    properties = raw.get("properties")
    if entry.resource.type.lower() == DEPLOYMENT and isinstance(properties, Mapping):
        options = properties.get("expressionEvaluationOptions") or {}
        if str(options.get("scope", "")).lower() == "inner":
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


def _earlier_batch(entry: Entry, loops: Mapping[str, list[Entry]]) -> list[Entry]:
    if not entry.batch or entry.loop is None:
        return []
    start = entry.index // entry.batch * entry.batch
    return [other for other in loops[entry.loop.lower()] if start - entry.batch <= other.index < start]


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
