"""The associated topology of a resource: what it owns, as `<ARM type>/<name>` -> `{id, type}`."""

from collections.abc import Iterable, Mapping
from typing import Any

from driver.models.events import Topology, TopologyEntry
from driver.models.orders import Target
from driver.resource_ids import ResourceId

# Types of extension resources. If the scope of such an id is a subscription, it extends that subscription.
_EXTENSIONS = {
    "microsoft.authorization/denyassignments",
    "microsoft.authorization/locks",
    "microsoft.authorization/policyassignments",
    "microsoft.authorization/policyexemptions",
    "microsoft.authorization/roleassignments",
    "microsoft.consumption/budgets",
    "microsoft.insights/diagnosticsettings",
}


def name_entries(
    ids: Iterable[ResourceId], home: ResourceId, taken: Mapping[str, TopologyEntry] | None = None
) -> dict[str, TopologyEntry]:
    """Topology entries of ARM ids, each with its own key. `taken` are entries that exist already: their keys are not
    given to other ids.

    `home` is any id in the resource group (or the subscription) of Create's deployment. The key of a resource that lies
    elsewhere contains its group, or its subscription and group.
    """
    entries: dict[str, TopologyEntry] = {}
    keys = {key: entry.id for key, entry in (taken or {}).items()}
    for resource_id in ids:
        key = next(key for key in _list_keys(resource_id, home) if keys.get(key, resource_id) == resource_id)
        entries[key] = TopologyEntry(id=resource_id, type=resource_id.type)
        keys[key] = resource_id
    return entries


def list_owned(topology: Mapping[str, TopologyEntry | None]) -> dict[str, TopologyEntry]:
    """The entries that are not null. A null entry names a resource that was removed."""
    return {key: entry for key, entry in topology.items() if entry is not None}


def select_ids(topology: Topology, targets: Iterable[Target] | None) -> dict[str, ResourceId]:
    """Keys and ids of the resources to remove: all if `targets` is None, else those that a target names."""
    ids = {key: entry.id for key, entry in list_owned(topology).items()}
    if targets is None:
        return ids
    wanted = list(targets)
    return {
        key: resource_id
        for key, resource_id in ids.items()
        if any(_is_target(resource_id, target) for target in wanted)
    }


def apply_changes(topology: Topology, *changes: Mapping[str, Any]) -> dict[str, TopologyEntry]:
    """A topology after the changes that events reported. A null entry removes its key."""
    result: dict[str, Any] = dict(topology)
    for change in changes:
        result.update(change)
    return {key: TopologyEntry.model_validate(entry) for key, entry in result.items() if entry is not None}


def _is_target(resource_id: ResourceId, target: Target) -> bool:
    is_there = not target.resource_group or resource_id.is_in_group(target.resource_group)
    return is_there and resource_id.is_of_type(target.type) and resource_id.is_named(target.name)


def _list_keys(resource_id: ResourceId, home: ResourceId) -> Iterable[str]:
    """The keys that an id may get, the shortest first. The last one is the id itself."""
    key = f"{resource_id.type}/{resource_id.name}{_describe_extended(resource_id)}"
    group, is_near = resource_id.resource_group, resource_id.is_in_subscription(home.subscription)
    place = group if is_near else "/".join(filter(None, [resource_id.subscription, group]))
    if not place or (is_near and (resource_id.is_group or resource_id.is_in_group(home.resource_group))):
        yield key
    if place:
        yield f"{key} ({place})"
    yield resource_id.text


def _describe_extended(resource_id: ResourceId) -> str:
    """The part of an extension resource's key that names what it extends; empty for any other resource."""
    if resource_id.extended is not None:
        return f"@{resource_id.extended.type}/{resource_id.extended.name}"
    is_alone = resource_id.subscription and not resource_id.resource_group
    return f"@{resource_id.scope}" if is_alone and resource_id.type.lower() in _EXTENSIONS else ""
