"""Jinja2 in lifecycle.yaml: `{{ expressions }}` over the properties of a request, in a sandbox with limits of time and
size.

Only expressions are allowed: no statements, no calls, and few filters, none of which returns more than LONGEST
characters.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cache, lru_cache, wraps
from typing import TYPE_CHECKING, Any

from driver.errors import InvalidRequest, Missing
from driver.faults import join_names, suggest_name

if TYPE_CHECKING:
    from jinja2 import Environment
    from jinja2.nodes import Node

LONGEST = 10_000  # characters of a text with expressions, of the result of a filter, and of the rendered text
MOST_NAMES = 20  # uses of properties in one text; a property's value may be megabytes long
REQUEST_PROPERTIES = "request_properties"  # the name of all request properties
DEEPEST = 20  # levels of nested expressions; Python's compiler takes exponential time for deep nesting
_MOST_COMPILED = 1_000  # kept in the cache; driver files bring new texts with each request
_FILTERS = (
    "default",
    "first",
    "float",
    "int",
    "join",
    "last",
    "length",
    "list",
    "lower",
    "string",
    "trim",
    "upper",
)
_NODES = [
    "Add",
    "And",
    "CondExpr",
    "Compare",
    "Concat",
    "Const",
    "Dict",
    "Div",
    "EvalContext",
    "Filter",
    "FloorDiv",
    "Getattr",
    "Getitem",
    "Keyword",
    "List",
    "Name",
    "Neg",
    "Not",
    "Operand",
    "Or",
    "Output",
    "Pair",
    "Pos",
    "Slice",
    "Sub",
    "Template",
    "TemplateData",
    "Test",
    "Tuple",
]
# What evaluating an expression may raise. Python's compiler raises SyntaxError if the nesting is too deep. A number
# that is too large becomes an undefined name (NameError).
_FAULTS = (TypeError, ValueError, ArithmeticError, LookupError, NameError, RecursionError, MemoryError, SyntaxError)

# Jinja2's words for what stands in an expression.
_JARGON = (
    ("expected token 'end of print statement', got", "'}}' is expected instead of"),
    ("expected token", "expected"),
    ("unexpected end of template, expected 'end of print statement'", "its '}}' is missing"),
    ("end of print statement", "}}"),
    ("end of template", "the end of the text"),
    ("unexpected '}'", "its '}}' is missing"),
)
_GROUPS = ("properties", "resource_properties", "resourceproperties")  # perhaps meant as the resource properties


def evaluate(text: str, context: Mapping[str, Any], place: str) -> Any:
    """The value of a text with expressions. If the text is one `{{ expression }}`, its value keeps its type; any other
    text gives a text.

    Raises InvalidRequest naming the place, also for an undefined name.
    """
    from jinja2 import TemplateError, UndefinedError

    try:
        value = _compile_text(text)(context)
    except UndefinedError as error:
        raise InvalidRequest(Missing(f"{place}: '{text[:200]}' {_describe_missing(text, context, error)}")) from error
    except (*_FAULTS, TemplateError) as error:
        raise InvalidRequest(f"{place}: '{text[:200]}' {_describe_error(error)}") from error
    if isinstance(value, str) and len(value) > LONGEST:
        raise InvalidRequest(f"{place}: '{text[:200]}' gives more than {LONGEST} characters")
    return value


def evaluate_all(value: Any, context: Mapping[str, Any], place: str) -> Any:
    """A YAML value in which every text was evaluated."""
    if isinstance(value, str):
        return evaluate(value, context, place)
    if isinstance(value, Mapping):
        return {key: evaluate_all(element, context, f"{place}.{key}") for key, element in value.items()}
    if isinstance(value, list):
        return [evaluate_all(element, context, f"{place}[{index}]") for index, element in enumerate(value)]
    return value


def find_names(text: str, place: str) -> tuple[str, ...]:
    """The properties that the expressions in a text name, each once, without those that have a default or are tested.
    Raises InvalidRequest naming the place if one is no expression.
    """
    from jinja2 import TemplateError, nodes

    try:
        _compile_text(text)
        parsed = _build_environment().parse(text)
    except (*_FAULTS, TemplateError) as error:
        raise InvalidRequest(f"{place}: '{text[:200]}' {_describe_error(error)}") from error
    optional = {id(one.node) for one in parsed.find_all(nodes.Filter) if one.name == "default"}
    optional |= {id(one.node) for one in parsed.find_all(nodes.Test) if one.name in ("defined", "undefined")}
    return tuple(dict.fromkeys(name for node, name in _walk_properties(parsed) if id(node) not in optional))


def list_names(value: Any) -> Iterator[str]:
    """All names in the expressions of a YAML value, also those with a default. What is no expression names none."""
    from jinja2 import TemplateError

    if isinstance(value, str):
        with suppress(*_FAULTS, TemplateError):
            yield from [name for _, name in _walk_properties(_build_environment().parse(value))]
    elif isinstance(value, Mapping | list):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from list_names(inner)


def list_operands(value: Any, context: Mapping[str, Any]) -> Iterator[Any]:
    """The values that the expressions in a YAML value use: of `{{ a.b }}` that of `a.b`. What is no expression uses
    none.
    """
    from jinja2 import TemplateError

    if isinstance(value, str):
        with suppress(*_FAULTS, TemplateError):
            yield from list(_walk_operands(_build_environment().parse(value), context))
    elif isinstance(value, Mapping | list):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from list_operands(inner, context)


def _walk_operands(node: "Node", context: Mapping[str, Any]) -> Iterator[Any]:
    path = _read_path(node)
    if path is None:
        for child in node.iter_child_nodes():
            yield from _walk_operands(child, context)
        return
    value: Any = context
    for key in path:
        if isinstance(value, Mapping):
            value = value.get(key)
        else:
            is_index = isinstance(value, list | str) and isinstance(key, int) and -len(value) <= key < len(value)
            value = value[key] if is_index else None
    yield value


def _read_path(node: "Node") -> tuple[Any, ...] | None:
    """The name and keys of `name.key[key]`; None for any other expression."""
    from jinja2 import nodes

    if isinstance(node, nodes.Name):
        return (node.name,)
    if isinstance(node, nodes.Getattr):
        key = node.attr
    elif isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        key = node.arg.value
    else:
        return None
    outer = _read_path(node.node)
    return None if outer is None else (*outer, key)


def _walk_properties(parsed: "Node") -> Iterator[tuple["Node", str]]:
    """The nodes that name a property: `name`, `request_properties.name` and `request_properties['name']`."""
    from jinja2 import nodes

    for name in parsed.find_all(nodes.Name):
        if name.name != REQUEST_PROPERTIES:
            yield name, name.name
    for attribute in parsed.find_all(nodes.Getattr):
        if isinstance(attribute.node, nodes.Name) and attribute.node.name == REQUEST_PROPERTIES:
            yield attribute, attribute.attr
    for item in parsed.find_all(nodes.Getitem):
        is_request = isinstance(item.node, nodes.Name) and item.node.name == REQUEST_PROPERTIES
        if is_request and isinstance(item.arg, nodes.Const):
            yield item, str(item.arg.value)


def _describe_missing(text: str, context: Mapping[str, Any], error: Exception) -> str:
    """The message about a name or part of a value that does not exist, with the existing ones."""
    from jinja2 import nodes

    names = [node.name for node in _build_environment().parse(text).find_all(nodes.Name)]
    unknown = [name for name in dict.fromkeys(names) if name not in context]
    if not unknown:
        part = str(error).rpartition("has no ")[2].partition(" ")[2] or "the part"
        return f"needs {part} of a property, which has no such part"
    name = unknown[0]
    hyphened = next((one for one in context if "-" in one and name in one.split("-") and one in text), "")
    if hyphened:
        return f"takes the '-' in '{hyphened}' for a minus: an expression names no property with a hyphen, rename it"
    if name.lower() in _GROUPS:
        return f"needs '{name}', which is not there: a resource property is named alone, such as {{{{ vnet_name }}}}"
    suggested = suggest_name(name, context)
    return f"needs the property '{name}', which is not there{suggested} (there are {join_names(context)})"


def _describe_error(error: Exception) -> str:
    if isinstance(error, TypeError):
        return "cannot be evaluated: its values do not fit together, or a filter takes others (texts are joined by ~)"
    told = " ".join(str(getattr(error, "message", None) or error).split())[:200]
    for jargon, plain in _JARGON:
        told = told.replace(jargon, plain)
    if unknown := re.fullmatch(r"No (filter|test) named '(.*)'\.?", told):
        known = [*_FILTERS, "tojson"] if unknown[1] == "filter" else list(_build_environment().tests)
        there = f"{suggest_name(unknown[2], known)} (there are {join_names(known)})"
        return f"has no known {unknown[1]} '{unknown[2]}'{there}"
    return f"cannot be evaluated: {told}"


@cache
def _build_environment() -> "Environment":
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
    environment.globals.clear()
    environment.filters = {
        **{name: _limit_filter(environment.filters[name]) for name in _FILTERS},
        # Jinja2's own filter escapes for HTML, and takes any number for its indent.
        "tojson": _limit_filter(json.dumps, arguments=1),
    }
    return environment


def _limit_filter(function: Callable[..., Any], arguments: int = 3) -> Callable[..., Any]:
    """The filter with a limit of LONGEST characters for its result, since each filter may multiply the length of its
    input.
    """

    @wraps(function)
    def call_filter(*values: Any, **named: Any) -> Any:
        if len(values) + len(named) > arguments:
            raise TypeError("too many arguments")
        result = function(*values, **named)
        if isinstance(result, str) and len(result) > LONGEST:
            raise ValueError(f"a filter gives more than {LONGEST} characters")
        return result

    return call_filter


def _compile_text(text: str) -> Callable[[Mapping[str, Any]], Any]:
    from jinja2 import TemplateSyntaxError

    if len(text) > LONGEST:
        raise TemplateSyntaxError(f"longer than {LONGEST} characters", 1)
    return _compile_expression(text)


@lru_cache(maxsize=_MOST_COMPILED)
def _compile_expression(text: str) -> Callable[[Mapping[str, Any]], Any]:
    from jinja2 import TemplateSyntaxError, nodes

    environment = _build_environment()
    parsed = environment.parse(text)
    for node in parsed.find_all(nodes.Node):
        if type(node).__name__ not in _NODES:
            raise TemplateSyntaxError(f"{type(node).__name__.lower()} is not allowed here, only expressions are", 1)
    if sum(1 for _ in parsed.find_all(nodes.Name)) > MOST_NAMES:
        raise TemplateSyntaxError(f"it names properties more than {MOST_NAMES} times", 1)
    if _measure_depth(parsed) > DEEPEST:
        raise TemplateSyntaxError(f"it is nested more than {DEEPEST} deep", 1)
    lone = _find_lone_expression(text, parsed)
    if lone is None:
        template = environment.from_string(text)
        return lambda context: template.render(context)
    expression = environment.compile_expression(lone, undefined_to_none=False)

    def evaluate_expression(context: Mapping[str, Any]) -> Any:
        # Not as keywords: a property may be called `self`.
        return json.loads(json.dumps(expression(context), default=_refuse_value))

    return evaluate_expression


def _measure_depth(node: "Node") -> int:
    return 1 + max(map(_measure_depth, node.iter_child_nodes()), default=0)


def _refuse_value(result: Any) -> Any:
    """Refuse a result that is no JSON value, such as a method. `str()` of an undefined name raises with its name."""
    str(result)
    raise TypeError(f"it gives a {type(result).__name__}, which is no JSON value")


def _find_lone_expression(text: str, parsed: Any) -> str | None:
    from jinja2 import nodes

    stripped = text.strip()
    body = parsed.body
    if (
        len(body) != 1
        or not isinstance(body[0], nodes.Output)
        or not (stripped.startswith("{{") and stripped.endswith("}}"))
    ):
        return None
    inner = [node for node in body[0].nodes if not (isinstance(node, nodes.TemplateData) and not node.data.strip())]
    if len(inner) != 1 or isinstance(inner[0], nodes.TemplateData):
        return None
    return stripped.removeprefix("{{").removeprefix("-").removesuffix("}}").removesuffix("-")
