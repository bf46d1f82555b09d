"""The execution of a lifecycle after the 202: the steps of its verb, one after another, until the event is published.

Input: a Run; with `progress` if a long run continues as new. Output: the event. The orchestrator is deterministic and
does no I/O: activities do the work, durable timers the waiting.
"""

from collections.abc import Callable, Generator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from azure.durable_functions import DurableOrchestrationContext, RetryOptions

from driver.models.events import FailureCode, find_earliest_event
from driver.models.outcomes import Outcome
from driver.models.runs import PUBLISH, RUN_VERSION, Run, show_run, takes_turn
from orchestrators.progress import (
    Progress,
    dump_progress,
    find_publication_time,
    note_findings,
    note_refusal,
    note_waiting,
    read_progress,
    show_progress,
)
from orchestrators.timing import (
    SETTLED_SECONDS,
    describe_timeout,
    find_abandon_deadline,
    find_deadline,
    find_end,
    find_limit,
    is_warning_due,
)

AWAIT = "await_executions"
# The step that follows one that has succeeded. The last step of a verb has no entry: it completes the transition.
NEXT = {
    AWAIT: "remove_resources",
    "inspect_resources": "start_deployment",
    "start_deployment": "watch_deployment",
    "watch_deployment": "prune_resources",
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
# The step to go back to on Retry: what has failed for a passing reason is started again, not watched again. Runs before
# version 2 watch a what-if again.
AGAIN = {"watch_deployment": "start_deployment", "watch_preview": "start_preview"}
# From the PUT on, resources may have been created. A run that fails in one of these steps abandons its deployment
# first, which cancels it and collects what it created.
ABANDON = "abandon_deployment"
ABANDONED = ("start_deployment", "watch_deployment")
ACTIVITIES = frozenset({*FIRST.values(), *NEXT, *NEXT.values(), ABANDON, PUBLISH})

# If a worker dies, its activities fail. Durable repeats them only if it is told to.
RETRIES = RetryOptions(first_retry_interval_in_milliseconds=2_000, max_number_of_attempts=5)
PAUSE_AFTER_DEATH = timedelta(milliseconds=RETRIES.first_retry_interval_in_milliseconds)
STEPS_A_GENERATION = 25  # then it continues as new: the cost of replay grows with the square of the history
WAITS_A_GENERATION = 3  # for Kafka: fewest milliseconds a try; each generation costs an episode, each event replay
PUBLISH_AGAIN_SECONDS = 30


def run_lifecycle(context: DurableOrchestrationContext) -> Generator[Any, Any, dict[str, Any] | None]:
    """Run a lifecycle to its end. The output is its event. The version of the input selects the code that runs it."""
    run_input: dict[str, Any] = context.get_input()
    event = yield from VERSIONS[run_input.get("version", 0)](context, run_input)
    return event


def run_steps(
    context: DurableOrchestrationContext, run_input: dict[str, Any]
) -> Generator[Any, Any, dict[str, Any] | None]:
    """Take step after step, by the tables above. Serves all versions.

    Version 0 (inputs without a version) and 1 do not take turns with other executions of their resource, and stay in
    one generation while they wait for Kafka. From version 2 on a run continues as new first: its input then has the
    event, and others of the resource read it there and go on.
    """
    run = Run.model_validate(run_input)
    status = show_run(run).model_dump(mode="json", by_alias=True)
    progress = read_progress(run_input) or _begin(run, context.current_utc_datetime)
    show_progress(context, status, progress)
    if "progress" not in run_input and progress.step == PUBLISH:
        yield context.create_timer(find_earliest_event(run.accepted_at))
    elif run.version >= 2 and (until := find_publication_time(progress)) and until > context.current_utc_datetime:
        yield context.create_timer(until)
    is_publishing = progress.step == PUBLISH
    for _ in range(WAITS_A_GENERATION if run.version >= 2 and is_publishing else STEPS_A_GENERATION):
        step = progress.step
        payload = _build_payload(run, progress, context.current_utc_datetime)
        limit = None if step == PUBLISH else find_limit(run, progress, context.current_utc_datetime)
        try:
            answer = yield from _call_activity(context, step, payload, limit)
            is_missed = answer is None
            outcome = _miss_answer(progress) if answer is None else Outcome.model_validate(answer)
        except Exception as bug:
            is_missed, outcome = False, _report_bug(progress, bug)
        if outcome.published and outcome.event is not None:
            ended_at = progress.ended_at or context.current_utc_datetime.isoformat()
            ended = replace(note_findings(progress, outcome), step="", waiting=None, ended_at=ended_at)
            show_progress(context, status, ended)
            return outcome.event
        now = context.current_utc_datetime
        if is_missed and limit is not None:
            now = max(now, limit)  # a timer may fire a little before its time
        progress = replace(note_refusal(progress, outcome), warned=progress.warned or "late" in payload, waited=None)
        progress = _advance(run, progress, outcome, now)
        wake = _find_wake_time(run, step, progress, outcome, now)
        progress = note_waiting(step, progress, outcome, now, wake)
        show_progress(context, status, progress)
        if run.version >= 2 and not is_publishing and find_publication_time(progress):
            break
        if wake is not None:
            yield context.create_timer(wake)
    kept = {"sealed": ""} if progress.step == PUBLISH else {}  # only the steps of the verb open it
    context.continue_as_new({**run_input, **kept, "progress": dump_progress(progress)})
    return None


def _call_activity(
    context: DurableOrchestrationContext, step: str, payload: dict[str, Any], limit: datetime | None
) -> Generator[Any, Any, dict[str, Any] | None]:
    """The answer of an activity. With a `limit`, None if it has not answered until then.

    Durable's own retries do not go together with a timer that may be cancelled: on replay a cancelled one ends the race
    at once, and the ids of what follows no longer fit to those of the retries.
    """
    if limit is None:
        answer: dict[str, Any] = yield context.call_activity_with_retry(step, RETRIES, payload)
        return answer
    for attempt in range(1, RETRIES.max_number_of_attempts + 1):
        call, timer = context.call_activity(step, payload), context.create_timer(limit)
        winner = yield context.task_any([call, timer])
        if winner is timer:
            return None
        timer.cancel()
        if not isinstance(call.result, Exception):
            return dict(call.result)
        if attempt == RETRIES.max_number_of_attempts:
            raise call.result
        yield context.create_timer(context.current_utc_datetime + PAUSE_AFTER_DEATH)
    return None


VERSIONS: dict[int, Callable[..., Generator[Any, Any, dict[str, Any] | None]]] = dict.fromkeys(
    range(RUN_VERSION + 1), run_steps
)


def _begin(run: Run, now: datetime) -> Progress:
    if run.event is not None:
        return Progress(step=PUBLISH, event=run.event)
    if run.transition is None:
        raise ValueError("the run has neither a transition nor an event")
    end = find_end(run, now)
    step = AWAIT if run.awaits else FIRST[run.transition.verb]
    return Progress(step=step, deadline=find_deadline(run, end).isoformat(), ends_at=end.isoformat())


def _build_payload(run: Run, progress: Progress, now: datetime) -> dict[str, Any]:
    step = progress.step
    payload = {"requestId": run.request_id, "trace": run.trace, "step": step, "state": progress.state}
    if step == PUBLISH:
        ended = {"event": progress.event, "failure": progress.failure, "of": progress.of, "sent": progress.sent}
        return {**payload, "tenant": run.tenant, "attempt": progress.attempt, **ended, **_tell_wait(progress)}
    if step == AWAIT:
        return {**payload, "awaits": list(run.awaits)}
    payload |= {"tenant": run.tenant, "acceptedAt": run.accepted_at, "sealed": run.sealed, "attempt": progress.attempt}
    transition = run.transition
    if run.version >= 2 and transition and step == FIRST[transition.verb]:
        payload |= {"since": run.since or run.accepted_at} if takes_turn(transition.name, transition.verb) else {}
    if run.version >= 2:
        payload |= {"deadline": progress.deadline, "first": progress.first, **_tell_wait(progress)}
    if run.version >= 2 and transition and is_warning_due(run, progress, now):
        payload |= {"late": {"seconds": transition.seconds, "endsAt": progress.ends_at}}
    return payload


def _tell_wait(progress: Progress) -> dict[str, Any]:
    """The wait that is still on, or has just ended: the activity that sees a change logs it. `publish_event` knows by
    itself that it waits for Kafka.
    """
    waiting = progress.waiting or progress.waited
    is_told = waiting is not None and waiting.waits_for != "kafka"
    return {"waiting": waiting.model_dump(mode="json", by_alias=True)} if waiting and is_told else {}


def _advance(run: Run, progress: Progress, outcome: Outcome, now: datetime) -> Progress:
    """The progress of the run after the outcome of a step."""
    step = progress.step
    if step == PUBLISH:
        return _publish_again(progress, outcome)
    after = note_findings(replace(progress, state=outcome.state), outcome)
    if outcome.kind == "Completed":
        return _publish(after, now, event=outcome.event, sent=outcome.sent)
    if outcome.kind == "Failed":
        return _fail(run, after, outcome, (outcome.code or FailureCode.INTERNAL_ERROR, outcome.reason), now)
    if outcome.kind == "Succeeded" and step == ABANDON:
        return _publish(after, now, failure=_add_reason(progress.failure, outcome.reason))
    if _is_over_time(run, progress, outcome, now):
        reason = describe_timeout(run, after, outcome.reason, now)
        return _fail(run, after, outcome, (outcome.code or FailureCode.INFRASTRUCTURE_ERROR, reason), now)
    if outcome.kind == "Succeeded":
        following = NEXT[step]
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


def _report_bug(progress: Progress, bug: Exception) -> Outcome:
    """The outcome if an activity raised, which is a bug: the run fails with it. Publishing is tried again forever."""
    text = str(bug).partition(" \n ")[0]  # the SDK appends .NET's details with stack traces
    if progress.step == PUBLISH:
        return Outcome(kind="Retry", after=PUBLISH_AGAIN_SECONDS, reason=text)
    reason = f"the driver failed in step {progress.step}: {text}"
    return Outcome(kind="Failed", state=progress.state, code=FailureCode.INTERNAL_ERROR, reason=reason)


def _miss_answer(progress: Progress) -> Outcome:
    """The outcome of a step that has not answered until it is given up. What it does is not known."""
    return Outcome(kind="Running", state=progress.state, reason="Azure has not answered the calls of this step")


def _find_wake_time(run: Run, step: str, progress: Progress, outcome: Outcome, now: datetime) -> datetime | None:
    """The time of the step that follows `step`; None for at once.

    No wait lasts past the deadline. A deployment is abandoned at once, since it goes on until it is cancelled. The
    first try to publish is at the earliest time that the event may be sent, later if Kafka is away. The next pass of a
    removal is not before that time either: if it were over sooner, it could not publish, and another activity would be
    needed. A look for other executions is no such pass.
    """
    wake, earliest = now + timedelta(seconds=outcome.after), find_earliest_event(run.accepted_at)
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
