"""Numbers as .NET's invariant culture formats them."""

import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal

from emulators.azure.language.models import TemplateError

_TOKEN = re.compile(r"""'([^']*)'|"([^"]*)"|\\(.)|([0#])|(\.)|(,)|(%)|(.)""", re.DOTALL)
_SECTION = re.compile(r"""((?:'[^']*'|"[^"]*"|\\.|[^;])*)(?:;|$)""", re.DOTALL)


def format_number(value: float, spec: str) -> str:
    """A number by a standard (D, X, B, N, F, G, R, P, E, C) or custom (0, #, sections) format."""
    match = re.fullmatch(r"([A-Za-z])(\d*)", spec)
    if match is None:
        return _format_custom(Decimal(repr(value)), spec)
    kind, digits = match[1], int(match[2]) if match[2] else None
    form = _INTEGERS.get(kind.upper()) if isinstance(value, int) else None
    if form is not None:
        return form(int(value), digits or 0, kind)
    if kind.upper() in ("G", "R"):
        return repr(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(value)
    sign, size = "-" if value < 0 else "", abs(Decimal(repr(value)))
    match kind.upper():
        case "N":
            return sign + f"{_round(size, 2 if digits is None else digits):,f}"
        case "F":
            return sign + f"{_round(size, 2 if digits is None else digits):f}"
        case "P":
            return sign + f"{_round(size * 100, 2 if digits is None else digits):,f} %"
        case "C":
            text = f"\u00a4{_round(size, 2 if digits is None else digits):,f}"
            return f"({text})" if sign else text
        case "E":
            return sign + _format_exponent(size, 6 if digits is None else digits, kind)
    raise TemplateError(f"the format '{spec}' is not supported for a value of type '{type(value).__name__}'")


def _round(value: Decimal, digits: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def _format_decimal(value: int, digits: int, _kind: str) -> str:
    return ("-" if value < 0 else "") + str(abs(value)).rjust(digits, "0")


def _format_hexadecimal(value: int, digits: int, kind: str) -> str:
    return f"{value if value >= 0 else value + 2**64:{'x' if kind == 'x' else 'X'}}".rjust(digits, "0")


def _format_binary(value: int, digits: int, _kind: str) -> str:
    return f"{value if value >= 0 else value + 2**64:b}".rjust(digits, "0")


_INTEGERS: dict[str, Callable[[int, int, str], str]] = {
    "D": _format_decimal,
    "X": _format_hexadecimal,
    "B": _format_binary,
}


def _format_exponent(size: Decimal, digits: int, kind: str) -> str:
    exponent = size.adjusted() if size else 0
    mantissa = _round(size.scaleb(-exponent), digits)
    if mantissa >= 10:
        exponent, mantissa = exponent + 1, _round(mantissa / 10, digits)
    return f"{mantissa:f}{kind}{'-' if exponent < 0 else '+'}{abs(exponent):03d}"


def _format_custom(value: Decimal, spec: str) -> str:
    """Sections for positive numbers, negative ones and zero; in each, digits are filled into `0` and `#`."""
    sections = [match[1] for match in _SECTION.finditer(spec)][:3]
    if value == 0 and len(sections) > 2 and sections[2]:
        return _fill(value, sections[2])
    if value < 0 and len(sections) > 1 and sections[1]:
        return _fill(-value, sections[1])
    return ("-" if value < 0 else "") + _fill(abs(value), sections[0])


def _fill(size: Decimal, section: str) -> str:
    tokens = [match.groups() for match in _TOKEN.finditer(section)]
    point = next((at for at, token in enumerate(tokens) if token[4]), len(tokens))
    whole = [at for at, token in enumerate(tokens[:point]) if token[3]]
    fraction = [at for at, token in enumerate(tokens) if at > point and token[3]]
    is_grouped = any(token[5] and whole and whole[0] < at < whole[-1] for at, token in enumerate(tokens[:point]))
    text = f"{_round(size * 100 ** sum(1 for token in tokens if token[6]), len(fraction)):f}"
    digits, _, decimals = text.partition(".")
    needed = next((len(whole) - at for at, place in enumerate(whole) if tokens[place][3] == "0"), 0)
    digits = ("" if digits == "0" else digits).rjust(needed, "0")
    kept = len(decimals.rstrip("0"))
    kept = max([kept, *(at + 1 for at, place in enumerate(fraction) if tokens[place][3] == "0")])
    placed = _place(digits, whole, is_grouped) | dict(zip(fraction, decimals[:kept], strict=False))
    parts = []
    for at, (single, double, escaped, digit, dot, comma, percent, plain) in enumerate(tokens):
        if dot:
            parts.append("." if at == point and kept else "")
        elif digit:
            parts.append(placed.get(at, ""))
        elif not comma:
            parts.append(single or double or escaped or percent or plain or "")
    return "".join(parts)


def _place(digits: str, places: list[int], is_grouped: bool) -> dict[int, str]:
    """The digits of a whole number at their places, from the right; the first place has all that are left."""
    placed: dict[int, str] = {}
    for count, place in enumerate(reversed(places)):
        taken = digits if place == places[0] else digits[-1:]
        digits = digits[: len(digits) - len(taken)]
        if is_grouped:
            taken = _group(taken, count)
        placed[place] = taken
    return placed


def _group(taken: str, before: int) -> str:
    """Digits with a comma after each third one from the right, of which `before` stand to the right."""
    result = ""
    for digit in reversed(taken):
        result = digit + ("," if before and before % 3 == 0 else "") + result
        before += 1
    return result
