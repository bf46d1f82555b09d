"""Functions of arrays, and of what may be an array, an object or a text."""

from collections.abc import Sequence
from typing import Any

from emulators.azure.language.functions_numbers import same
from emulators.azure.language.functions_objects import find_key, merge
from emulators.azure.language.models import TemplateError
from emulators.azure.language.residuals import has_residual
from emulators.azure.language.signatures import Function, Undecided, known, type_name
from emulators.azure.language.texts import to_json
from emulators.azure.language.units import count_units, join_units, split_units


def _decided(value: Any) -> Any:
    """The value, if no part of it is left to the run."""
    if has_residual(value):
        raise Undecided
    return value


def _contains(container: Any, item: Any) -> bool:
    known(container)
    known(item)
    if isinstance(container, (str, dict)):
        if not isinstance(item, str):
            raise TemplateError(
                f"what a '{type_name(container)}' contains must be of type 'string', not '{type_name(item)}'"
            )
        return item in container if isinstance(container, str) else find_key(container, item) is not None
    return any(same(value, item) for value in container)


def _empty(value: Any) -> bool:
    return known(value) is None or len(value) == 0


def _first(values: Any) -> Any:
    known(values)
    return values[0] if values else ("" if isinstance(values, str) else None)


def _last(values: Any) -> Any:
    known(values)
    return values[-1] if values else ("" if isinstance(values, str) else None)


def _flatten(values: list[Any]) -> list[Any]:
    result = []
    for value in values:
        if not isinstance(known(value), list):
            raise TemplateError("every element must be an array")
        result.extend(value)
    return result


def _index_from_end(values: list[Any], index: int) -> Any:
    if not 0 < index <= len(values):
        raise TemplateError(f"the index must be 1 to {len(values)}, but is '{index}'")
    return values[len(values) - index]


def _try_index_from_end(values: list[Any], index: int) -> Any:
    return values[len(values) - index] if 0 < index <= len(values) else None


def _intersection(*values: Any) -> Any:
    _need_two(values)
    first, *others = (_decided(value) for value in values)
    if all(isinstance(value, list) for value in values):
        unique: list[Any] = []
        for item in first:
            if all(any(same(item, x) for x in other) for other in others) and not any(same(item, x) for x in unique):
                unique.append(item)
        return unique
    if all(isinstance(value, dict) for value in values):
        return {k: v for k, v in first.items() if all(k in other and same(other[k], v) for other in others)}
    raise TemplateError("all arguments must be arrays, or all objects")


def _need_two(values: Sequence[Any]) -> None:
    if len(values) < 2:
        raise TemplateError("it takes 2 or more arguments")


def _union(*values: Any) -> Any:
    _need_two(values)
    for value in values:
        known(value)
    if all(isinstance(value, dict) for value in values):
        result: dict[str, Any] = {}
        for value in values:
            result = merge(result, value)
        return result
    if all(isinstance(value, list) for value in values):
        unique: list[Any] = []
        for item in (item for value in values for item in _decided(value)):
            if not any(same(item, other) for other in unique):
                unique.append(item)
        return unique
    raise TemplateError("all arguments must be arrays, or all objects")


def _distinct(values: list[Any]) -> list[Any]:
    """The elements without repetitions. Those that are written alike are the same: {a, b} and {b, a} are not."""
    unique: dict[str, Any] = {}
    for value in _decided(values):
        unique.setdefault(to_json(value), value)
    return list(unique.values())


def _length(value: Any) -> int:
    return count_units(value) if isinstance(value, str) else len(value)


def _cut(values: Any, start: int, end: int | None) -> Any:
    return join_units(split_units(values)[start:end]) if isinstance(values, str) else values[start:end]


def _array(value: Any) -> list[Any]:
    return value if isinstance(known(value), list) else [value]


def _index_of(values: Any, item: Any) -> int:
    """Of a text without case, of an array's element with it; -1 where there is none."""
    if isinstance(values, str):
        return split_units(values.lower()).find(split_units(_part(item)))
    return next((index for index, value in enumerate(values) if same(value, item)), -1)


def _last_index_of(values: Any, item: Any) -> int:
    if isinstance(values, str):
        units = split_units(values.lower())
        return units.rfind(split_units(_part(item))) if item else max(len(units) - 1, 0)
    return next((index for index in range(len(values) - 1, -1, -1) if same(values[index], item)), -1)


def _part(text: Any) -> str:
    if not isinstance(text, str):
        raise TemplateError(f"a part of a text must be of type 'string', not '{type_name(text)}'")
    return text.lower()


TABLE = {
    "array": Function(_array, "any", needs="containers"),
    "contains": Function(_contains, "string|array|object any", needs="containers"),
    "createarray": Function(lambda *values: list(values), "any*", needs="nothing"),
    "distinct": Function(_distinct, "array", needs="containers"),
    "empty": Function(_empty, "string|array|object|null", needs="containers"),
    "first": Function(_first, "string|array", needs="containers"),
    "flatten": Function(_flatten, "array", needs="containers"),
    "indexof": Function(_index_of, "string|array any"),
    "lastindexof": Function(_last_index_of, "string|array any"),
    "intersection": Function(_intersection, "array|object array|object*", needs="containers"),
    "last": Function(_last, "string|array", needs="containers"),
    "length": Function(_length, "string|array|object", needs="containers"),
    "skip": Function(lambda values, count: _cut(values, max(count, 0), None), "string|array int", needs="containers"),
    "take": Function(lambda values, count: _cut(values, 0, max(count, 0)), "string|array int", needs="containers"),
    "tryindexfromend": Function(_try_index_from_end, "array int", needs="containers"),
    "indexfromend": Function(_index_from_end, "array int", needs="containers"),
    "union": Function(_union, "array|object array|object*", needs="containers"),
}
