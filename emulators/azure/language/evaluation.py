"""The evaluation of expressions, and of JSON that holds expressions."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from emulators.azure.language import (
    functions_collections,
    functions_dates,
    functions_deployments,
    functions_ids,
    functions_lambdas,
    functions_logic,
    functions_network,
    functions_numbers,
    functions_objects,
    functions_resources,
    functions_roles,
    functions_strings,
)
from emulators.azure.language.expressions import Access, Call, Literal, Node, is_expression, parse, render
from emulators.azure.language.foresight import Foretold, foretell, is_below, step
from emulators.azure.language.models import TemplateError, UnknownCount, Unmodelled
from emulators.azure.language.residuals import Residual, UnknownKey, quote
from emulators.azure.language.scopes import Scope
from emulators.azure.language.signatures import Function, Lambda, Undecided, type_name

FUNCTIONS: dict[str, Function] = {
    **functions_strings.TABLE,
    **functions_collections.TABLE,
    **functions_objects.TABLE,
    **functions_numbers.TABLE,
    **functions_dates.TABLE,
    **functions_network.TABLE,
    **functions_lambdas.TABLE,
    **functions_roles.TABLE,
}
SCOPED: dict[str, functions_logic.Scoped] = {
    **functions_logic.TABLE,
    **functions_lambdas.SCOPED,
    **functions_dates.SCOPED,
    **functions_ids.TABLE,
    **functions_resources.TABLE,
    **functions_deployments.TABLE,
    **functions_roles.SCOPED,
}
MISSING = object()


def evaluate(node: Node, scope: Scope) -> Any:
    """The value of an expression; a Residual where only a run can know it."""
    if isinstance(node, Literal):
        return node.value
    if isinstance(node, Call):
        return _call(node, scope)
    target, key = evaluate(node.target, scope), evaluate(node.key, scope)
    if isinstance(target, Residual) or isinstance(key, Residual):
        return Residual(Access(quote(target), quote(key)))
    value = _member(target, key, node)
    if isinstance(target, Foretold):
        if value is MISSING and target.exact and is_below(target.node, "outputs"):
            raise _no_member(target, key, node)
        unknown = value is MISSING or (value is None and not target.exact)  # a service may fill in what is null
        return Residual(step(target, key)) if unknown else foretell(value, step(target, key), target.exact)
    if value is MISSING:
        raise _no_member(target, key, node)
    return value


def _member(target: Any, key: Any, node: Access) -> Any:
    if isinstance(target, Mapping) and isinstance(key, str):
        if key in target:
            return target[key]
        folded = key.lower()
        return next((value for name, value in target.items() if name.lower() == folded), MISSING)
    if isinstance(target, list) and isinstance(key, int) and not isinstance(key, bool):
        return target[key] if 0 <= key < len(target) else MISSING
    raise _no_member(target, key, node)


def _no_member(target: Any, key: Any, node: Access) -> TemplateError:
    if isinstance(target, Mapping) and isinstance(key, str):
        reason = f"property '{key}' doesn't exist, available properties are '{', '.join(target)}'"
    elif isinstance(target, list) and isinstance(key, int):
        reason = f"array index '{key}' is out of bounds: the array has {len(target)} elements"
    else:
        reason = f"property '{key}' can't be evaluated: '{render(node.target)}' is of type '{type_name(target)}'"
    if isinstance(target, Unmodelled):
        reason += f"; the embedded Azure keeps what is sent of {target.kind}, and does not model what its service adds"
    return TemplateError(f"The language expression {reason}.")


def _call(node: Call, scope: Scope) -> Any:
    name = node.name.lower()
    scoped = SCOPED.get(name)
    if scoped is None and name.startswith("list"):
        scoped = functions_resources.call_list
    if scoped is not None:
        return scoped(node, scope, evaluate)
    function = FUNCTIONS.get(name)
    if function is None:
        return _call_user_function(node, scope)
    arguments = [evaluate(argument, scope) for argument in node.arguments]
    if scope.runtime is None and function.is_undecided(arguments):
        return _left(node.name, arguments)
    function.check(node.name, arguments)
    try:
        return function.call(*arguments)
    except Undecided:
        return _left(node.name, arguments)
    except TemplateError as error:
        raise TemplateError(
            f"The template language function '{node.name}' failed: {error.message}", error.code
        ) from error


def _left(name: str, arguments: list[Any]) -> Residual:
    return Residual(Call(name, tuple(quote(argument) for argument in arguments)))


def _call_user_function(node: Call, scope: Scope) -> Any:
    function = scope.functions.get(node.name.lower())
    if function is None:
        raise TemplateError(
            f"The template function '{node.name}' is not valid or not supported. "
            "Please see https://aka.ms/arm-functions for usage details."
        )
    return function([evaluate(argument, scope) for argument in node.arguments])


def resolve(value: Any, scope: Scope) -> Any:
    """JSON with every expression in it evaluated, property copies expanded, `[[` unescaped."""
    if isinstance(value, str):
        if value.startswith("["):
            if is_expression(value):
                found = evaluate(parse(value), scope)
                if isinstance(found, Lambda):
                    raise TemplateError(f"The template function 'lambda' is not expected at this location: '{value}'.")
                return found
            return value[1:] if value.startswith("[[") and value.endswith("]") else value
        return value
    if isinstance(value, list):
        return [resolve(item, scope) for item in value]
    if isinstance(value, dict):
        result: dict[str, Any] = {}
        for key, item in value.items():
            if key == "copy" and is_property_copy(item):
                result.update((loop["name"], expand_loop(loop, scope)) for loop in item)
            else:
                name = resolve(key, scope) if key.startswith("[") else key
                result[UnknownKey(name.node) if isinstance(name, Residual) else str(name)] = resolve(item, scope)
        return result
    return value


def is_property_copy(value: Any) -> bool:
    """Whether the value of a property `copy` is a list of loops."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(i, dict) and {"name", "count"} <= i.keys() for i in value)
    )


def expand_loop(loop: Mapping[str, Any], scope: Scope) -> list[Any]:
    """The values of a property's or variable's copy loop `{name, count, input}`. Another one within it is refused."""
    if _has_copy(loop.get("input")):
        raise TemplateError(
            f"The template 'copy' definition '{loop['name']}' has nested copy arrays. The use of nested copy arrays is "
            "not supported. Please see https://aka.ms/arm-resource-loops for usage details."
        )
    return [
        resolve(loop.get("input"), replace(scope, copies={**scope.copies, loop["name"].lower(): index}))
        for index in range(copy_count(loop, scope))
    ]


def _has_copy(value: Any) -> bool:
    if isinstance(value, dict):
        return is_property_copy(value.get("copy")) or any(map(_has_copy, value.values()))
    return isinstance(value, list) and any(map(_has_copy, value))


def copy_count(loop: Mapping[str, Any], scope: Scope) -> int:
    """The count of a copy loop; raises TemplateError unless it is 0 to 800."""
    count = resolve(loop.get("count"), scope)
    if isinstance(count, float) and count.is_integer():
        count = int(count)
    if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= 800:
        raise (UnknownCount if isinstance(count, Residual) else TemplateError)(
            f"The template 'copy' definition '{loop.get('name', '')}' has an invalid copy count of: '{count}'. "
            "The copy count must be a non-negative integer value and cannot exceed '800'. "
            "Please see https://aka.ms/arm-resource-loops for usage details."
        )
    return count
