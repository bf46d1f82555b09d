"""The secure values that the outputs of a template show.

What an output shows is read from its expression, and from the variables and the outputs of nested templates in it, each
at the path that is taken from it: `settings.name` shows nothing of `settings.password`. A parameter of a nested
template shows what it is given.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

from driver.packages.call_results import list_parts
from driver.packages.calls import Call, Path, Tokens, read_call, read_literal, read_tokens
from driver.packages.secure_values import has_secure_values_at, is_secure
from driver.packages.templates import DEPLOYMENTS

_DEEPEST = 100  # levels of brackets, variables and nested templates within each other
_LONGEST = 25_000  # characters of an expression, as in ARM
_MOST_STEPS = 50_000  # calls, values and nested templates that are looked at for one template
_STEP = 100  # characters of a text, or members of a value, that make a step


def walk_shown_values(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The name of each output of a template's body that shows a secure value, and what that is."""
    reader = _Reader(body, _Known(iter(range(_MOST_STEPS))))
    for name in body.get("outputs") or {}:
        if shown := reader.find_shown(name, (), 0):
            yield name, shown


@dataclass(frozen=True)
class _Known:
    """What the parts of outputs show, by the id of the template's body, their name and path. `steps` yields once for
    each that may still be made, `indexes` has the objects that were looked into, for they may have thousands of names.
    """

    steps: Iterator[int]
    shown: dict[tuple[int, str, Path], str] = field(default_factory=dict)
    indexes: dict[int, dict[str, Any]] = field(default_factory=dict)

    def spend(self, size: int = 0) -> bool:
        """Take the steps for something of that size; whether there were enough."""
        return all(next(self.steps, None) is not None for _ in range(1 + size // _STEP))

    def find(self, values: Any, name: str) -> Any:
        """The value of that name in an object of the template, in any case; None if there is none."""
        if not isinstance(values, Mapping) or not values:
            return None
        if id(values) not in self.indexes:
            self.indexes[id(values)] = {str(key).lower(): value for key, value in values.items()}
        return self.indexes[id(values)].get(name.lower())


@dataclass(frozen=True)
class _Reader:
    """Reads what the expressions of a template show. `seen` are the variables and paths that were read for an output,
    `bound` has the reader, expression and path of each lambda variable. A nested template has the reader of the one
    around it as `outer`, and is given the `arguments` by it.
    """

    body: Mapping[str, Any]
    known: _Known
    seen: set[tuple[str, Path]] = field(default_factory=set)
    bound: Mapping[str, tuple["_Reader", Tokens, Path]] = field(default_factory=dict)
    outer: "_Reader | None" = None
    arguments: Any = None

    def find_shown(self, name: str, path: Path, depth: int) -> str:
        """The secure value that the part of an output at a path shows; empty if none."""
        key = (id(self.body), name.lower(), path)
        if key not in self.known.shown:
            self.known.shown[key] = ""
            self.known.shown[key] = next(replace(self, seen=set(), bound={})._walk_output(name, path, depth), "")
        return self.known.shown[key]

    def _walk_output(self, name: str, path: Path, depth: int) -> Iterator[str]:
        declared = self.known.find(self.body.get("outputs"), name)
        if not isinstance(declared, Mapping) or is_secure(declared):
            return
        if str(declared.get("type", "")).lower() in ("bool", "int"):
            return
        copy = declared.get("copy")
        if isinstance(copy, Mapping):
            yield from self._walk_value(copy.get("input"), path[1:], depth)
        else:
            yield from self._walk_value(declared.get("value"), path, depth)

    def _walk_value(self, value: Any, path: Path, depth: int) -> Iterator[str]:
        """The secure values that the part of a value with expressions at a path shows."""
        if depth > _DEEPEST:
            return
        if isinstance(value, Mapping | list):
            for inner, further in self._walk_parts(value, path):
                yield from self._walk_value(inner, further, depth + 1)
        elif _is_expression(value) and self.known.spend(len(value)):
            yield from self._walk_expression(read_tokens(value[1:-1]), path, depth)

    def _walk_parts(self, value: Mapping[str, Any] | list[Any], path: Path) -> Iterator[tuple[Any, Path]]:
        """The parts of a value that the first step of a path leads to, each with the path from there."""
        step, further = path[0] if path else None, path[1:]
        if step is None:
            if self.known.spend(len(value)):
                members = value.items() if isinstance(value, Mapping) else enumerate(value)
                yield from ((inner, () if str(name).lower() == "copy" else further) for name, inner in members)
        elif isinstance(value, list):
            if isinstance(step, int) and step < len(value):
                yield value[step], further
        elif isinstance(step, str):
            if (found := self.known.find(value, step)) is not None:
                yield found, further
            loops = self.known.find(value, "copy")
            for loop in loops if isinstance(loops, list) else ():
                if isinstance(loop, Mapping) and str(loop.get("name")).lower() == step and self.known.spend():
                    yield loop.get("input"), further[1:]

    def _walk_expression(self, tokens: Tokens, path: Path, depth: int) -> Iterator[str]:
        """What an expression shows: a call with its arguments is one step."""
        call = read_call(tokens)
        if call is None or depth > _DEEPEST or not self.known.spend():
            return
        for index in call.indexes:
            yield from self._walk_expression(index, (), depth + 1)
        yield from self._walk_call(call, (*call.path, *path)[:_DEEPEST], depth + 1)

    def _walk_call(self, call: Call, path: Path, depth: int) -> Iterator[str]:
        literal = (read_literal(call.arguments[0]) or "") if len(call.arguments) == 1 else ""
        function = call.name.rpartition(".")[2]
        if function == "parameters":
            yield from self._walk_parameter(literal, path, depth)
        elif function == "variables":
            if (literal.lower(), path) not in self.seen:
                self.seen.add((literal.lower(), path))
                yield from self._walk_value(self.body.get("variables"), (literal.lower(), *path), depth)
        elif function == "lambdavariables":
            if literal.lower() in self.bound:
                reader, tokens, before = self.bound[literal.lower()]
                yield from reader._walk_expression(tokens, (*before, *path), depth)
        elif function == "listoutputswithsecurevalues":
            yield f"the result of {call.written}(), a secure output of a module"
        elif function.startswith("list"):
            yield f"the result of {call.written}(), which gives secrets"
        elif function in ("reference", "references"):
            yield from self._walk_modules(call, path[1:] if function == "references" else path, depth + 1)
        else:
            for part in list_parts(call, path):
                bound = {name: (self, tokens, before) for name, tokens, before in part.bound}
                reader = replace(self, bound={**self.bound, **bound}) if bound else self
                yield from reader._walk_expression(part.tokens, part.path, depth)

    def _walk_parameter(self, name: str, path: Path, depth: int) -> Iterator[str]:
        declared = self.known.find(self.body.get("parameters"), name)
        definitions = self.body.get("definitions")
        definitions = definitions if isinstance(definitions, Mapping) else {}
        if not isinstance(declared, Mapping):
            return
        if has_secure_values_at(declared, definitions, path, self.known.find, self.known.spend):
            yield f"the secure parameter '{name}'"
        elif self.outer:
            # The variables that another output has read are read again for this one.
            outer, value = replace(self.outer, seen=set()), self.known.find(self.arguments, name)
            for found in outer._walk_value(value, ("value", *path), depth):
                yield f"{found}, passed as the parameter '{name}'"

    def _walk_modules(self, call: Call, path: Path, depth: int) -> Iterator[str]:
        """What an output of a nested template shows: `reference('module').outputs.name.value`."""
        if not path or path[0] != "outputs" or (len(path) > 2 and path[2] not in ("value", None)):
            return
        for label, module in self._walk_named_modules(call):
            properties = module.get("properties")
            inner = properties.get("template") if isinstance(properties, Mapping) else None
            if not isinstance(properties, Mapping) or not isinstance(inner, Mapping):
                continue
            options = properties.get("expressionEvaluationOptions")
            is_inner = isinstance(options, Mapping) and str(options.get("scope")).lower() == "inner"
            arguments = properties.get("parameters") if is_inner else None
            reader = _Reader(inner, self.known, outer=replace(self, bound={}), arguments=arguments)
            outputs = inner.get("outputs")
            name = path[1] if len(path) > 1 else None
            names = [name] if isinstance(name, str) else list(outputs) if isinstance(outputs, Mapping) else []
            for one in names:
                if found := reader.find_shown(one, path[3:], depth):
                    yield f"{found} of the module '{label}'"

    def _walk_named_modules(self, call: Call) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The nested deployments that a call of reference names, each with its symbol or name."""
        resources = self.body.get("resources")
        tokens = list(chain.from_iterable(call.arguments))
        if isinstance(resources, Mapping):
            first = next((token[1:-1] for token in tokens if token.startswith("'")), "")
            symbol = first.partition("[")[0]  # of a loop: format('symbol[{0}]', index)
            if isinstance(found := self.known.find(resources, symbol), Mapping):
                yield from ((symbol, found),) if _is_deployment(found) else ()
                return
        for resource in resources.values() if isinstance(resources, Mapping) else resources or ():
            if not self.known.spend():
                return
            if isinstance(resource, Mapping) and _is_deployment(resource) and _is_named(resource.get("name"), tokens):
                yield str(resource["name"]), resource


def _is_expression(value: Any) -> bool:
    return isinstance(value, str) and len(value) < _LONGEST and value.startswith("[") and not value.startswith("[[")


def _is_deployment(resource: Mapping[str, Any]) -> bool:
    return str(resource.get("type", "")).lower() == DEPLOYMENTS.lower()


def _is_named(name: Any, tokens: Tokens) -> bool:
    """Whether an expression has the name of a resource in it, and of a loop with any index in it."""
    if not isinstance(name, str) or not name.startswith("["):
        return f"'{name}'" in tokens
    called, text = "".join(read_tokens(name[1:-1])).lower(), "".join(tokens).lower()
    before, index, _ = called.partition("copyindex(")
    if not index:
        return bool(called) and called in text
    after = called.rpartition("copyindex(")[2].partition(")")[2]
    _, start, rest = text.partition(before) if "'" in before else ("", "", "")
    return bool(start) and after in rest
