"""Array and object functions."""

from typing import Any

from emulators.azure.language.expressions import Access, Call
from emulators.azure.language.functions_numbers import same
from emulators.azure.language.models import TemplateError
from emulators.azure.language.residuals import Residual, UnknownKey, has_residual, quote
from emulators.azure.language.signatures import Function, Undecided, known, type_name


def _member(values: dict[str, Any], name: str) -> str | None:
    """The name as the object spells it, compared without case."""
    if name in values:
        return name
    return next((key for key in values if key.lower() == name.lower()), None)


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
        return item in container if isinstance(container, str) else _member(container, item) is not None
    return any(same(value, item) for value in container)


def _create_object(*pairs: Any) -> dict[str, Any]:
    if len(pairs) % 2:
        raise TemplateError("it takes pairs of names and values")
    result = {}
    for name, value in zip(pairs[::2], pairs[1::2], strict=True):
        if not isinstance(name, (str, Residual)):
            raise TemplateError(f"a name must be of type 'string', not '{type_name(name)}'")
        result[name if isinstance(name, str) else UnknownKey(name.node)] = value
    return result


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
    return values[len(values) - index] if 0 < index <= len(values) else None


def _intersection(*values: Any) -> Any:
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


def _items(values: dict[str, Any]) -> list[dict[str, Any]]:
    if any(isinstance(key, UnknownKey) for key in values):
        raise Undecided
    return [{"key": key, "value": values[key]} for key in sorted(values, key=lambda key: (key.lower(), key))]


def _merge(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Objects merged deeply; names of the latter replace their like, a null replaces nothing."""
    result = dict(one)
    for key, value in other.items():
        name = _member(result, key)
        result[key] = value if name is None else _merged(result.pop(name) if name != key else result[key], value)
    return result


def _merged(before: Any, value: Any) -> Any:
    if isinstance(before, dict) and isinstance(value, dict):
        return _merge(before, value)
    if isinstance(value, Residual) or (isinstance(before, Residual) and isinstance(value, dict)):
        unknown, otherwise = (value, before) if isinstance(value, Residual) else (before, value)
        both = Call("union", (quote(before), quote(value))) if isinstance(otherwise, dict) else unknown.node
        return Residual(Call("if", (Call("equals", (unknown.node, Call("null"))), quote(otherwise), both)))
    return before if value is None else value


def _union(*values: Any) -> Any:
    for value in values:
        known(value)
    if all(isinstance(value, dict) for value in values):
        result: dict[str, Any] = {}
        for value in values:
            result = _merge(result, value)
        return result
    if all(isinstance(value, list) for value in values):
        unique: list[Any] = []
        for item in (item for value in values for item in _decided(value)):
            if not any(same(item, other) for other in unique):
                unique.append(item)
        return unique
    raise TemplateError("all arguments must be arrays, or all objects")


def _shallow_merge(values: list[Any]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for value in values:
        if not isinstance(known(value), dict):
            raise TemplateError("every element must be an object")
        for key, item in value.items():
            result[_member(result, key) or key] = item
    return result


def _try_get(value: Any, *path: Any) -> Any:
    for key in path:
        if isinstance(value, Residual):
            value = Residual(Access(value.node, quote(key)))
        elif isinstance(value, dict) and isinstance(key, str):
            name = _member(value, key)
            value = None if name is None else value[name]
        elif isinstance(value, list) and isinstance(key, int):
            value = value[key] if 0 <= key < len(value) else None
        elif value is not None:
            raise TemplateError(f"a value of type '{type_name(value)}' has no member '{key}'")
        if value is None:
            return None
    return value


def _array(value: Any) -> list[Any]:
    return value if isinstance(known(value), list) else [value]


def _index_of(values: Any, item: Any) -> int:
    """Of a text without case, of an array's element with it; -1 where there is none."""
    if isinstance(values, str):
        return values.lower().find(_part(item))
    return next((index for index, value in enumerate(values) if same(value, item)), -1)


def _last_index_of(values: Any, item: Any) -> int:
    if isinstance(values, str):
        return values.lower().rfind(_part(item))
    return next((index for index in range(len(values) - 1, -1, -1) if same(values[index], item)), -1)


def _part(text: Any) -> str:
    if not isinstance(text, str):
        raise TemplateError(f"a part of a text must be of type 'string', not '{type_name(text)}'")
    return text.lower()


TABLE = {
    "array": Function(_array, "any", needs="containers"),
    "contains": Function(_contains, "string|array|object any", needs="containers"),
    "createarray": Function(lambda *values: list(values), "any*", needs="nothing"),
    "createobject": Function(_create_object, "any*", needs="nothing"),
    "empty": Function(_empty, "string|array|object|null", needs="containers"),
    "first": Function(_first, "string|array", needs="containers"),
    "flatten": Function(_flatten, "array", needs="containers"),
    "indexof": Function(_index_of, "string|array any"),
    "lastindexof": Function(_last_index_of, "string|array any"),
    "intersection": Function(_intersection, "array|object array|object*", needs="containers"),
    "items": Function(_items, "object", needs="containers"),
    "last": Function(_last, "string|array", needs="containers"),
    "length": Function(len, "string|array|object", needs="containers"),
    "objectkeys": Function(lambda values: [item["key"] for item in _items(values)], "object", needs="containers"),
    "shallowmerge": Function(_shallow_merge, "array", needs="containers"),
    "skip": Function(lambda values, count: values[max(count, 0) :], "string|array int", needs="containers"),
    "take": Function(lambda values, count: values[: max(count, 0)], "string|array int", needs="containers"),
    "tryget": Function(_try_get, "any string|int string|int*", needs="containers"),
    "tryindexfromend": Function(_index_from_end, "array int", needs="containers"),
    "indexfromend": Function(_index_from_end, "array int", needs="containers"),
    "union": Function(_union, "array|object array|object*", needs="containers"),
}
