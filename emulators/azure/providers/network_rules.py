"""What Microsoft.Network checks before it accepts a resource."""

import ipaddress
import re
import uuid
from typing import Any

from emulators.azure.errors import NETWORK, Refusal
from emulators.azure.ids import ResourceId
from emulators.azure.state import Resource, State

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
            f"Cannot encrypt VirtualNetwork {rid} unless both encryption intent (Enabled true or false) and enforcement "
            "policy (AllowUnencrypted or DropUnencrypted) are specified.",
        )


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
                        f"Subnet '{rid.name}' is not valid because its IP address range overlaps with that of an existing "
                        f"subnet in virtual network '{vnet.name}'.",
                    )


def _within(inner: Network, outer: Network) -> bool:
    return inner.version == outer.version and int(outer[0]) <= int(inner[0]) and int(inner[-1]) <= int(outer[-1])


def subnet_prefixes(properties: Properties) -> list[str]:
    single = properties.get("addressPrefix")
    return [single] if single else list(properties.get("addressPrefixes") or [])


def _default_rule(
    name: str, text: str, priority: int, direction: str, access: str, source: str, target: str
) -> Properties:
    return {
        "name": name,
        "properties": {
            "description": text,
            "protocol": "*",
            "sourcePortRange": "*",
            "destinationPortRange": "*",
            "sourceAddressPrefix": source,
            "destinationAddressPrefix": target,
            "access": access,
            "priority": priority,
            "direction": direction,
        },
    }


_VNET, _ANY = "VirtualNetwork", "*"
DEFAULT_RULES = [
    _default_rule(
        "AllowVnetInBound", "Allow inbound traffic from all VMs in VNET", 65000, "Inbound", "Allow", _VNET, _VNET
    ),
    _default_rule(
        "AllowAzureLoadBalancerInBound",
        "Allow inbound traffic from azure load balancer",
        65001,
        "Inbound",
        "Allow",
        "AzureLoadBalancer",
        _ANY,
    ),
    _default_rule("DenyAllInBound", "Deny all inbound traffic", 65500, "Inbound", "Deny", _ANY, _ANY),
    _default_rule(
        "AllowVnetOutBound",
        "Allow outbound traffic from all VMs to all VMs in VNET",
        65000,
        "Outbound",
        "Allow",
        _VNET,
        _VNET,
    ),
    _default_rule(
        "AllowInternetOutBound",
        "Allow outbound traffic from all VMs to Internet",
        65001,
        "Outbound",
        "Allow",
        _ANY,
        "Internet",
    ),
    _default_rule("DenyAllOutBound", "Deny all outbound traffic", 65500, "Outbound", "Deny", _ANY, _ANY),
]
_TAG = re.compile(r"[A-Za-z][\w.]*")


def security_rule(state: State, rid: ResourceId, properties: Properties) -> None:
    """Priority 100-4096 and not taken, ports 0-65535, prefixes, service tags or `*`."""
    priority = properties.get("priority")
    if not isinstance(priority, int) or not 100 <= priority <= 4096:
        raise refused(
            "SecurityRuleInvalidPriority",
            f"Security rule has invalid Priority. Value provided: {priority} Allowed range 100-4096.",
        )
    for name in ("sourcePortRange", "destinationPortRange"):
        for text in [properties.get(name), *(properties.get(f"{name}s") or [])]:
            _port_range(text)
    for name in ("sourceAddressPrefix", "destinationAddressPrefix"):
        for text in [properties.get(name), *(properties.get(f"{name}es") or [])]:
            _rule_prefix(rid, text)
    for sibling in state.children_of(str(rid.parent)):
        same = (sibling.properties.get("priority"), sibling.properties.get("direction"))
        if sibling.id.lower() != str(rid).lower() and same == (priority, properties.get("direction")):
            raise refused(
                "SecurityRuleConflict",
                f"Security rule {rid.name} conflicts with rule {sibling.name}. Rules cannot have the same Priority and "
                "Direction. To learn more, see aka.ms/nsgrules.",
            )


