"""What deployments wrote, from their operations."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import TypeAdapter, ValidationError

from driver.azure import connection, deployments
from driver.azure.refusals import Refusal, read_cause
from driver.azure.verdicts import Cause
from driver.models.orders import AzureLocation
from driver.resource_ids import ResourceId

_MOST_NESTED = 5  # levels; ARM itself refuses deeper nesting
_ENDED = ("succeeded", "failed", "canceled")  # states of an operation
_DURATION = TypeAdapter(timedelta)


@dataclass(frozen=True)
class Write:
    """An operation of kind Create: its target, its state in lower case, the cause if it has failed, when it began and
    ended (ISO 8601; empty if ARM does not say it, or it has not ended).
    """

    target: ResourceId
    state: str
    failure: Cause | None = None
    since: str = ""
    until: str = ""

    @property
    def is_over(self) -> bool:
        return self.state in _ENDED


@dataclass(frozen=True)
class Writes:
    """What the operations of a deployment show. `created` are the targets of operations of kind Create, `operations`
    the last such operation on each. `records` are the records of nested deployments of the same run. `foreign` are
    records of nested deployments that a later run of another deployment has overwritten: what they wrote is not known.
    """

    created: tuple[ResourceId, ...] = ()
    records: tuple[ResourceId, ...] = ()
    foreign: tuple[ResourceId, ...] = ()
    operations: tuple[Write, ...] = ()


def read_writes(
    location: AzureLocation, resource_id: ResourceId, correlation_id: str = "", must_exist: bool = False
) -> Writes:
    """What a deployment and its nested deployments wrote or tried to write, from their operations: ARM lists no
    resources for a deployment that has failed. `correlation_id` is that of the run; if it is empty, no nested record
    counts as foreign. Raises a Refusal of status 404 if ARM does not find the deployment, and `must_exist`.
    """
    records: list[ResourceId] = []
    foreign: list[ResourceId] = []
    level = list_writes(location, resource_id, must_exist)
    operations = [*level]
    for _ in range(_MOST_NESTED):
        nested_ids, level = [write.target for write in level if write.target.is_deployment], []
        for nested_id in nested_ids:
            # Read before it is known whose they are: a record that is ours after that was ours then. Another deployment
            # of the name may overwrite it at any time.
            inner = list_writes(location, nested_id)
            if not correlation_id or _is_of_run(deployments.find_record(location, nested_id), correlation_id):
                records.append(nested_id)
                level += inner
            else:
                foreign.append(nested_id)
        operations += level
    written = {write.target: write for write in operations if not write.target.is_deployment}
    return Writes(tuple(written), tuple(dict.fromkeys(records)), tuple(dict.fromkeys(foreign)), tuple(written.values()))


def list_unfinished(location: AzureLocation, resource_id: ResourceId) -> list[str]:
    """The resources on which a deployment, or one nested in it, still works: `type/name is Running since ...`."""
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


def list_writes(location: AzureLocation, resource_id: ResourceId, must_exist: bool = False) -> list[Write]:
    """The last operation of kind Create on each target of a deployment; its nested deployments are such targets. Other
    operations (Read, Action) only use a resource. Raises a Refusal of status 404 as `read_writes` does.
    """
    entries = [entry.properties for entry in _list_operations(location, resource_id, must_exist)]
    found: dict[ResourceId, tuple[datetime, Write]] = {}
    for entry in entries:
        target = entry.target_resource
        if deployments.read_word(entry.provisioning_operation) != "Create" or target is None or not target.id:
            continue
        write, at = _read_write(entry), entry.timestamp or datetime.min.replace(tzinfo=UTC)
        if write.target not in found or found[write.target][0] <= at:
            found[write.target] = (at, write)
    return [write for _, write in found.values()]


def _read_write(entry: Any) -> Write:
    """The operation with these properties."""
    state = deployments.read_word(entry.provisioning_state).lower()
    failure = read_cause(entry.get("statusMessage") or "") if state in ("failed", "canceled") else None
    since, until = _read_times(entry)
    return Write(
        ResourceId.parse(str(entry.target_resource.id)), state, failure, since, until if state in _ENDED else ""
    )


def _read_times(entry: Any) -> tuple[str, str]:
    """When an operation began, and when it changed last. ARM gives the latter, and the duration until then."""
    if entry.timestamp is None:
        return "", ""
    try:
        since = entry.timestamp - _DURATION.validate_python(entry.duration or "PT0S")
    except (ValidationError, OverflowError):
        since = entry.timestamp
    return since.isoformat(timespec="milliseconds"), entry.timestamp.isoformat(timespec="milliseconds")


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
