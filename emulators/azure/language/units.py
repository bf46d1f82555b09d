"""Texts as UTF-16 code units, in which .NET counts, cuts and searches."""

import struct


def count_units(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def split_units(text: str) -> str:
    """A text with a character for each code unit: two for one outside of the basic plane."""
    if text.isascii():
        return text
    encoded = text.encode("utf-16-le", "surrogatepass")
    return "".join(map(chr, struct.unpack(f"<{len(encoded) // 2}H", encoded)))


def join_units(units: str) -> str:
    """The text of code units. Half of a character becomes U+FFFD."""
    return units if units.isascii() else units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
