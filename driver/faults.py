"""Faults in plain words: what pydantic finds in a value, and which known name a wrong one looks like."""

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice
from json import JSONDecodeError

from pydantic_core import ErrorDetails

_MOST_LISTED = 30  # names in a message
_MOST_COMPARED = 200  # names with a wrong one: each takes some 10 microseconds
_LONGEST_LISTED = 80  # characters of a name
_PLAIN = {
    "missing": "is missing",
    "extra_forbidden": "is no key",
    "string_type": "takes a text",
    "bool_type": "takes true or false",
    "bool_parsing": "takes true or false",
    "int_type": "takes a whole number",
    "int_parsing": "takes a whole number",
    "int_from_float": "takes a whole number",
    "dict_type": "takes an object",
    "model_type": "takes an object",
    "model_attributes_type": "takes an object",
    "list_type": "takes a list",
    "tuple_type": "takes a list",
    "literal_error": "takes {expected}",
    "string_too_short": "takes at least {min_length} characters",
    "string_too_long": "takes at most {max_length} characters",
    "too_long": "takes at most {max_length} entries",
}


def describe_fault(fault: ErrorDetails) -> str:
    """What a fault of pydantic's means, without the value."""
    context = fault.get("ctx", {})
    if fault["type"] == "string_too_short" and context.get("min_length") == 1:
        return "must not be empty"
    plain = _PLAIN.get(fault["type"])
    return plain.format(**context) if plain else fault["msg"].removeprefix("Value error, ")


def describe_json_error(error: ValueError | RecursionError, file: str) -> str:
    """What is wrong with the text of a JSON file, and where."""
    if isinstance(error, JSONDecodeError):
        return f"{file} line {error.lineno}, column {error.colno}: it is no JSON: {error.msg}"
    return f"{file}: it is no JSON, or nested too deep"


def suggest_name(name: str, known: Iterable[str]) -> str:
    """`, did you mean 'x'?` for the known name that looks most like a wrong one; empty if none does."""
    spelled = {one.lower(): one for one in islice(known, _MOST_COMPARED)}
    given = name.lower()[:_LONGEST_LISTED]
    close = get_close_matches(given, spelled, n=1) or [one for one in spelled if len(given) > 2 and given in one]
    return f", did you mean '{spelled[close[0]]}'?" if close else ""


def join_names(names: Iterable[str]) -> str:
    """Names for a message: sorted, and not too many."""
    known = sorted(names, key=str.lower)
    listed = ", ".join(name[:_LONGEST_LISTED] for name in known[:_MOST_LISTED])
    more = len(known) - _MOST_LISTED
    return f"{listed} and {more} more" if more > 0 else listed
