"""Numeric and comparison functions."""

from typing import Any

from emulators.azure.language.expressions import HIGHEST, LOWEST
from emulators.azure.language.models import TemplateError
from emulators.azure.language.signatures import Function, type_name
from emulators.azure.language.texts import to_text


def same(one: Any, other: Any) -> bool:
    """equals(): of the same type; strings by case, arrays and objects deeply."""
    if type_name(one) != type_name(other):
        return False
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def _checked(value: int) -> int:
    if not LOWEST <= value <= HIGHEST:
        raise TemplateError("the result does not fit into a 64-bit integer")
    return value


def _divide(one: int, other: int) -> int:
    if other == 0:
        raise TemplateError("the divisor is zero")
    quotient = abs(one) // abs(other)
    return quotient if (one < 0) == (other < 0) else -quotient


def _modulo(one: int, other: int) -> int:
    return one - other * _divide(one, other)


def _to_int(value: Any) -> int:
    if isinstance(value, int):
        return _checked(value)
    try:
        return _checked(int(value.strip()))
    except ValueError as error:
        raise TemplateError(f"'{value}' cannot be converted to an integer") from error


def _extreme(pick: Any) -> Any:
    def function(*values: Any) -> int | float:
        numbers = values[0] if len(values) == 1 and isinstance(values[0], list) else list(values)
        if not numbers or any(type(number) not in (int, float) for number in numbers):
            raise TemplateError("it takes numbers or an array of numbers")
        picked: int | float = pick(numbers)
        return picked

    return function


def _to_bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return value != 0
    if value.strip().lower() in ("true", "false"):
        return bool(value.strip().lower() == "true")
    raise TemplateError(f"'{value}' cannot be converted to a boolean")


def _to_float(value: Any) -> float:
    try:
        return float(value)
    except ValueError as error:
        raise TemplateError(f"'{value}' cannot be converted to a number") from error


def _ordinal(text: str) -> bytes:
    """The order of .NET's ordinal comparison: UTF-16 code units."""
    return text.encode("utf-16-be", "surrogatepass")


def _compare(decide: Any) -> Any:
    def function(one: Any, other: Any) -> bool:
        if isinstance(one, str) and isinstance(other, str):
            return bool(decide(_ordinal(one), _ordinal(other)))
        if isinstance(one, str) or isinstance(other, str):
            raise TemplateError(f"values of type '{type_name(one)}' and '{type_name(other)}' cannot be compared")
        return bool(decide(one, other))

    return function


def _range(start: int, count: int) -> list[int]:
    if count < 0 or count > 10_000 or start + count > 2**31:
        raise TemplateError("the count must be 0 to 10000 and the last number no higher than 2147483647")
    return list(range(start, start + count))


COMPARABLE = "string|int|float string|int|float"

TABLE = {
    "add": Function(lambda a, b: _checked(a + b), "int int"),
    "sub": Function(lambda a, b: _checked(a - b), "int int"),
    "mul": Function(lambda a, b: _checked(a * b), "int int"),
    "div": Function(_divide, "int int"),
    "mod": Function(_modulo, "int int"),
    "int": Function(_to_int, "int|string"),
    "float": Function(_to_float, "int|float|string"),
    "min": Function(_extreme(min), "int|float|array int|float*"),
    "max": Function(_extreme(max), "int|float|array int|float*"),
    "range": Function(_range, "int int"),
    "bool": Function(_to_bool, "bool|int|float|string"),
    "equals": Function(same, "any any", needs="containers"),
    "less": Function(_compare(lambda a, b: a < b), COMPARABLE),
    "lessorequals": Function(_compare(lambda a, b: a <= b), COMPARABLE),
    "greater": Function(_compare(lambda a, b: a > b), COMPARABLE),
    "greaterorequals": Function(_compare(lambda a, b: a >= b), COMPARABLE),
    "string": Function(to_text, "string|int|bool|array|object"),
}
