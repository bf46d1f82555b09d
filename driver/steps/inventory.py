"""The inventory of a resource with the entries of the driver that went before taken apart.

That driver wrote one entry of type `Azure` for each resource: its id is that of the deployment, or of the resource
group.
"""

from collections.abc import Mapping

from driver.azure import deployments
from driver.azure.refusals import Refusal
from driver.models.events import Topology, TopologyEntry
from driver.models.orders import AzureLocation
from driver.resource_ids import ResourceId
from driver.topology import list_owned, name_entries

_FORMER_TYPE = "azure"


def expand_former_entries(
    location: AzureLocation, topology: Mapping[str, TopologyEntry | None], groups: bool
) -> tuple[Topology, list[str]]:
    """The topology with an entry for every ARM resource that an entry of the former driver stands for, and the keys of
    entries that mean nothing to delete: no ARM id; or a former one that names a resource group, which means that group
    only where `groups` is true.
    """
    expanded: Topology = {}
    dropped: list[str] = []
    for key, entry in list_owned(topology).items():
        is_former = entry.type.lower() == _FORMER_TYPE
        if not entry.id.type:
            dropped.append(key)
        elif not is_former or (entry.id.is_group and groups):
            expanded[key] = entry
        elif entry.id.is_deployment:
            expanded[key] = entry
            expanded |= name_entries(_find_resources(location, entry.id), home=entry.id)
        else:
            dropped.append(key)
    return expanded, dropped


def _find_resources(location: AzureLocation, deployment_id: ResourceId) -> tuple[ResourceId, ...]:
    """The ids of what a deployment made."""
    try:
        deployment = deployments.get(location, deployment_id)
    except Refusal as refused:
        if refused.is_absence:
            return ()
        raise
    return deployment.resource_ids or deployments.list_touched_ids(location, deployment_id)
