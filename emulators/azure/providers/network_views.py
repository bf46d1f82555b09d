"""Properties of network resources that follow from others."""

import hashlib
from collections.abc import Callable
from typing import Any

from emulators.azure.providers.types import ABSENT
from emulators.azure.providers.usage import NIC, VM, users
from emulators.azure.world.entities import Resource
from emulators.azure.world.state import State

Item = dict[str, Any]
Computed = Callable[[State, Resource, Item], Any]


def referring(*types: str, one: bool = False) -> Computed:
    """The ids of those who refer to the resource, as `[{"id"}]` or, with `one`, the first as `{"id"}`."""

    def ids(state: State, resource: Resource, _item: Item) -> Any:
        found = [{"id": part} for user, part in users(state, resource.id) if user.type in types]
        return (found[0] if one else found) if found else ABSENT

    return ids


def pointing_here(name: str) -> Computed:
    """The items of another list of the same resource, or its children, that name this item."""

    def ids(state: State, resource: Resource, item: Item) -> Any:
        here = f"/{item.get('name', '')}".lower()
        stored = resource.properties.get(name) or []
        found = [{"id": f"{resource.id}/{name}/{other['name']}"} for other in stored if _points(other, here)]
        found += [
            {"id": child.id}
            for child in state.children_of(resource.id)
            if child.type.endswith("/" + name) and _points({"properties": child.properties}, here)
        ]
        return found or ABSENT

    return ids


def _points(other: Item, here: str) -> bool:
    target = ((other.get("properties") or {}).get("frontendIPConfiguration") or {}).get("id", "")
    return isinstance(target, str) and target.lower().endswith(here)


def subnet_ip_configurations(state: State, resource: Resource, _item: Item) -> Any:
    """Network interfaces stand there in capitals."""
    found = []
    for user, part in users(state, resource.id):
        if user.type == NIC:
            segments = part.split("/")
            found.append(
                {"id": "/".join(text.upper() if at in (4, 8, 10) else text for at, text in enumerate(segments))}
            )
        elif user.type == "Microsoft.Network/loadBalancers":
            found.append({"id": part})
    return found or ABSENT


def public_address(state: State, resource: Resource, _item: Item) -> Any:
    """A static address is there once the resource is ready, a dynamic one while a machine uses it."""
    if resource.properties.get("publicIPAllocationMethod", "Dynamic") == "Static":
        return address(resource.id) if resource.facts.get("ready") else ABSENT
    used = any(user.type == NIC and attached(state, user) for user, _ in users(state, resource.id))
    return address(resource.id) if used else ABSENT


def ddos_settings(_state: State, resource: Resource, _item: Item) -> Any:
    standard = str((resource.top.get("sku") or {}).get("name", "Basic")) == "Standard"
    return resource.properties.get("ddosSettings") or (
        {"protectionMode": "VirtualNetworkInherited"} if standard else ABSENT
    )


def address(resource_id: str) -> str:
    """An address of the documentation range for benchmarks (198.18.0.0/15), the same one for the same resource."""
    digest = hashlib.sha256(resource_id.lower().encode()).digest()
    return f"198.{18 + digest[0] % 2}.{digest[1]}.{digest[2]}"


def outbound_rules(_state: State, resource: Resource, _item: Item) -> Any:
    standard = str((resource.top.get("sku") or {}).get("name", "Basic")) == "Standard"
    return resource.properties.get("outboundRules") or ([] if standard else ABSENT)


def attached(state: State, resource: Resource) -> bool:
    return any(user.type == VM for user, _ in users(state, resource.id))


def mac_address(state: State, resource: Resource, _item: Item) -> Any:
    digest = hashlib.sha256(resource.id.lower().encode()).hexdigest().upper()
    return f"00-0D-3A-{digest[:2]}-{digest[2:4]}-{digest[4:6]}" if attached(state, resource) else ABSENT


def nic_primary(state: State, resource: Resource, _item: Item) -> Any:
    return True if attached(state, resource) else ABSENT


def peering_state(state: State, resource: Resource, _item: Item) -> Any:
    """Connected as soon as the other network has a peering back, Disconnected once that one is gone."""
    remote = (resource.properties.get("remoteVirtualNetwork") or {}).get("id", "")
    if remote.lower() not in state.resources:
        return "Disconnected"
    back = find_counterpart(state, resource)
    if back is None:
        return "Disconnected" if "counterpart" in resource.facts else "Initiated"
    return "Connected" if resource.facts.get("counterpart", back.created) == back.created else "Disconnected"


def find_counterpart(state: State, peering: Resource) -> Resource | None:
    """The peering of the other network that leads back."""
    here = peering.id.rsplit("/virtualNetworkPeerings/", 1)[0].lower()
    remote = (peering.properties.get("remoteVirtualNetwork") or {}).get("id", "")
    for other in state.children_of(remote):
        target = (other.properties.get("remoteVirtualNetwork") or {}).get("id", "")
        if other.type.endswith("/virtualNetworkPeerings") and target.lower() == here:
            return other
    return None


def sync_level(state: State, resource: Resource, item: Item) -> Any:
    return "FullyInSync" if peering_state(state, resource, item) == "Connected" else "RemoteNotInSync"


def remote_space(state: State, resource: Resource, _item: Item) -> Any:
    remote = (resource.properties.get("remoteVirtualNetwork") or {}).get("id", "")
    found = state.resources.get(str(remote).lower())
    return found.properties.get("addressSpace", {}) if found else resource.properties.get("remoteAddressSpace", ABSENT)


def zone_links(state: State, resource: Resource, _item: Item) -> Any:
    return sum(child.type.endswith("/virtualNetworkLinks") for child in state.children_of(resource.id))


def registering_links(state: State, resource: Resource, _item: Item) -> Any:
    links = [child for child in state.children_of(resource.id) if child.type.endswith("/virtualNetworkLinks")]
    return sum(link.properties.get("registrationEnabled") is True for link in links)


def record_sets(state: State, resource: Resource, _item: Item) -> Any:
    return sum(not child.type.endswith("/virtualNetworkLinks") for child in state.children_of(resource.id))


def fqdn(_state: State, resource: Resource, _item: Item) -> Any:
    zone = resource.id.split("/")[8]
    return f"{zone}." if resource.name == "@" else f"{resource.name}.{zone}."
