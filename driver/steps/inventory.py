"""Topology entries of the former driver, expanded into entries of ARM resources.

That driver wrote one entry of type `Azure` for each resource. Its id is that of the deployment or of the resource
group.
"""

import logging
from collections.abc import Mapping

from driver.azure import deployments, writes
from driver.azure.refusals import Refusal
from driver.models.events import Topology, TopologyEntry, is_former
from driver.models.orders import AzureLocation, Order
from driver.resource_ids import ResourceId
from driver.topology import list_owned, name_entries

_log = logging.getLogger("driver.lifecycle")


def expand_former_entries(
    location: AzureLocation, topology: Mapping[str, TopologyEntry | None], groups: bool
) -> tuple[Topology, list[str]]:
    """The topology with entries of the former driver expanded, and the keys of the entries that were dropped.

    A former entry that names a deployment is kept, and the resources of that deployment are added. One that names a
    resource group is kept if `groups` is true. Dropped is any other former entry, and every entry whose id is no ARM
    id of a resource.
    """
    expanded: Topology = {}
    dropped: list[str] = []
    for key, entry in list_owned(topology).items():
        if not entry.id.is_resource:
            dropped.append(key)
        elif not is_former(entry.type) or (entry.id.is_group and groups):
            expanded[key] = entry
        elif entry.id.is_deployment:
            expanded[key] = entry
            expanded |= name_entries(_find_resources(location, entry.id), home=entry.id)
        else:
            dropped.append(key)
    return expanded, dropped


def list_resources(order: Order) -> tuple[ResourceId, ...]:
    """What a resource owns, without the records of deployments."""
    topology, _ = expand_former_entries(order.location, order.topology, groups=True)
    return tuple(entry.id for entry in list_owned(topology).values() if not entry.id.is_deployment)


def _find_resources(location: AzureLocation, deployment_id: ResourceId) -> tuple[ResourceId, ...]:
    """The ids of the resources that a deployment wrote; none if there is no such deployment."""
    try:
        deployment = deployments.get(location, deployment_id)
    except Refusal as refused:
        if refused.is_absence:
            _log.warning("the record %s is gone: nobody knows what it created, and that stays in Azure", deployment_id)
            return ()
        raise
    if deployment.resource_ids:
        return deployment.resource_ids
    found = writes.read_writes(location, deployment_id)
    return (*found.created, *found.records)
