"""What deployments wrote, from their operations."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import TypeAdapter, ValidationError

from driver.azure import deployments, operations
from driver.azure.headers import read_timestamp
from driver.azure.refusals import Refusal, read_cause
from driver.azure.verdicts import Cause
from driver.models.orders import AzureLocation
from driver.resource_ids import ResourceId

_MOST_NESTED = 5  # levels; ARM itself refuses deeper nesting
_ENDED = ("succeeded", "failed", "canceled")  # states of an operation
# Outermost codes of a nested deployment that has run, in lower case. Without a code nothing is known.
_FAILURES = ("deploymentfailed", "resourcedeploymentfailure", "")
_DURATION = TypeAdapter(timedelta)


@dataclass(frozen=True)
class Write:
    """An operation of kind Create: its target, its state in lower case, the cause if it has failed, when it began and
    ended (ISO 8601; empty if ARM does not say it, or it has not ended). `is_refused`: it is a nested deployment that
    ARM has not begun.
    """

    target: ResourceId
    state: str
    failure: Cause | None = None
    since: str = ""
    until: str = ""
    is_refused: bool = False

    @property
    def is_over(self) -> bool:
        return self.state in _ENDED


@dataclass(frozen=True)
class Writes:
    """What the operations of a deployment show. `created` are the targets of operations of kind Create, `operations`
    the last such operation on each. `records` are the records of nested deployments of the same run. `foreign` are
    records of nested deployments that a later run of another deployment has overwritten, or that are gone: what they
    wrote is not known. `of_others` is what that later run has created. A nested deployment that ARM has refused has no
    record and wrote nothing.
    """

    created: tuple[ResourceId, ...] = ()
    records: tuple[ResourceId, ...] = ()
    foreign: tuple[ResourceId, ...] = ()
    of_others: tuple[ResourceId, ...] = ()
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
    of_others: list[ResourceId] = []
    level = list_writes(location, resource_id, must_exist)
    listed = [*level]
    for _ in range(_MOST_NESTED):
        nested, level = [write for write in level if write.target.is_deployment], []
        for write in nested:
            nested_id = write.target
            # Read before it is known whose they are: a record that is ours after that was ours then. Another deployment
            # of the name may overwrite it at any time.
            inner = list_writes(location, nested_id)
            record = deployments.find_record(location, nested_id) if correlation_id else None
            if not correlation_id or _is_of_run(record, correlation_id):
                records.append(nested_id)
                level += inner
            elif record is not None or inner or not write.is_refused:
                foreign.append(nested_id)
                of_others += [one.target for one in inner]
        listed += level
    written = {write.target: write for write in listed if not write.target.is_deployment}
    records, foreign, of_others = (list(dict.fromkeys(ids)) for ids in (records, foreign, of_others))
    return Writes(tuple(written), tuple(records), tuple(foreign), tuple(of_others), tuple(written.values()))


def list_unfinished(location: AzureLocation, resource_id: ResourceId) -> list[str]:
    """The resources on which a deployment, or one nested in it, still works: `type/name is Running since ...`."""
    texts: list[str] = []
    pending = [resource_id]
    for _ in range(_MOST_NESTED):
        level, pending = pending, []
        for deployment_id in level:
            for entry in _list_operations(location, deployment_id):
                state, target_id = str(entry.get("provisioningState") or ""), _read_target(entry)
                if target_id is None or state.lower() in _ENDED:
                    continue
                since = read_timestamp(entry.get("timestamp"))
                when = f" since {since.isoformat(timespec='seconds')}" if since else ""
                texts.append(f"{target_id.type}/{target_id.name} is {state}{when}")
                pending += [target_id] if target_id.is_deployment else []
    return texts


def list_writes(location: AzureLocation, resource_id: ResourceId, must_exist: bool = False) -> list[Write]:
    """The last operation of kind Create on each target of a deployment; its nested deployments are such targets. Other
    operations (Read, Action) only use a resource. Raises a Refusal of status 404 as `read_writes` does.
    """
    found: dict[ResourceId, tuple[datetime, Write]] = {}
    for entry in _list_operations(location, resource_id, must_exist):
        target = _read_target(entry)
        if target is None or str(entry.get("provisioningOperation")).lower() != "create":
            continue
        at = read_timestamp(entry.get("timestamp")) or datetime.min.replace(tzinfo=UTC)
        if target not in found or found[target][0] <= at:
            found[target] = (at, _read_write(entry, target))
    return [write for _, write in found.values()]


def _read_write(entry: Mapping[str, Any], target: ResourceId) -> Write:
    """The operation with these properties."""
    state = str(entry.get("provisioningState") or "").lower()
    failure = read_cause(entry.get("statusMessage") or "") if state in ("failed", "canceled") else None
    since, until = _read_times(entry)
    is_refused = target.is_deployment and state == "failed" and _read_code(entry.get("statusMessage")) not in _FAILURES
    return Write(target, state, failure, since, until if state in _ENDED else "", is_refused)


def _read_code(message: Any) -> str:
    """The outermost code of a failure, in lower case."""
    error = message.get("error", message) if isinstance(message, Mapping) else None
    return str(error.get("code") or "").lower() if isinstance(error, Mapping) else ""


def _read_target(entry: Mapping[str, Any]) -> ResourceId | None:
    target = entry.get("targetResource")
    text = target.get("id") if isinstance(target, Mapping) else None
    return ResourceId.parse(str(text)) if text else None


def _read_times(entry: Mapping[str, Any]) -> tuple[str, str]:
    """When an operation began, and when it changed last. ARM gives the latter, and the duration until then."""
    until = read_timestamp(entry.get("timestamp"))
    if until is None:
        return "", ""
    try:
        since = until - _DURATION.validate_python(entry.get("duration") or "PT0S")
    except (ValidationError, OverflowError):
        since = until
    return since.isoformat(timespec="milliseconds"), until.isoformat(timespec="milliseconds")


def _list_operations(
    location: AzureLocation, resource_id: ResourceId, must_exist: bool = False
) -> list[Mapping[str, Any]]:
    """The properties of a deployment's operations; none if there is no such deployment."""
    try:
        entries = list(operations.list_values(location, f"{resource_id.text}/operations", deployments.VERSION))
    except Refusal as refused:
        if refused.is_absence and not must_exist:
            return []
        raise
    return [entry["properties"] for entry in entries if isinstance(entry.get("properties"), Mapping)]


def _is_of_run(deployment: deployments.Deployment | None, correlation_id: str) -> bool:
    return deployment is not None and deployment.correlation_id.lower() == correlation_id.lower()
