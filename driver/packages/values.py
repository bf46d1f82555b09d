"""Values of parameters: converted to the declared type and checked against the declared constraints."""

from typing import Any

from driver.packages.coercions import COERCIONS, Unfit, coerce_text
from driver.packages.names import find_name_fault
from driver.packages.templates import Parameter

DEEPEST = 200  # levels of objects and lists; pydantic serializes 255


def coerce_value(parameter: Parameter, value: Any) -> Any:
    """The value converted to the parameter's type. Raises Unfit if it does not fit; never repeats a secure value."""
    coerced = COERCIONS[parameter.type](value)
    if measure_depth(coerced) > DEEPEST:
        raise Unfit(f"it is nested more than {DEEPEST} deep")
    _check_constraints(parameter, coerced)
    if not parameter.allowed:
        return coerced
    spelled = {str(allowed).lower(): allowed for allowed in parameter.allowed}
    if isinstance(coerced, list):
        return [spelled[str(element).lower()] for element in coerced]
    return spelled[str(coerced).lower()]


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


def _check_constraints(parameter: Parameter, value: Any) -> None:
    shown = "the value" if parameter.shows_secrets else f"'{coerce_text(value)[:100]}'"
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
