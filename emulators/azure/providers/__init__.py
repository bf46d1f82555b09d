"""Resource types: a table for each namespace, and a generic row for the types that have none."""

from dataclasses import replace

from emulators.azure.providers import known_types
from emulators.azure.providers.tables import read_patterns, read_rows
from emulators.azure.providers.types import ResourceType

ROWS = read_rows()
KNOWN = {key: row for key, row in ROWS.items() if row.modelled}
PATTERNS = read_patterns()

_others: dict[str, ResourceType] = {}


def type_of(name: str) -> ResourceType:
    """The row of a type; for a type without one the generic row, under the name it was first asked for. Rows of types
    that are not modelled get the texts that are known by name.
    """
    key = name.lower()
    found = KNOWN.get(key) or _others.get(key)
    if found is None:
        generic = ROWS.get(key.partition("/")[0] + "/*", ROWS["any/*"])
        row = ROWS.get(key) or replace(generic, name=name)
        present = {field.name for field in row.fields}
        named = [one for one in known_types.list_fields(name, PATTERNS) if one.name not in present]
        found = _others[key] = replace(row, fields=(*row.fields, *named))
    return found


def is_known(name: str) -> bool:
    """Whether Azure has a resource type, as far as it is known."""
    return name.lower() in ROWS or known_types.is_known(name)


def canonical_types(namespace: str, types: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Namespace and type segments in the case of the table."""
    parts = type_of("/".join((namespace, *types))).name.split("/")
    return parts[0], tuple(parts[1:])
