"""Kill -9 in the middle of everything: the next start finishes what was begun, once."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from tests.functions_host.process import Host, wait_until

MakeHost = Callable[..., Host]
DEFAULT_VERSION = "AzureFunctionsJobHost__extensions__durableTask__defaultVersion"


@pytest.fixture
def host(make_host: MakeHost, app_folder: Path) -> Host:
    return make_host(app_folder).start()


def effects(host: Host) -> list[str]:
    path = host.folder / "effects.log"
    return path.read_text().splitlines() if path.exists() else []


def happened(host: Host, line: str) -> Callable[[], bool]:
    return lambda: line in effects(host)


def has_effects(host: Host, number: int) -> bool:
    return sum(line.startswith("end") for line in effects(host)) >= number


def ends(host: Host, instance_id: str) -> Iterator[str]:
    return (e["EventType"] for e in host.ended(instance_id)["historyEvents"] if e["EventType"].startswith("Execution"))


def test_a_running_activity_runs_again(host: Host) -> None:
    work = [{"name": "one"}, {"name": "two", "milliseconds": 400}, {"name": "three"}]
    host.begin("sequence", "i", work)
    wait_until(happened(host, "begin two"))
    host.kill()
    host.start()
    assert host.ended("i")["output"] == work[-1]
    assert [effects(host).count(f"begin {name}") for name in ("one", "two", "three")] == [1, 2, 1]
    assert list(ends(host, "i")) == ["ExecutionStarted", "ExecutionCompleted"]


def test_a_retried_activity_goes_on_with_its_next_attempt(host: Host) -> None:
    host.begin("sequence", "i", [{"name": "flaky", "fails": 4, "milliseconds": 150}])
    wait_until(lambda: effects(host).count("begin flaky") == 2)
    host.kill()
    host.start()
    assert host.ended("i")["runtimeStatus"] == "Completed"
    kinds = [event["EventType"] for event in host.status("i")["historyEvents"]]
    assert kinds.count("TaskCompleted") == 1
    assert kinds.count("TaskFailed") == kinds.count("TimerFired") <= 3
    assert effects(host).count("end flaky") == 1


def test_a_timer_that_was_due_meanwhile_fires_at_the_start(host: Host) -> None:
    host.begin("sleep", "i", 1)
    wait_until(lambda: host.status("i")["runtimeStatus"] == "Running")
    host.kill()
    assert "begin slept" not in effects(host)
    host.start()
    assert host.ended("i")["output"] == "slept"
    assert effects(host).count("begin slept") == 1


@pytest.mark.slow
def test_generations_go_on(host: Host) -> None:
    host.begin("generations", "i", 20)
    for number in (17, 11, 5):
        wait_until(happened(host, f"begin generation {number}"))
        host.kill()
        host.start()
    assert host.ended("i")["output"] == "done"
    counts = [effects(host).count(f"end generation {number}") for number in range(21)]
    assert all(count in (1, 2) for count in counts)
    assert sum(counts) <= 21 + 3


def test_an_accepted_event_is_not_lost(host: Host) -> None:
    host.begin("race", "i")
    wait_until(lambda: host.status("i")["customStatus"])
    assert host.webhook("POST", "/instances/i/raiseEvent/go", {"n": 1}).status == 202
    host.kill()
    host.start()
    assert host.ended("i")["output"] == {"n": 1}


def test_a_result_for_an_orchestration_of_a_newer_version_is_kept_for_a_host_of_that_version(
    make_host: MakeHost, app_folder: Path
) -> None:
    """An activity has no version: a host of any version runs it again, and once."""
    host = make_host(app_folder, **{DEFAULT_VERSION: "10.0"}).start()
    host.begin("sequence", "newer", [{"name": "work", "until": "go"}])
    wait_until(happened(host, "begin work"))
    host.kill()
    (app_folder / "go").touch()
    host.settings = {DEFAULT_VERSION: "9.0"}
    host.start()
    wait_until(happened(host, "end work"))
    host.begin("sleep", "own", 0)
    assert host.ended("own")["output"] == "slept"
    assert host.status("newer")["runtimeStatus"] == "Running"
    host.kill()
    host.settings = {DEFAULT_VERSION: "10.0"}
    host.start()
    assert host.ended("newer")["runtimeStatus"] == "Completed"
    assert effects(host).count("begin work") == 2


def test_a_task_hub_of_an_earlier_release_goes_on(host: Host) -> None:
    """Its histories have a row for each event, not for each episode."""
    host.begin("sequence", "i", [{"name": "one"}, {"name": "two", "until": "go"}, {"name": "three"}])
    wait_until(happened(host, "begin two"))
    host.kill()
    (hub,) = host.folder.glob(".functions_host/*.sqlite3")
    with closing(sqlite3.connect(hub)) as database, database:
        rows = database.execute("SELECT event FROM history WHERE instance_id = 'i' ORDER BY number").fetchall()
        events = [event for (lines,) in rows for event in lines.split("\n")]
        assert len(events) > len(rows)
        database.execute("DELETE FROM history")
        database.executemany("INSERT INTO history VALUES ('i', ?, ?)", enumerate(events))
    (host.folder / "go").touch()
    host.start()
    assert host.ended("i")["output"] == {"name": "three"}
    assert list(ends(host, "i")) == ["ExecutionStarted", "ExecutionCompleted"]


@pytest.mark.slow
def test_many_instances_survive_many_kills(host: Host) -> None:
    """Killed at arbitrary moments under load, every accepted start ends exactly once, with every effect."""
    names = [f"i{number}" for number in range(30)]
    for name in names:
        host.begin("sequence", name, [{"name": f"{name}-{step}", "milliseconds": 5} for step in range(4)])
    for share in (20, 50, 80):
        wait_until(partial(has_effects, host, share))
        host.kill()
        host.start()
    for name in names:
        assert host.ended(name)["runtimeStatus"] == "Completed"
        assert list(ends(host, name)) == ["ExecutionStarted", "ExecutionCompleted"]
        assert all(f"end {name}-{step}" in effects(host) for step in range(4))
