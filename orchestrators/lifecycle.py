"""The way of a lifecycle after the 202: steps of its verb, one after another, until the event is published.

Input: `{"requestId", "tenant", "trace", "acceptedAt", "transition": {"name", "verb", "seconds"}, "awaits": [requestId],
"sealed"}`, and `progress` where a long run continues as new; of a run that only repeats an event `{"requestId",
"tenant", "trace", "acceptedAt", "event"}`. Output: the event. Deterministic and without I/O: activities do the work,
durable timers the waiting.
"""

from collections.abc import Generator
from datetime import datetime, timedelta
from typing import Any

from azure.durable_functions import DurableOrchestrationContext, RetryOptions

from driver.models import FailureCode, earliest_event

PUBLISH = "publish_event"
# The step that follows when one has succeeded. The last step of a verb completes the transition instead.
NEXT = {
    "await_executions": "remove_resources",
    "inspect_resources": "start_deployment",
    "start_deployment": "watch_deployment",
    "call_action": "watch_action",
    "start_preview": "watch_preview",
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
SETTLED_SECONDS = 86_400  # past its deadline that a run which has succeeded may take to report it
ACTIVITIES = frozenset({*FIRST.values(), *NEXT, *NEXT.values(), ABANDON, PUBLISH})

# A worker that dies fails its activities and Durable does not repeat them by itself.
RETRIES = RetryOptions(first_retry_interval_in_milliseconds=2_000, max_number_of_attempts=5)
STEPS_A_GENERATION = 25  # replay is quadratic in the length of the history
PUBLISH_AGAIN_SECONDS = 30
LONGEST_REASON = 1_000  # a custom status of more than 16 KB fails the orchestration


def run_lifecycle(context: DurableOrchestrationContext) -> Generator[Any, Any, dict[str, Any] | None]:
    """Run a lifecycle to its end; its event is the output."""
    run: dict[str, Any] = context.get_input()
    progress = run.get("progress") or _begin(run, context.current_utc_datetime)
    if "progress" not in run and progress["step"] == PUBLISH:
        yield context.create_timer(earliest_event(run["acceptedAt"]))
    for _ in range(STEPS_A_GENERATION):
        step = progress["step"]
        try:
            outcome = yield context.call_activity_with_retry(step, RETRIES, _payload(run, progress))
        except Exception as bug:
            outcome = _bug(progress, bug)
        if outcome["published"]:
            return dict(outcome["event"])
        progress = _advance(run, progress, outcome, context.current_utc_datetime)
        wake = _wake(run, step, progress, outcome, context.current_utc_datetime)
        if wake is not None:
            context.set_custom_status(_status(progress, outcome))
            yield context.create_timer(wake)
    context.continue_as_new({**run, "progress": progress})
    return None


def _begin(run: dict[str, Any], now: datetime) -> dict[str, Any]:
    if "event" in run:
        return {"step": PUBLISH, "event": run["event"], "state": {}, "attempt": 0, "sent": False}
    step = "await_executions" if run["awaits"] else FIRST[run["transition"]["verb"]]
    deadline = now + timedelta(seconds=run["transition"]["seconds"])
    return {"step": step, "state": {}, "attempt": 0, "deadline": deadline.isoformat()}


def _payload(run: dict[str, Any], progress: dict[str, Any]) -> dict[str, Any]:
    payload = {
        "requestId": run["requestId"],
        "trace": run["trace"],
        "step": progress["step"],
        "state": progress["state"],
    }
    if progress["step"] == PUBLISH:
        ended = {name: progress.get(name) for name in ("event", "failure", "sent")}
        return {**payload, "tenant": run["tenant"], **ended}
    if progress["step"] == "await_executions":
        return {**payload, "awaits": run["awaits"]}
    accepted = {name: run[name] for name in ("tenant", "acceptedAt", "sealed")}
    return {**payload, **accepted, "attempt": progress["attempt"]}


def _advance(run: dict[str, Any], progress: dict[str, Any], outcome: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Where the run stands after a step."""
    step, kind, state = progress["step"], outcome["kind"], outcome["state"]
    if step == PUBLISH:
        return {**progress, "sent": outcome["sent"]}
    if kind == "Completed":
        return _publishing(state, event=outcome["event"], sent=outcome["sent"])
    if kind == "Failed":
        return _failing(progress, outcome, (outcome["code"], outcome["reason"]), now)
    if kind == "Succeeded":
        if step == ABANDON:
            return _publishing(state, failure=progress["failure"])
        following = NEXT[step]
        # Tries are counted for a step; a deployment that is started again goes on counting.
        attempt = progress["attempt"] if following in AGAIN else 0
        return {**progress, "step": following, "state": state, "attempt": attempt, "shown": outcome["shown"]}
    longer = timedelta(seconds=SETTLED_SECONDS if outcome["settled"] else 0)
    if now >= datetime.fromisoformat(progress["deadline"]) + longer:
        why = outcome["reason"] or "still under way"
        reason = f"not over after {run['transition']['seconds']} seconds, in step {step}: {why}"
        return _failing(progress, outcome, (FailureCode.INFRASTRUCTURE_ERROR.value, reason), now)
    if kind == "Retry":
        return {**progress, "step": AGAIN.get(step, step), "state": state, "attempt": progress["attempt"] + 1}
    return {**progress, "state": state}


def _failing(
    progress: dict[str, Any], outcome: dict[str, Any], failure: tuple[str, str], now: datetime
) -> dict[str, Any]:
    """The run has failed: its event, after what a deployment made has been collected."""
    state = outcome["state"]
    if progress["step"] in ABANDONED and not outcome["collected"]:
        deadline = (now + timedelta(seconds=ABANDON_SECONDS)).isoformat()
        return {**progress, "step": ABANDON, "state": state, "attempt": 0, "deadline": deadline, "failure": failure}
    return _publishing(state, failure=progress.get("failure", failure))


def _publishing(state: dict[str, Any], **ended: Any) -> dict[str, Any]:
    """The run is over: the event that says so, or the failure of which `publish_event` makes one."""
    return {"step": PUBLISH, "state": state, "attempt": 0, "sent": False, **ended}


def _bug(progress: dict[str, Any], bug: Exception) -> dict[str, Any]:
    """An activity raised: that is a bug, and is reported; publishing goes on for ever."""
    unknown = {"event": None, "published": False, "sent": False, "settled": False, "collected": False}
    if progress["step"] == PUBLISH:
        return {
            **unknown,
            "kind": "Retry",
            "state": {},
            "after": PUBLISH_AGAIN_SECONDS,
            "code": None,
            "reason": str(bug),
        }
    what = str(bug).partition(" \n ")[0]  # after it the SDK puts .NET's details, stack traces among them
    return {
        **unknown,
        "kind": "Failed",
        "state": progress["state"],
        "after": 0,
        "code": FailureCode.INTERNAL_ERROR.value,
        "reason": f"the driver failed in step {progress['step']}: {what}",
    }


def _wake(
    run: dict[str, Any], step: str, progress: dict[str, Any], outcome: dict[str, Any], now: datetime
) -> datetime | None:
    """When to take the next step after `step`; None for at once.

    A step is not waited for past the deadline. One that was given up is not waited for at all: its deployment would go
    on until it is cancelled. The first try to publish comes when the event may be published.
    """
    following, wake = progress["step"], now + timedelta(seconds=outcome["after"])
    if following == PUBLISH and step != PUBLISH:
        earliest = earliest_event(run["acceptedAt"])
        return earliest if now < earliest else None
    if not outcome["after"] or (following == ABANDON and step != ABANDON):
        return None
    if following == PUBLISH or outcome["settled"]:
        return wake
    return min(wake, max(now, datetime.fromisoformat(progress["deadline"])))


def _status(progress: dict[str, Any], outcome: dict[str, Any]) -> dict[str, Any]:
    return {
        "step": progress["step"],
        **progress.get("shown", {}),
        "reason": outcome["reason"][:LONGEST_REASON],
    }
