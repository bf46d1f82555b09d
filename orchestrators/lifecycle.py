"""The execution of a lifecycle after the 202: the steps of its verb, one after another, until the event is published.

Input: a Run; with `progress` if a long run continues as new. Output: the event. The orchestrator is deterministic and
does no I/O: activities do the work, durable timers the waiting.
"""

from collections.abc import Callable, Generator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from azure.durable_functions import DurableOrchestrationContext

from driver.models.events import find_earliest_event
from driver.models.runs import KAFKA_ANSWERS, PUBLISH, RUN_VERSION, Run, name_fields, show_run, takes_turn
from orchestrators.calls import await_event, call_activity
from orchestrators.course import (
    ABANDON,
    AWAIT,
    FIRST,
    NEXT,
    advance,
    begin,
    find_first,
    find_wake_time,
    miss_answer,
    read_answer,
    report_bug,
)
from orchestrators.progress import (
    Progress,
    dump_progress,
    end_wait,
    find_publication_time,
    note_findings,
    note_refusal,
    note_waiting,
    read_progress,
    show_progress,
)
from orchestrators.timing import find_limit, is_warning_due

ACTIVITIES = frozenset({*FIRST.values(), *NEXT, *NEXT.values(), ABANDON, PUBLISH})

# Then it continues as new: the cost of replay grows with the square of the history. A deployment of some seconds takes
# fewer steps, so it has one generation.
STEPS_A_GENERATION = 6
LONG_WAIT = timedelta(seconds=15)  # a generation ends before it, so the step after it has almost no history
_STEPS_BEFORE_2 = 25  # of run versions 0 and 1, whose histories must replay as they were


def run_lifecycle(context: DurableOrchestrationContext) -> Generator[Any, Any, dict[str, Any] | None]:
    """Run a lifecycle to its end. The output is its event. The version of the input selects the code that runs it."""
    run_input: dict[str, Any] = context.get_input()
    event = yield from VERSIONS[run_input.get("version", 0)](context, run_input)
    return event


def run_steps(
    context: DurableOrchestrationContext, run_input: dict[str, Any]
) -> Generator[Any, Any, dict[str, Any] | None]:
    """Take step after step, by the tables of course.py. Serves all versions.

    Version 0 (inputs without a version) and 1 do not take turns with other executions of their resource, and stay in
    one generation while they wait. From version 2 on a run continues as new before each long wait, and before each wait
    for Kafka: its input then has the event, and others of the resource read it there and go on. A generation waits for
    Kafka once, at its beginning: an external event that it does not await any more is lost, but then Kafka is tried.
    """
    run = Run.model_validate(run_input)
    status = show_run(run).model_dump(mode="json", by_alias=True)
    progress = read_progress(run_input) or begin(run, context.current_utc_datetime)
    show_progress(context, status, progress)
    is_woken = yield from _begin_generation(context, run, progress, is_first="progress" not in run_input)
    if is_woken:
        progress = end_wait(progress, context.current_utc_datetime)
        context.continue_as_new({**run_input, "progress": dump_progress(progress)})
        return None
    for _ in range(STEPS_A_GENERATION if run.version >= 2 else _STEPS_BEFORE_2):
        step = progress.step
        payload = _build_payload(run, progress, context.current_utc_datetime)
        limit = None if step == PUBLISH else find_limit(run, progress, context.current_utc_datetime)
        try:
            answer = yield from call_activity(context, step, payload, limit)
            is_missed = answer is None
            outcome = miss_answer(progress) if answer is None else read_answer(run, progress, answer)
        except Exception as bug:
            is_missed, outcome = False, report_bug(progress, bug)
        if outcome.published and outcome.event is not None:
            ended_at = progress.ended_at or context.current_utc_datetime.isoformat()
            ended = replace(note_findings(progress, outcome), step="", waiting=None, ended_at=ended_at)
            show_progress(context, status, ended)
            return outcome.event
        now = context.current_utc_datetime
        if is_missed and limit is not None:
            now = max(now, limit)  # a timer may fire a little before its time
        noted = note_refusal(progress, outcome)
        progress = replace(noted, warned=progress.warned or "late" in payload, waited=None, wakes_at="")
        progress = advance(run, progress, outcome, now)
        wake = find_wake_time(run, step, progress, outcome, now)
        progress = note_waiting(step, progress, outcome, now, wake)
        show_progress(context, status, progress)
        if run.version >= 2 and _ends_generation(progress, wake, now):
            progress = replace(progress, wakes_at=wake.isoformat() if wake else "")
            break
        if wake is not None:
            yield context.create_timer(wake)
    kept = {"sealed": ""} if progress.step == PUBLISH else {}  # only the steps of the verb open it
    context.continue_as_new({**run_input, **kept, "progress": dump_progress(progress)})
    return None


