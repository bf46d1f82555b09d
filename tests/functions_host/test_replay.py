"""The replay of actions over histories: recorded episodes of the real host, and what each kind of action does."""

from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest

from emulators.functions_host.history import EventType
from emulators.functions_host.replay import Replay, ReplayError
from tests.functions_host.recordings import normal, parsed, paths, read, report
from tests.support.shared import needs_shared

MARK = "\n\n$OutOfProcData$:"
COMMANDS = {4, 7, 10}
# Recordings whose histories or answers hold what the local host refuses.
NOT_CLAIMED = {
    "ent__2-ent-3744": "entities",
    "o_http__2-o_http-7832": "call_http",
    "o_http__oh1": "call_http",
    "wait_forever__w1": "suspend and resume",
    "o_long__se2": "suspend and resume",
    "o_fail__f1": "rewind",
    "o_rewindable__46c3cc03-211e-48f0-9931-37fe9c22e6ef_0": "rewind",
    "o_rewindable__rw1": "rewind",
    "o_rewind_sub__rw2": "rewind",
}
MISSES = {
    "o_nondet__3-o_nondet-7176": "the real host lets another activity name pass and schedules a second task of that id",
}


def answered(response: dict[str, Any]) -> dict[str, Any] | None:
    """The SDK's recorded answer, also where it came with an exception; None where there was none."""
    text = response.get("json") or response.get("exception", {}).get("message", "").rpartition(MARK)[2]
    answer = parsed(text)
    return answer if isinstance(answer, dict) else None


def time_of(moment: str | None) -> datetime | None:
    return datetime.fromisoformat(moment) if moment else None


