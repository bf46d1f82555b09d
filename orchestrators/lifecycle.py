"""The way of a lifecycle after the 202: steps of its verb, one after another, then the event.

Input: `{"requestId", "tenant", "trace", "transition": {"name", "verb", "seconds"}, "awaits": [requestId], "sealed"}`,
and `progress` where a long run continues as new; of a run that only repeats an event `{"requestId", "tenant", "trace",
"event"}`. Output: the event. Deterministic and without I/O: activities do the work, durable timers the waiting.
"""

from collections.abc import Generator
from datetime import datetime, timedelta
from typing import Any

from azure.durable_functions import DurableOrchestrationContext, RetryOptions

from driver.models import FailureCode, event

PUBLISH = "publish_event"
# The step that follows when one has succeeded; after a verb's last step comes the event.
NEXT = {
    "await_executions": "remove_resources",
    "inspect_resources": "start_deployment",
    "start_deployment": "watch_deployment",
    "watch_deployment": PUBLISH,
    "remove_resources": PUBLISH,
    "call_action": "watch_action",
    "watch_action": PUBLISH,
    "adopt_deployment": PUBLISH,
    "start_preview": "watch_preview",
    "watch_preview": PUBLISH,
}
FIRST = {
    "deploy": "inspect_resources",
    "remove": "remove_resources",
    "call": "call_action",
    "adopt": "adopt_deployment",
    "preview": "start_preview",
}
# A deployment that failed for a passing reason is started again, not watched again.
AGAIN = {"watch_deployment": "start_deployment"}
# From the PUT on something may have been made: a run that fails there collects it before it reports.
ABANDON = "abandon_deployment"
ABANDONED = ("start_deployment", "watch_deployment")
ABANDON_SECONDS = 900
ACTIVITIES = frozenset({*NEXT, ABANDON, PUBLISH})

# A worker that dies fails its activities and Durable does not repeat them by itself.
RETRIES = RetryOptions(first_retry_interval_in_milliseconds=2_000, max_number_of_attempts=5)
STEPS_A_GENERATION = 25  # replay is quadratic in the length of the history
PUBLISH_AGAIN_SECONDS = 30
LONGEST_REASON = 1_000  # a custom status of more than 16 KB fails the orchestration


def run_lifecycle(context: DurableOrchestrationContext) -> Generator[Any, Any, dict[str, Any] | None]:
    """Run a lifecycle to its end; its event is the output."""
    run: dict[str, Any] = context.get_input()
    progress = run.get("progress") or _begin(run, context.current_utc_datetime)
    for _ in range(STEPS_A_GENERATION):
        step = progress["step"]
        try:
            outcome = yield context.call_activity_with_retry(step, RETRIES, _payload(run, progress))
        except Exception as bug:
            outcome = _bug(progress, bug)
        if step == PUBLISH and outcome["kind"] == "Succeeded":
            return dict(progress["event"])
        progress = _advance(run, progress, outcome, context.current_utc_datetime)
        # A step that is given up is not waited for: its deployment would go on until it is cancelled.
        given_up = progress["step"] != step and progress["step"] in (ABANDON, PUBLISH)
        if outcome["after"] and not given_up:
            context.set_custom_status(_status(progress, outcome))
            yield context.create_timer(_wake(progress, outcome["after"], context.current_utc_datetime))
    context.continue_as_new({**run, "progress": progress})
    return None


def _begin(run: dict[str, Any], now: datetime) -> dict[str, Any]:
    if "event" in run:
        return {"step": PUBLISH, "event": run["event"], "state": {}, "attempt": 0}
    step = "await_executions" if run["awaits"] else FIRST[run["transition"]["verb"]]
    deadline = now + timedelta(seconds=run["transition"]["seconds"])
    return {"step": step, "state": {}, "attempt": 0, "deadline": deadline.isoformat()}


