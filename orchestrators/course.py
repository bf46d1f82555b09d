"""The course of a lifecycle: which step follows which, and when, by the outcomes of its steps."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from driver.models.events import FailureCode, find_earliest_event
from driver.models.outcomes import Outcome, WaitingFor
from driver.models.runs import PUBLISH, Run, TransitionShown
from orchestrators.progress import Progress, note_findings
from orchestrators.timing import SETTLED_SECONDS, describe_timeout, find_abandon_deadline, find_deadline, find_end

AWAIT = "await_executions"
PRECHECK = "precheck_deployment"
# The step that follows one that has succeeded. The last step of a verb has no entry: it completes the transition.
NEXT = {
    AWAIT: "remove_resources",
    PRECHECK: "inspect_resources",  # of a transition that deploys; that of the operation completes it
    "inspect_resources": "start_deployment",
    "start_deployment": "watch_deployment",
    "watch_deployment": "prune_resources",
    "await_readiness": "prune_resources",
    "call_action": "watch_action",
    "start_preview": "watch_preview",
}
FIRST = {
    "deploy": "inspect_resources",
    "remove": "remove_resources",
    "call": "call_action",
    "adopt": "adopt_deployment",
    "preview": "start_preview",
    "precheck": PRECHECK,
    "check": "check_integrity",
}
# The step to go back to on Retry: what has failed for a passing reason is started again, not watched again. Runs before
# version 2 watch a what-if again.
AGAIN = {"watch_deployment": "start_deployment", "watch_preview": "start_preview"}
# From the PUT on, resources may have been created. A run that fails in one of these steps abandons its deployment
# first, which cancels it and collects what it created.
ABANDON = "abandon_deployment"
ABANDONED = ("start_deployment", "watch_deployment")
PUBLISH_AGAIN_SECONDS = 30
OLD_HOST_SECONDS = 5  # until a step is taken again that a host of an earlier release took


def begin(run: Run, now: datetime) -> Progress:
    if run.event is not None:
        return Progress(step=PUBLISH, event=run.event)
    if run.transition is None:
        raise ValueError("the run has neither a transition nor an event")
    end = find_end(run, now)
    step = AWAIT if run.awaits else find_first(run.transition)
    return Progress(step=step, deadline=find_deadline(run, end).isoformat(), ends_at=end.isoformat())


def find_first(transition: TransitionShown) -> str:
    """The first step of a transition. A transition that is begun again is not prechecked again."""
    return PRECHECK if transition.precheck else FIRST[transition.verb]


def advance(run: Run, progress: Progress, outcome: Outcome, now: datetime) -> Progress:
    """The progress of the run after the outcome of a step."""
    step = progress.step
    if step == PUBLISH:
        return _publish_again(progress, outcome)
    after = note_findings(replace(progress, state=outcome.state), outcome)
    if outcome.kind == "Completed":
        tries = 1 if outcome.waiting is not None else 0  # the step knows that Kafka is away
        return _publish(after, now, event=outcome.event, sent=outcome.sent, attempt=tries)
    if outcome.kind == "Failed":
        return _fail(run, after, outcome, (outcome.code or FailureCode.INTERNAL_ERROR, outcome.reason), now)
    if outcome.kind == "Succeeded" and step == ABANDON:
        return _publish(after, now, failure=_add_reason(progress.failure, outcome.reason))
    if _is_over_time(run, progress, outcome, now):
        reason = describe_timeout(run, after, outcome.reason, now)
        after = replace(after, failure=_add_reason(after.failure, outcome.reason))  # why it is not abandoned yet
        return _fail(run, after, outcome, (outcome.code or FailureCode.INFRASTRUCTURE_ERROR, reason), now)
    if outcome.kind == "Succeeded":
        following = outcome.following or NEXT[step]
        # Tries are counted for each step. If a deployment is started again, the count goes on.
        attempt = progress.attempt if _find_again(run, following) != following else progress.restarted_at
        return replace(after, step=following, attempt=attempt, restarted_at=0)
    if outcome.kind == "Retry" and outcome.restart and run.transition:
        return replace(after, step=FIRST[run.transition.verb], attempt=0, restarted_at=progress.attempt)
    if outcome.kind == "Retry":
        return replace(after, step=_find_again(run, step), attempt=progress.attempt + 1)
    return after


def _find_again(run: Run, step: str) -> str:
    """The step that follows a Retry of a step."""
    return step if run.version < 2 and step == "watch_preview" else AGAIN.get(step, step)


def _is_over_time(run: Run, progress: Progress, outcome: Outcome, now: datetime) -> bool:
    """Whether the deadline of the step ends the run. From version 2 on it ends also one that would go on with another
    step, and one whose next try would come too late.
    """
    deadline = datetime.fromisoformat(progress.deadline)
    if run.version < 2:
        longer = timedelta(seconds=SETTLED_SECONDS if outcome.settled else 0)
        return outcome.kind != "Succeeded" and now >= deadline + longer
    return now >= deadline or (outcome.kind == "Retry" and now + timedelta(seconds=outcome.after) >= deadline)


def _add_reason(failure: tuple[str, str] | None, reason: str) -> tuple[str, str] | None:
    return (failure[0], f"{failure[1]}; {reason}") if failure and reason else failure


def _fail(run: Run, progress: Progress, outcome: Outcome, failure: tuple[str, str], now: datetime) -> Progress:
    """The progress of a run that has failed: first its deployment is abandoned, if there may be one, then it is
    reported.
    """
    failure = progress.failure or failure
    if progress.step in ABANDONED and not outcome.collected:
        end = datetime.fromisoformat(progress.ends_at) if progress.ends_at else now
        deadline = find_abandon_deadline(run, end, now).isoformat()
        return replace(progress, step=ABANDON, attempt=0, deadline=deadline, failure=failure)
    return _publish(progress, now, failure=failure)


def _publish(progress: Progress, now: datetime, **ended: Any) -> Progress:
    """The progress of a run that is over. `ended` is its event, or the failure from which `publish_event` builds it."""
    over = replace(progress, step=PUBLISH, of=progress.step, attempt=0, ended_at=now.isoformat(), sent=False)
    return replace(over, **ended)


def _publish_again(progress: Progress, outcome: Outcome) -> Progress:
    """The progress of a run whose event Kafka has not acknowledged. Once the event is built, it stays as it is."""
    again = replace(progress, attempt=progress.attempt + 1, sent=outcome.sent)
    return again if outcome.event is None else replace(again, event=outcome.event, state={})


def report_bug(progress: Progress, bug: Exception) -> Outcome:
    """The outcome if an activity raised, which is a bug: the run fails with it. Publishing is tried again forever."""
    text = str(bug).partition(" \n ")[0]  # the SDK appends .NET's details with stack traces
    if progress.step == PUBLISH:
        return Outcome(kind="Retry", after=PUBLISH_AGAIN_SECONDS, reason=text)
    reason = f"the driver failed in step {progress.step}: {text}"
    return Outcome(kind="Failed", state=progress.state, code=FailureCode.INTERNAL_ERROR, reason=reason)


def read_answer(run: Run, progress: Progress, answer: dict[str, Any]) -> Outcome:
    """The outcome that an activity answered with. Activities go to any host of the task hub: one of an earlier release
    than the run cannot open its order and has done nothing, so the step is taken again. Any host may publish.
    """
    outcome = Outcome.model_validate(answer)
    if run.version < 2 or progress.step == PUBLISH or outcome.version >= run.version:
        return outcome
    reason = "a host of an earlier release took this step, and cannot open the request"
    waiting = WaitingFor(waits_for="host", reason=reason)
    return Outcome(kind="Running", state=progress.state, after=OLD_HOST_SECONDS, reason=reason, waiting=waiting)


def miss_answer(progress: Progress) -> Outcome:
    """The outcome of a step that was given up without an answer. What it did is not known."""
    return Outcome(kind="Running", state=progress.state, reason="Azure has not answered the calls of this step")


def find_wake_time(run: Run, step: str, progress: Progress, outcome: Outcome, now: datetime) -> datetime | None:
    """The time of the step that follows `step`; None for at once.

    No wait lasts past the deadline. A deployment is abandoned at once, since it goes on until it is cancelled. The
    first try to publish is at the earliest time that the event may be sent, later if Kafka is away. The next pass of a
    removal is not before that time either: if it were over sooner, it could not publish, and another activity would be
    needed. A look for other executions is no such pass.
    """
    wake, earliest = _find_start(outcome, now) + timedelta(seconds=outcome.after), find_earliest_event(run.accepted_at)
    if progress.step == PUBLISH and step != PUBLISH:
        is_away = outcome.waiting is not None and outcome.waiting.waits_for == "kafka"
        first = max(earliest, wake) if is_away else earliest
        return first if now < first else None
    if not outcome.after or (progress.step == ABANDON and step != ABANDON):
        return None
    if progress.step == PUBLISH or (outcome.settled and run.version < 2):
        return wake
    if step == "remove_resources" and not (outcome.waiting and outcome.waiting.waits_for == "request"):
        wake = max(wake, earliest)
    return min(wake, max(now, datetime.fromisoformat(progress.deadline)))


def _find_start(outcome: Outcome, now: datetime) -> datetime:
    """When the wait after a step began: at its end, before the orchestrator read its outcome. At least half of the wait
    is still ahead, since the clocks of two hosts differ.
    """
    if not outcome.ended_at:
        return now
    return min(now, max(datetime.fromisoformat(outcome.ended_at), now - timedelta(seconds=outcome.after / 2)))
