"""Values of secure members: what `securestring` and `secureobject` within the type of a parameter stand for.

ARM types a parameter by `properties`, `additionalProperties`, `items`, `prefixItems` and `discriminator`, and by
`$ref`s to the template's `definitions` (learn.microsoft.com/azure/azure-resource-manager/templates/definitions).
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from driver.packages.calls import Path

Declaration = Mapping[str, Any]
Find = Callable[[Any, str], Any]  # of a member of an object, by its name in any case
Spend = Callable[[int], bool]  # the steps for so many types; whether there were enough


def is_secure(declared: Declaration) -> bool:
    """Whether the type of a declaration is secure as a whole."""
    return str(declared.get("type", "")).lower().startswith("secure")


def list_secure_values(declared: Declaration, definitions: Declaration, value: Any) -> list[Any]:
    """The parts of a value whose declared type is secure; the whole value if that of `declared` is."""
    found, open_pairs = [], [(declared, value)]
    while open_pairs:
        inner, part = open_pairs.pop()
        resolved = _resolve_reference(inner, definitions)
        if is_secure(resolved):
            found.append(part)
        elif isinstance(part, Mapping):
            open_pairs += _pair_members(resolved, part)
        elif isinstance(part, list):
            open_pairs += _pair_elements(resolved, part)
    return found


def has_secure_values(declared: Declaration, definitions: Declaration) -> bool:
    """Whether a type is secure or has a secure part, at any depth."""
    seen: set[int] = set()
    open_types = [declared]
    while open_types:
        resolved = _resolve_reference(open_types.pop(), definitions)
        if is_secure(resolved):
            return True
        if id(resolved) not in seen:
            seen.add(id(resolved))
            open_types += _list_inner_types(resolved)
    return False


def has_secure_values_at(declared: Declaration, definitions: Declaration, path: Path, find: Find, spend: Spend) -> bool:
    """Whether the part of a value at a path is secure or has a secure part; what is within a secure one is secure.
    Without enough steps it is not known, which is no.
    """
    types = [_resolve_reference(declared, definitions)]
    for step in path:
        if any(map(is_secure, types)):
            return True
        inner = [one for outer in types for one in _list_types_at(outer, definitions, step, find)]
        if not spend(len(inner)):
            return False
        types = list({id(one): one for one in inner}.values())
    return any(has_secure_values(one, definitions) for one in types)


def mask_values(value: Any, secure: list[Any]) -> Any:
    """A value with `***` in place of the parts that equal one of the secure ones."""
    if value in secure:
        return "***"
    if isinstance(value, Mapping):
        return {name: mask_values(inner, secure) for name, inner in value.items()}
    return [mask_values(inner, secure) for inner in value] if isinstance(value, list) else value


def _resolve_reference(declared: Declaration, definitions: Declaration) -> Declaration:
    """The type that the `$ref`s of a declaration lead to. A secure type on the way there counts."""
    seen: set[str] = set()
    while not is_secure(declared) and isinstance(reference := declared.get("$ref"), str) and reference not in seen:
        seen.add(reference)
        target = definitions.get(reference.rsplit("/", 1)[-1])
        declared = target if isinstance(target, Mapping) else {}
    return declared


def _pair_members(declared: Declaration, value: Mapping[str, Any]) -> Iterator[tuple[Declaration, Any]]:
    """Each member of an object with its type. ARM compares names without regard to case."""
    members = {name.lower(): inner for name, inner in _read_object(declared, "properties").items()}
    others = declared.get("additionalProperties")
    for name, part in value.items():
        inner = members.get(str(name).lower(), others)
        if isinstance(inner, Mapping):
            yield inner, part
    discriminator = _read_object(declared, "discriminator")
    name, variants = str(discriminator.get("propertyName", "")).lower(), _read_object(discriminator, "mapping")
    given = {str(one).lower() for key, one in value.items() if str(key).lower() == name}
    for variant, inner in variants.items():
        if variant.lower() in given and isinstance(inner, Mapping):
            yield inner, value


def _pair_elements(declared: Declaration, value: list[Any]) -> Iterator[tuple[Declaration, Any]]:
    first, others = declared.get("prefixItems"), declared.get("items")
    for index, part in enumerate(value):
        inner = first[index] if isinstance(first, list) and index < len(first) else others
        if isinstance(inner, Mapping):
            yield inner, part


def _list_types_at(
    declared: Declaration, definitions: Declaration, step: str | int | None, find: Find
) -> Iterator[Declaration]:
    """The types of what a step leads to: of several where the value decides."""
    variants = _read_object(_read_object(declared, "discriminator"), "mapping").values()
    inner: list[Any]
    for one in (declared, *(_resolve_reference(one, definitions) for one in variants if isinstance(one, Mapping))):
        if step is None:
            inner = _list_inner_types(one)
        elif isinstance(step, int):
            first = one.get("prefixItems")
            inner = [first[step] if isinstance(first, list) and step < len(first) else one.get("items")]
        else:
            member = find(one.get("properties"), step)
            inner = [one.get("additionalProperties") if member is None else member]
        yield from (_resolve_reference(found, definitions) for found in inner if isinstance(found, Mapping))


def _list_inner_types(declared: Declaration) -> list[Declaration]:
    variants = _read_object(_read_object(declared, "discriminator"), "mapping")
    listed = declared.get("prefixItems")
    inner = [
        *_read_object(declared, "properties").values(),
        *variants.values(),
        *(listed if isinstance(listed, list) else ()),
        declared.get("items"),
        declared.get("additionalProperties"),
    ]
    return [one for one in inner if isinstance(one, Mapping)]


def _read_object(declared: Declaration, key: str) -> Mapping[str, Any]:
    found = declared.get(key)
    return found if isinstance(found, Mapping) else {}