def _payload(run: dict[str, Any], progress: dict[str, Any]) -> dict[str, Any]:
    payload = {"requestId": run["requestId"], "trace": run["trace"], "step": progress["step"]}
    if progress["step"] == PUBLISH:
        return {**payload, "tenant": run["tenant"], "event": progress["event"]}
    if progress["step"] == "await_executions":
        return {**payload, "awaits": run["awaits"], "state": progress["state"]}
    return {**payload, "sealed": run["sealed"], "state": progress["state"], "attempt": progress["attempt"]}


def _advance(run: dict[str, Any], progress: dict[str, Any], outcome: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Where the run stands after a step."""
    step, kind, state = progress["step"], outcome["kind"], outcome["state"]
    if step == PUBLISH:
        return progress
    if kind == "Failed":
        return _failing(run, progress, state, (FailureCode(outcome["code"]), outcome["reason"]), now)
    if kind == "Succeeded":
        following = ABANDON if step == ABANDON else NEXT[step]
        if following in (ABANDON, PUBLISH):
            return _ended(run, progress, state)
        # Tries are counted for a step; a deployment that is started again goes on counting.
        attempt = progress["attempt"] if following in AGAIN else 0
        return {**progress, "step": following, "state": state, "attempt": attempt}
    if now >= datetime.fromisoformat(progress["deadline"]):
        told = outcome["reason"] or "still under way"
        reason = f"not over after {run['transition']['seconds']} seconds, in step {step}: {told}"
        return _failing(run, progress, state, (FailureCode.INFRASTRUCTURE_ERROR, reason), now)
    if kind == "Retry":
        return {**progress, "step": AGAIN.get(step, step), "state": state, "attempt": progress["attempt"] + 1}
    return {**progress, "state": state}


def _failing(
    run: dict[str, Any],
    progress: dict[str, Any],
    state: dict[str, Any],
    failure: tuple[FailureCode, str],
    now: datetime,
) -> dict[str, Any]:
    """The run has failed: its event, after what a deployment made has been collected."""
    if progress["step"] in ABANDONED and "existed" in state:
        deadline = (now + timedelta(seconds=ABANDON_SECONDS)).isoformat()
        return {**progress, "step": ABANDON, "state": state, "attempt": 0, "deadline": deadline, "failure": failure}
    removed = dict.fromkeys(state.get("removed", ()))
    return _ended(run, {"failure": failure, **progress}, {"topology": {**state.get("topology", {}), **removed}})


def _ended(run: dict[str, Any], progress: dict[str, Any], state: dict[str, Any]) -> dict[str, Any]:
    failure = progress.get("failure")
    return {"step": PUBLISH, "state": {}, "attempt": 0, "event": event(run["requestId"], state, failure)}


def _bug(progress: dict[str, Any], bug: Exception) -> dict[str, Any]:
    """An activity raised: that is a bug, and is reported; publishing goes on for ever."""
    if progress["step"] == PUBLISH:
        return {"kind": "Retry", "state": {}, "after": PUBLISH_AGAIN_SECONDS, "code": None, "reason": str(bug)}
    what = str(bug).partition(" \n ")[0]  # after it the SDK puts .NET's details, stack traces among them
    reason = f"the driver failed in step {progress['step']}: {what}"
    return {
        "kind": "Failed",
        "state": progress["state"],
        "after": 0,
        "code": FailureCode.INTERNAL_ERROR.value,
        "reason": reason,
    }


def _wake(progress: dict[str, Any], after: float, now: datetime) -> datetime:
    """When to go on: after the wait, but not later than the deadline."""
    wake = now + timedelta(seconds=after)
    return wake if progress["step"] == PUBLISH else min(wake, max(now, datetime.fromisoformat(progress["deadline"])))


def _status(progress: dict[str, Any], outcome: dict[str, Any]) -> dict[str, Any]:
    known = {name: progress["state"].get(name) for name in ("deployment", "correlationId")}
    return {
        "step": progress["step"],
        **{name: value for name, value in known.items() if value},
        "reason": outcome["reason"][:LONGEST_REASON],
    }
