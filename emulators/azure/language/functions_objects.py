"""Object functions."""

from typing import Any

from emulators.azure.language.expressions import Access, Call
from emulators.azure.language.models import TemplateError
from emulators.azure.language.residuals import Residual, UnknownKey, quote
from emulators.azure.language.signatures import Function, Undecided, known, type_name


def find_key(values: dict[str, Any], name: str) -> str | None:
    """The name as the object spells it, compared without case."""
    if name in values:
        return name
    return next((key for key in values if key.lower() == name.lower()), None)


def _create_object(*pairs: Any) -> dict[str, Any]:
    if len(pairs) % 2:
        raise TemplateError("it takes pairs of names and values")
    result = {}
    for name, value in zip(pairs[::2], pairs[1::2], strict=True):
        if not isinstance(name, (str, Residual)):
            raise TemplateError(f"a name must be of type 'string', not '{type_name(name)}'")
        if name in result:
            raise TemplateError(f"the name '{name}' is given twice")
        result[name if isinstance(name, str) else UnknownKey(name.node)] = value
    return result


def _items(values: dict[str, Any]) -> list[dict[str, Any]]:
    if any(isinstance(key, UnknownKey) for key in values):
        raise Undecided
    return [{"key": key, "value": values[key]} for key in sorted(values, key=lambda key: (key.upper(), key))]


def merge(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Objects merged deeply; names of the latter replace their like, a null replaces nothing."""
    result = dict(one)
    for key, value in other.items():
        name = find_key(result, key)
        result[key] = value if name is None else _merged(result.pop(name) if name != key else result[key], value)
    return result


def _merged(before: Any, value: Any) -> Any:
    if isinstance(before, dict) and isinstance(value, dict):
        return merge(before, value)
    if isinstance(value, Residual) or (isinstance(before, Residual) and isinstance(value, dict)):
        unknown, otherwise = (value, before) if isinstance(value, Residual) else (before, value)
        both = Call("union", (quote(before), quote(value))) if isinstance(otherwise, dict) else unknown.node
        return Residual(Call("if", (Call("equals", (unknown.node, Call("null"))), quote(otherwise), both)))
    if value is not None and before is not None and type_name(before) != type_name(value):
        containers = [part for part in (before, value) if isinstance(part, (dict, list))]
        if containers:
            raise TemplateError(f"values of type '{type_name(before)}' and '{type_name(value)}' cannot be merged")
    return before if value is None else value


def _shallow_merge(values: list[Any]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for value in values:
        if not isinstance(known(value), dict):
            raise TemplateError("every element must be an object")
        for key, item in value.items():
            result[find_key(result, key) or key] = item
    return result


def _try_get(value: Any, *path: Any) -> Any:
    """The member that a path leads to; null if its first step leads nowhere, or to null."""
    for at, key in enumerate(path):
        if isinstance(value, Residual):
            value = Residual(Access(value.node, quote(key)))
            continue
        found = _find_member(value, key)
        if found is None and at and value is not None:
            raise TemplateError(f"a value of type '{type_name(value)}' has no member '{key}'")
        value = found[0] if found else None
        if value is None:
            return None
    return value


def _find_member(value: Any, key: Any) -> tuple[Any] | None:
    """The member of a name or an index, in a tuple; None where there is none."""
    if isinstance(value, dict) and isinstance(key, str):
        name = find_key(value, key)
        return None if name is None else (value[name],)
    if isinstance(value, list) and isinstance(key, int) and 0 <= key < len(value):
        return (value[key],)
    return None


TABLE = {
    "createobject": Function(_create_object, "any*", needs="nothing"),
    "items": Function(_items, "object", needs="containers"),
    "objectkeys": Function(lambda values: [item["key"] for item in _items(values)], "object", needs="containers"),
    "shallowmerge": Function(_shallow_merge, "array", needs="containers"),
    "tryget": Function(_try_get, "any string|int string|int*", needs="containers"),
}
