"""Executions that wait for Kafka are woken once it answers: which ones, and when."""

from collections.abc import Iterator

import pytest

from driver.availability import Availability
from driver.errors import NotReady
from driver.instances import raise_events
from driver.models.runs import KAFKA_ANSWERS
from driver.wakes import wake_executions
from tests.support.executions import TaskHub


@pytest.fixture
def hub() -> Iterator[TaskHub]:
    hub = TaskHub()
    yield hub
    hub.close()


@pytest.fixture
def availability() -> Availability:
    """Kafka answers."""
    found = Availability()
    found.note_answer(is_sending=False)
    return found


def put_waiting(hub: TaskHub, instance_id: str, waits_for: str = "kafka", status: str = "Running") -> None:
    hub.put(instance_id, status, custom={"step": "publish_event", "waiting": {"for": waits_for, "reason": "away"}})


def test_all_that_wait_for_kafka_are_woken_and_no_others(hub: TaskHub, availability: Availability) -> None:
    waiting = {f"r-{number:03}" for number in range(250)}
    for instance_id in waiting:
        put_waiting(hub, instance_id)
    put_waiting(hub, "s-azure", waits_for="azure")
    put_waiting(hub, "s-ended", status="Completed")
    hub.put("s-busy", "Running", custom={"step": "watch_deployment", "waiting": None})
    hub.put("s-new", "Pending")
    assert wake_executions(hub, availability) == 250
    assert {name for _, name in hub.raised} == {KAFKA_ANSWERS}
    assert sorted(instance_id for instance_id, _ in hub.raised) == sorted(waiting)


def test_one_that_has_ended_since_the_list_is_no_trouble(hub: TaskHub) -> None:
    put_waiting(hub, "r-1")
    assert len(list(raise_events(hub, ["r-0", "r-1"], KAFKA_ANSWERS))) == 2
    assert [instance_id for instance_id, _ in hub.raised] == ["r-0", "r-1"]


def test_a_task_hub_that_takes_no_event_is_told(hub: TaskHub, availability: Availability) -> None:
    put_waiting(hub, "r-1")
    hub.failure = Exception("storage")
    with pytest.raises(NotReady, match=r"the task hub does not take an event \(status 500\)"):
        wake_executions(hub, availability)


def test_when_kafka_is_silent_again_the_others_are_left_for_later(hub: TaskHub, availability: Availability) -> None:
    for instance_id in ("r-1", "r-2", "r-3"):
        put_waiting(hub, instance_id)
    availability.note_silence("Connection refused")
    assert wake_executions(hub, availability) == 1


def test_who_follows_is_told_each_time_that_kafka_begins_to_answer() -> None:
    told: list[str] = []
    availability = Availability()
    availability.follow(lambda: told.append("answers"))
    assert told == []  # nothing is known yet
    availability.note_answer(is_sending=False)
    availability.note_answer(is_sending=False)
    assert len(told) == 1
    availability.note_silence("Connection refused")
    assert availability.condition.is_silent
    availability.note_answer(is_sending=False)
    assert len(told) == 2
    availability.note_failure("not acknowledged")
    assert (availability.condition.is_away, availability.condition.is_silent) == (True, False)
    availability.note_acknowledgement()
    assert len(told) == 3


def test_kafka_that_answers_and_acknowledges_nothing_is_away_but_not_silent() -> None:
    told: list[str] = []
    availability = Availability()
    availability.note_answer(is_sending=False)
    for _ in range(2):
        availability.note_failure("too few replicas")
        availability.note_answer(is_sending=False)
    availability.follow(lambda: told.append("answers"))
    assert len(told) == 1  # it answers already
    availability.note_silence("Connection refused")
    assert availability.condition.is_silent
    availability.note_answer(is_sending=False)
    assert (availability.condition.is_away, availability.condition.is_silent, len(told)) == (True, False, 2)
