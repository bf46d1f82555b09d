"""Properties of a deployment location, in each of their spellings."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

_CAPITAL = re.compile(r"([A-Z])")


@cache
def list_spellings(name: str) -> tuple[str, ...]:
    """A name as it is here, with underscores, and as the former driver read or documented it."""
    snake = _CAPITAL.sub(r"_\1", name).lower()
    further = ("AZURE_SUBSCRIPTION",) if name == "subscriptionId" else ()
    former = (f"AZURE_{snake.replace('_', '').upper()}", f"AZURE_{snake.upper()}")
    return tuple(dict.fromkeys((name, snake, *former, *further)))


def find_value(properties: Mapping[str, Any], name: str) -> tuple[str, Any]:
    """The first spelling of a property that has a value, with that value; None if there is none."""
    given = [(spelling, properties.get(spelling)) for spelling in list_spellings(name)]
    return next(((spelling, value) for spelling, value in given if not _is_empty(value)), (name, None))


def read_text(properties: Mapping[str, Any], name: str, faults: list[str], is_optional: bool = False) -> str:
    """A property without blanks around it; empty, with a fault, if it is missing or no text."""
    spelling, value = find_value(properties, name)
    if isinstance(value, str):
        return value.strip()
    if value is not None:
        faults.append(f"property '{spelling}' must be text")
    elif not is_optional:
        faults.append(f"property '{name}' is missing (or {' or '.join(list_spellings(name)[1:])})")
    return ""


def read_switch(properties: Mapping[str, Any], name: str, faults: list[str]) -> bool:
    """A property that is true or false, as JSON or as text; false if it is missing."""
    spelling, value = find_value(properties, name)
    text = str(value).strip().lower() if isinstance(value, str | bool) else value
    if text not in (None, "true", "false"):
        faults.append(f"property '{spelling}' must be true or false")
    return text == "true"


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())
