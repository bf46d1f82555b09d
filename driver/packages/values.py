"""Values of parameters: converted to the declared type and checked against the declared constraints."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from driver.faults import join_names, suggest_name
from driver.packages.coercions import COERCIONS, Unfit, coerce_text
from driver.packages.names import find_name_fault
from driver.packages.parts import is_required, merge_variant, read_object, read_part
from driver.packages.templates import Parameter

DEEPEST = 200  # levels of objects and lists; pydantic serializes 255


@dataclass(frozen=True)
class _Place:
    """Where a part is in a value: `[0].name`, how deep, and whether it is within a secure one: no text repeats it."""

    path: str
    level: int
    is_secure: bool

    def find_fault(self, text: str) -> Unfit:
        return Unfit(f"{self.path.removeprefix('.')}: {text}" if self.path else text)


def coerce_value(parameter: Parameter, value: Any) -> Any:
    """The value converted to the parameter's type, and each part of it to the type that is declared of that part.
    Raises Unfit if it does not fit, with the place of a part that does not (`[0].name`); never repeats a secure value.
    """
    return _coerce_part(parameter, value, _Place("", 0, parameter.secure))


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


def _coerce_part(part: Parameter, value: Any, place: _Place) -> Any:
    try:
        coerced = COERCIONS[part.type](value)
        # A text may hold many levels in JSON; all else has been measured with what it is in.
        if (place.level == 0 or isinstance(value, str)) and place.level + measure_depth(coerced) > DEEPEST:
            raise Unfit(f"it is nested more than {DEEPEST} deep")
        _check_constraints(part, coerced, place.is_secure)
    except Unfit as unfit:
        raise place.find_fault(str(unfit)) from None
    coerced = _spell_allowed(part, coerced)
    if isinstance(coerced, list):
        return _coerce_elements(part, coerced, place)
    return _coerce_members(part, coerced, place) if isinstance(coerced, dict) else coerced


def _coerce_elements(part: Parameter, values: list[Any], place: _Place) -> list[Any]:
    """A list with its elements converted to their types."""
    first, others = part.declared.get("prefixItems"), part.declared.get("items")
    kinds = [read_part(one, part.definitions) for one in first] if isinstance(first, list) else []
    if len(values) < len(kinds) or (others is False and len(values) > len(kinds)):
        raise place.find_fault(f"it has {len(values)} entries: it takes {len(kinds)}")
    further = read_part(others, part.definitions)
    coerced = []
    for index, value in enumerate(values):
        kind = kinds[index] if index < len(kinds) else further
        coerced.append(_coerce_inner(kind, value, place, f"[{index}]"))
    return coerced


def _coerce_members(part: Parameter, value: dict[str, Any], place: _Place) -> dict[str, Any]:
    """An object with its members converted to their types. ARM compares their names without regard to case."""
    declared = _choose_variant(part, value, place)
    members, others = read_object(declared, "properties"), declared.get("additionalProperties")
    given = {name.lower() for name, one in value.items() if one is not None}
    for name, one in members.items():
        if name.lower() not in given and is_required(one, part.definitions):
            raise place.find_fault(f"its member '{name}' is missing")
    kinds = {name.lower(): read_part(one, part.definitions) for name, one in members.items()}
    further = read_part(others, part.definitions)
    coerced = {}
    for name, one in value.items():
        if name.lower() not in kinds and others is False:
            shown = "" if place.is_secure else f": '{name[:100]}'{suggest_name(name, members)}"
            there_are = join_names(members) or "none"
            raise place.find_fault(f"it has a member that its type does not take{shown} (there are {there_are})")
        step = ".*" if place.is_secure and name.lower() not in kinds else f".{name[:100]}"
        coerced[name] = _coerce_inner(kinds.get(name.lower(), further), one, place, step)
    return coerced


def _coerce_inner(kind: Parameter | None, value: Any, place: _Place, step: str) -> Any:
    """A part of a value; as it is if its type is not declared."""
    if kind is None or (value is None and not kind.required):
        return value
    inner = _Place(place.path + step, place.level + 1, place.is_secure or kind.secure)
    if value is None:
        raise inner.find_fault("it is null, which its type does not take")
    return _coerce_part(kind, value, inner)


def _choose_variant(part: Parameter, value: Mapping[str, Any], place: _Place) -> Mapping[str, Any]:
    """The declaration of an object, with the variant that its discriminator names."""
    discriminator = read_object(part.declared, "discriminator")
    name, variants = str(discriminator.get("propertyName", "")), read_object(discriminator, "mapping")
    if not name or not variants:
        return part.declared
    given = next((one for key, one in value.items() if key.lower() == name.lower() and one is not None), None)
    if given is None:
        raise place.find_fault(f"its member '{name}' is missing: it takes one of {join_names(variants)}")
    chosen = next((one for key, one in variants.items() if key.lower() == coerce_text(given).lower()), None)
    if chosen is None:
        shown = "the value" if place.is_secure else f"'{coerce_text(given)[:100]}'"
        raise place.find_fault(f"its member '{name}': {shown} is none of {join_names(variants)}")
    return merge_variant(part.declared, chosen, part.definitions)


def _check_constraints(part: Parameter, value: Any, is_secure: bool) -> None:
    if part.allowed and not _is_allowed(part, value):
        raise Unfit(f"{_show(part, value, is_secure)} is none of {', '.join(map(coerce_text, part.allowed))}")
    if part.name_of and isinstance(value, str) and (fault := find_name_fault(part.name_of, value)):
        raise Unfit(f"the value is no name for {part.name_of}" if is_secure else fault)
    if isinstance(value, int) and not isinstance(value, bool):
        if part.minimum is not None and value < part.minimum:
            raise Unfit(f"{_show(part, value, is_secure)} is less than {part.minimum}")
        if part.maximum is not None and value > part.maximum:
            raise Unfit(f"{_show(part, value, is_secure)} is more than {part.maximum}")
    if isinstance(value, str | list):
        unit = "characters" if isinstance(value, str) else "entries"
        # ARM counts the UTF-16 code units of a text.
        length = len(value.encode("utf-16-le", "surrogatepass")) // 2 if isinstance(value, str) else len(value)
        if part.shortest is not None and length < part.shortest:
            shown = _show(part, value, is_secure)
            raise Unfit(f"{shown} has {length} {unit}: it takes {part.shortest} at least")
        if part.longest is not None and length > part.longest:
            shown = _show(part, value, is_secure)
            raise Unfit(f"{shown} has {length} {unit}: it takes {part.longest} at most")


def _show(part: Parameter, value: Any, is_secure: bool) -> str:
    return "the value" if is_secure or part.shows_secrets else f"'{coerce_text(value)[:100]}'"


def _is_allowed(part: Parameter, value: Any) -> bool:
    """Whether a value is one of the allowed ones, or a list of such."""
    allowed = {_fold(one) for one in part.allowed}
    return _fold(value) in allowed or (isinstance(value, list) and all(_fold(one) in allowed for one in value))


def _spell_allowed(part: Parameter, value: Any) -> Any:
    """A value in the spelling of the allowed one that it is."""
    if not part.allowed:
        return value
    spelled = {_fold(allowed): allowed for allowed in part.allowed}
    whole = _fold(value)
    return spelled[whole] if whole in spelled else [spelled[_fold(one)] for one in value]


def _fold(value: Any) -> str:
    """A value as a text that is the same for what a property gives and what the template allows: `["1"]` and `[1]`."""
    return f"[{','.join(map(_fold, value))}]" if isinstance(value, list) else coerce_text(value).lower()