def announced(events: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """What commands are compared by: kind, id, name, child id and time."""
    return [
        (
            e["EventType"],
            e["EventId"],
            e.get("Name"),
            normal(e.get("InstanceId")),
            time_of(e.get("FireAt")),
        )
        for e in events
        if e["EventType"] in COMMANDS
    ]


def replayed(execution_id: str, actions: list[dict[str, Any]], history: list[dict[str, Any]]) -> Replay:
    names = {name for action in actions for name in called(action)} - {"nope"}
    replay = Replay(execution_id, actions, names, names)
    replay.run(history)
    return replay


def called(action: dict[str, Any]) -> set[str]:
    inner = {name for child in action.get("compoundActions", ()) for name in called(child)}
    return inner | ({action["functionName"].lower()} if "functionName" in action else set())


def fault(recording: dict[str, Any]) -> str | None:
    """What a recording's next histories hold otherwise than the replay of its answers says; None where all is right."""
    episodes = recording["episodes"]
    for episode, following in pairwise([*episodes, None]):
        if answered(episode["response"]) is None:
            continue
        try:
            replay = replay_episode(episode)
        except ReplayError as error:
            if following is None and recording["function"] == "o_nondet" and "'rt'" not in str(error):
                continue
            return str(error)
        history = episode["context"]["history"]
        after = following["context"]["history"] if following else []
        if len(after) > len(history) and after[1]["Timestamp"] == history[1]["Timestamp"]:
            expected, got = announced(after[len(history) :]), announced([event for event, _ in replay.new.values()])
            if got != expected:
                return f"{got} instead of {expected}"
    return None


@needs_shared
def test_recorded_episodes() -> None:
    """Replaying each recorded answer schedules what the next recorded history holds, with the same ids and times."""
    recordings = {path.stem: read(path) for path in paths("episodes") if not path.name.startswith("invocation_")}
    claimed = recordings.keys() - NOT_CLAIMED.keys()
    found = {name: fault(recordings[name]) for name in claimed}
    report("Replayed orchestrations", claimed, {name: why for name, why in found.items() if why}, MISSES)


def replay_episode(episode: dict[str, Any]) -> Replay:
    answer = answered(episode["response"])
    assert answer
    history = episode["context"]["history"]
    execution_id = history[1]["OrchestrationInstance"]["ExecutionId"]
    return replayed(execution_id, [action for batch in answer["actions"] for action in batch], history)


def happened(kind: EventType, **fields: Any) -> dict[str, Any]:
    return {"EventType": int(kind), "EventId": -1, "Timestamp": "2026-01-01T00:00:00.000000Z", **fields}


STARTED = [happened(EventType.OrchestratorStarted), happened(EventType.ExecutionStarted)]
CALL = {"actionType": 0, "functionName": "a", "input": "1"}
TIMER = {"actionType": 5, "fireAt": "2026-01-01T00:01:00.000000Z", "isCanceled": False}
WAIT = {"actionType": 6, "externalEventName": "Go", "reason": "ExternalEvent"}


def scheduled(number: int, name: str = "a") -> dict[str, Any]:
    return happened(EventType.TaskScheduled, EventId=number, Name=name)


def completed(number: int) -> dict[str, Any]:
    return happened(EventType.TaskCompleted, TaskScheduledId=number, Result="1")


def test_an_open_task_keeps_the_orchestration_from_ending() -> None:
    both = {"actionType": 11, "compoundActions": [CALL, CALL]}
    history = [*STARTED, scheduled(0), scheduled(1), completed(1)]
    waiting = replayed("x", [both], history)
    assert waiting.ran_out
    assert not waiting.finished
    assert replayed("x", [both], [*history, completed(0)]).finished


def test_a_cancelled_timer_is_created_but_not_waited_for() -> None:
    replay = replayed("x", [TIMER | {"isCanceled": True}], STARTED)
    assert [event["EventType"] for event, _ in replay.new.values()] == [EventType.TimerCreated]
    assert replay.finished


@pytest.mark.parametrize("done_at_once", [TIMER | {"isCanceled": True}, WAIT], ids=["cancelled timer", "early event"])
def test_what_is_done_at_once_does_not_take_the_ids_of_its_siblings(done_at_once: dict[str, Any]) -> None:
    """All of a compound are started before anything that follows it, whichever of them is done at once."""
    either = {"actionType": 11, "compoundActions": [done_at_once, CALL]}
    history = [*STARTED[:1], happened(EventType.EventRaised, Name="go", Input="1"), *STARTED[1:]]
    replay = replayed("x", [either, CALL | {"functionName": "next"}], history)
    assert [event["Name"] for event, _ in replay.new.values() if "Name" in event] == ["a", "next"]


def test_an_event_that_came_early_is_kept_and_names_ignore_case() -> None:
    early = [*STARTED, happened(EventType.EventRaised, Name="gO", Input="1")]
    assert replayed("x", [WAIT], early).finished
    assert not replayed("x", [WAIT, WAIT], early).ran_out


def test_only_events_after_continue_as_new_are_carried_over() -> None:
    events = [happened(EventType.EventRaised, Name=name, Input="1") for name in ("early", "go", "late")]
    replay = replayed("x", [WAIT, {"actionType": 4, "input": "2"}], [*STARTED, *events])
    assert replay.finished
    assert [event["Name"] for event in replay.carried] == ["late"]


def test_a_wait_for_an_event_does_not_keep_the_orchestration_from_ending() -> None:
    either = {"actionType": 11, "compoundActions": [WAIT, CALL]}
    assert replayed("x", [either], [*STARTED, scheduled(0), completed(0)]).finished


def test_an_unknown_name_takes_no_id_and_is_reported() -> None:
    replay = replayed("x", [CALL | {"functionName": "nope"}, CALL], STARTED)
    assert replay.unknown == {"nope"}
    assert list(replay.new) == [0]


@pytest.mark.parametrize(("number", "action"), [(7, "call_entity"), (8, "call_http"), (9, "signal_entity")])
def test_what_the_host_lacks_fails_the_orchestration_by_name(number: int, action: str) -> None:
    with pytest.raises(ReplayError, match=f"does not support {action}"):
        replayed("x", [{"actionType": number}], STARTED)


def test_another_name_than_before_is_non_deterministic() -> None:
    with pytest.raises(ReplayError, match=r"scheduled an activity task with sequence number 0 named 'b'"):
        replayed("x", [CALL], [*STARTED, scheduled(0, "b")])
