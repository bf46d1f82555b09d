"""One episode of an orchestration: calls the orchestrator through the SDK and says what follows from its answer."""

import json
import traceback
from dataclasses import dataclass, field
from typing import Any

from emulators.functions_host.functions import App, Function
from emulators.functions_host.history import Event, EventType, event, write_json
from emulators.functions_host.replay import Replay, ReplayError
from emulators.functions_host.store import Instance

# What an error that the SDK reports is followed by in the exception it raises: its whole answer as JSON.
ANSWER_MARK = "\n\n$OutOfProcData$:"
CUSTOM_STATUS_LIMIT_KB = 16
# The other keys of the context, as the extension sends them ("Millseconds" is its spelling).
CONTEXT = {
    "upperSchemaVersion": 1,
    "upperSchemaVersionNew": 3,
    "longRunningTimerIntervalDuration": "3.00:00:00",
    "maximumShortTimerDuration": "6.00:00:00",
    "defaultHttpAsyncRequestSleepTimeMillseconds": 30000,
}


@dataclass(frozen=True)
class Episode:
    """What an episode led to, to be committed as a whole.

    `events` extend the history. `scheduled` are those among them that start something, each with its input (JSON text).
    `status` is Running while the orchestration goes on; `output` is JSON text. Where it continued as new, `continued`
    is the next generation's input (JSON text) and `carried` are the events that this takes over.
    """

    events: list[Event]
    scheduled: list[tuple[Event, str | None]] = field(default_factory=list)
    custom_status: str | None = None
    unknown: frozenset[str] = frozenset()
    status: str = "Running"
    output: str | None = None
    continued: str | None = None
    carried: tuple[Event, ...] = ()


@dataclass(frozen=True)
class _Answer:
    actions: list[dict[str, Any]]
    is_done: bool
    output: Any = None
    error: str | None = None
    custom_status: str | None = None


class _Failure(Exception):
    """The orchestrator's answer cannot be used; the text completes `Orchestrator function 'x' failed: `."""


def _context(instance: Instance, history: list[str], new: list[Event]) -> str:
    parent = json.loads(instance.parent)["OrchestrationInstance"]["InstanceId"] if instance.parent else None
    rest = {"instanceId": instance.id, "isReplaying": bool(history), "parentInstanceId": parent, **CONTEXT}
    events = ",".join([*history, *map(write_json, new)])
    return f'{{"history":[{events}],"input":{instance.input or "null"},{write_json(rest)[1:]}'


def _call(orchestrator: Function, context: str) -> _Answer:
    try:
        text = orchestrator.handler(**{orchestrator.parameter: context})
    except Exception as error:
        _, mark, text = str(error).rpartition(ANSWER_MARK)
        if not mark:
            stack = "".join(traceback.format_tb(error.__traceback__))
            what = f"Result: Failure\nException: {type(error).__name__}: {error}\nStack: {stack}"
            raise _Failure(f"One or more errors occurred. ({what})") from error
    answer = json.loads(text)
    status = answer.get("customStatus")
    custom_status = None if status is None else write_json(status)
    if custom_status and (size := len(custom_status.encode("utf-16-le")) / 1024) > CUSTOM_STATUS_LIMIT_KB:
        raise _Failure(
            f"The UTF-16 size of the JSON-serialized payload must not exceed {CUSTOM_STATUS_LIMIT_KB} KB. "
            f"The current payload size is {int(size)} KB."
        )
    actions = [action for batch in answer["actions"] for action in batch]
    return _Answer(actions, answer["isDone"], answer.get("output"), answer.get("error"), custom_status)


def _played(happened: Event) -> Event:
    """An event as later episodes see it: the messages of this one will have been played by then."""
    return happened if happened["EventType"] == EventType.OrchestratorStarted else happened | {"IsPlayed": True}


def _ended(events: list[Event], status: str, output: str | None, **rest: Any) -> Episode:
    completed = event(EventType.ExecutionCompleted, OrchestrationStatus=status, Result=output, FailureDetails=None)
    return Episode([*events, completed, event(EventType.OrchestratorCompleted)], status=status, output=output, **rest)


def run_episode(app: App, instance: Instance, history: list[str], messages: list[Event]) -> Episode:
    """Run one episode of `instance`: `history` is what was played before (JSON texts), `messages` what came since.

    A missing orchestrator, an error in it and an answer that does not fit the history fail the orchestration, as on the
    real host; nothing is raised.
    """
    new = [event(EventType.OrchestratorStarted), *messages]
    played = [_played(happened) for happened in new]
    terminated = [message for message in messages if message["EventType"] == EventType.ExecutionTerminated]
    if terminated:
        return _ended(played, "Terminated", write_json(terminated[0]["Input"]), custom_status=instance.custom_status)
    failed = f"Orchestrator function '{instance.name}' failed: "
    orchestrator = app.orchestrators.get(instance.name.lower())
    if orchestrator is None:
        names = ", ".join(f"'{function.name}'" for function in app.orchestrators.values())
        text = (
            f"The function '{instance.name}' doesn't exist, is disabled, or is not an orchestrator function. "
            f"Additional info: The following are the known orchestrator functions: {names}."
        )
        return _ended(played, "Failed", write_json(failed + text))
    try:
        answer = _call(orchestrator, _context(instance, history, new))
    except _Failure as error:
        return _ended(played, "Failed", write_json(failed + str(error)))
    replay = Replay(instance.execution_id, answer.actions, app.activities.keys(), app.orchestrators.keys())
    try:
        replay.run([*json.loads(f"[{','.join(history)}]"), *new])
    except ReplayError as error:
        events = [*played, *(happened for happened, _ in replay.new.values())]
        return _ended(events, "Failed", write_json(str(error)), custom_status=answer.custom_status)
    scheduled = list(replay.new.values())
    events = [*played, *(happened for happened, _ in scheduled)]
    if replay.finished and answer.error:
        return _ended(events, "Failed", write_json(failed + answer.error), custom_status=answer.custom_status)
    if replay.finished and replay.continued:
        data, carried = write_json(replay.continued["input"]), tuple(replay.carried)
        return Episode(events, custom_status=answer.custom_status, continued=data, carried=carried)
    if replay.finished and answer.is_done:
        return _ended(events, "Completed", write_json(answer.output), custom_status=answer.custom_status)
    unknown = frozenset(replay.unknown)
    return Episode([*events, event(EventType.OrchestratorCompleted)], scheduled, answer.custom_status, unknown)
