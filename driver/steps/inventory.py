"""The inventory of a resource with the entries of the driver that went before taken apart.

That driver wrote one entry of type `Azure` for each resource: its id is that of the deployment, or of the resource
group.
"""

from collections.abc import Mapping

from driver.azure import deployments
from driver.azure.refusals import Refusal
from driver.models import AzureLocation, Topology, TopologyEntry
from driver.topology import DEPLOYMENT_TYPE, GROUP_TYPE, arm_type, entries, owned

_OLD_TYPE = "azure"


def expanded(
    location: AzureLocation, topology: Mapping[str, TopologyEntry | None], groups: bool
) -> tuple[Topology, list[str]]:
    """The topology with an entry for every ARM resource that an old entry stands for, and the keys of old entries that
    mean nothing to delete: one that names a resource group means that group only where `groups` is true.
    """
    found: Topology = {}
    dropped: list[str] = []
    for key, entry in owned(topology).items():
        kind = arm_type(entry.id).lower()
        if entry.type.lower() != _OLD_TYPE or (kind == GROUP_TYPE.lower() and groups):
            found[key] = entry
        elif kind == DEPLOYMENT_TYPE.lower():
            found[key] = entry
            found |= {
                name: TopologyEntry.model_validate(one) for name, one in entries(_made_by(location, entry.id)).items()
            }
        else:
            dropped.append(key)
    return found, dropped


def _made_by(location: AzureLocation, deployment_id: str) -> tuple[str, ...]:
    try:
        deployment = deployments.get(location, deployment_id)
    except Refusal as refused:
        if refused.is_absence:
            return ()
        raise
    return deployment.resource_ids or deployments.touched_ids(location, deployment_id)
