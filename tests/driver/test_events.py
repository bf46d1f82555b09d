"""Events on Kafka: what a consumer reads, and what is said where there is nobody to take them."""

import json
import logging
import os
import signal
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dev.processes import Server
from driver import events
from driver import settings as driver_settings
from driver.errors import NotReady
from driver.models.events import FailureCode, Topology, TopologyEntry, build_event
from driver.models.outcomes import State
from driver.resource_ids import ResourceId
from driver.settings import Settings
from driver.steps.actions import CallState
from driver.steps.removal import RemoveState
from driver.steps.states import DeployState
from tests.support.activities import publish_event
from tests.support.events import make_event
from tests.support.kafka import Kafka, run_test_broker

ENTRY = TopologyEntry(id=ResourceId.parse("/subscriptions/s/resourceGroups/rg-1"), type="t")
NOBODY = Settings(
    kafka_bootstrap_servers="127.0.0.1:1",
    kafka_topic="events",
    kafka_config=(("delivery.timeout.ms", "300"), ("log_level", "0")),
)


@pytest.fixture
def settings(kafka: Kafka) -> Settings:
    """A topic of the test's own on the broker of all tests."""
    return Settings(kafka_bootstrap_servers=kafka.address, kafka_topic=f"events-{uuid.uuid4()}")


def complete(**parts: Any) -> dict[str, Any]:
    return make_event(**parts, request_id=str(uuid.uuid4()))


@pytest.mark.parametrize(
    ("tenant", "headers"), [("tenant-1", {"tenantId": "tenant-1"}), ("Zürich", {"tenantId": "Zürich"}), (None, {})]
)
def test_a_record_as_brent_reads_it(
    kafka: Kafka, settings: Settings, tenant: str | None, headers: dict[str, str]
) -> None:
    message = complete(outputs={"vnet_id": "ü"}, topology={"vnet": None})
    events.publish(message, tenant, settings)
    (record,) = kafka.read_events(lambda seen: len(seen) == 1, topic=settings.kafka_topic)
    assert record.key == message["requestId"]
    assert record.value == message
    assert record.headers == headers


def test_one_record_for_each_publish(kafka: Kafka, settings: Settings) -> None:
    messages = [complete() for _ in range(20)]
    for message in messages:
        events.publish(message, None, settings)
    seen = kafka.read_events(lambda seen: len(seen) == 20, topic=settings.kafka_topic)
    assert sorted(one.key for one in seen) == sorted(message["requestId"] for message in messages)


def test_a_reachable_broker(settings: Settings) -> None:
    assert events.is_reachable(settings)
    assert not events.is_reachable(NOBODY)
    events.require_valid_settings(settings)
    events.require_valid_settings(NOBODY)


def test_without_a_broker_it_is_undelivered() -> None:
    with pytest.raises(events.Undelivered):
        events.publish(complete(), "t", NOBODY)


@pytest.fixture
def halting(tmp_path: Path) -> Iterator[tuple[Kafka, Settings]]:
    """A broker of the test's own, which may be halted, and settings to reach it."""
    with run_test_broker(tmp_path) as broker:
        yield broker, Settings(kafka_bootstrap_servers=broker.address, kafka_topic="events")


@contextmanager
def halted(broker: Kafka) -> Iterator[None]:
    assert isinstance(broker.broker, Server)
    pid = broker.broker.process.pid
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_a_record_on_its_way_is_waited_for_and_not_sent_twice(halting: tuple[Kafka, Settings]) -> None:
    broker, settings = halting
    first, second = complete(), complete()
    events.publish(first, None, settings)
    assert not events.is_away()
    with halted(broker):
        with pytest.raises(events.Undelivered) as caught:
            events.publish(second, None, settings, seconds=0.2)
        assert caught.value.on_its_way
        assert events.is_away()
    events.publish(second, None, settings, sent=True)
    assert not events.is_away()
    keys = sorted([first["requestId"], second["requestId"]])
    seen = broker.read_events(lambda seen: {one.key for one in seen} == set(keys), topic="events")
    assert sorted(one.key for one in seen) == keys


def test_an_event_that_another_process_has_sent_is_sent_again(kafka: Kafka, settings: Settings) -> None:
    message = complete()
    events.publish(message, None, settings, sent=True)
    (record,) = kafka.read_events(lambda seen: len(seen) == 1, topic=settings.kafka_topic)
    assert record.value == message


def test_the_bound_is_shorter_than_the_lock_on_an_activity() -> None:
    assert events.DELIVERY_SECONDS < 60


