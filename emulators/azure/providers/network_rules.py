"""What Microsoft.Network checks before it accepts a resource."""

import ipaddress
import re
import uuid
from typing import Any

from emulators.azure.providers import network_views
from emulators.azure.wire.errors import BARE, NETWORK, Refusal
from emulators.azure.world.entities import Resource
from emulators.azure.world.ids import ResourceId
from emulators.azure.world.state import State

Properties = dict[str, Any]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def new_guid() -> str:
    return str(uuid.uuid4())


def refused(code: str, message: str) -> Refusal:
    return Refusal(400, code, message, NETWORK)


def prefix(text: object, resource_id: str) -> Network:
    """An address prefix in CIDR notation, its host bits zero."""
    try:
        if not isinstance(text, str) or "/" not in text:
            raise ValueError(text)
        loose = ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise refused(
            "InvalidAddressPrefixFormat",
            f"Address prefix {text} of resource {resource_id} is not formatted correctly. "
            "It should follow CIDR notation, for example 10.0.0.0/24.",
        ) from error
    if str(loose.network_address) != text.split("/")[0] and loose.version == 4:
        raise refused(
            "InvalidCIDRNotation",
            f"The address prefix {text} in resource {resource_id} has an invalid CIDR notation. "
            f"For the given prefix length, the address prefix should be {loose}.",
        )
    return loose


def virtual_network(_state: State, rid: ResourceId, properties: Properties) -> None:
    prefixes = (properties.get("addressSpace") or {}).get("addressPrefixes") or []
    for text in prefixes:
        prefix(text, str(rid))
    for number, server in enumerate((properties.get("dhcpOptions") or {}).get("dnsServers") or []):
        try:
            ipaddress.ip_address(server)
        except ValueError as error:
            raise refused(
                "NetcfgInvalidDnsServer", f"DNS server is not valid as specified with the name '{number}'."
            ) from error
    encryption = properties.get("encryption")
    if encryption and not {"enabled", "enforcement"} <= set(encryption):
        raise refused(
            "MustSpecifyBothEncryptionIntentAndEnforcementPolicy",
            f"Cannot encrypt VirtualNetwork {rid} unless both encryption intent (Enabled true or false) and "
            "enforcement "
            "policy (AllowUnencrypted or DropUnencrypted) are specified.",
        )


def security_group(_state: State, _rid: ResourceId, properties: Properties) -> None:
    """The default rules are read-only."""
    properties.pop("defaultSecurityRules", None)


def subnet(state: State, rid: ResourceId, properties: Properties) -> None:
    """Its prefixes lie in the network's address space and overlap with no sibling's."""
    vnet_id = str(rid.parent)
    vnet = state.resources.get(vnet_id.lower())
    wanted = [prefix(text, str(rid)) for text in subnet_prefixes(properties)]
    if vnet is None or not wanted:
        return
    space = [prefix(text, vnet.id) for text in (vnet.properties.get("addressSpace") or {}).get("addressPrefixes") or []]
    for network in wanted:
        if not any(_within(network, whole) for whole in space):
            raise refused("NetcfgInvalidSubnet", f"Subnet '{rid.name}' is not valid in virtual network '{vnet.name}'.")
    for sibling in state.children_of(vnet_id):
        if sibling.type.endswith("/subnets") and sibling.id.lower() != str(rid).lower():
            for text in subnet_prefixes(sibling.properties):
                if any(network.overlaps(prefix(text, sibling.id)) for network in wanted):
                    raise refused(
                        "NetcfgSubnetRangesOverlap",
                        f"Subnet '{rid.name}' is not valid because its IP address range overlaps with that of an "
                        "existing "
                        f"subnet in virtual network '{vnet.name}'.",
                    )


def _within(inner: Network, outer: Network) -> bool:
    return inner.version == outer.version and int(outer[0]) <= int(inner[0]) and int(inner[-1]) <= int(outer[-1])


def subnet_prefixes(properties: Properties) -> list[str]:
    single = properties.get("addressPrefix")
    return [single] if single else list(properties.get("addressPrefixes") or [])


def peering(state: State, rid: ResourceId, properties: Properties) -> None:
    """None is made while the counterpart is Disconnected; one that is Disconnected itself begins again."""
    existing = state.resources.get(str(rid).lower())
    wanted = existing or Resource(str(rid), rid.type, rid.name, "", properties=properties)
    back = network_views.find_counterpart(state, wanted)
    if existing is not None and back is None:
        existing.facts.pop("counterpart", None)
    if existing is None and back is not None and "counterpart" in back.facts:
        raise refused(
            "RemotePeeringIsDisconnected",
            f"Cannot create or update peering {rid} because remote peering {back.id} referencing parent virtual "
            f"network {rid.parent} is in Disconnected state. Update or re-create the remote peering to get it back to "
            "Initiated state. Peering gets Disconnected when remote vnet or remote peering is deleted and re-created.",
        )


def peering_changed(state: State, resource: Resource, deleted: bool) -> None:
    """Two peerings that have met know each other: each is Disconnected once the other is gone."""
    back = None if deleted else network_views.find_counterpart(state, resource)
    if back is not None:
        resource.facts["counterpart"], back.facts["counterpart"] = back.created, resource.created


def private_dns_link(state: State, _rid: ResourceId, properties: Properties) -> None:
    target = str((properties.get("virtualNetwork") or {}).get("id", ""))
    if target.lower() not in state.resources:
        raise Refusal(400, "BadRequest", f"Virtual network resource not found for '{target}'", BARE)


TAG = re.compile(r"[A-Za-z][\w.]*")


def route(_state: State, rid: ResourceId, properties: Properties) -> None:
    text = properties.get("addressPrefix")
    if isinstance(text, str) and not TAG.fullmatch(text):
        prefix(text, str(rid))
