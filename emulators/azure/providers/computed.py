"""Properties that follow from other resources. Each function takes the state and the resource; ABSENT: not shown."""

import hashlib
import uuid
from collections.abc import Callable
from typing import Any

from emulators.azure.providers import compute_views
from emulators.azure.providers.types import ABSENT
from emulators.azure.state import Resource, State
from emulators.azure.times import timestamp

Item = dict[str, Any]
Computed = Callable[[State, Resource, Item], Any]
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


def _referring(*types: str, one: bool = False) -> Computed:
    """The ids of those who refer to the resource, as `[{"id"}]` or, with `one`, the first as `{"id"}`."""

    def ids(state: State, resource: Resource, _item: Item) -> Any:
        found = [{"id": part} for user, part in users(state, resource.id) if user.type in types]
        return (found[0] if one else found) if found else ABSENT

    return ids


def _pointing_here(name: str) -> Computed:
    """The items of another list of the same resource, or its children, that name this item."""

    def ids(state: State, resource: Resource, item: Item) -> Any:
        here = f"/{item.get('name', '')}".lower()
        stored = resource.properties.get(name) or []
        found = [{"id": f"{resource.id}/{name}/{other['name']}"} for other in stored if _points(other, here)]
        for child in state.children_of(resource.id):
            if child.type.endswith("/" + name) and _points({"properties": child.properties}, here):
                found.append({"id": child.id})
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


def public_address(_state: State, resource: Resource, _item: Item) -> Any:
    """A static address is there once the resource is ready."""
    static = resource.properties.get("publicIPAllocationMethod", "Dynamic") == "Static"
    return address(resource.id) if static and resource.facts.get("ready") else ABSENT


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
    """Connected as soon as the other network has a peering back."""
    here = resource.id.rsplit("/virtualNetworkPeerings/", 1)[0].lower()
    remote = (resource.properties.get("remoteVirtualNetwork") or {}).get("id", "")
    if remote.lower() not in state.resources:
        return "Disconnected"
    back = [other.properties for other in state.children_of(remote) if other.type.endswith("Peerings")]
    there = any(str((other.get("remoteVirtualNetwork") or {}).get("id", "")).lower() == here for other in back)
    return "Connected" if there else "Initiated"


def sync_level(state: State, resource: Resource, item: Item) -> Any:
    return "FullyInSync" if peering_state(state, resource, item) == "Connected" else "RemoteNotInSync"


def remote_space(state: State, resource: Resource, _item: Item) -> Any:
    remote = (resource.properties.get("remoteVirtualNetwork") or {}).get("id", "")
    found = state.resources.get(str(remote).lower())
    return found.properties.get("addressSpace", {}) if found else resource.properties.get("remoteAddressSpace", ABSENT)


def zone_links(state: State, resource: Resource, _item: Item) -> Any:
    return sum(child.type.endswith("/virtualNetworkLinks") for child in state.children_of(resource.id))


def record_sets(state: State, resource: Resource, _item: Item) -> Any:
    """The SOA record set is always there."""
    return 1 + sum(not child.type.endswith("/virtualNetworkLinks") for child in state.children_of(resource.id))


def fqdn(_state: State, resource: Resource, _item: Item) -> Any:
    zone = resource.id.split("/")[8]
    return f"{zone}." if resource.name == "@" else f"{resource.name}.{zone}."


def storage_endpoints(_state: State, resource: Resource, _item: Item) -> Any:
    blobs_only = resource.top.get("kind") == "BlobStorage"
    kinds = ["dfs", "blob", "table"] if blobs_only else ["dfs", "web", "blob", "queue", "table", "file"]
    zone = {"web": "z6.web"}
    return {kind: f"https://{resource.name}.{zone.get(kind, kind)}.core.windows.net/" for kind in kinds}


def created(_state: State, resource: Resource, _item: Item) -> Any:
    return timestamp(resource.created)


