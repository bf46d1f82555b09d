"""JMESPath over ARM resources: the outputs of a package's `reference:` block, and the conditions of `readyWhen`."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import jmespath
from jmespath.exceptions import (
    ArityError,
    JMESPathError,
    JMESPathTypeError,
    ParseError,
    UnknownFunctionError,
)
from jmespath.functions import Functions
from jmespath.lexer import Lexer

from driver.errors import InvalidRequest
from driver.faults import suggest_name

_MOST_COMBINED = 3  # lists, objects and functions in a JMESPath: each may multiply the size of its input
_LARGEST_OUTPUT = 1_000_000  # characters of JSON
_LONGEST_VALUE = 2_000  # characters of a value that a condition compares
_MOST_VALUES = 3  # that are told of one condition
_COMPARATORS = ("eq", "ne", "lt", "lte", "gt", "gte")
_DEEPER = ("dot", "lbracket", "flatten", "filter")  # what follows the name of a field that has others in it
_FAULTS = (JMESPathError, RecursionError, ValueError, TypeError)


def evaluate_outputs(outputs: Mapping[str, str], resource: Mapping[str, Any]) -> dict[str, Any]:
    """The values of outputs by name, from the body of a resource. Raises InvalidRequest naming the output."""
    return {name: _evaluate_output(name, query, resource) for name, query in outputs.items()}


def _evaluate_output(name: str, query: str, resource: Mapping[str, Any]) -> Any:
    place = f"lifecycle.yaml, reference.outputs.{name}: '{query[:300]}'"
    try:
        compiled = jmespath.compile(query)
        if fault := _find_fault(compiled.parsed):
            raise InvalidRequest(f"{place} {fault}")
        text, is_whole = _encode(compiled.search(resource), _LARGEST_OUTPUT)
        if not is_whole:
            raise InvalidRequest(f"{place} gives more than {_LARGEST_OUTPUT} characters")
        return json.loads(text)
    except _FAULTS as error:
        raise InvalidRequest(f"{place} is no JMESPath for this resource: {str(error)[:300]}") from error


@dataclass(frozen=True)
class Finding:
    """Whether a resource meets a condition, and what the condition compares: values as text (JSON, texts in single
    quotes, at most 2,000 characters) by path.
    """

    is_met: bool
    values: Mapping[str, str]


def find_query_fault(query: str) -> str:
    """Why a text is no JMESPath; empty if it is one. That its functions fit the values is not known yet."""
    if "{{" in query:
        return "is no JMESPath: expressions {{ }} are not evaluated here"
    try:
        parsed = jmespath.compile(query).parsed
        if fault := _find_fault(parsed) or _find_quoted_field(query):
            return fault
        for node in _walk(parsed):
            if node["type"] == "function_expression":
                _check_call(node)
    except _FAULTS as error:
        return f"is no JMESPath: {_describe_error(error, query)}"
    return ""


def check_condition(query: str, resource: Mapping[str, Any]) -> Finding:
    """Look whether a resource meets a condition in which `find_query_fault` finds none. It is met if it gives
    anything but false, null, an empty text, list or object. A function gives null for a value that it does not accept,
    such as one that does not exist yet.
    """
    compiled = jmespath.compile(query)
    try:
        result = compiled.search(resource)
        _encode(result, _LONGEST_VALUE)  # an expression (`&name`) is no value
    except _FAULTS:
        result = None
    paths = list(dict.fromkeys(_list_paths(compiled.parsed)))[:_MOST_VALUES]
    values = {".".join(path): _show(_find(resource, path)) for path in paths}
    # As in JMESPath: 0 is true.
    is_met = result is not False and result is not None and result not in ("", [], {})
    return Finding(is_met, values or {query: _show(result)})


def _find_quoted_field(query: str) -> str:
    """The fault of a text that was meant to be compared and names a field: `a == "b"`; empty if there is none."""
    tokens = list(Lexer().tokenize(query))
    for before, token, after in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if before["type"] in _COMPARATORS and token["type"] == "quoted_identifier" and after["type"] not in _DEEPER:
            name = token["value"]
            return f"compares with the field named \"{name}\": a text stands in single quotes: '{name}'"
    return ""


def _check_call(node: Mapping[str, Any]) -> None:
    """Raise a JMESPathError if there is no such function, or if it takes another number of arguments."""
    try:
        Functions().call_function(node["value"], [None] * len(node["children"]))
    except (UnknownFunctionError, ArityError):
        raise
    except JMESPathTypeError:
        return


def _describe_error(error: Exception, query: str) -> str:
    if isinstance(error, UnknownFunctionError):
        name = next((node["value"] for node in _walk(jmespath.compile(query).parsed) if _is_unknown(node)), "")
        return f"there is no function {name}(){suggest_name(name, Functions.FUNCTION_TABLE)}"
    if isinstance(error, ParseError) and not isinstance(error, ArityError):
        position = error.lex_position
        rest = query[position:].strip()
        if not rest:
            return "it is not complete"
        return f"column {position + 1}: '{rest[:50]}' is not taken here{_give_hint(rest)}"
    return " ".join(str(error).split())[:300]


def _give_hint(rest: str) -> str:
    if rest.startswith("="):
        return "; equal is =="
    if rest.startswith("$"):
        return "; a path begins with a name, without $"
    number = re.match(r"-?\d+(\.\d+)?", rest)
    return f"; a number stands in backticks: `{number[0]}`" if number else ""


def _is_unknown(node: Mapping[str, Any]) -> bool:
    return node["type"] == "function_expression" and node["value"] not in Functions.FUNCTION_TABLE


def _list_paths(node: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """The paths `a.b.c` from the body of the resource in a parsed JMESPath."""
    kind, children = node["type"], node["children"]
    if kind == "field":
        yield (node["value"],)
    elif kind == "subexpression":
        fields = list(takewhile(lambda child: child["type"] == "field", children))
        below = next(_list_paths(children[len(fields)]), ()) if len(fields) < len(children) else ()
        if path := (*(child["value"] for child in fields), *below):
            yield path
    elif kind in ("comparator", "and_expression", "or_expression", "not_expression", "function_expression"):
        for child in children:
            yield from _list_paths(child)
    elif children and kind not in ("expref", "slice"):  # what follows the first child starts at the value of that one
        yield from _list_paths(children[0])


def _find(value: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _show(value: Any) -> str:
    return f"'{value[:_LONGEST_VALUE]}'" if isinstance(value, str) else _encode(value, _LONGEST_VALUE)[0]


def _encode(value: Any, longest: int) -> tuple[str, bool]:
    """A value as JSON, and whether that is whole: after so many characters it breaks off."""
    text = ""
    for chunk in json.JSONEncoder().iterencode(value):
        text += chunk
        if len(text) > longest:
            return text[:longest], False
    return text, True


def _find_fault(parsed: Mapping[str, Any]) -> str:
    """What is wrong with a parsed JMESPath, whatever it is applied to; empty if nothing is."""
    combining = ("multi_select_list", "multi_select_dict", "function_expression")
    if sum(node["type"] in combining for node in _walk(parsed)) > _MOST_COMBINED:
        return f"combines more than {_MOST_COMBINED} lists, objects and functions"
    if any(node["type"] == "slice" and node["children"][2] == 0 for node in _walk(parsed)):
        return "has a slice with step 0: a step is another number"
    return ""


def _walk(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A node of a parsed JMESPath and all that is below it."""
    yield node
    for child in node["children"]:
        if isinstance(child, Mapping):  # those of a slice are numbers
            yield from _walk(child)