def _port_range(text: Any) -> None:
    if text in (None, "", "*"):
        return
    parts = str(text).split("-")
    if len(parts) > 2 or not all(part.isdigit() and int(part) <= 65535 for part in parts):
        raise refused(
            "SecurityRuleInvalidPortRange",
            f"Security rule has invalid Port range. Value provided: {text}. Value should be an integer OR integer range with "
            "'-' delimiter. Valid range 0-65535.",
        )


def _rule_prefix(rid: ResourceId, text: Any) -> None:
    if text in (None, "", "*") or _TAG.fullmatch(str(text)) or str(text).isdigit():
        return
    try:
        ipaddress.ip_network(str(text), strict=False)
    except ValueError as error:
        raise refused(
            "SecurityRuleInvalidAddressPrefix",
            f"Security rule {rid} has invalid Address prefix. Value provided: {text}",
        ) from error


def route(_state: State, rid: ResourceId, properties: Properties) -> None:
    text = properties.get("addressPrefix")
    if isinstance(text, str) and not _TAG.fullmatch(text):
        prefix(text, str(rid))


def public_ip(_state: State, rid: ResourceId, properties: Properties) -> None:
    label = (properties.get("dnsSettings") or {}).get("domainNameLabel")
    rule = "^[a-z][a-z0-9-]{1,61}[a-z0-9]$"
    if label is not None and not re.match(rule, label):
        raise refused(
            "InvalidDomainNameLabel",
            f"The domain name label {label} is invalid. It must conform to the following regular expression: {rule}.",
        )


def network_interface(state: State, rid: ResourceId, properties: Properties) -> None:
    _assign(state, rid, properties.get("ipConfigurations") or [])
    label = (properties.get("dnsSettings") or {}).get("internalDnsNameLabel")
    if label:
        properties["dnsSettings"]["internalFqdn"] = f"{label}.emulated.internal.cloudapp.net"


def load_balancer(state: State, rid: ResourceId, properties: Properties) -> None:
    inner = [
        item for item in properties.get("frontendIPConfigurations") or [] if "subnet" in (item.get("properties") or {})
    ]
    _assign(state, rid, inner)
    for item in inner:
        item["properties"].setdefault("privateIPAddressVersion", "IPv4")


def _assign(state: State, rid: ResourceId, configurations: list[Properties]) -> None:
    """Give each configuration an address of its subnet; those that have one keep it."""
    existing = state.resources.get(str(rid).lower())
    for item in configurations:
        inner = item.setdefault("properties", {})
        wanted = inner.get("privateIPAddress")
        if wanted is not None:
            try:
                ipaddress.ip_address(wanted)
            except ValueError as error:
                raise refused(
                    "InvalidPrivateIPAddressFormat", f"Private static IP address value {wanted} is invalid."
                ) from error
        elif "subnet" in inner:
            inner["privateIPAddress"] = _kept(existing, item) or _free(state, str(inner["subnet"].get("id", "")))


def _kept(existing: Resource | None, item: Properties) -> str | None:
    for lists in existing.properties.values() if existing else ():
        for other in lists if isinstance(lists, list) else ():
            if isinstance(other, dict) and other.get("name") == item.get("name"):
                return (other.get("properties") or {}).get("privateIPAddress")
    return None


def _free(state: State, subnet_id: str) -> str:
    """The first address of a subnet that is not taken; Azure keeps the first four for itself."""
    found = state.resources.get(subnet_id.lower())
    prefixes = subnet_prefixes(found.properties) if found else []
    network = ipaddress.ip_network(prefixes[0]) if prefixes else ipaddress.ip_network("10.0.0.0/24")
    users = [state.resources[key] for key in state.referrers.get(subnet_id.lower(), ()) if key in state.resources]
    taken = {text for user in users for text in re.findall(r"'privateIPAddress': '([^']+)'", str(user.properties))}
    for number in range(4, min(network.num_addresses - 1, 4096)):
        if str(network[number]) not in taken:
            return str(network[number])
    name = subnet_id.rsplit("/", 1)[-1]
    raise refused("SubnetIsFull", f"Subnet {name} with address prefix {network} does not have enough capacity.")
