"""What becomes of events while Kafka is away, where there is none, and where they go to the log."""

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from dev import processes
from dev.brent import vnet
from dev.events import describe_event
from dev.ports import free_port
from dev.stack import ROOT, Stack
from tests.e2e.trial import Trial, eventually, started
from tests.support.kafka import Kafka


@pytest.fixture
def apart(own_kafka: Kafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    """A stack of the test's own, at that broker."""
    with started(Stack(tmp_path_factory.mktemp("away"), provisioning_seconds=0.3, kafka=own_kafka.address)) as trial:
        yield trial


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_while_kafka_is_away_nobody_waits_for_the_events_that_wait(apart: Trial, own_kafka: Kafka) -> None:
    """K1 of the cases."""
    trial, kafka = apart, own_kafka
    group = trial.make_group("rg-away")
    with_kafka = _measure_creation(trial, group, "vnet-before")
    kafka.stop()
    try:
        sent = [trial.begin(vnet(f"vnet-{number}", group)) for number in range(60)]
        eventually(lambda: _count_deployed(trial, group) == 1 + len(sent))
        eventually(lambda: trial.get("/management/health").json()["vitals"]["kafka"]["status"] == "UNHEALTHY")
        vital = trial.get("/management/health").json()["vitals"]["kafka"]
        assert datetime.fromisoformat(vital["since"]) <= datetime.now(UTC)
        eventually(lambda: "Connection refused" in trial.get("/management/health").json()["vitals"]["kafka"]["reason"])
        waiting = eventually(lambda: _list_waiting(trial, sent))
        assert {one["for"] for one in waiting} == {"kafka"}
        assert all(one["reason"] for one in waiting)
        assert {trial.execution(one)["status"] for one in sent} == {"IN_PROGRESS"}
        eventually(lambda: _have_long_waits(trial, sent))
        for _ in range(3):
            begun = time.monotonic()
            trial.get("/management/health")
            assert time.monotonic() - begun < 1
        without = _measure_creation(trial, group, "vnet-meanwhile")
        assert without < 2 * with_kafka + 5  # it was not in Azure within 240 s
    finally:
        kafka.start()
    began = time.monotonic()
    seen = kafka.read_events(lambda seen: {one.key for one in seen} >= set(sent), timeout=90)
    assert time.monotonic() - began < 90
    assert {one.value["status"] for one in seen} == {"COMPLETE"}
    assert {trial.ended(one)["status"] for one in sent} == {"COMPLETE"}
    assert " executions that wait for it were woken" in trial.log()
    eventually(lambda: trial.get("/management/health").json()["vitals"]["kafka"]["status"] == "OK")
    # A busy machine may take more than a second for an acknowledgement, which counts as away, too.
    lines = [line for line in trial.log().splitlines() if "Kafka takes" in line]
    assert [("again" in line) for line in lines] == [False, True] * (len(lines) // 2)
    assert len(lines) <= 6
    waits = [line for line in trial.log().splitlines() if "the event waits for Kafka" in line]
    assert 1 <= len(waits) < 20  # of 61 lifecycles
    assert not [line for line in trial.log().splitlines() if "rdkafka" in line or "[thrd:" in line]


def _measure_creation(trial: Trial, group: str, name: str) -> float:
    """Seconds until a new network is in Azure."""
    begun, before = time.monotonic(), _count_deployed(trial, group)
    trial.begin(vnet(name, group))
    eventually(lambda: _count_deployed(trial, group) == before + 1)
    return time.monotonic() - begun


def _count_deployed(trial: Trial, group: str) -> int:
    found = trial.arm("GET", f"/resourceGroups/{group}/providers/Microsoft.Resources/deployments", version="2025-04-01")
    return [one["properties"]["provisioningState"] for one in found.json()["value"]].count("Succeeded")


def test_the_line_of_make_events_names_time_transition_and_resource(trial: Trial, group: str) -> None:
    network = vnet("vnet-told", group)
    request_id = trial.begin(network)
    event, now = trial.event(request_id), time.time()
    line = describe_event(event, trial.stack.driver)
    sent, _, told = line.partition("  ")
    assert now - 600 < datetime.fromisoformat(sent).timestamp() <= now
    assert told == f"Create of 'vnet-told' ({network.type}): COMPLETE"
    unknown = replace(event, key="no-such-request")
    assert describe_event(unknown, trial.stack.driver) == f"{sent}  no-such-request: COMPLETE"
    assert describe_event(event, f"http://127.0.0.1:{free_port()}") == f"{sent}  {request_id}: COMPLETE"


def _list_waiting(trial: Trial, request_ids: list[str]) -> list[dict[str, Any]]:
    """What each waits for, once all wait."""
    waiting = [trial.execution(one)["waiting"] for one in request_ids]
    return waiting if all(waiting) else []


def _have_long_waits(trial: Trial, request_ids: list[str]) -> bool:
    """Whether the next try of each to publish is minutes away, if nobody wakes it."""
    return all(_find_wake_time(trial, one) > datetime.now(UTC) + timedelta(minutes=2) for one in request_ids)


def _find_wake_time(trial: Trial, request_id: str) -> datetime:
    run = json.loads(trial.instances(f"/{request_id}", showInput="true")["input"])
    wakes_at = run.get("progress", {}).get("wakes_at")
    return datetime.fromisoformat(wakes_at) if wakes_at else datetime.now(UTC)


@pytest.mark.slow
def test_events_go_to_the_log_where_that_is_asked_for(kafka: Kafka, tmp_path: Path) -> None:
    settings = {"EVENTS": "log", "KAFKA_BOOTSTRAP_SERVERS": ""}
    with started(Stack(tmp_path, provisioning_seconds=0.3, kafka=kafka.address, settings=settings)) as trial:
        group = trial.make_group("rg-log")
        request_id = trial.begin(vnet("vnet-1", group))
        assert trial.ended(request_id)["status"] == "COMPLETE"
        line = next(one for one in trial.log().splitlines() if "EVENTS=log" in one)
        event, _ = json.JSONDecoder().raw_decode(line[line.index('{"requestId"') :])
        assert (event["requestId"], event["status"]) == (request_id, "COMPLETE")
        assert event["outputs"]["vnet_name"] == "vnet-1"
        vital = trial.get("/management/health").json()["vitals"]["kafka"]
        assert (vital["status"], vital["reason"]) == ("OK", "not used: EVENTS=log sends events to the log")


@pytest.fixture
def without_broker(tmp_path: Path) -> Iterator[str]:
    """The app on a host without a Kafka broker in its settings; its URL."""
    port = free_port()
    command = [sys.executable, "-m", "emulators.functions_host", "start", "--port", str(port)]
    environment = {"PYTHON_ENABLE_INIT_INDEXING": "1", "KAFKA_BOOTSTRAP_SERVERS": "", "EVENTS": "kafka"}
    hub = ["--task-hub", str(tmp_path / "hub.sqlite")]
    host = processes.start("host", [*command, *hub], tmp_path / "host.log", ROOT, environment)
    url = f"http://127.0.0.1:{port}"
    try:
        host.wait_until(lambda: _answers(url), seconds=30)
        yield url
    finally:
        host.stop()


def _answers(url: str) -> bool:
    try:
        return bool(requests.get(f"{url}/management/health", timeout=5).content)
    except requests.ConnectionError:
        return False


def test_without_a_broker_work_is_refused(without_broker: str, trial: Trial) -> None:
    health = requests.get(f"{without_broker}/management/health", timeout=10)
    app = health.json()["vitals"]["app"]
    assert (health.status_code, app["status"]) == (503, "UNHEALTHY")
    assert "KAFKA_BOOTSTRAP_SERVERS" in app["reason"]
    kafka = health.json()["vitals"]["kafka"]
    assert (kafka["status"], "no broker is configured" in kafka["reason"]) == ("UNHEALTHY", True)
    body: dict[str, Any] = trial.body(vnet("vnet-1", "rg-1"))
    refused = requests.post(f"{without_broker}/api/driver/lifecycle/execute", json=body, timeout=10)
    assert (refused.status_code, refused.json()["status"]) == (503, 503)
    assert "KAFKA_BOOTSTRAP_SERVERS is not set" in refused.json()["localizedMessage"]
