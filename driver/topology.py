"""The inventory of a resource: its associated topology, `<ARM type>/<name>` -> `{id, type}`."""

import re
from collections.abc import Iterable, Mapping
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from driver.models import Target, Topology, TopologyEntry

GROUP_TYPE = "Microsoft.Resources/resourceGroups"
DEPLOYMENT_TYPE = "Microsoft.Resources/deployments"
_GROUP_ID = re.compile(r"/subscriptions/[^/]+/resourceGroups/([^/]+)", re.IGNORECASE)


def arm_type(resource_id: str) -> str:
    """The ARM type in an ARM id: `Microsoft.Network/virtualNetworks/subnets`; of a scoped one the type of what is
    scoped.
    """
    head, _, tail = _provider(resource_id)
    if not tail:
        return GROUP_TYPE if _GROUP_ID.fullmatch(head) else ""
    namespace, *segments = tail.split("/")
    return "/".join([namespace, *segments[::2]])


def arm_name(resource_id: str) -> str:
    """The name in an ARM id, a child's after its parent's: `vnet-1/subnet-1`."""
    head, _, tail = _provider(resource_id)
    if not tail:
        return head.rsplit("/", 1)[-1]
    return "/".join(tail.split("/")[2::2])


def group_name(resource_id: str) -> str:
    """The resource group in an ARM id; empty where there is none."""
    match = _GROUP_ID.match(resource_id)
    return match[1] if match else ""


def parent(resource_id: str) -> str | None:
    """The id of what an ARM resource is a child of; None for a top-level resource."""
    _, _, tail = _provider(resource_id)
    return resource_id.rsplit("/", 2)[0] if tail.count("/") > 2 else None


def entries(
    ids: Iterable[str], taken: Mapping[str, Mapping[str, str]] = MappingProxyType({})
) -> dict[str, dict[str, str]]:
    """Topology entries of ARM ids. One whose key stands for another id already, among them or in `taken`, has its
    resource group in its key.
    """
    found: dict[str, dict[str, str]] = {}
    for resource_id in ids:
        entry = {"id": resource_id, "type": arm_type(resource_id)}
        key = f"{entry['type']}/{arm_name(resource_id)}"
        other = found.get(key) or taken.get(key)
        if other is not None and other["id"].lower() != resource_id.lower():
            key = f"{key} ({group_name(resource_id)})"
        found[key] = entry
    return found


def owned(topology: Mapping[str, TopologyEntry | None]) -> dict[str, TopologyEntry]:
    """The entries that are there: those that are null were removed."""
    return {key: entry for key, entry in topology.items() if entry is not None}


def selected(topology: Topology, targets: Iterable[Target] | None) -> dict[str, str]:
    """Keys and ids of what is to be removed: all, or the owned resources that a target names."""
    everything = {key: entry.id for key, entry in owned(topology).items()}
    if targets is None:
        return everything
    return {key: one for key, one in everything.items() if any(_is(one, target) for target in targets)}


def fingerprint(resource_id: str) -> str:
    """A short stand-in for an id: what was there before a deployment is kept in the history as these."""
    return sha256(resource_id.lower().encode()).hexdigest()[:12]


def depth(resource_id: str) -> int:
    """How late a resource may be deleted: children before parents, groups after what is in them, deployment records
    last.
    """
    kind = arm_type(resource_id).lower()
    if kind == DEPLOYMENT_TYPE.lower():
        return 0
    if kind == GROUP_TYPE.lower():
        return 1
    return 1 + resource_id.lower().split("/providers/", 1)[-1].count("/")


def is_within(resource_id: str, other: str) -> bool:
    """Whether deleting the other one deletes this one too: it is its child, or in that resource group."""
    one, start = resource_id.lower(), f"{other.lower()}/"
    if not one.startswith(start):
        return False
    return arm_type(other).lower() == GROUP_TYPE.lower() or "/providers/" not in one.removeprefix(start[:-1])


def merged(topology: Mapping[str, Any], *changes: Mapping[str, Any]) -> dict[str, Any]:
    """A topology after the events that changed it: a null removes a name."""
    result = dict(topology)
    for change in changes:
        result.update(change)
    return {key: value for key, value in result.items() if value is not None}


def _is(resource_id: str, target: Target) -> bool:
    return (
        arm_type(resource_id).lower() == target.type.lower()
        and arm_name(resource_id).lower() == target.name.lower()
        and target.resource_group.lower() in ("", group_name(resource_id).lower())
    )


def _provider(resource_id: str) -> tuple[str, str, str]:
    at = resource_id.lower().rfind("/providers/")
    return (
        (resource_id, "", "") if at < 0 else (resource_id[:at], "/providers/", resource_id[at + len("/providers/") :])
    )
