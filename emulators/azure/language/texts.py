"""How values become text, as .NET and Newtonsoft.Json write them."""

import json
import re
from typing import Any

from emulators.azure.language.models import TemplateError
from emulators.azure.language.numbers import format_number


def to_json(value: Any) -> str:
    """Compact JSON."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def to_text(value: Any) -> str:
    """string(): text as it is, True and False capitalised, arrays and objects as compact JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "True" if value else "False"
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, int):
        return str(value)
    return to_json(value)


STRING = re.compile(r'("(?:[^"\\]|\\.)*")')
HOLE = re.compile(r"\{\{|\}\}|\{(\d+) *(?:, *(-?\d+) *)?(?::([^{}]*))?\}|[{}]")


def format_text(template: str, *values: Any) -> str:
    """.NET composite formatting: `{0}`, `{1,-8}`, `{2:X4}`, `{{`."""

    def fill(match: re.Match[str]) -> str:
        if match[0] in ("{{", "}}"):
            return match[0][0]
        if match[1] is None:
            raise TemplateError(
                f"the format string '{template}' has a brace that is neither doubled nor part of an item"
            )
        index = int(match[1])
        if index >= len(values):
            raise TemplateError(
                f"the format string '{template}' refers to the argument {index}, but {len(values)} are given"
            )
        value = values[index]
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        text = format_number(value, match[3]) if match[3] and is_number else _item(value)
        width = int(match[2] or 0)
        return text.ljust(-width) if width < 0 else text.rjust(width)

    return HOLE.sub(fill, template)


def _item(value: Any) -> str:
    """An item without a format; arrays and objects as Newtonsoft writes them with single quotes."""
    if not isinstance(value, (list, dict)):
        return to_text(value)
    return "".join(_requote(part) for part in STRING.split(to_json(value)))


def _requote(part: str) -> str:
    if not part.startswith('"'):
        return part
    return "'" + part[1:-1].replace('\\"', '"').replace("'", "\\'") + "'"
