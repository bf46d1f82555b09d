"""How values become text, as .NET and Newtonsoft.Json write them."""

import json
import re
from typing import Any

from emulators.azure.language.models import TemplateError


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
HOLE = re.compile(r"\{\{|\}\}|\{(\d+)(?:,(-?\d+))?(?::([^{}]*))?\}|[{}]")


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
        text = format_number(values[index], match[3]) if match[3] else _item(values[index])
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


def format_number(value: Any, spec: str) -> str:
    """A number by a .NET standard (D, X, N, F, G, B, P) or custom (0, #) format; other values ignore theirs."""
    if isinstance(value, (bool, str)) or not isinstance(value, (int, float)):
        return to_text(value)
    match = re.fullmatch(r"([A-Za-z])(\d*)", spec)
    if match is None:
        return _custom(value, spec)
    kind, digits = match[1], int(match[2]) if match[2] else None
    sign, size = "-" if value < 0 else "", abs(value)
    match kind.upper():
        case "D" if isinstance(value, int):
            return sign + str(size).rjust(digits or 0, "0")
        case "X" if isinstance(value, int):
            bits = value if value >= 0 else value + 2**64
            return f"{bits:{'x' if kind == 'x' else 'X'}}".rjust(digits or 0, "0")
        case "B" if isinstance(value, int):
            return f"{value if value >= 0 else value + 2**64:b}".rjust(digits or 0, "0")
        case "N":
            return f"{sign}{size:,.{2 if digits is None else digits}f}"
        case "F":
            return f"{sign}{size:.{2 if digits is None else digits}f}"
        case "P":
            return f"{sign}{size * 100:,.{2 if digits is None else digits}f} %"
        case "G" | "R":
            return to_text(value)
    raise TemplateError(f"the format '{spec}' is not supported for a value of type '{type(value).__name__}'")


def _custom(value: float, spec: str) -> str:
    match = re.fullmatch(r"(\D*?)([#0,]+)(?:\.([#0]+))?(\D*)", spec)
    if match is None:
        raise TemplateError(f"the format '{spec}' is not supported")
    prefix, whole, fraction, suffix = match[1], match[2], match[3] or "", match[4]
    text = f"{abs(value):{',' if ',' in whole else ''}.{len(fraction)}f}"
    integer, _, decimals = text.partition(".")
    least = whole.replace(",", "").lstrip("#")
    integer = integer.rjust(len(least), "0") if least or integer != "0" else ""
    optional = len(fraction) - len(fraction.rstrip("#"))
    while optional and decimals.endswith("0"):
        decimals, optional = decimals[:-1], optional - 1
    return f"{'-' if value < 0 else ''}{prefix}{integer}{'.' if decimals else ''}{decimals}{suffix}"
