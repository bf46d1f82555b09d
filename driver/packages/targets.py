"""The ids of the resources that a template writes, as far as they are known without ARM.

A name is evaluated if it is made of literals, parameters and variables by `format` and `concat`. Everything else
(nested deployments, copies, scopes, other functions) is left to ARM's validation. A wrong id would do no harm: what a
deployment wrote and nobody looked at before is not owned.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from driver.packages.templates import DEPLOYMENTS, walk_resources
from driver.resource_ids import GROUP_TYPE, ResourceId

_TOKENS = re.compile(r"\s*('(?:[^']|'')*'|[A-Za-z_]\w*|[(),])")
_PLACES = re.compile(r"\{(\d+)\}")
_DEEPEST = 20  # levels of variables and defaults that refer to each other
Parts = list[str | None]  # of a text; None where it is not known


@dataclass(frozen=True)
class Targets:
    """`ids` are the resources that a template writes, `referred` those that it only refers to (`existing`).

    `additional` are those of `ids` that ARM writes only if there is none of the name (`onlyIfNotExists`).
    `open_parents` are resources with children whose names are not known. `is_complete` is false if the template may
    write more than is named here; `is_vague` if it refers to resources that are not named here.
    """

    ids: tuple[ResourceId, ...] = ()
    additional: tuple[ResourceId, ...] = ()
    referred: tuple[ResourceId, ...] = ()
    open_parents: tuple[ResourceId, ...] = ()
    is_complete: bool = True
    is_vague: bool = False


def find_targets(body: Mapping[str, Any], parameters: Mapping[str, Any], scope: str) -> Targets:
    """The targets of a template that is deployed to `scope`, the id of a resource group or of a subscription.
    `parameters` are the bound values.
    """
    names = _Names(body, parameters)
    ids: list[ResourceId] = []
    additional: list[ResourceId] = []
    referred: list[ResourceId] = []
    open_parents: list[ResourceId] = []
    is_complete, is_vague = True, False
    for kind, resource in walk_resources(body.get("resources"), "", nested=False):
        is_existing = resource.get("existing") is True
        resource_id = None if _is_elsewhere(kind, resource) else names.find_id(kind, resource, scope)
        if is_existing:
            referred += [resource_id] if resource_id else []
            is_vague = is_vague or resource_id is None
        elif resource_id is not None and not resource.get("copy"):
            ids.append(resource_id)
            additional += [resource_id] if "onlyIfNotExists" in (resource.get("@options") or {}) else []
        elif not _is_elsewhere(kind, resource) and (parent := names.find_known_parent(kind, resource, scope)):
            open_parents.append(parent)
        else:
            is_complete = False
    return Targets(tuple(ids), tuple(additional), tuple(referred), tuple(open_parents), is_complete, is_vague)


def read_api_versions(body: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The api-versions with which a template, nested ones included, writes each ARM type (in lower case)."""
    versions: dict[str, tuple[str, ...]] = {}
    for kind, resource in walk_resources(body.get("resources"), ""):
        version = resource.get("apiVersion")
        if isinstance(version, str) and not version.startswith("["):
            known = versions.get(kind.lower(), ())
            versions[kind.lower()] = (*known, version) if version not in known else known
    return versions


