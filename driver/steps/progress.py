"""How far a deployment or a removal is, as progress events: what an outcome shows and earlier ones did not."""

from collections.abc import Iterable, Mapping
from typing import Any

from driver import progress_events, settings
from driver.azure import crowds, deployments, throttling, writes
from driver.azure.refusals import Refusal
from driver.azure.verdicts import Cause
from driver.azure.writes import Write, Writes
from driver.models.events import is_former
from driver.models.orders import Order
from driver.models.outcomes import OperationShown, Outcome, State, WrittenResource
from driver.resource_ids import ResourceId
from driver.steps.passes import RemoveState
from driver.steps.states import DeployState
from driver.topology import list_owned
from driver.waiting import compute_age, tell_time

# From the beginning of a deployment to the first look at its operations, and between two looks; while the process polls
# many, up to that many times as long.
_LOOK_SECONDS = 15.0
_LONGEST_LOOK = 32
_MOST_OPERATIONS = 20  # that an execution shows
_STATES = {"succeeded": "succeeded", "failed": "failed", "canceled": "failed"}


def describe_writes(listed: Iterable[ResourceId], found: Writes | None) -> tuple[WrittenResource, ...]:
    """The resources of a deployment that has ended: by its operations if these were read, else as its record has
    listed them.
    """
    if found is not None:
        return _describe_operations(found.operations)
    return tuple(WrittenResource(id=one, state="succeeded") for one in listed if not one.is_deployment)


def show_operations(order: Order, outcome: Outcome) -> Outcome:
    """The outcome of a deployment that goes on, with what its operations show if it is time to read them. They are not
    read while ARM has few reads left, and a refusal is no trouble: they are read again later.
    """
    state = outcome.state
    is_asked_for = settings.current().progress_events or settings.current().console
    if not isinstance(state, DeployState) or order.deploy is None or not is_asked_for:
        return outcome
    least = _LOOK_SECONDS * (1 + (_LONGEST_LOOK - 1) * crowds.share_crowd().measure())
    if compute_age(state.shown_at or state.since) < least or throttling.measure_shortage(order.location):
        return outcome
    try:
        found = writes.list_writes(order.location, deployments.build_deployment_id(order.location, order.deploy))
    except Refusal:
        found = []
    written = _describe_operations(found)
    ended = (one.id.fingerprint for one in written if one.state != "running")
    shown = tuple(dict.fromkeys([*state.shown, *ended]))
    state = state.model_copy(update={"shown": shown, "shown_at": tell_time()})
    return outcome.model_copy(update={"state": state, "written": written})


def select_operations(written: Iterable[WrittenResource]) -> tuple[OperationShown, ...]:
    """Those that began last, the last one first, as the execution shows them."""
    newest = sorted(written, key=lambda one: one.since, reverse=True)[:_MOST_OPERATIONS]
    return tuple(
        OperationShown.model_validate(
            {
                "resource": one.id.text,
                "state": one.state.capitalize(),
                "since": one.since or None,
                "until": one.until or None,
            }
        )
        for one in newest
    )


def log_progress(step: str, order: Order, before: State, outcome: Outcome) -> None:
    """Log the progress events of the outcome of a step. `before` is the state that the step began with."""
    if isinstance(before, RemoveState):
        _log_removal(order, before, outcome)
    elif isinstance(before, DeployState) and order.deploy is not None:
        _log_deployment(step, order.deploy.name, before, outcome)


def _describe_operations(operations: Iterable[Write]) -> tuple[WrittenResource, ...]:
    """The targets of operations. Nested deployments are none: what they write is shown once it is known."""
    return tuple(_describe_write(write) for write in operations if not write.target.is_deployment)


def _describe_write(write: Write) -> WrittenResource:
    failure = write.failure or Cause("", "")
    state = _STATES.get(write.state, "running")
    return WrittenResource.model_validate(
        {
            "id": write.target,
            "state": state,
            "error_code": failure.code,
            "error": failure.message,
            "since": write.since,
            "until": write.until,
        }
    )


