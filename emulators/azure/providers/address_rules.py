"""Addresses: checked and given to interfaces and load balancers."""

import ipaddress
import re

from emulators.azure.providers.network_rules import Properties, refused, subnet_prefixes
from emulators.azure.world.entities import Resource
from emulators.azure.world.ids import ResourceId
from emulators.azure.world.state import State


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