@pytest.mark.parametrize(
    "config",
    [
        (("no.such.setting", "x"),),
        (("security.protocol", "carrier-pigeon"),),
        (("delivery.timeout.ms", "soon"),),
        (("ssl.ca.location", "/nowhere/ca.pem"), ("security.protocol", "ssl")),
        (("sasl.mechanism", "NO-SUCH"), ("security.protocol", "sasl_plaintext")),
    ],
    ids=lambda config: str(config[0][0]),
)
def test_what_librdkafka_does_not_take_is_told(config: tuple[tuple[str, str], ...]) -> None:
    wrong = replace(NOBODY, kafka_config=config)
    with pytest.raises(NotReady, match=r"^KAFKA_CONFIG_\* or KAFKA_BOOTSTRAP_SERVERS: "):
        events.require_valid_settings(wrong)
    assert not events.is_reachable(wrong)


def test_what_makes_an_event_count_cannot_be_configured_away(settings: Settings) -> None:
    weak = replace(settings, kafka_config=(("acks", "0"), ("enable.idempotence", "false")))
    events.require_valid_settings(weak)
    events.publish(complete(), None, weak)


def test_an_event_that_is_too_large(settings: Settings) -> None:
    with pytest.raises(events.TooLarge):
        events.publish(complete(outputs={"a": "x" * 2_000_000}), None, settings)


def test_events_may_go_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    message = complete(outputs={"a": 1})
    with caplog.at_level(logging.INFO, "driver.events"):
        events.publish(message, None, Settings(events_to_log=True))
    assert json.dumps(message) in caplog.text
    assert events.is_reachable(Settings(events_to_log=True))
    events.require_valid_settings(Settings(events_to_log=True))


@pytest.fixture
def publishing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """The settings of this process: the broker and the topic."""
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", settings.kafka_bootstrap_servers)
    monkeypatch.setenv("KAFKA_TOPIC", settings.kafka_topic)
    driver_settings.current.cache_clear()
    yield settings
    driver_settings.current.cache_clear()


def payload(message: dict[str, Any], **more: Any) -> dict[str, Any]:
    whole = {"requestId": message["requestId"], "trace": {}, "step": "publish_event", "tenant": "t", "event": message}
    return {**whole, "state": {}, "failure": None, "of": "", "sent": False, **more}


def test_the_activity_publishes(kafka: Kafka, publishing: Settings) -> None:
    message = make_event(failure=(FailureCode.INSUFFICIENT_CAPACITY, "full"))
    answer = publish_event(payload(message))
    assert answer["published"]
    (record,) = kafka.read_events(lambda seen: len(seen) == 1, topic=publishing.kafka_topic)
    assert record.value == message


@pytest.mark.parametrize(
    ("step", "state", "topology"),
    [
        ("watch_deployment", DeployState(topology={"a": ENTRY}), {"a": ENTRY}),
        ("remove_resources", RemoveState(begun=True, removed=("a", "b")), {"a": None, "b": None}),
        ("call_action", CallState(), {}),
        ("await_executions", RemoveState(), {}),
        ("", RemoveState(begun=True, removed=("a",)), {"a": None}),
        ("", DeployState(topology={"a": ENTRY}), {"a": ENTRY}),
    ],
)
def test_the_event_of_a_failed_run_is_built_from_its_last_state(
    kafka: Kafka, publishing: Settings, step: str, state: State, topology: Topology
) -> None:
    message = build_event("r", topology, failure=(FailureCode.INTERNAL_ERROR, "bad"))
    ended = {"event": None, "state": state.model_dump(mode="json"), "failure": ["INTERNAL_ERROR", "bad"], "of": step}
    assert publish_event(payload(message, **ended))["event"] == message
    (record,) = kafka.read_events(lambda seen: len(seen) == 1, topic=publishing.kafka_topic)
    assert record.value == message


def test_of_an_event_that_is_too_large_the_topology_arrives(kafka: Kafka, publishing: Settings) -> None:
    topology = {"vnet": {"id": "i", "type": "t"}}
    message = complete(outputs={"a": "x" * 2_000_000}, topology=topology)
    answer = publish_event(payload(message))
    assert answer["published"]
    (record,) = kafka.read_events(lambda seen: len(seen) == 1, topic=publishing.kafka_topic)
    assert record.value["status"] == "FAILED"
    assert record.value["associatedTopology"] == topology
    assert record.value["failureDetails"]["failureCode"] == "INTERNAL_ERROR"


def test_without_a_broker_the_activity_asks_to_be_called_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", NOBODY.kafka_bootstrap_servers)
    monkeypatch.setenv("KAFKA_CONFIG_DELIVERY_TIMEOUT_MS", "300")
    driver_settings.current.cache_clear()
    try:
        outcome = publish_event(payload(complete()))
    finally:
        driver_settings.current.cache_clear()
    assert outcome["kind"] == "Retry"
    assert outcome["after"] > 0
