"""The CIDR functions."""

import ipaddress
from typing import Any

from emulators.azure.language.models import TemplateError
from emulators.azure.language.signatures import Function

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _network(text: str) -> Network:
    try:
        if "/" not in text:
            return ipaddress.ip_network(f"{text}/{_guess_prefix(text)}", strict=False)
        return ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise TemplateError(f"'{text}' is not an IP range in CIDR notation") from error


def _guess_prefix(address: str) -> int:
    """The prefix of an address without one: that of its class."""
    parsed = ipaddress.ip_address(address)
    if parsed.version == 6:
        return 64
    first = parsed.packed[0]
    return 8 if first < 128 else 16 if first < 192 else 24


def _parse(text: str) -> dict[str, Any]:
    network = _network(text)
    result: dict[str, Any] = {"network": str(network[0]), "netmask": str(network.netmask)}
    first = network[0]
    if network.version == 4:
        result["broadcast"] = str(network[-1])
        first = network[min(1, max(network.num_addresses - 2, 0))]
    return {**result, "firstUsable": str(first), "lastUsable": str(_last_usable(network)), "cidr": network.prefixlen}


def _last_usable(network: Network) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The address before an IPv4 range's broadcast address; the only one of a range that has no other."""
    return network[-1] if network.version == 6 or network.num_addresses == 1 else network[-2]


def _subnet(text: str, prefix: int, index: int) -> str:
    network = _network(text)
    if not network.prefixlen <= prefix <= network.max_prefixlen:
        raise TemplateError(f"the new CIDR '{prefix}' must be {network.prefixlen} to {network.max_prefixlen}")
    if not 0 <= index < 2 ** (prefix - network.prefixlen):
        size = 2 ** (prefix - network.prefixlen)
        raise TemplateError(f"The specified subnetIndex '{index}' is not a valid index of the subnet size '{size}'.")
    step = 2 ** (network.max_prefixlen - prefix)
    return f"{network[0] + index * step}/{prefix}"


def _host(text: str, index: int) -> str:
    network = _network(text)
    is_pair = network.version == 6 and network.prefixlen == 127  # Microsoft's engine refuses its second address
    if is_pair or int(network[0]) + index + 1 > int(_last_usable(network)):
        raise TemplateError(f"Could not calculate the CidrHost for network '{text}' and CIDR value '{index}'.")
    return str(network[0] + (index + 1))  # a negative index leads out of the range


TABLE = {
    "parsecidr": Function(_parse, "string"),
    "cidrsubnet": Function(_subnet, "string int int"),
    "cidrhost": Function(_host, "string int"),
}