def find_plans(body: Mapping[str, Any], parameters: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
    """The plans of the marketplace offers that a template deploys, as far as they are known without ARM: publisher,
    offer and plan. Nested templates are left out.
    """
    names = _Names(body, parameters)
    plans = []
    for _, resource in walk_resources(body.get("resources"), "", nested=False):
        declared = resource.get("plan")
        if isinstance(declared, Mapping):
            plan = [names.evaluate_text(declared.get(key)) for key in ("publisher", "product", "name")]
            if all(plan):
                plans.append((plan[0], plan[1], plan[2]))
    return tuple(dict.fromkeys(plans))


def _is_elsewhere(kind: str, resource: Mapping[str, Any]) -> bool:
    """Whether a resource may lie, or write, outside of the scope of the deployment."""
    outside = ("scope", "subscriptionId", "resourceGroup", "extension", "import")
    return kind.lower() == DEPLOYMENTS.lower() or any(resource.get(key) for key in outside)


@dataclass(frozen=True)
class _Names:
    """The names in a template, evaluated with the values of its parameters."""

    body: Mapping[str, Any]
    parameters: Mapping[str, Any]

    def find_id(self, kind: str, resource: Mapping[str, Any], scope: str) -> ResourceId | None:
        """The id of a resource; None if its name is not known."""
        parts = self._evaluate(resource.get("name"), 0)
        name = "".join(part or "" for part in parts)
        return None if None in parts else _build_id(kind, name, scope)

    def find_known_parent(self, kind: str, resource: Mapping[str, Any], scope: str) -> ResourceId | None:
        """The top-level parent of a child whose own name is not known; None if that is not known either."""
        known = ""
        for part in self._evaluate(resource.get("name"), 0):
            if part is None:
                break
            known += part
        top, separator, _ = known.partition("/")
        is_child = separator and kind.count("/") > 1
        return _build_id("/".join(kind.split("/")[:2]), top, scope) if is_child else None

    def evaluate_text(self, value: Any) -> str:
        """The text that a value gives; empty if that is not known."""
        parts = self._evaluate(value, 0)
        return "" if None in parts else "".join(part or "" for part in parts)

    def _evaluate(self, value: Any, level: int) -> Parts:
        if isinstance(value, int) and not isinstance(value, bool):
            return [str(value)]
        if not isinstance(value, str) or level > _DEEPEST:
            return [None]
        if not (value.startswith("[") and value.endswith("]")):
            return [value]
        if value.startswith("[["):
            return [value[1:]]
        tokens = _split_tokens(value[1:-1])
        if tokens is None:
            return [None]
        parts = self._read_expression(tokens, level)
        return [None] if tokens else parts

    def _read_expression(self, tokens: list[str], level: int) -> Parts:
        """The parts of the expression at the beginning of the tokens, which it takes from them."""
        first = tokens.pop(0) if tokens else ""
        if first.startswith("'"):
            return [first[1:-1].replace("''", "'")]
        if not tokens or tokens[0] != "(":
            tokens.clear()
            return [None]
        arguments: list[Parts] = []
        while tokens and tokens.pop(0) != ")":
            if tokens and tokens[0] == ")":
                continue
            arguments.append(self._read_expression(tokens, level))
        return self._call(first.lower(), arguments, level)

    def _call(self, function: str, arguments: list[Parts], level: int) -> Parts:
        if function == "concat":
            return [part for argument in arguments for part in argument]
        if function == "format" and arguments and None not in arguments[0]:
            return _fill_format("".join(part or "" for part in arguments[0]), arguments[1:])
        if function in ("parameters", "variables") and len(arguments) == 1 and None not in arguments[0]:
            name = "".join(part or "" for part in arguments[0])
            value = self._find_parameter(name) if function == "parameters" else _find(self.body.get("variables"), name)
            # The value of a parameter is no expression, its default and a variable may be one.
            is_bound = function == "parameters" and _find(self.parameters, name) is not None
            return [value] if is_bound and isinstance(value, str) else self._evaluate(value, level + 1)
        return [None]

    def _find_parameter(self, name: str) -> Any:
        bound = _find(self.parameters, name)
        if bound is not None:
            return bound
        return _find(_find(self.body.get("parameters"), name), "defaultValue")


def _split_tokens(expression: str) -> list[str] | None:
    """The tokens of an expression; None if it has others than names, texts, brackets and commas."""
    tokens, at = [], 0
    while at < len(expression.rstrip()):
        match = _TOKENS.match(expression, at)
        if match is None:
            return None
        tokens.append(match[1])
        at = match.end()
    return tokens


def _fill_format(text: str, arguments: list[Parts]) -> Parts:
    """The parts of a text with its places `{0}`, `{1}` filled."""
    if "{{" in text or "}}" in text:
        return [None]
    pieces = _PLACES.split(text)  # a text, a number, a text ...
    parts: Parts = []
    for index, piece in enumerate(pieces):
        if index % 2 == 0:
            parts.append(piece)
        else:
            parts += arguments[int(piece)] if int(piece) < len(arguments) else [None]
    return [None] if any(part is not None and ("{" in part or "}" in part) for part in parts[::2]) else parts


def _find(values: Any, name: str) -> Any:
    """The value of that name, in any case; None if there is none."""
    if not isinstance(values, Mapping):
        return None
    return next((value for key, value in values.items() if key.lower() == name.lower()), None)


def _build_id(kind: str, name: str, scope: str) -> ResourceId | None:
    """The id of a resource of that type and name; None if the two do not fit."""
    if kind.lower() == GROUP_TYPE.lower():
        return ResourceId.parse(f"{scope}/resourceGroups/{name}") if "/resourcegroups/" not in scope.lower() else None
    namespace, *types = kind.split("/")
    names = name.split("/")
    if not types or len(types) != len(names) or not all(names):
        return None
    path = "/".join(_interleave(types, names))
    return ResourceId.parse(f"{scope}/providers/{namespace}/{path}")


def _interleave(types: list[str], names: list[str]) -> Iterator[str]:
    for kind, name in zip(types, names, strict=True):
        yield kind
        yield name
