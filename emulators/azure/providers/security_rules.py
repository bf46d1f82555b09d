"""What Microsoft.Network checks of the rules of security groups."""

import ipaddress
from typing import Any

from emulators.azure.providers.network_rules import TAG, Properties, refused
from emulators.azure.world.ids import ResourceId
from emulators.azure.world.state import State


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
            f"Security rule has invalid Port range. Value provided: {text}. Value should be an integer OR integer "
            "range with "
            "'-' delimiter. Valid range 0-65535.",
        )


def _rule_prefix(rid: ResourceId, text: Any) -> None:
    if text in (None, "", "*") or TAG.fullmatch(str(text)) or str(text).isdigit():
        return
    try:
        ipaddress.ip_network(str(text), strict=False)
    except ValueError as error:
        raise refused(
            "SecurityRuleInvalidAddressPrefix",
            f"Security rule {rid} has invalid Address prefix. Value provided: {text}",
        ) from error
