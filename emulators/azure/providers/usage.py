"""Who refers to a resource."""

from typing import Any

from emulators.azure.world.entities import Resource
from emulators.azure.world.state import State

NIC = "Microsoft.Network/networkInterfaces"


VM = "Microsoft.Compute/virtualMachines"


def users(state: State, target_id: str) -> list[tuple[Resource, str]]:
    """Who refers to a resource: the referring resource and the id of the part of it that does."""
    found = []
    for key in dict.fromkeys(state.referrers.get(target_id.lower(), ())):
        resource = state.resources.get(key)
        if resource is not None:
            found += [(resource, part) for part in parts_referring(resource, target_id)]
    return found


def parts_referring(resource: Resource, target_id: str) -> list[str]:
    """`{resource}/ipConfigurations/{name}` where an item of a list refers to the target, else the resource itself."""
    parts = [
        f"{resource.id}/{name}/{item['name']}"
        for name, value in resource.properties.items()
        if isinstance(value, list)
        for item in value
        if isinstance(item, dict) and "name" in item and _mentions(item, target_id.lower())
    ]
    return parts or [resource.id]


def _mentions(value: Any, target: str) -> bool:
    if isinstance(value, dict):
        return any(_mentions(part, target) for part in value.values())
    if isinstance(value, list):
        return any(_mentions(part, target) for part in value)
    return isinstance(value, str) and value.lower() == target
