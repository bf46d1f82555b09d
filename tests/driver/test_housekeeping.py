"""Housekeeping on a task hub in memory: what is reported, what is purged, and what a run leaves to the next one."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from driver import housekeeping, settings
from driver.errors import NotReady
from tests.support.executions import TaskHub

RUN = {"requestId": "r-1", "tenant": "tenant-1", "trace": {"a": "b"}, "sealed": "s", "awaits": []}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("HISTORY_DAYS", "7")
    settings.current.cache_clear()
    yield
    settings.current.cache_clear()


@pytest.fixture
def hub() -> Iterator[TaskHub]:
    hub = TaskHub()
    yield hub
    hub.close()


def tell(days: float) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def put(hub: TaskHub, instance_id: str, status: str, created: float, ended: float, **parts: Any) -> None:
    """An instance that was created and ended so many days ago."""
    hub.put(instance_id, status, data=parts.pop("data", None))
    hub.instances[instance_id] |= {"createdTime": tell(created), "lastUpdatedTime": tell(ended), **parts}


def housekeep(hub: TaskHub) -> list[str]:
    """The instances that a run of housekeeping starts."""
    before = len(hub.started)
    asyncio.run(housekeeping.housekeep(hub))
    return [instance_id for _, instance_id, _ in hub.started[before:]]


@pytest.mark.parametrize("state", ["Failed", "Terminated"])
def test_a_lost_execution_is_reported_once(hub: TaskHub, state: str) -> None:
    hub.put("r-1", state, data={**RUN, "progress": {"step": "watch_deployment"}})
    hub.put("foreign", state, data="text")
    hub.put("foreign-2", state, data={"a": 1})
    hub.put("foreign-3", state, data={"requestId": "foreign-3", "transition": "Create"})
    assert housekeep(hub) == ["r-1-lost"]
    _, _, report = hub.started[-1]
    assert (report["requestId"], report["tenant"], report["trace"]) == ("r-1", "tenant-1", {"a": "b"})
    assert report["sealed"] == ""
    assert report["event"]["failureDetails"]["failureCode"] == "INTERNAL_ERROR"
    assert housekeep(hub) == []
    hub.put("r-1-lost", state, data=report)
    assert housekeep(hub) == []


def test_lost_executions_are_found_on_all_pages_however_old(hub: TaskHub) -> None:
    for number in range(250):
        created = 400 if number % 2 else 2
        put(hub, f"r-{number:03}", "Terminated", created, 1, data={**RUN, "requestId": f"r-{number:03}"})
    assert housekeep(hub) == [f"r-{number:03}-lost" for number in range(250)]
    assert hub.purged == []


def test_a_repetition_of_an_event_that_was_terminated_is_no_lost_execution(hub: TaskHub) -> None:
    hub.put("r-1", "Completed", {"status": "COMPLETE"}, data=RUN)
    hub.put("r-1-again", "Terminated", data=RUN)
    assert housekeep(hub) == []


def test_what_ended_before_the_days_is_purged_and_nothing_else(hub: TaskHub) -> None:
    for status in ("Completed", "Failed", "Terminated"):
        put(hub, f"old-{status}", status, 9, 8)
        put(hub, f"long-{status}", status, 9, 6)  # it ended within the days
        put(hub, f"new-{status}", status, 6, 6)
    for status in ("Running", "Pending", "Suspended"):
        put(hub, f"active-{status}", status, 9, 8)
    housekeep(hub)
    assert sorted(hub.purged) == ["old-Completed", "old-Failed", "old-Terminated"]


def test_the_template_of_an_execution_that_goes_on_is_kept(hub: TaskHub) -> None:
    for request_id in ("r-1", "r-2"):
        put(hub, f"content-{request_id}", "Completed", 9, 9, name="keep_content")
    put(hub, "r-1", "Running", 9, 0)
    housekeep(hub)
    assert hub.purged == ["content-r-2"]


def test_many_are_purged_page_by_page(hub: TaskHub) -> None:
    for number in range(1_050):
        put(hub, f"old-{number:04}", "Completed", 30, 29)
    assert asyncio.run(housekeeping.purge_history(hub)) == 1_050
    assert len(hub.purged) == len(set(hub.purged)) == 1_050
    assert hub.instances == {}


def test_what_is_not_purged_in_time_is_left_to_the_next_run(hub: TaskHub) -> None:
    for number in range(350):
        put(hub, f"old-{number:03}", "Completed", 30, 29)
    for purged in (100, 200, 300, 350):
        asyncio.run(housekeeping.purge_history(hub, seconds=0))
        assert len(hub.purged) == purged


def test_one_that_cannot_be_purged_does_not_keep_the_others(hub: TaskHub) -> None:
    for number in range(250):
        put(hub, f"old-{number:03}", "Completed", 30, 29)
    hub.unpurgeable = "old-007"
    with pytest.raises(NotReady, match="1 of 250 histories could not be purged: The operation failed"):
        housekeep(hub)
    assert set(hub.instances) == {"old-007"}


def test_a_task_hub_that_does_not_list_is_an_error(hub: TaskHub) -> None:
    assert hub.rpc_base_url
    assert hub.server is not None
    hub.server.shutdown()
    hub.server.server_close()
    with pytest.raises(NotReady, match="does not list"):
        housekeep(hub)
    hub.server = None
