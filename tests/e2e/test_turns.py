"""One transition of a resource at a time, on the real local host (ADR 17)."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from dev.brent import apply_event, execute, vnet
from dev.stack import Stack
from tests.e2e.trial import INSTANCES, Trial, eventually, ids, started
from tests.support.kafka import Kafka

pytestmark = pytest.mark.slow
SLOW_DELETE = {"kind": "operation", "method": "DELETE", "path": "/virtualNetworks/", "times": 1, "seconds": 6}


def waits_for(trial: Trial, request_id: str) -> str | None:
    """The requestId that an execution waits for."""
    waiting = trial.execution(request_id)["waiting"] or {}
    return waiting.get("requestId")


def read_reason(trial: Trial, request_id: str, awaited: str) -> str:
    """Why an execution waits for another one; empty while it does not."""
    waiting = trial.execution(request_id)["waiting"] or {}
    return str(waiting["reason"]) if waiting.get("requestId") == awaited else ""


def find_put(trial: Trial, request_id: str) -> float:
    """When the deployment of a request was PUT, in seconds since 1970."""
    calls = trial._azure("GET", "/emulator/calls").json()["value"]
    times = [call["at"] for call in calls if call["method"] == "PUT" and request_id in call["path"]]
    return float(times[0])


def made_in(trial: Trial, group: str) -> set[str]:
    return {one for one in trial.in_azure(group) if "/providers/" in one}


def test_two_creates_at_the_same_moment_run_one_after_the_other(trial: Trial, group: str) -> None:
    wanted = vnet("vnet-1", group)
    bodies = [trial.body(wanted, request_id=f"at-once-{number}") for number in range(2)]
    with ThreadPoolExecutor(2) as senders:
        sent = list(senders.map(lambda body: execute(trial.stack.driver, body), bodies))
    ended = {request_id: trial.event(request_id) for request_id in sent}
    assert {event.value["status"] for event in ended.values()} == {"COMPLETE"}
    first, second = sorted(sent, key=lambda request_id: ended[request_id].received)
    assert find_put(trial, first) < find_put(trial, second)
    # The first one's resources are an update of the second one's own, not somebody else's.
    made = apply_event(apply_event(wanted, ended[first].value), ended[second].value)
    assert ids(made.topology) == made_in(trial, group)
    trial.run(made, "Delete")
    assert made_in(trial, group) == set()


def test_a_create_and_a_delete_at_the_same_moment_leave_what_the_later_one_says(trial: Trial, group: str) -> None:
    wanted = vnet("vnet-1", group)
    bodies = [trial.body(wanted, transition) for transition in ("Create", "Delete")]
    with ThreadPoolExecutor(2) as senders:
        sent = list(senders.map(lambda body: execute(trial.stack.driver, body), bodies))
    create, delete = (trial.event(request_id) for request_id in sent)
    assert (create.value["status"], delete.value["status"]) == ("COMPLETE", "COMPLETE")
    is_deleted_last = create.received < delete.received
    assert made_in(trial, group) == (set() if is_deleted_last else ids(create.value["associatedTopology"]))


def test_a_delete_during_a_create_names_what_it_waits_for_and_removes_what_it_made(trial: Trial, group: str) -> None:
    wanted = vnet("vnet-1", group)
    with trial.faults({"kind": "slow", "path": group, "factor": 5}):
        creating = trial.begin(wanted)
        deleting = trial.begin(wanted, "Delete")
        reason = eventually(lambda: read_reason(trial, deleting, creating))
        assert f"execution {creating}" in reason
        trial.completed(creating, wanted)
    gone = trial.completed(deleting, wanted)
    assert gone.topology == {}
    assert made_in(trial, group) == set()


def test_the_earlier_one_waits_if_its_start_was_held_up(trial: Trial, group: str) -> None:
    """It begins once the later one is past its first step: here a Create is started again with its first input."""
    wanted = vnet("vnet-1", group)
    creating = trial.begin(wanted)
    made = trial.completed(creating, wanted)
    trial.ended(creating)
    first_input = trial.instances(f"/{creating}", showInput="true")["input"]
    with trial.faults(SLOW_DELETE):
        deleting = trial.begin(made, "Delete")
        eventually(lambda: find_calls(trial, "DELETE", "/virtualnetworks/"))
        start(trial, creating, first_input)
        eventually(lambda: waits_for(trial, creating) == deleting)
        assert waits_for(trial, deleting) is None
        trial.completed(deleting, made)
    again = trial.event(creating, 2)
    assert again.value["status"] == "COMPLETE"
    assert ids(again.value["associatedTopology"]) == made_in(trial, group)


def start(trial: Trial, request_id: str, run_input: str) -> None:
    """Start an execution as the driver's client does."""
    key = trial.log().rsplit(f"{INSTANCES}?code=", 1)[1].split()[0]
    path = INSTANCES.replace("/instances", f"/orchestrators/run_lifecycle/{request_id}")
    answer = trial.session.post(f"{trial.stack.driver}{path}", params={"code": key}, json=run_input, timeout=30)
    assert answer.status_code == 202, answer.text


