"""The step of `check`: whether every resource that this one owns exists, is provisioned and, if it is a machine, runs.

TNC-O sends Integrity after Start, and to heal a broken component after Stop and Start.
"""

import time
from typing import Any

from driver.azure import resources
from driver.azure.operations import compute_poll_wait
from driver.azure.refusals import Refusal
from driver.models.events import FailureCode
from driver.models.orders import AzureLocation, Order
from driver.models.outcomes import Outcome, State, complete, fail, keep_running
from driver.resource_ids import ResourceId
from driver.steps import inventory
from driver.steps.calls import AT_ONCE, call_at_once
from driver.steps.entries import TERMINAL, read_state
from driver.waiting import compute_age, tell_time

_MACHINE = "Microsoft.Compute/virtualMachines"
_POWER = "PowerState/"
_SECONDS = 30.0  # after which a step looks at nothing more
_NO_GET = 405


class CheckState(State):
    """`pending`: what has to be looked at yet, or again, because something is going on with it. `faults`: what was
    found to be broken, one sentence each, of `total` resources. `since`: when the first look began (ISO 8601).
    """

    begun: bool = False
    pending: tuple[ResourceId, ...] = ()
    total: int = 0
    faults: tuple[str, ...] = ()
    since: str = ""


def check_integrity(order: Order, state: CheckState, attempt: int) -> Outcome:
    """Look at what is pending. When nothing is, the transition completes, or fails with all that is broken."""
    state = state if state.begun else _begin(order)
    end = time.monotonic() + _SECONDS
    waiting, faults, left = [], list(state.faults), list(state.pending)
    while left and time.monotonic() < end:
        now, left = left[:AT_ONCE], left[AT_ONCE:]
        for resource_id, found in call_at_once(lambda one: _check(order.location, one), now).items():
            if found is None:
                waiting.append(resource_id)
            elif found:
                faults.append(found)
    looked = state.model_copy(update={"pending": (*left, *waiting), "faults": tuple(faults)})
    if looked.pending:
        wait = 0.0 if left else compute_poll_wait(order.location, compute_age(state.since))
        return keep_running(wait, looked, f"something is going on with {', '.join(map(str, looked.pending[:5]))}")
    if faults:
        reason = f"{len(faults)} of {state.total} resources are broken: {'; '.join(faults)}"
        return fail(FailureCode.INFRASTRUCTURE_ERROR, reason, looked)
    return complete({}, {}, repeatable=False)


def _begin(order: Order) -> CheckState:
    owned = inventory.list_resources(order)
    return CheckState(begun=True, pending=owned, total=len(owned), since=tell_time())


def _check(location: AzureLocation, resource_id: ResourceId) -> str | None:
    """What is broken about a resource; empty if nothing is, None if something is going on with it.

    Raises a Refusal that passes.
    """
    try:
        body = resources.get(location, resource_id)
        state = read_state(body or {})
        if body is None:
            return f"{resource_id} does not exist"
        if state not in TERMINAL:
            return None
        if state in ("failed", "canceled"):
            return f"{resource_id} has {state}"
        return _check_power(location, resource_id) if resource_id.is_of_type(_MACHINE) else ""
    except Refusal as refused:
        if refused.status == _NO_GET:
            return ""  # its type has no GET: nothing can be said
        if refused.verdict.tries:
            raise
        return f"{resource_id} cannot be looked at: {refused.cause.text}"


def _check_power(location: AzureLocation, resource_id: ResourceId) -> str | None:
    view = resources.get_instance_view(location, resource_id)
    power = next((word for word in map(_read_power, view.get("statuses") or ()) if word), "")
    if power in ("starting", "stopping", "deallocating"):
        return None
    return "" if power == "running" else f"{resource_id} does not run: {power or 'its power state is not known'}"


def _read_power(status: Any) -> str:
    """The word for the power state in a status of an instance view; empty if it tells something else."""
    code = str(status.get("code") or "") if isinstance(status, dict) else ""
    return code.removeprefix(_POWER).lower() if code.startswith(_POWER) else ""
