"""The way of a lifecycle after the 202: steps of its verb, one after another, until the event is published.

Input: a Run, with `progress` where a long run continues as new. Output: the event. Deterministic and without I/O:
activities do the work, durable timers the waiting.
"""

from collections.abc import Callable, Generator
from datetime import datetime, timedelta
from typing import Any

from azure.durable_functions import DurableOrchestrationContext, RetryOptions
from pydantic import Field

from driver.models.events import FailureCode, find_earliest_event
from driver.models.model import Model
from driver.models.outcomes import DeploymentShown, Outcome, WaitingFor
from driver.models.runs import Run, WaitingSince, show_run

PUBLISH = "publish_event"
AWAIT = "await_executions"
# The step that follows when one has succeeded. The last step of a verb completes the transition instead.
NEXT = {
    AWAIT: "remove_resources",
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


class Progress(Model):
    """Where a run stands: the step to take, what it is given, and what the execution shows.

    `deadline` is that of the step: of abandoning it is later than the run's. At the end `event` is what is to be
    published, or `failure` (code, reason) of the step `of`, from whose state the event is built.
    """

    step: str
    state: dict[str, Any] = Field(default_factory=dict)
    attempt: int = 0
    deadline: str = ""
    event: dict[str, Any] | None = None
    failure: tuple[str, str] | None = None
    of: str = ""
    sent: bool = False
    waiting: WaitingSince | None = None
    deployment: DeploymentShown | None = None


def run_lifecycle(context: DurableOrchestrationContext) -> Generator[Any, Any, dict[str, Any] | None]:
    """Run a lifecycle to its end; its event is the output. The version in its input says how."""
    run_input: dict[str, Any] = context.get_input()
    event = yield from VERSIONS[run_input.get("version", 0)](context, run_input)
    return event


def run_steps(
    context: DurableOrchestrationContext, run_input: dict[str, Any]
) -> Generator[Any, Any, dict[str, Any] | None]:
    """Take step after step, by the tables above. Versions 0 (before versions were written) and 1."""
    run = Run.model_validate(run_input)
    progress = _read_progress(run_input) or _begin(run, context.current_utc_datetime)
    _show(context, run, progress)
    if "progress" not in run_input and progress.step == PUBLISH:
        yield context.create_timer(find_earliest_event(run.accepted_at))
    for _ in range(STEPS_A_GENERATION):
        step = progress.step
        try:
            answer = yield context.call_activity_with_retry(step, RETRIES, _build_payload(run, progress))
            outcome = Outcome.model_validate(answer)
        except Exception as bug:
            outcome = _report_bug(progress, bug)
        if outcome.published and outcome.event is not None:
            _show(context, run, progress.model_copy(update={"step": "", "waiting": None}))
            return outcome.event
        now = context.current_utc_datetime
        progress = _advance(run, progress, outcome, now)
        wake = _find_wake_time(run, step, progress, outcome, now)
        progress = _note_waiting(progress, outcome, now)
        _show(context, run, progress)
        if wake is not None:
            yield context.create_timer(wake)
    context.continue_as_new({**run_input, "progress": progress.model_dump(mode="json")})
    return None


VERSIONS: dict[int, Callable[..., Generator[Any, Any, dict[str, Any] | None]]] = {0: run_steps, 1: run_steps}


def _read_progress(run_input: dict[str, Any]) -> Progress | None:
    return Progress.model_validate(run_input["progress"]) if "progress" in run_input else None


def _begin(run: Run, now: datetime) -> Progress:
    if run.event is not None:
        return Progress(step=PUBLISH, event=run.event)
    if run.transition is None:
        raise ValueError("the run has neither a transition nor an event")
    deadline = run.deadline or (now + timedelta(seconds=run.transition.seconds)).isoformat()
    return Progress(step=AWAIT if run.awaits else FIRST[run.transition.verb], deadline=deadline)


def _build_payload(run: Run, progress: Progress) -> dict[str, Any]:
    step = progress.step
    payload = {"requestId": run.request_id, "trace": run.trace, "step": step, "state": progress.state}
    if step == PUBLISH:
        ended = progress.model_dump(mode="json", include={"event", "failure", "of", "sent"})
        return {**payload, "tenant": run.tenant, **ended}
    if step == AWAIT:
        return {**payload, "awaits": list(run.awaits)}
    accepted = {"tenant": run.tenant, "acceptedAt": run.accepted_at, "sealed": run.sealed}
    return {**payload, **accepted, "attempt": progress.attempt}


def _advance(run: Run, progress: Progress, outcome: Outcome, now: datetime) -> Progress:
    """Where the run stands after a step."""
    step, deployment = progress.step, outcome.deployment or progress.deployment
    if step == PUBLISH:
        return progress.model_copy(update={"sent": outcome.sent})
    after = progress.model_copy(update={"state": outcome.state, "deployment": deployment})
    if outcome.kind == "Completed":
        return _publish(after, event=outcome.event, sent=outcome.sent)
    if outcome.kind == "Failed":
        return _fail(after, outcome, (outcome.code or FailureCode.INTERNAL_ERROR, outcome.reason), now)
    if outcome.kind == "Succeeded":
        if step == ABANDON:
            return _publish(after)
        following = NEXT[step]
        # Tries are counted for a step; a deployment that is started again goes on counting.
        attempt = progress.attempt if following in AGAIN else 0
        return after.model_copy(update={"step": following, "attempt": attempt})
    longer = timedelta(seconds=SETTLED_SECONDS if outcome.settled else 0)
    if now >= datetime.fromisoformat(progress.deadline) + longer:
        seconds = run.transition.seconds if run.transition else 0
        reason = f"not over after {seconds} seconds, in step {step}: {outcome.reason or 'still under way'}"
        return _fail(after, outcome, (FailureCode.INFRASTRUCTURE_ERROR, reason), now)
    if outcome.kind == "Retry":
        return after.model_copy(update={"step": AGAIN.get(step, step), "attempt": progress.attempt + 1})
    return after


def _fail(progress: Progress, outcome: Outcome, failure: tuple[str, str], now: datetime) -> Progress:
    """The run has failed: its event, after what a deployment made has been collected."""
    failure = progress.failure or failure
    if progress.step in ABANDONED and not outcome.collected:
        deadline = (now + timedelta(seconds=ABANDON_SECONDS)).isoformat()
        given_up = {"step": ABANDON, "attempt": 0, "deadline": deadline, "failure": failure}
        return progress.model_copy(update=given_up)
    return _publish(progress, failure=failure)


def _publish(progress: Progress, **ended: Any) -> Progress:
    """The run is over: the event that says so, or the failure of which `publish_event` makes one."""
    return progress.model_copy(update={"step": PUBLISH, "of": progress.step, "attempt": 0, "sent": False, **ended})


def _report_bug(progress: Progress, bug: Exception) -> Outcome:
    """An activity raised: that is a bug, and is reported; publishing goes on for ever."""
    if progress.step == PUBLISH:
        return Outcome(kind="Retry", after=PUBLISH_AGAIN_SECONDS, reason=str(bug))
    text = str(bug).partition(" \n ")[0]  # after it the SDK puts .NET's details, stack traces among them
    reason = f"the driver failed in step {progress.step}: {text}"
    return Outcome(kind="Failed", state=progress.state, code=FailureCode.INTERNAL_ERROR, reason=reason)


def _find_wake_time(run: Run, step: str, progress: Progress, outcome: Outcome, now: datetime) -> datetime | None:
    """When to take the next step after `step`; None for at once.

    A step is not waited for past the deadline. One that was given up is not waited for at all: its deployment would go
    on until it is cancelled. The first try to publish comes when the event may be published. A removal is looked at no
    sooner: one that is over then could not say so yet, and would take an activity more.
    """
    wake, earliest = now + timedelta(seconds=outcome.after), find_earliest_event(run.accepted_at)
    if progress.step == PUBLISH and step != PUBLISH:
        return earliest if now < earliest else None
    if not outcome.after or (progress.step == ABANDON and step != ABANDON):
        return None
    if progress.step == PUBLISH or outcome.settled:
        return wake
    if step == "remove_resources":
        wake = max(wake, earliest)
    return min(wake, max(now, datetime.fromisoformat(progress.deadline)))


def _note_waiting(progress: Progress, outcome: Outcome, now: datetime) -> Progress:
    """What the run waits for, since when: a wait that goes on keeps its beginning."""
    reason, before = outcome.reason[:LONGEST_REASON], progress.waiting
    waiting = outcome.waiting
    if waiting is None and reason and outcome.kind in ("Running", "Retry"):
        waiting = WaitingFor(waits_for="kafka" if progress.step == PUBLISH else "azure")
    if waiting is None:
        return progress.model_copy(update={"waiting": None})
    since = before.since if before and before.waits_for == waiting.waits_for else now.isoformat()
    until = (now + timedelta(seconds=outcome.after)).isoformat()
    shown = WaitingSince(
        waits_for=waiting.waits_for,
        reason=reason or waiting.reason,
        request_id=waiting.request_id,
        since=since,
        until=until,
    )
    return progress.model_copy(update={"waiting": shown})


def _show(context: DurableOrchestrationContext, run: Run, progress: Progress) -> None:
    """Let the execution's status show where the run stands."""
    shown: dict[str, Any] = {"waiting": progress.waiting, "deployment": progress.deployment}
    if progress.step:
        shown |= {"step": progress.step, "attempt": progress.attempt}
    context.set_custom_status(show_run(run).model_copy(update=shown).model_dump(mode="json", by_alias=True))
