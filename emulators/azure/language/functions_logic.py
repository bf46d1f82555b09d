"""Functions that see their surroundings or evaluate not all of their arguments: logic, parameters, variables, loops."""

from collections.abc import Callable, Sequence
from typing import Any

from emulators.azure.language.expressions import Access, Call, Literal, Node
from emulators.azure.language.models import TemplateError
from emulators.azure.language.residuals import Residual, quote
from emulators.azure.language.scopes import Scope
from emulators.azure.language.signatures import type_name

Evaluate = Callable[[Node, Scope], Any]
Scoped = Callable[[Call, Scope, Evaluate], Any]


def take(call: Call, scope: Scope, evaluate: Evaluate, least: int, most: int | None = None) -> list[Any]:
    """The values of a call's arguments, of which there must be `least` to `most`."""
    if not least <= len(call.arguments) <= (most or least):
        takes = str(least) if most in (None, least) else f"{least} to {most}"
        raise TemplateError(
            f"The template function '{call.name}' takes {takes} arguments; {len(call.arguments)} are given. "
            "Please see https://aka.ms/arm-functions for usage details."
        )
    return [evaluate(argument, scope) for argument in call.arguments]


def left(call: Call, scope: Scope, values: Sequence[Any] = ()) -> Residual:
    """The call with the arguments that are evaluated so far; the others as they are written."""
    rest = call.arguments[len(values) :]
    return Residual(Call(call.name, (*map(quote, values), *(as_written(argument, scope) for argument in rest))))


def as_written(node: Node, scope: Scope) -> Node:
    """An expression that is not evaluated; only references by name get the resource's id and api-version."""
    if isinstance(node, Access):
        return Access(as_written(node.target, scope), as_written(node.key, scope))
    if isinstance(node, Literal):
        return node
    name, *rest = node.arguments or (None,)
    refers = node.name.lower() == "reference" or node.name.lower().startswith("list")
    if refers and isinstance(name, Literal) and isinstance(name.value, str) and (target := scope.find(name.value)):
        version = () if rest or target.api_version is None else (Literal(target.api_version),)
        return Call(
            node.name, (quote(target.id), *(as_written(argument, scope) for argument in node.arguments[1:]), *version)
        )
    return Call(node.name, tuple(as_written(argument, scope) for argument in node.arguments))


def _truth(call: Call, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise TemplateError(
        f"The template function '{call.name}' expects a value of type 'bool', but it is of type '{type_name(value)}'."
    )


def _if(call: Call, scope: Scope, evaluate: Evaluate) -> Any:
    if len(call.arguments) != 3:
        raise TemplateError(
            "The template function 'if' takes 3 arguments: the condition, the value if true, the value if false."
        )
    condition = evaluate(call.arguments[0], scope)
    if isinstance(condition, Residual):
        return left(call, scope, [condition])
    return evaluate(call.arguments[1 if _truth(call, condition) else 2], scope)


def _and_or(decisive: bool) -> Scoped:
    def function(call: Call, scope: Scope, evaluate: Evaluate) -> Any:
        if len(call.arguments) < 2:
            raise TemplateError(f"The template function '{call.name}' takes 2 or more arguments.")
        values = []
        for argument in call.arguments:
            values.append(value := evaluate(argument, scope))
            if isinstance(value, Residual):
                return left(call, scope, values)
            if _truth(call, value) is decisive:
                return decisive
        return not decisive

    return function


def _coalesce(call: Call, scope: Scope, evaluate: Evaluate) -> Any:
    values = []
    for argument in call.arguments:
        values.append(value := evaluate(argument, scope))
        if isinstance(value, Residual):
            return left(call, scope, values)
        if value is not None:
            return value
    return None


def _named(kind: str) -> Scoped:
    def function(call: Call, scope: Scope, evaluate: Evaluate) -> Any:
        [name] = take(call, scope, evaluate, 1)
        if isinstance(name, Residual):
            return left(call, scope, [name])
        if not isinstance(name, str):
            raise TemplateError(f"The template function '{call.name}' expects a name of type 'string'.")
        return scope.parameter(name) if kind == "parameter" else scope.variable(name)

    return function


def _copy_index(call: Call, scope: Scope, evaluate: Evaluate) -> Any:
    arguments = take(call, scope, evaluate, 0, 2)
    name = arguments.pop(0).lower() if arguments and isinstance(arguments[0], str) else scope.copy
    offset = arguments[0] if arguments else 0
    if name is None or name not in scope.copies:
        raise TemplateError(
            "The template function 'copyIndex' is not expected at this location. The function can only be used in a "
            "resource or property with copy specified. Please see https://aka.ms/arm-copy for usage details."
        )
    if not isinstance(offset, int):
        raise TemplateError("The template function 'copyIndex' expects an offset of type 'int'.")
    return scope.copies[name] + offset


def _constant(value: Any) -> Scoped:
    def function(call: Call, scope: Scope, evaluate: Evaluate) -> Any:
        take(call, scope, evaluate, 0, 0)
        return value

    return function


def _not(call: Call, scope: Scope, evaluate: Evaluate) -> Any:
    [value] = take(call, scope, evaluate, 1)
    return left(call, scope, [value]) if isinstance(value, Residual) else not _truth(call, value)


TABLE: dict[str, Scoped] = {
    "if": _if,
    "and": _and_or(decisive=False),
    "or": _and_or(decisive=True),
    "not": _not,
    "coalesce": _coalesce,
    "parameters": _named("parameter"),
    "variables": _named("variable"),
    "copyindex": _copy_index,
    "true": _constant(True),
    "false": _constant(False),
    "null": _constant(None),
}
