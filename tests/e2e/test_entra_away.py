"""Entra ID away for two minutes while a hundred lifecycles run with short tokens, and twenty begin without one."""

import time
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from dev.brent import execute, vnet
from dev.stack import Stack
from tests.e2e.trial import Trial, eventually, started
from tests.support.kafka import Kafka

RUNNING, NEW = 100, 20
AWAY_SECONDS = 60
TOKEN_SECONDS = 10
OTHER_CLIENT, OTHER_SECRET = "66666666-6666-6666-6666-666666666666", "other-secret"
BREAK = {"kind": "drop", "host": "entra", "forSeconds": AWAY_SECONDS}
FAIL = {"kind": "error", "host": "entra", "status": 503, "code": "ServerError", "forSeconds": AWAY_SECONDS}


@pytest.fixture
def apart(kafka: Kafka, tmp_path: Path) -> Iterator[Trial]:
    """A stack whose deployments take longer than a token lives."""
    with started(Stack(tmp_path, provisioning_seconds=2 * TOKEN_SECONDS, kafka=kafka.address)) as trial:
        yield trial


def begin_elsewhere(trial: Trial, name: str, group: str) -> str:
    """Send a Create for a deployment location at which nobody has signed in."""
    body = trial.body(vnet(name, group))
    location = body["deploymentLocation"]
    properties = {**location["properties"], "clientId": OTHER_CLIENT, "clientSecret": OTHER_SECRET}
    return execute(
        trial.stack.driver,
        {**body, "deploymentLocation": {"name": "elsewhere", "type": "Azure", "properties": properties}},
    )


def count_tokens(trial: Trial) -> int:
    """How often Entra ID was asked for anything; a broken connection is a call without a status."""
    calls: list[dict[str, Any]] = trial._azure("GET", "/emulator/calls").json()["value"]
    return sum(call["host"] == "entra" for call in calls)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_while_entra_id_is_away_no_lifecycle_fails(apart: Trial) -> None:
    trial = apart
    group = trial.make_group("rg-entra")
    properties = trial.stack.deployment_location["properties"]
    clients = {properties["clientId"]: properties["clientSecret"], OTHER_CLIENT: OTHER_SECRET}
    trial._azure("POST", "/emulator/settings", json={"clients": clients, "tokenSeconds": TOKEN_SECONDS})
    sent = [trial.begin(vnet(f"vnet-{number}", group)) for number in range(RUNNING)]
    eventually(lambda: len(trial.in_azure("Microsoft.Resources/deployments")) >= RUNNING, seconds=120)
    begun = time.time()
    asked = count_tokens(trial)
    trial._azure("POST", "/emulator/faults", json={"faults": [BREAK, FAIL]}).raise_for_status()
    sent += [begin_elsewhere(trial, f"new-{number}", group) for number in range(NEW)]
    broken = eventually(lambda: find_trouble(trial, "cannot be reached"), seconds=30)
    failing = eventually(lambda: find_trouble(trial, "HTTP 503"), seconds=2 * AWAY_SECONDS)
    assert broken["since"] == failing["since"]
    assert abs(datetime.fromisoformat(broken["since"]).timestamp() - begun) < 2 * TOKEN_SECONDS
    for request_id in sent[-NEW:]:
        waiting = eventually(partial(find_wait, trial, request_id), seconds=30)
        assert "deployment location 'elsewhere': Entra ID" in waiting["reason"]
    events = {request_id: trial.event(request_id, seconds=3 * AWAY_SECONDS) for request_id in sent}
    assert [event.value["status"] for event in events.values()] == ["COMPLETE"] * (RUNNING + NEW)
    assert max(event.received for event in events.values()) - begun > 2 * AWAY_SECONDS
    assert (find_vital(trial)["status"], find_vital(trial)["reason"]) == ("OK", "it answers")
    assert eventually(lambda: trial.get("/management/health").status_code == 200)
    # Two locations, each of which asks for a token, or for the address that gives it, once in a few seconds.
    seconds = max(event.received for event in events.values()) - begun
    assert count_tokens(trial) - asked < 2 * 2 * seconds / 4


def find_wait(trial: Trial, request_id: str) -> dict[str, str]:
    """What a lifecycle says that it waits for, if that is Entra ID; else empty, as while a step is being taken."""
    waiting = trial.execution(request_id)["waiting"] or {}
    return dict(waiting) if waiting.get("for") == "entra" else {}


def find_vital(trial: Trial) -> dict[str, str]:
    """The vital of Entra ID; it is told also while the task hub is late, which a busy machine may make it."""
    return dict(trial.get("/management/health").json()["vitals"]["entra"])


def find_trouble(trial: Trial, reason: str) -> dict[str, str]:
    """The vital of Entra ID if it is UNHEALTHY for that reason; else empty."""
    vital = find_vital(trial)
    return vital if reason in vital.get("reason", "") else {}
