"""Orchestrations that an earlier release began go on under this one: its histories are replayed.

`histories/<release>/*.json` hold `{"instanceId", "name", "status", "input", "output", "history"}`, as that release left
them in the task hub of the local host; what was sealed is cut out. They are never changed: a new release adds a folder.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from emulators.functions_host.history import Event, EventType
from emulators.functions_host.replay import Replay
from tests.support.orchestration import APP, answer_history

pytestmark = pytest.mark.filterwarnings("ignore:azure.functions df_loads")  # the SDK's own call, once a process
HISTORIES = sorted((Path(__file__).parent / "histories").glob("*/*.json"))
MESSAGES = (EventType.ExecutionStarted, EventType.TaskCompleted, EventType.TaskFailed, EventType.TimerFired)
SCHEDULED = (EventType.TaskScheduled, EventType.TimerCreated)


def split_episodes(history: list[Event]) -> list[list[Event]]:
    """The events of each episode: from OrchestratorStarted to OrchestratorCompleted."""
    starts = [at for at, one in enumerate(history) if one["EventType"] == EventType.OrchestratorStarted]
    return [history[start:end] for start, end in zip(starts, [*starts[1:], len(history)], strict=True)]


def describe(events: list[Event]) -> list[tuple[int, int, str]]:
    """What an episode scheduled: kind, id and name."""
    return [(one["EventType"], one["EventId"], one.get("Name", "")) for one in events if one["EventType"] in SCHEDULED]


def test_there_are_histories_of_the_first_release() -> None:
    assert len([path for path in HISTORIES if path.parent.name == "2.0.0"]) >= 8


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_history_of_an_earlier_release_is_replayed(path: Path) -> None:
    recorded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    played: list[Event] = []
    for episode in split_episodes(recorded["history"]):
        started = [*played, episode[0], *(one for one in episode if one["EventType"] in MESSAGES)]
        answered = answer_history(recorded["input"], started, recorded["instanceId"])
        replay = Replay("e-1", answered["actions"][0], APP.activities.keys(), APP.orchestrators.keys())
        replay.run(started)
        assert describe([happened for happened, _ in replay.new.values()]) == describe(episode)
        played += episode
    assert answered["isDone"]
    assert answered["output"] == recorded["output"]
