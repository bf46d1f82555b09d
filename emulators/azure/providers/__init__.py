"""Resource types: a table for each namespace and a generic row for all others."""

from dataclasses import replace

from emulators.azure.providers import network
from emulators.azure.providers.types import GENERIC, ResourceType

KNOWN: dict[str, ResourceType] = {row.name.lower(): row for table in (network.TYPES,) for row in table}

_generic: dict[str, ResourceType] = {}


def type_of(name: str) -> ResourceType:
    """The row of a type; for a type without one the generic row, under the name it was first asked for."""
    known = KNOWN.get(name.lower())
    if known is not None:
        return known
    return _generic.setdefault(name.lower(), replace(GENERIC, name=name))


def canonical_types(namespace: str, types: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Namespace and type segments in the case of the table."""
    parts = type_of("/".join((namespace, *types))).name.split("/")
    return parts[0], tuple(parts[1:])
