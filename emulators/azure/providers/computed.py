"""Properties that follow from other resources. Each function takes the state and the resource; ABSENT: not shown."""

import uuid
from collections.abc import Callable
from typing import Any

from emulators.azure.providers import compute_views, network_views, storage_views
from emulators.azure.providers.usage import NIC, VM
from emulators.azure.wire.times import timestamp
from emulators.azure.world.entities import Resource
from emulators.azure.world.state import State

Item = dict[str, Any]
Computed = Callable[[State, Resource, Item], Any]


def scope(_state: State, resource: Resource, _item: Item) -> Any:
    return resource.id.rsplit("/providers/", 1)[0] or "/"


def changed(_state: State, resource: Resource, _item: Item) -> Any:
    return timestamp(resource.changed)


def provisioning_state(_state: State, resource: Resource, _item: Item) -> Any:
    return resource.state


def writer(_state: State, _resource: Resource, _item: Item) -> Any:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "writer"))


def creator(state: State, resource: Resource, item: Item) -> Any:
    """Not said in the answer to the PUT."""
    return writer(state, resource, item) if resource.facts.get("answered") else None


def nothing(_state: State, _resource: Resource, _item: Item) -> Any:
    """Shown as null."""
    return None


FUNCTIONS: dict[str, Computed] = {
    "null": nothing,
    "creator": creator,
    "writer": writer,
    "secondaryLocation": storage_views.secondary_location,
    "secondaryStatus": storage_views.secondary_status,
    "diskBytes": compute_views.disk_bytes,
    "diskState": compute_views.disk_state,
    "createdOffset": compute_views.created_offset,
    "skuTier": compute_views.sku_tier,
    "state": provisioning_state,
    "subnets": network_views.referring("Microsoft.Network/virtualNetworks/subnets"),
    "networkInterfaces": network_views.referring(NIC),
    "subnetIpConfigurations": network_views.subnet_ip_configurations,
    "ipConfiguration": network_views.referring(NIC, "Microsoft.Network/loadBalancers", one=True),
    "natGateway": network_views.referring("Microsoft.Network/natGateways", one=True),
    "virtualMachine": network_views.referring(VM, one=True),
    "virtualMachines": network_views.referring(VM),
    "diskOwner": compute_views.disk_owner,
    "publicAddress": network_views.public_address,
    "outboundRules": network_views.outbound_rules,
    "ddosSettings": network_views.ddos_settings,
    "inboundNatPools": network_views.pointing_here("inboundNatPools"),
    "inboundNatRules": network_views.pointing_here("inboundNatRules"),
    "loadBalancingRules": network_views.pointing_here("loadBalancingRules"),
    "macAddress": network_views.mac_address,
    "nicPrimary": network_views.nic_primary,
    "peeringState": network_views.peering_state,
    "syncLevel": network_views.sync_level,
    "remoteSpace": network_views.remote_space,
    "zoneLinks": network_views.zone_links,
    "registeringLinks": network_views.registering_links,
    "recordSets": network_views.record_sets,
    "fqdn": network_views.fqdn,
    "storageEndpoints": storage_views.storage_endpoints,
    "changed": changed,
    "scope": scope,
}

# Functions that rework what the client sent; they are told the api-version too.
REWORKED: dict[str, Callable[[State, Resource, Item, str], Any]] = {
    "vmStorage": compute_views.storage_profile,
    "vmOs": compute_views.os_profile,
    "storageEncryption": storage_views.storage_encryption,
}