def find_calls(trial: Trial, method: str, path: str) -> list[Any]:
    calls = trial._azure("GET", "/emulator/calls").json()["value"]
    return [call for call in calls if call["method"] == method and path in call["path"].lower()]


def test_a_what_if_does_not_wait_for_a_create(trial: Trial, group: str) -> None:
    wanted = vnet("vnet-1", group)
    with trial.faults({"kind": "slow", "path": group, "factor": 40}):
        creating = trial.begin(wanted)
        eventually(lambda: trial.execution(creating)["step"] == "watch_deployment")
        trial.completed(trial.begin(wanted, "WhatIf"), wanted)
        assert trial.execution(creating)["status"] == "IN_PROGRESS"
    trial.completed(creating, wanted)


@pytest.fixture
def apart(own_kafka: Kafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    """A stack of the test's own, at that broker."""
    with started(Stack(tmp_path_factory.mktemp("turns"), provisioning_seconds=0.3, kafka=own_kafka.address)) as trial:
        yield trial


@pytest.mark.timeout(300)
@pytest.mark.parametrize("fails", [False, True], ids=["complete", "failed"])
def test_while_kafka_is_away_a_delete_removes_what_a_create_made(apart: Trial, own_kafka: Kafka, fails: bool) -> None:
    """The Create cannot publish its event; the Delete reads it where it waits."""
    trial, wanted = apart, vnet("vnet-1", apart.make_group("rg-turns"))
    trial.run(vnet("vnet-before", "rg-turns"))
    kept = made_in(trial, "rg-turns")
    fault = {"kind": "fail", "type": ".*/subnets", "code": "SubnetBroken", "status": 400, "path": "rg-turns"}
    own_kafka.stop()
    try:
        with trial.faults(*([fault] if fails else [])):
            creating = trial.begin(wanted)
            deleting = trial.begin(wanted, "Delete")
            eventually(lambda: waits_for_kafka(trial, creating))
            assert made_in(trial, "rg-turns") > kept
            eventually(lambda: waits_for_kafka(trial, deleting))
        assert made_in(trial, "rg-turns") == kept
        assert {trial.execution(one)["status"] for one in (creating, deleting)} == {"IN_PROGRESS"}
    finally:
        own_kafka.start()
    seen = own_kafka.read_events(lambda seen: {one.key for one in seen} >= {creating, deleting}, timeout=90)
    statuses = {one.key: one.value["status"] for one in seen}
    assert (statuses[creating], statuses[deleting]) == ("FAILED" if fails else "COMPLETE", "COMPLETE")
    removed = next(one.value["associatedTopology"] for one in seen if one.key == deleting)
    assert set(removed.values()) == {None}
    assert json.dumps(removed).count("vnet-1") >= 2


def waits_for_kafka(trial: Trial, request_id: str) -> bool:
    return bool((trial.execution(request_id)["waiting"] or {}).get("for") == "kafka")