def storage_encryption(_state: State, resource: Resource, _item: Item, version: str) -> Any:
    service: Item = {"keyType": "Account"} if version >= "2019-06-01" else {}
    service |= {"enabled": True, "lastEnabledTime": timestamp(resource.created)}
    sent = resource.properties.get("encryption") or {}
    services = {name: service | ((sent.get("services") or {}).get(name) or {}) for name in ("file", "blob")}
    return {"services": services, "keySource": sent.get("keySource", "Microsoft.Storage")} | {
        name: value for name, value in sent.items() if name not in ("services", "keySource")
    }


def key_creation(_state: State, resource: Resource, _item: Item) -> Any:
    return {"key1": timestamp(resource.created), "key2": timestamp(resource.created)}


def location(_state: State, resource: Resource, _item: Item) -> Any:
    return resource.location


def scope(_state: State, resource: Resource, _item: Item) -> Any:
    return resource.id.rsplit("/providers/", 1)[0] or "/"


def changed(_state: State, resource: Resource, _item: Item) -> Any:
    return timestamp(resource.changed)


def provisioning_state(_state: State, resource: Resource, _item: Item) -> Any:
    return resource.state


def tenant(_state: State, resource: Resource, _item: Item) -> Any:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, resource.id.split("/")[2]))


def writer(_state: State, _resource: Resource, _item: Item) -> Any:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "writer"))


def creator(state: State, resource: Resource, item: Item) -> Any:
    """Not said in the answer to the PUT."""
    return writer(state, resource, item) if resource.facts.get("answered") else None


def available(_state: State, _resource: Resource, _item: Item) -> Any:
    return "available"


def nothing(_state: State, _resource: Resource, _item: Item) -> Any:
    """Shown as null."""
    return None


def secondary_location(_state: State, resource: Resource, _item: Item) -> Any:
    return "northeurope" if _geo_redundant(resource) else ABSENT


def secondary_status(_state: State, resource: Resource, _item: Item) -> Any:
    return "available" if _geo_redundant(resource) else ABSENT


def _geo_redundant(resource: Resource) -> bool:
    return "GRS" in str((resource.top.get("sku") or {}).get("name", "")) or "GZRS" in str(resource.top.get("sku"))


FUNCTIONS: dict[str, Computed] = {
    "null": nothing,
    "available": available,
    "creator": creator,
    "tenant": tenant,
    "writer": writer,
    "secondaryLocation": secondary_location,
    "secondaryStatus": secondary_status,
    "diskSize": compute_views.disk_size,
    "diskBytes": compute_views.disk_bytes,
    "diskState": compute_views.disk_state,
    "createdOffset": compute_views.created_offset,
    "skuTier": compute_views.sku_tier,
    "state": provisioning_state,
    "subnets": _referring("Microsoft.Network/virtualNetworks/subnets"),
    "networkInterfaces": _referring(NIC),
    "subnetIpConfigurations": subnet_ip_configurations,
    "ipConfiguration": _referring(NIC, "Microsoft.Network/loadBalancers", one=True),
    "natGateway": _referring("Microsoft.Network/natGateways", one=True),
    "virtualMachine": _referring(VM, one=True),
    "publicAddress": public_address,
    "outboundRules": outbound_rules,
    "ddosSettings": ddos_settings,
    "inboundNatPools": _pointing_here("inboundNatPools"),
    "inboundNatRules": _pointing_here("inboundNatRules"),
    "loadBalancingRules": _pointing_here("loadBalancingRules"),
    "macAddress": mac_address,
    "nicPrimary": nic_primary,
    "peeringState": peering_state,
    "syncLevel": sync_level,
    "remoteSpace": remote_space,
    "zoneLinks": zone_links,
    "recordSets": record_sets,
    "fqdn": fqdn,
    "storageEndpoints": storage_endpoints,
    "keyCreation": key_creation,
    "created": created,
    "changed": changed,
    "location": location,
    "scope": scope,
}

# Functions that rework what the client sent; they are told the api-version too.
REWORKED: dict[str, Callable[[State, Resource, Item, str], Any]] = {
    "vmStorage": compute_views.storage_profile,
    "vmOs": compute_views.os_profile,
    "storageEncryption": storage_encryption,
}
