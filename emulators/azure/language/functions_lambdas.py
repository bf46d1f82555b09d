"""The lambda functions: map, filter, reduce, sort, toObject, groupBy, mapValues."""

from collections.abc import Callable
from dataclasses import replace
from functools import cmp_to_key
from typing import Any

from emulators.azure.language.expressions import Call
from emulators.azure.language.functions_logic import Evaluate, Scoped, as_written
from emulators.azure.language.models import TemplateError
from emulators.azure.language.residuals import Residual, UnknownKey
from emulators.azure.language.scopes import Scope
from emulators.azure.language.signatures import Function, Lambda, known, type_name


def _lambda(call: Call, scope: Scope, evaluate: Evaluate) -> Any:
    if not call.arguments:
        raise TemplateError("The template function 'lambda' takes its variables' names and an expression.")
    *names, body = call.arguments
    parameters = tuple(str(evaluate(name, scope)) for name in names)

    def apply(*values: Any) -> Any:
        given = {name.lower(): value for name, value in zip(parameters, values, strict=False)}
        return evaluate(body, replace(scope, lambdas={**scope.lambdas, **given}))

    return Lambda(parameters, apply, lambda: as_written(call, scope))


def _lambda_variables(call: Call, scope: Scope, evaluate: Evaluate) -> Any:
    name = evaluate(call.arguments[0], scope) if len(call.arguments) == 1 else None
    if not isinstance(name, str) or name.lower() not in scope.lambdas:
        raise TemplateError(f"The template function 'lambdaVariables' knows no variable '{name}' at this location.")
    return scope.lambdas[name.lower()]


def _take(function: Lambda, least: int, most: int) -> Callable[..., Any]:
    """The lambda, given as many values as it has parameters, of which it must have `least` to `most`."""
    count = len(function.parameters)
    if not least <= count <= most:
        takes = str(least) if least == most else f"{least} to {most}"
        raise TemplateError(f"its lambda must have {takes} variables, it has {count}")
    return lambda *values: function.call(*values[:count])


def _map(values: list[Any], function: Lambda) -> list[Any]:
    call = _take(function, 1, 2)
    return [call(value, index) for index, value in enumerate(values)]


def _filter(values: list[Any], function: Lambda) -> list[Any]:
    call = _take(function, 1, 2)
    return [value for index, value in enumerate(values) if _boolean("filter", known(call(value, index)))]


def _reduce(values: list[Any], start: Any, function: Lambda) -> Any:
    call = _take(function, 2, 3)
    for index, value in enumerate(values):
        start = call(known(start), value, index)
    return known(start)


def _sort(values: list[Any], function: Lambda) -> list[Any]:
    _take(function, 2, 2)

    def compare(one: Any, other: Any) -> int:
        if _boolean("sort", known(function.call(one, other))):
            return -1
        return 1 if _boolean("sort", known(function.call(other, one))) else 0

    return sorted(values, key=cmp_to_key(compare))


def _to_object(values: list[Any], key: Lambda, value: Lambda | None = None) -> dict[str, Any]:
    for function in (key, *([value] if value else [])):
        _take(function, 1, 1)
    result: dict[str, Any] = {}
    seen: set[str] = set()
    for item in values:
        name = key.call(item)
        text = UnknownKey(name.node) if isinstance(name, Residual) else _text("toObject", name)
        if text.lower() in seen:
            raise TemplateError(f"the lambda of 'toObject' returned a duplicate key '{text}'")
        seen.add(text.lower())
        result[text] = value.call(item) if value else item
    return result


def _group_by(values: list[Any], key: Lambda, member: Lambda | None = None) -> dict[str, list[Any]]:
    for function in (key, *([member] if member else [])):
        _take(function, 1, 1)
    result: dict[str, list[Any]] = {}
    spelled: dict[str, str] = {}
    for value in values:
        name = _text("groupBy", known(key.call(value)))
        result.setdefault(spelled.setdefault(name.lower(), name), []).append(member.call(value) if member else value)
    return result


def _map_values(values: dict[str, Any], function: Lambda) -> dict[str, Any]:
    _take(function, 1, 1)
    return {name: function.call(value) for name, value in values.items()}


def _boolean(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise TemplateError(
            f"the lambda of '{name}' must return a value of type 'bool', it returned '{type_name(value)}'"
        )
    return value


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise TemplateError(
            f"the lambda of '{name}' must return a key of type 'string', it returned '{type_name(value)}'"
        )
    return value


SCOPED: dict[str, Scoped] = {"lambda": _lambda, "lambdavariables": _lambda_variables}

TABLE = {
    "map": Function(_map, "array lambda", needs="containers"),
    "filter": Function(_filter, "array lambda", needs="containers"),
    "reduce": Function(_reduce, "array any lambda", needs="containers"),
    "sort": Function(_sort, "array lambda", needs="containers"),
    "toobject": Function(_to_object, "array lambda lambda?", needs="containers"),
    "groupby": Function(_group_by, "array lambda lambda?", needs="containers"),
    "mapvalues": Function(_map_values, "object lambda", needs="containers"),
}
