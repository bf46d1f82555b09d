"""Jinja2 in lifecycle.yaml: `{{ expressions }}` over the properties of a request, in a sandbox that is bounded in time
and size.

Only expressions: no statements, no calls, and of the filters those that cannot grow their input without bound.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from driver.errors import InvalidRequest

if TYPE_CHECKING:
    from jinja2 import Environment

LONGEST = 10_000  # characters of a text with expressions, and of the text one renders to
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
    "tojson",
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


def evaluate(text: str, context: Mapping[str, Any], place: str) -> Any:
    """The value of a text with expressions. One lone `{{ expression }}` keeps its type; any other text is text.

    Raises InvalidRequest naming the place, for an undefined name too.
    """
    from jinja2 import TemplateError, UndefinedError

    try:
        value = _compiled(text)(context)
    except UndefinedError as error:
        raise InvalidRequest(f"{place}: '{text[:200]}' needs a property that is not there: {error}") from None
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, RecursionError) as error:
        raise InvalidRequest(f"{place}: '{text[:200]}' cannot be evaluated: {error}") from None
    if isinstance(value, str) and len(value) > LONGEST:
        raise InvalidRequest(f"{place}: '{text[:200]}' gives more than {LONGEST} characters")
    return value


def evaluate_all(value: Any, context: Mapping[str, Any], place: str) -> Any:
    """A YAML value with every text in it evaluated."""
    if isinstance(value, str):
        return evaluate(value, context, place)
    if isinstance(value, Mapping):
        return {key: evaluate_all(one, context, f"{place}.{key}") for key, one in value.items()}
    if isinstance(value, list):
        return [evaluate_all(one, context, f"{place}[{index}]") for index, one in enumerate(value)]
    return value


@cache
def _environment() -> "Environment":
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
    environment.globals.clear()
    environment.filters = {name: environment.filters[name] for name in _FILTERS}
    return environment


def _compiled(text: str) -> Callable[[Mapping[str, Any]], Any]:
    from jinja2 import TemplateSyntaxError

    if len(text) > LONGEST:
        raise TemplateSyntaxError(f"longer than {LONGEST} characters", 1)
    return _compile(text)


@cache
def _compile(text: str) -> Callable[[Mapping[str, Any]], Any]:
    from jinja2 import TemplateSyntaxError, nodes

    environment = _environment()
    parsed = environment.parse(text)
    for node in parsed.find_all(nodes.Node):
        if type(node).__name__ not in _NODES:
            raise TemplateSyntaxError(f"{type(node).__name__.lower()} is not allowed here, only expressions are", 1)
    lone = _lone_expression(text, parsed)
    if lone is None:
        template = environment.from_string(text)
        return lambda context: template.render(context)
    expression = environment.compile_expression(lone, undefined_to_none=False)

    def value(context: Mapping[str, Any]) -> Any:
        result = expression(**context)
        str(result)  # an undefined result raises here, with its name
        return result

    return value


def _lone_expression(text: str, parsed: Any) -> str | None:
    from jinja2 import nodes

    stripped = text.strip()
    body = parsed.body
    if len(body) != 1 or not isinstance(body[0], nodes.Output) or not stripped.startswith("{{"):
        return None
    inner = [node for node in body[0].nodes if not (isinstance(node, nodes.TemplateData) and not node.data.strip())]
    if len(inner) != 1 or isinstance(inner[0], nodes.TemplateData):
        return None
    return stripped.removeprefix("{{").removeprefix("-").removesuffix("}}").removesuffix("-")
