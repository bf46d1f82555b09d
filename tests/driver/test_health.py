"""Health: each vital says why and since when; `deep=1` asks Entra ID and ARM, and cannot be used to flood them."""

import asyncio
import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.fernet import Fernet

from driver import api, health, settings
from driver.azure import reachability
from tests.support.arm_stub import DROP, Asked, Reply, Stub
from tests.support.executions import TaskHub
from tests.support.requests import NEEDLE

DEEP = {"deep": "1"}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, stub: Stub) -> Iterator[pytest.MonkeyPatch]:
    """A host that is ready, with the stub as its cloud; nothing is known of Azure, and it was not asked before."""
    given = {"EVENTS": "log", "SEALING_KEYS": Fernet.generate_key().decode()}
    for name, value in {**given, "AZURE_AUTHORITY_HOST": stub.url, "AZURE_RESOURCE_MANAGER_URL": stub.url}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(health, "_faults", (0.0, {}))
    monkeypatch.setattr(health, "_seen", {})
    settings.current.cache_clear()
    yield monkeypatch
    settings.current.cache_clear()


@pytest.fixture
def hub() -> Iterator[TaskHub]:
    hub = TaskHub()
    yield hub
    hub.close()


def check(hub: TaskHub, query: dict[str, str] | None = None) -> dict[str, Any]:
    """The vitals of a host that accepts work."""
    answer = asyncio.run(api.check_health(hub, query))
    assert answer.status == 200
    return dict(answer.body["vitals"])


def test_each_vital_has_a_reason_and_since_when_it_is_so(hub: TaskHub, stub: Stub) -> None:
    vitals = check(hub)
    assert {name: vital["status"] for name, vital in vitals.items()} == dict.fromkeys(
        ("app", "taskHub", "kafka", "azure", "entra"), "OK"
    )
    assert [vital["reason"] for vital in vitals.values()] == [
        "requests are accepted",
        "it answers",
        "not used: EVENTS=log sends events to the log",
        "not called yet",
        "not called yet",
    ]
    assert all(datetime.fromisoformat(vital["since"]) <= datetime.now(UTC) for vital in vitals.values())
    assert check(hub) == vitals
    assert stub.asked == []


def test_where_no_broker_is_configured_kafka_is_unhealthy(hub: TaskHub, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("EVENTS", "kafka")
    environment.setenv("KAFKA_BOOTSTRAP_SERVERS", "")
    settings.current.cache_clear()
    answer = asyncio.run(api.check_health(hub))
    kafka = answer.body["vitals"]["kafka"]
    assert (answer.status, kafka["status"]) == (503, "UNHEALTHY")
    assert kafka["reason"] == "no broker is configured: KAFKA_BOOTSTRAP_SERVERS is not set"


def test_deep_asks_entra_id_and_arm_once_in_a_while_and_without_credentials(hub: TaskHub, stub: Stub) -> None:
    stub.answer = lambda asked: Reply(401, {"error": {"code": "AuthenticationFailed", "message": "no token"}})
    vitals = [check(hub, DEEP) for _ in range(5)][-1]
    assert (vitals["azure"]["status"], vitals["azure"]["reason"]) == ("OK", "asked now, it answers")
    assert (vitals["entra"]["status"], vitals["entra"]["reason"]) == ("OK", "asked now, it answers")
    (asked,) = stub.asked  # and one that the stub does not keep, to Entra ID
    assert asked.path == "/metadata/endpoints?api-version=2022-09-01"
    assert "Authorization" not in asked.headers
    assert stub.tokens == 0


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(DROP), "cannot be reached"),
        (Reply(503, {"error": {}}), "answers with HTTP 503"),
        (Reply(302, None, {"Location": "/login"}), "HTTP 302 that is no JSON"),
    ],
)
def test_what_deep_finds_out_of_reach_is_a_vital_and_work_is_accepted(
    hub: TaskHub, stub: Stub, reply: Reply, said: str
) -> None:
    stub.answer, stub.sign_in = lambda asked: reply, lambda asked: reply
    vitals = check(hub, DEEP)
    host = stub.url.removeprefix("https://")
    for name, service in (("azure", f"ARM ({host})"), ("entra", f"Entra ID ({host})")):
        assert vitals[name]["status"] == "UNHEALTHY"
        assert vitals[name]["reason"].startswith(service)
        assert said in vitals[name]["reason"]
    assert check(hub)["azure"]["status"] == "OK"  # the calls of lifecycles have met no trouble


def test_deep_waits_only_some_seconds_for_an_azure_that_hangs(
    hub: TaskHub, stub: Stub, environment: pytest.MonkeyPatch
) -> None:
    is_over = threading.Event()

    def hang(asked: Asked) -> Reply:
        is_over.wait(30)
        return Reply(200, {})

    stub.answer = hang
    environment.setattr(health, "AZURE_SECONDS", 0.2)
    vitals = check(hub, DEEP)
    is_over.set()
    assert vitals["azure"]["reason"].endswith("has not answered within 0.2 seconds")
    assert vitals["azure"]["status"] == "UNHEALTHY"


def test_what_lifecycles_have_met_is_told_beside_what_deep_finds(hub: TaskHub, stub: Stub) -> None:
    stub.answer = lambda asked: Reply(200, {})
    reachability.ENTRA_ID.note_trouble("login.example", "Entra ID (login.example): HTTP 503")
    vital = check(hub, DEEP)["entra"]
    assert (vital["status"], vital["reason"]) == (
        "UNHEALTHY",
        "Entra ID (login.example): HTTP 503; asked now, it answers",
    )


def test_of_each_cloud_that_is_configured_both_are_asked(
    hub: TaskHub, stub: Stub, environment: pytest.MonkeyPatch
) -> None:
    further = '[{"name": "Northwind", "authority": "https://127.0.0.1:1", "resourceManager": "https://127.0.0.1:1"}]'
    environment.setenv("AZURE_CLOUDS", further)
    settings.current.cache_clear()
    stub.answer = lambda asked: Reply(200, {})
    vitals = check(hub, DEEP)
    for name in ("azure", "entra"):
        assert vitals[name]["reason"].count("127.0.0.1:1) cannot be reached") == 1
        assert stub.url.removeprefix("https://") not in vitals[name]["reason"]


def test_that_no_work_is_accepted_is_one_line_however_often_health_is_asked(
    hub: TaskHub, environment: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    environment.setenv("TRANSITION_TIMEOUT_MINUTES", f"soon {NEEDLE}")
    settings.current.cache_clear()
    caplog.set_level(logging.INFO)
    for _ in range(10):
        assert asyncio.run(api.check_health(hub)).status == 503
    lines = [record for record in caplog.records if "cannot accept work" in record.getMessage()]
    assert [record.levelname for record in lines] == ["ERROR"]
