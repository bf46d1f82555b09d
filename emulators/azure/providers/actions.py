"""Synchronous POST actions: what `listKeys` and its like answer, by the tables."""

from typing import Any

from emulators.azure.providers import texts, type_of
from emulators.azure.providers.types import ABSENT
from emulators.azure.wire.errors import unsupported
from emulators.azure.world.entities import Resource

GENERAL = type_of("any/*").answers


def answer(resource: Resource, action: str) -> Any:
    """The answer of an action: of its type (`action/name`: for resources of that name), else of any type; one that no
    table has is refused by name.
    """
    row = type_of(resource.type)
    known = {name.lower(): value for name, value in {**GENERAL, **row.answers}.items()}
    general = known.get(action.lower(), ABSENT)
    found = texts.fill(known.get(f"{action}/{resource.name}".lower(), general), resource)
    if found is ABSENT:
        raise unsupported(f"the action {action} of {row.name}")
    return found
