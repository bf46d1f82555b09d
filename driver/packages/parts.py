"""The declared types of the parts of a value: the elements of a list and the members of an object.

ARM types them by `items`, `prefixItems`, `properties`, `additionalProperties` and `discriminator`, and by `$ref`s to
the template's `definitions` (learn.microsoft.com/azure/azure-resource-manager/templates/definitions). It takes them
only in a template of languageVersion 2.0.
"""

from collections.abc import Mapping
from typing import Any

from driver.packages.spelling import spell_declaration
from driver.packages.templates import TYPES, Parameter

_TYPES = frozenset(map(str.lower, TYPES))


def read_part(declared: Any, definitions: Mapping[str, Any]) -> Parameter | None:
    """What is declared of a part; None if that takes any value, or is no type that ARM knows. It is `required` if it
    takes no null.
    """
    resolved = _resolve_references(declared, definitions)
    kind = str(resolved.get("type", "")).lower()
    if kind not in _TYPES:
        return None
    allowed = resolved.get("allowedValues")
    minimum, maximum, shortest, longest = (
        limit if type(limit := resolved.get(key)) is int else None
        for key in ("minValue", "maxValue", "minLength", "maxLength")
    )
    return Parameter(
        name="",
        type=kind,
        required=resolved.get("nullable") is not True,
        allowed=tuple(allowed) if isinstance(allowed, list) else (),
        minimum=minimum,
        maximum=maximum,
        shortest=shortest,
        longest=longest,
        declared=resolved,
        definitions=definitions,
    )


def is_required(declared: Any, definitions: Mapping[str, Any]) -> bool:
    """Whether an object must have a member: without one ARM refuses it."""
    resolved = _resolve_references(declared, definitions)
    return resolved.get("nullable") is not True and "defaultValue" not in resolved and "$ref" not in resolved


def merge_variant(declared: Mapping[str, Any], variant: Any, definitions: Mapping[str, Any]) -> dict[str, Any]:
    """The declaration of an object with that of one of its variants on top."""
    chosen = _resolve_references(variant, definitions)
    members = {**read_object(declared, "properties"), **read_object(chosen, "properties")}
    return {**declared, **chosen, "properties": members}


def read_object(declared: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The object at a key of a declaration; empty if there is none."""
    found = declared.get(key)
    return found if isinstance(found, Mapping) else {}


def _resolve_references(declared: Any, definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    """A declaration on top of what its `$ref`s lead to; the `$ref` stays if it leads nowhere."""
    resolved, seen = spell_declaration(declared), set[str]()
    while isinstance(reference := resolved.get("$ref"), str) and reference not in seen:
        seen.add(reference)
        target = definitions.get(reference.rsplit("/", 1)[-1])
        if not isinstance(target, Mapping):
            break
        own = {key: value for key, value in resolved.items() if key != "$ref"}
        resolved = {**spell_declaration(target), **own}
    return resolved
