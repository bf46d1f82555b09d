"""Secrets among the values of parameters: in predictions they stay expressions."""

from collections.abc import Mapping
from typing import Any

from emulators.azure.language.expressions import Access, Node
from emulators.azure.language.residuals import Residual, quote
from emulators.azure.language.schemas import Schema, flatten, is_secure


def hide(value: Any, schema: Schema, definitions: Mapping[str, Schema], node: Node) -> Any:
    """A value that fits its schema, with `node` and accesses to it in place of what is secure; null is no secret."""
    schema = flatten(schema, definitions)
    if value is None or isinstance(value, Residual):
        return value
    if is_secure(schema):
        return Residual(node)
    members: list[tuple[Any, Schema | None]] = []
    if isinstance(value, dict):
        members = [(key, _member_schema(key, value, schema, definitions)) for key in value]
    elif isinstance(value, list):
        first = schema.get("prefixItems") or []
        members = [(at, first[at] if at < len(first) else schema.get("items")) for at in range(len(value))]
    hidden = {
        key: hide(value[key], member, definitions, Access(node, quote(key)))
        for key, member in members
        if isinstance(member, Mapping)
    }
    if isinstance(value, list):
        return [hidden.get(at, item) for at, item in enumerate(value)]
    return {**value, **hidden} if isinstance(value, dict) else value


def _member_schema(key: str, value: dict[str, Any], schema: Schema, definitions: Mapping[str, Schema]) -> Schema | None:
    """What is declared of a member: by its name without case, by the variant of the object, or of all others."""
    discriminator = schema.get("discriminator")
    if isinstance(discriminator, Mapping):
        schema = flatten(discriminator["mapping"][value[discriminator["propertyName"]]], definitions)
    declared = {name.lower(): member for name, member in (schema.get("properties") or {}).items()}
    found: Schema | None = declared.get(key.lower(), schema.get("additionalProperties"))
    return found
