"""Resource types: a table for each namespace, and a generic row for the types that have none."""

from dataclasses import replace

from emulators.azure.providers.tables import read_rows
from emulators.azure.providers.types import ResourceType

ROWS = read_rows()
KNOWN = {key: row for key, row in ROWS.items() if row.modelled}

_generic: dict[str, ResourceType] = {}


def type_of(name: str) -> ResourceType:
    """The row of a type; for a type without one the generic row, under the name it was first asked for."""
    key = name.lower()
    found = ROWS.get(key) or _generic.get(key)
    if found is None:
        generic = ROWS.get(key.partition("/")[0] + "/*", ROWS["any/*"])
        found = _generic[key] = replace(generic, name=name)
    return found


def canonical_types(namespace: str, types: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Namespace and type segments in the case of the table."""
    parts = type_of("/".join((namespace, *types))).name.split("/")
    return parts[0], tuple(parts[1:])
