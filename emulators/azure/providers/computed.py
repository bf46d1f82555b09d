"""Properties that follow from other resources. Each function takes the state and the resource; ABSENT: not shown."""

from collections.abc import Callable
from typing import Any

from emulators.azure.providers.types import ABSENT
from emulators.azure.state import Resource, State

Computed = Callable[[State, Resource], Any]


def provisioning_state(_state: State, resource: Resource) -> Any:
    return resource.state


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
        f"{resource.id}/{name}/{item.get('name', '')}"
        for name, value in resource.properties.items()
        if isinstance(value, list)
        for item in value
        if isinstance(item, dict) and _mentions(item, target_id.lower())
    ]
    return parts or [resource.id]


def _mentions(value: Any, target: str) -> bool:
    if isinstance(value, dict):
        return any(_mentions(part, target) for part in value.values())
    if isinstance(value, list):
        return any(_mentions(part, target) for part in value)
    return isinstance(value, str) and value.lower() == target


def _referring(type_name: str) -> Computed:
    def ids(state: State, resource: Resource) -> Any:
        found = [{"id": part} for user, part in users(state, resource.id) if user.type == type_name]
        return found or ABSENT

    return ids


def subnet_ip_configurations(state: State, resource: Resource) -> Any:
    types = ("Microsoft.Network/networkInterfaces", "Microsoft.Network/loadBalancers")
    found = [{"id": part} for user, part in users(state, resource.id) if user.type in types]
    return found or ABSENT


def public_ip_configuration(state: State, resource: Resource) -> Any:
    types = ("Microsoft.Network/networkInterfaces", "Microsoft.Network/loadBalancers")
    found = [{"id": part} for user, part in users(state, resource.id) if user.type in types]
    return found[0] if found else ABSENT


FUNCTIONS: dict[str, Computed] = {
    "state": provisioning_state,
    "subnets": _referring("Microsoft.Network/virtualNetworks/subnets"),
    "networkInterfaces": _referring("Microsoft.Network/networkInterfaces"),
    "subnetIpConfigurations": subnet_ip_configurations,
    "ipConfiguration": public_ip_configuration,
}
