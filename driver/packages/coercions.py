"""The conversion of a value to a type of ARM."""

import json
from collections.abc import Mapping
from typing import Any

_TRUE = {"true", "yes", "on", "1"}
_FALSE = {"false", "no", "off", "0"}
_LEAST, _MOST = -(2**63), 2**63 - 1  # ARM's integers have 64 bits
_LONGEST = 100  # characters of a text that is read as a number, for that takes time in proportion to their square


class Unfit(Exception):
    """A value that cannot be used for a parameter. The text says what would fit."""


def coerce_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    return json.dumps(value)


def _coerce_integer(value: Any) -> int:
    number = _read_integer(value)
    if number is None:
        raise Unfit("it takes a whole number")
    if not _LEAST <= number <= _MOST:
        raise Unfit(f"it takes a whole number from {_LEAST} to {_MOST}")
    return number


def _read_integer(value: Any) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    text = value.strip() if isinstance(value, str) else ""
    if text.removeprefix("-").isascii() and text.removeprefix("-").isdigit() and len(text) < _LONGEST:
        return int(text)
    return None


def _coerce_boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = coerce_text(value).strip().lower()
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
        return {str(name): member for name, member in loaded.items()}
    raise Unfit("it takes an object, as JSON")


def _parse_json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


COERCIONS = {
    "string": coerce_text,
    "securestring": coerce_text,
    "int": _coerce_integer,
    "bool": _coerce_boolean,
    "array": _coerce_list,
    "object": _coerce_object,
    "secureobject": _coerce_object,
}