VERSIONS: dict[int, Callable[..., Generator[Any, Any, dict[str, Any] | None]]] = dict.fromkeys(
    range(RUN_VERSION + 1), run_steps
)


def _begin_generation(
    context: DurableOrchestrationContext, run: Run, progress: Progress, is_first: bool
) -> Generator[Any, Any, bool]:
    """The wait with which a generation begins, if there is one. Whether an external event has ended it."""
    if is_first and progress.step == PUBLISH:
        yield context.create_timer(find_earliest_event(run.accepted_at))
    elif run.version >= 2 and (until := find_publication_time(progress)):
        if until > context.current_utc_datetime:
            return (yield from await_event(context, KAFKA_ANSWERS, until))
    elif progress.wakes_at:
        yield context.create_timer(datetime.fromisoformat(progress.wakes_at))
    return False


def _ends_generation(progress: Progress, wake: datetime | None, now: datetime) -> bool:
    """Whether a run continues as new before it waits: for Kafka always, for anything else if it waits long."""
    return find_publication_time(progress) is not None or (wake is not None and wake - now >= LONG_WAIT)


def _build_payload(run: Run, progress: Progress, now: datetime) -> dict[str, Any]:
    step = progress.step
    payload = {"requestId": run.request_id, "trace": _build_trace(run), "step": step, "state": progress.state}
    if step == PUBLISH:
        ended = {"event": progress.event, "failure": progress.failure, "of": progress.of, "sent": progress.sent}
        payload |= {"tenant": run.tenant, "attempt": progress.attempt}
        woken = {"isWoken": True} if run.version >= 2 else {}
        return {**payload, **ended, **woken, **_tell_wait(progress), **_tell_transition(run, progress)}
    if step == AWAIT:
        return {**payload, "awaits": list(run.awaits)}
    payload |= {"tenant": run.tenant, "acceptedAt": run.accepted_at, "sealed": run.sealed, "attempt": progress.attempt}
    payload |= _tell_transition(run, progress)
    transition = run.transition
    if run.version >= 2 and transition and step in (find_first(transition), FIRST[transition.verb]):
        payload |= {"since": run.since or run.accepted_at} if takes_turn(transition.name, transition.verb) else {}
    if run.version >= 2:
        payload |= {"deadline": progress.deadline, "first": progress.first, **_tell_wait(progress)}
    if run.version >= 2 and transition and is_warning_due(run, progress, now):
        payload |= {"late": {"seconds": transition.seconds, "endsAt": progress.ends_at}}
    return payload


def _tell_transition(run: Run, progress: Progress) -> dict[str, Any]:
    """What the activity that publishes the event measures. A COMPLETE that is sent again has been measured before."""
    transition = run.transition
    if transition is None or (run.event and run.event["status"] == "COMPLETE" and transition.verb != "idle"):
        return {}
    times = {"acceptedAt": run.accepted_at, "endedAt": progress.ended_at}
    return {"measured": {"type": run.resource.type, "verb": transition.verb, **times}}


def _build_trace(run: Run) -> dict[str, str]:
    """The fields of all log lines about the run."""
    transition = run.transition.name if run.transition else ""
    return {**name_fields(run.resource, transition, run.deployment_location), **run.trace}


def _tell_wait(progress: Progress) -> dict[str, Any]:
    """The wait that is still on, or has just ended: the activity that sees a change logs it. `publish_event` knows by
    itself that it waits for Kafka.
    """
    waiting = progress.waiting or progress.waited
    is_told = waiting is not None and waiting.waits_for != "kafka"
    return {"waiting": waiting.model_dump(mode="json", by_alias=True)} if waiting and is_told else {}
