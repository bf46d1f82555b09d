"""Resource types: a table for each namespace and a generic row for all others."""

from dataclasses import replace

from emulators.azure.providers import compute, identity, network, network_addresses, private_dns, storage
from emulators.azure.providers.types import GENERIC, GENERIC_NETWORK, ResourceType

_TABLES = (network, network_addresses, private_dns, compute, storage, identity)
KNOWN: dict[str, ResourceType] = {row.name.lower(): row for table in _TABLES for row in table.TYPES}

_generic: dict[str, ResourceType] = {}


def type_of(name: str) -> ResourceType:
    """The row of a type; for a type without one the generic row, under the name it was first asked for."""
    known = KNOWN.get(name.lower())
    if known is not None:
        return known
    row = GENERIC_NETWORK if name.lower().startswith("microsoft.network/") else GENERIC
    return _generic.setdefault(name.lower(), replace(row, name=name))


def canonical_types(namespace: str, types: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Namespace and type segments in the case of the table."""
    parts = type_of("/".join((namespace, *types))).name.split("/")
    return parts[0], tuple(parts[1:])