def _log_deployment(step: str, name: str, before: DeployState, outcome: Outcome) -> None:
    deployment = {"deploymentName": name}
    if outcome.deployment is not None:
        expected = {"resourcesDone": 0, "resourcesTotal": before.evidence.expected if before.evidence else 0}
        progress_events.log_event("DeploymentStarted", {**deployment, **expected})
    done, total = _log_resources(deployment, before, outcome)
    counts = {**deployment, "resourcesDone": done, "resourcesTotal": total}
    if step == "watch_deployment" and outcome.kind in ("Succeeded", "Completed"):
        progress_events.log_event("DeploymentSucceeded", counts)
    elif error := _find_failure(step, before, outcome):
        progress_events.log_event("DeploymentFailed", {**counts, "error": error})


def _log_resources(deployment: Mapping[str, str], before: DeployState, outcome: Outcome) -> tuple[int, int]:
    """Log the resources that have ended and were not shown before. How many have ended, of how many."""
    ended = [one for one in outcome.written if one.state != "running"]
    new = [one for one in ended if one.id.fingerprint not in before.shown]
    # Operations that have not begun are not listed.
    expected = before.evidence.expected if before.evidence and outcome.kind == "Running" else 0
    done = len(before.shown)
    total = max(len(outcome.written), len(before.shown) + len(new), expected)
    for one in new:
        done += 1
        details = {**deployment, **_name(one.id), "resourcesDone": done, "resourcesTotal": total}
        if one.state == "succeeded":
            progress_events.log_event("ResourceSucceeded", details)
        else:
            error = {"code": one.error_code, "message": one.error}
            progress_events.log_event("ResourceFailed", {**details, "error": error})
    return done, total


def _find_failure(step: str, before: DeployState, outcome: Outcome) -> dict[str, str]:
    """The error of a deployment that has failed with this outcome; empty if it has not.

    One that is given up while it runs is abandoned, and is shown when that is over; `since` is empty if none runs.
    """
    code = {"code": outcome.code.value} if outcome.code else {}
    if step == "watch_deployment" and outcome.collected:
        return {**code, "message": outcome.reason}
    if step == "start_deployment" and outcome.kind == "Failed":
        return {**code, "message": outcome.reason}
    if step == "abandon_deployment" and outcome.kind == "Succeeded" and before.since:
        return {"message": f"cancelled: {outcome.reason}" if outcome.reason else "cancelled"}
    return {}


def _log_removal(order: Order, before: RemoveState, outcome: Outcome) -> None:
    """Log what is gone with this pass. What was released, or is owned no more for another reason, is not counted."""
    after = outcome.state if isinstance(outcome.state, RemoveState) else None
    left = after.entries if after else {}
    removed = after.removed if after else tuple(key for key, entry in outcome.topology.items() if entry is None)
    named = {key: entry.id for key, entry in list_owned(order.topology).items() if not is_former(entry.type)}
    known = {**named, **{key: entry.id for key, entry in before.entries.items()}}
    ignored = {one.id for one in outcome.not_owned}
    counted = {key: known[key] for key in removed if key in known and _is_counted(known[key], ignored)}
    new = [resource_id for key, resource_id in counted.items() if key not in before.removed]
    total = len(counted) + sum(_is_counted(entry.id, ignored) for entry in left.values())
    for done, resource_id in enumerate(new, len(counted) - len(new) + 1):
        details = {**_name(resource_id), "resourcesDone": done, "resourcesTotal": total}
        progress_events.log_event("ResourceDeleted", details)


def _is_counted(resource_id: ResourceId, ignored: Iterable[str]) -> bool:
    return bool(resource_id.type) and not resource_id.is_deployment and resource_id.text not in ignored


def _name(resource_id: ResourceId) -> dict[str, Any]:
    return {"resourceName": resource_id.name, "resourceType": resource_id.type}
