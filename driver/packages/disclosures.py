"""Outputs of a template that show a secure value: an output that is not secure itself goes to Kafka in clear text.

What an output shows is read from its expression, and from the variables and the outputs of nested templates in it. A
function that does not give its argument back, such as `empty`, shows nothing. What is not certain is not named: the
values themselves are looked for when the deployment has ended (driver.steps.outputs).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from driver.packages.secure_values import has_secure_values
from driver.packages.templates import DEPLOYMENTS, Template

_TOKENS = re.compile(r"\s*('(?:[^']|'')*'|[\w$#]+|.)", re.DOTALL)
# Functions whose result does not show an argument. Of `if` it is the first that does not.
_HIDING = frozenset(
    (
        *("empty", "length", "equals", "less", "lessorequals", "greater", "greaterorequals", "not", "and", "or"),
        *("contains", "startswith", "endswith", "indexof", "lastindexof", "uniquestring", "guid", "reference"),
    )
)
_DEEPEST = 100  # levels of brackets, variables and nested templates within each other
_LONGEST = 25_000  # characters of an expression, as in ARM
_MOST_STEPS = 50_000  # calls and nested templates that are looked at for one template
_MOST_FOUND = 20


@dataclass(frozen=True)
class Disclosure:
    """An output that shows a secure value. `place` is its declaration, `is_parameter` whether the value is that of a
    parameter, and not that of a function such as listKeys.
    """

    output: str
    place: str
    shown: str
    is_parameter: bool

    def __str__(self) -> str:
        return (
            f"{self.place}: this output shows {self.shown}, and outputs are sent in clear text: remove it, or mark it"
            " @secure(), with which its value stays in Azure"
        )


def find_disclosures(template: Template) -> list[Disclosure]:
    """The outputs of a template that show a secure value, each once."""
    found = []
    shown_by = _find_shown(template.body, 0, _Known(iter(range(_MOST_STEPS))))
    for name, shown in islice(shown_by.items(), _MOST_FOUND):
        place = template.source.find_place("output", name)
        found.append(Disclosure(name, place, shown, not shown.startswith("the result")))
    return found


def find_secure_outputs(template: Template) -> list[str]:
    """The names of the outputs that are secure: ARM gives no value for them."""
    declared = template.body.get("outputs") or {}
    return [name for name, one in declared.items() if isinstance(one, Mapping) and _is_secure(one)]


@dataclass(frozen=True)
class _Known:
    """What the outputs of templates show, by the id of the template's body. `steps` yields once for each that may still
    be made, `indexes` has the objects that were looked into, for they may have thousands of names.
    """

    steps: Iterator[int]
    shown: dict[int, dict[str, str]] = field(default_factory=dict)
    indexes: dict[int, dict[str, Any]] = field(default_factory=dict)

    def find(self, values: Any, name: str) -> Any:
        """The value of that name in an object of the template, in any case; None if there is none."""
        if not isinstance(values, Mapping) or not values:
            return None
        if id(values) not in self.indexes:
            self.indexes[id(values)] = {str(key).lower(): value for key, value in values.items()}
        return self.indexes[id(values)].get(name.lower())


def _find_shown(body: Mapping[str, Any], depth: int, known: _Known) -> dict[str, str]:
    """The secure value that each output shows, by the output's name."""
    if id(body) in known.shown:
        return known.shown[id(body)]
    outputs = body.get("outputs")
    shown = known.shown[id(body)] = dict[str, str]()
    for name, declared in outputs.items() if isinstance(outputs, Mapping) else ():
        if not isinstance(declared, Mapping) or _is_secure(declared):
            continue
        if str(declared.get("type", "")).lower() in ("bool", "int"):
            continue
        copy = declared.get("copy")
        value = copy.get("input") if isinstance(copy, Mapping) else declared.get("value")
        if found := next(_Reader(body, known, set()).walk_value(value, depth), ""):
            shown[name] = found
    return shown


def _is_secure(declared: Mapping[str, Any]) -> bool:
    return str(declared.get("type", "")).lower().startswith("secure")


