"""What deployments wrote, from their operations."""

from dataclasses import dataclass
from typing import Any

from driver.azure import connection, deployments
from driver.azure.refusals import Refusal
from driver.models.orders import AzureLocation
from driver.resource_ids import ResourceId

_MOST_NESTED = 5  # levels; ARM itself refuses deeper nesting
_ENDED = ("succeeded", "failed", "canceled")  # states of an operation


@dataclass(frozen=True)
class Writes:
    """What the operations of a deployment show. `created` are the targets of operations of kind Create. `records` are
    the records of nested deployments of the same run. `foreign` are records of nested deployments that a later run of
    another deployment has overwritten: what they wrote is not known.
    """

    created: tuple[ResourceId, ...] = ()
    records: tuple[ResourceId, ...] = ()
    foreign: tuple[ResourceId, ...] = ()


def read_writes(
    location: AzureLocation, resource_id: ResourceId, correlation_id: str = "", must_exist: bool = False
) -> Writes:
    """What a deployment and its nested deployments wrote or tried to write, from their operations: ARM lists no
    resources for a deployment that has failed. `correlation_id` is that of the run; if it is empty, no nested record
    counts as foreign. Raises a Refusal of status 404 if ARM does not find the deployment, and `must_exist`.
    """
    records: list[ResourceId] = []
    foreign: list[ResourceId] = []
    level = _list_created_ids(location, resource_id, must_exist)
    created = [*level]
    for _ in range(_MOST_NESTED):
        nested_ids, level = [target for target in level if target.is_deployment], []
        for nested_id in nested_ids:
            # Read before it is known whose they are: a record that is ours after that was ours then. Another deployment
            # of the name may overwrite it at any time.
            targets = _list_created_ids(location, nested_id)
            if not correlation_id or _is_of_run(deployments.find_record(location, nested_id), correlation_id):
                records.append(nested_id)
                level += targets
            else:
                foreign.append(nested_id)
        created += level
    written = dict.fromkeys(target for target in created if not target.is_deployment)
    return Writes(tuple(written), tuple(dict.fromkeys(records)), tuple(dict.fromkeys(foreign)))


def list_unfinished(location: AzureLocation, resource_id: ResourceId) -> list[str]:
    """What a deployment, or one nested in it, is still at work on: `type/name is Running since ...`."""
    texts: list[str] = []
    pending = [resource_id]
    for _ in range(_MOST_NESTED):
        level, pending = pending, []
        for deployment_id in level:
            for entry in _list_operations(location, deployment_id):
                state = deployments.read_word(entry.properties.provisioning_state)
                target = entry.properties.target_resource
                if target is None or not target.id or state.lower() in _ENDED:
                    continue
                target_id = ResourceId.parse(str(target.id))
                since = entry.properties.timestamp
                when = f" since {since.isoformat(timespec='seconds')}" if since else ""
                texts.append(f"{target_id.type}/{target_id.name} is {state}{when}")
                pending += [target_id] if target_id.is_deployment else []
    return texts


def _list_created_ids(location: AzureLocation, resource_id: ResourceId, must_exist: bool = False) -> list[ResourceId]:
    """The targets of a deployment's operations of kind Create. Other operations (Read, Action) only use a resource."""
    targets = [
        entry.properties.target_resource
        for entry in _list_operations(location, resource_id, must_exist)
        if deployments.read_word(entry.properties.provisioning_operation) == "Create"
    ]
    return [ResourceId.parse(str(target.id)) for target in targets if target is not None and target.id]


def _list_operations(location: AzureLocation, resource_id: ResourceId, must_exist: bool = False) -> list[Any]:
    """The operations of a deployment that have properties; none if there is no such deployment."""
    try:
        with connection.connect(location) as clients:
            entries = list(clients.deployments.deployment_operations.list_at_scope(*deployments.split_id(resource_id)))
    except Refusal as refused:
        if refused.is_absence and not must_exist:
            return []
        raise
    return [entry for entry in entries if entry.properties]


def _is_of_run(deployment: deployments.Deployment | None, correlation_id: str) -> bool:
    return deployment is not None and deployment.correlation_id.lower() == correlation_id.lower()
