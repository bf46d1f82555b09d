"""Property values for template parameters: they are found by name, converted to the declared type and checked against
the declared constraints.
"""

import json
from collections.abc import Mapping
from typing import Any

from driver.models.requests import Properties, Property
from driver.packages.names import find_name_fault
from driver.packages.templates import Parameter

DEEPEST = 200  # levels of objects and lists; pydantic serializes 255
OPEN_KEY = "a private key goes only to a secure parameter (securestring)"
_TRUE = {"true", "yes", "on", "1"}
_FALSE = {"false", "no", "off", "0"}


class Unfit(Exception):
    """A value that cannot be used for a parameter. The text says what would fit."""


def find_value(parameter: Parameter, sources: tuple[Properties, ...]) -> Any:
    """The value of the property with the parameter's name, from the first source that has one; None if none has.

    Of a property of type `key`, the parameters `<name>` and `<name>_public` get the public key. The secure parameters
    `<name>` and `<name>_private` get the private key.
    """
    for properties in sources:
        if (found := _find_property(properties, parameter.name)) is not None:
            if not found.is_key:
                return found.value
            return found.private_key if parameter.secure else found.public_key
        for suffix in ("_public", "_private"):
            key = (
                _find_property(properties, parameter.name.removesuffix(suffix))
                if parameter.name.endswith(suffix)
                else None
            )
            if key is not None and key.is_key:
                return _read_key_half(key, suffix, parameter)
    return None


def coerce_value(parameter: Parameter, value: Any) -> Any:
    """The value converted to the parameter's type. Raises Unfit if it does not fit; never repeats a secure value."""
    coerced = _COERCIONS[parameter.type](value)
    if measure_depth(coerced) > DEEPEST:
        raise Unfit(f"it is nested more than {DEEPEST} deep")
    _check_constraints(parameter, coerced)
    if not parameter.allowed:
        return coerced
    spelled = {str(allowed).lower(): allowed for allowed in parameter.allowed}
    if isinstance(coerced, list):
        return [spelled[str(element).lower()] for element in coerced]
    return spelled[str(coerced).lower()]


def is_absent(value: Any, parameter: Parameter) -> bool:
    """Whether a value counts as not given: null, or an empty text unless a required string parameter takes it."""
    return value is None or (
        value == "" and (not parameter.required or parameter.type not in ("string", "securestring"))
    )


def measure_depth(value: Any) -> int:
    """The number of levels of nested objects and lists. Counted layer by layer, since Python limits recursion."""
    levels, layer = 0, [value]
    while layer:
        levels += 1
        layer = [
            child
            for container in layer
            for child in (
                container.values() if isinstance(container, dict) else container if isinstance(container, list) else ()
            )
        ]
    return levels


def _find_property(properties: Properties, name: str) -> Property | None:
    if name in properties:
        return properties[name]
    return next((value for key, value in properties.items() if key.lower() == name.lower()), None)


def _read_key_half(key: Property, suffix: str, parameter: Parameter) -> Any:
    if suffix == "_public":
        return key.public_key
    if not parameter.secure:
        raise Unfit(OPEN_KEY)
    return key.private_key


def _coerce_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    return json.dumps(value)


def _coerce_integer(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    text = value.strip() if isinstance(value, str) else ""
    if text.removeprefix("-").isascii() and text.removeprefix("-").isdigit() and len(text) < 20:
        return int(text)
    raise Unfit("it takes a whole number")


def _coerce_boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = _coerce_text(value).strip().lower()
    if text in _TRUE | _FALSE:
        return text in _TRUE
    raise Unfit("it takes true or false")


def _coerce_list(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    if isinstance(value, str):
        text = value.strip()
        if text.startswith("["):
            loaded = _parse_json(text)
            if isinstance(loaded, list):
                return loaded
        elif not text.startswith("{"):
            return [part.strip() for part in text.split(",") if part.strip()]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return [value]
    raise Unfit("it takes a list: JSON, or values separated by commas")


def _coerce_object(value: Any) -> dict[str, Any]:
    loaded = _parse_json(value) if isinstance(value, str) else value
    if isinstance(loaded, Mapping):
        return dict(loaded)
    raise Unfit("it takes an object, as JSON")


def _parse_json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


_COERCIONS = {
    "string": _coerce_text,
    "securestring": _coerce_text,
    "int": _coerce_integer,
    "bool": _coerce_boolean,
    "array": _coerce_list,
    "object": _coerce_object,
    "secureobject": _coerce_object,
}


def _check_constraints(parameter: Parameter, value: Any) -> None:
    shown = "the value" if parameter.shows_secrets else f"'{_coerce_text(value)[:100]}'"
    if parameter.allowed:
        _check_allowed(parameter, value, shown)
    if parameter.name_of and isinstance(value, str) and (fault := find_name_fault(parameter.name_of, value)):
        raise Unfit(f"the value is no name for {parameter.name_of}" if parameter.secure else fault)
    if isinstance(value, int) and not isinstance(value, bool):
        if parameter.minimum is not None and value < parameter.minimum:
            raise Unfit(f"{shown} is less than {parameter.minimum}")
        if parameter.maximum is not None and value > parameter.maximum:
            raise Unfit(f"{shown} is more than {parameter.maximum}")
    if isinstance(value, str | list):
        unit = "characters" if isinstance(value, str) else "entries"
        # ARM counts the UTF-16 code units of a text.
        length = len(value.encode("utf-16-le", "surrogatepass")) // 2 if isinstance(value, str) else len(value)
        if parameter.shortest is not None and length < parameter.shortest:
            raise Unfit(f"{shown} has {length} {unit}: it takes {parameter.shortest} at least")
        if parameter.longest is not None and length > parameter.longest:
            raise Unfit(f"{shown} has {length} {unit}: it takes {parameter.longest} at most")


def _check_allowed(parameter: Parameter, value: Any, shown: str) -> None:
    allowed = {str(element).lower() for element in parameter.allowed}
    for element in value if isinstance(value, list) else [value]:
        if str(element).lower() not in allowed:
            raise Unfit(f"{shown} is none of {', '.join(map(str, parameter.allowed))}")