@dataclass(frozen=True)
class _Reader:
    """Reads what the expressions of an output show. `seen` are the variables that were read for it."""

    body: Mapping[str, Any]
    known: _Known
    seen: set[str]

    def walk_value(self, value: Any, depth: int) -> Iterator[str]:
        """The secure values that a value with expressions shows."""
        if depth > _DEEPEST:
            return
        if isinstance(value, Mapping | list):
            for inner in value.values() if isinstance(value, Mapping) else value:
                yield from self.walk_value(inner, depth + 1)
        elif isinstance(value, str) and len(value) < _LONGEST and value.startswith("[") and not value.startswith("[["):
            tokens = _TOKENS.findall(value[1:-1])
            yield from self._walk_tokens(tokens, depth)

    def _walk_tokens(self, tokens: list[str], depth: int) -> Iterator[str]:
        """What an expression shows. It is read from the left: a call with its arguments is one step."""
        index = 0
        while index < len(tokens) and depth <= _DEEPEST and next(self.known.steps, None) is not None:
            token = tokens[index]
            if index + 1 < len(tokens) and tokens[index + 1] == "(" and not token.startswith("'"):
                end = _find_end(tokens, index + 1)
                path, after = _read_path(tokens, end)
                yield from self._walk_call(token, tokens[index + 2 : end - 1], path, depth)
                index = after
            else:
                index += 1

    def _walk_call(self, name: str, arguments: list[str], path: list[str], depth: int) -> Iterator[str]:
        function = name.lower()
        literal = arguments[0][1:-1] if len(arguments) == 1 and arguments[0].startswith("'") else ""
        if function == "parameters":
            if literal and self._is_shown(literal, path):
                yield f"the secure parameter '{literal}'"
        elif function == "variables":
            if literal.lower() not in self.seen:
                self.seen.add(literal.lower())
                yield from self.walk_value(self.known.find(self.body.get("variables"), literal), depth + 1)
        elif function == "listoutputswithsecurevalues":
            yield f"the result of {name}(), a secure output of a module"
        elif function.startswith("list"):
            yield f"the result of {name}(), which gives secrets"
        elif function == "reference":
            yield from self._walk_module(arguments, path, depth + 1)
        elif function == "if":
            yield from self._walk_tokens(_drop_first(arguments), depth + 1)
        elif function not in _HIDING:
            yield from self._walk_tokens(arguments, depth + 1)

    def _is_shown(self, name: str, path: list[str]) -> bool:
        """Whether the value of a parameter at that path is secure, or has something secure in it."""
        declared = self.known.find(self.body.get("parameters"), name)
        definitions = self.body.get("definitions")
        definitions = definitions if isinstance(definitions, Mapping) else {}
        for key in path:
            if not isinstance(declared, Mapping):
                return False
            if _is_secure(self._resolve(declared, definitions)):
                return True
            declared = self.known.find(self._resolve(declared, definitions).get("properties"), key)
        return isinstance(declared, Mapping) and has_secure_values(declared, definitions)

    def _resolve(self, declared: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
        reference = declared.get("$ref")
        target = self.known.find(definitions, reference.rsplit("/", 1)[-1]) if isinstance(reference, str) else None
        return {**target, **declared} if isinstance(target, Mapping) else declared

    def _walk_module(self, arguments: list[str], path: list[str], depth: int) -> Iterator[str]:
        """What an output of a nested template shows: `reference('module').outputs.name.value`."""
        if len(path) < 2 or path[0].lower() != "outputs":
            return
        resources = self.body.get("resources")
        named = resources.items() if isinstance(resources, Mapping) else enumerate(resources or ())
        for symbol, resource in named:
            if next(self.known.steps, None) is None:
                return
            if not isinstance(resource, Mapping) or str(resource.get("type", "")).lower() != DEPLOYMENTS.lower():
                continue
            name = resource.get("name")
            names = {f"'{symbol}'", f"'{name}'"}
            called = name[1:-1].replace(" ", "") if isinstance(name, str) and name.startswith("[") else ""
            if names.isdisjoint(arguments) and not (called and called in "".join(arguments)):
                continue
            properties = resource.get("properties")
            inner = properties.get("template") if isinstance(properties, Mapping) else None
            shown = _find_shown(inner, depth, self.known) if isinstance(inner, Mapping) else {}
            if found := self.known.find(shown, path[1]):
                yield f"{found} of the module '{symbol if isinstance(symbol, str) else name}'"


def _find_end(tokens: list[str], start: int) -> int:
    """The index after the bracket that closes the one at `start`."""
    level = 0
    for index in range(start, len(tokens)):
        level += {"(": 1, ")": -1}.get(tokens[index], 0)
        if not level:
            return index + 1
    return len(tokens) + 1


def _read_path(tokens: list[str], start: int) -> tuple[list[str], int]:
    """The names that follow a call, `.a['b']`, and the index after them."""
    path, index = [], start
    while index + 1 < len(tokens):
        if tokens[index] == ".":
            path.append(tokens[index + 1])
            index += 2
        elif tokens[index] == "[" and tokens[index + 1].startswith("'") and tokens[index + 2 : index + 3] == ["]"]:
            path.append(tokens[index + 1][1:-1])
            index += 3
        else:
            break
    return path, index


def _drop_first(arguments: list[str]) -> list[str]:
    """The arguments without the first."""
    level = 0
    for index, part in enumerate(arguments):
        level += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(part, 0)
        if part == "," and not level:
            return arguments[index + 1 :]
    return []
