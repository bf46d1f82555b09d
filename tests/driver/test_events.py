"""Events on Kafka: what a consumer reads, and what is said where there is nobody to take them."""

import ctypes
import json
import logging
import os
import random
import signal
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import confluent_kafka
import pytest
from confluent_kafka import KafkaError

from dev.processes import Server
from driver import events
from driver import settings as driver_settings
from driver.errors import NotReady
from driver.kafka import Connection, open_connection
from driver.models.events import FailureCode, Topology, TopologyEntry, build_event
from driver.models.outcomes import State
from driver.producers import configure_producer, describe_error
from driver.resource_ids import ResourceId
from driver.settings import Settings
from driver.steps.actions import CallState
from driver.steps.passes import RemoveState
from driver.steps.states import DeployState
from tests.e2e.trial import eventually
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


def publish(message: dict[str, Any], tenant: str | None, settings: Settings, sent: bool = False) -> None:
    """Publish until it is acknowledged, as a run does, with time enough for a broker that makes the topic first."""

    def is_published() -> bool:
        nonlocal sent
        try:
            events.publish(message, tenant, settings, sent=sent)
        except events.Undelivered as error:
            sent = error.on_its_way
            return False
        return True

    eventually(is_published)


def complete(**parts: Any) -> dict[str, Any]:
    return make_event(**parts, request_id=str(uuid.uuid4()))


@pytest.mark.parametrize("tenant", [b"tenant-1", "Zürich".encode(), "Zürich".encode("latin-1"), None])
def test_a_record_as_brent_reads_it(kafka: Kafka, settings: Settings, tenant: bytes | None) -> None:
    """HTTP servers decode each byte of a header as one character."""
    message = complete(outputs={"vnet_id": "ü"}, topology={"vnet": None})
    publish(message, None if tenant is None else tenant.decode("latin-1"), settings)
    (record,) = kafka.read_events(lambda seen: len(seen) == 1, topic=settings.kafka_topic)
    assert record.key == message["requestId"]
    assert record.value == message
    headers = {name: value.encode(errors="surrogateescape") for name, value in record.headers.items()}
    assert headers == ({} if tenant is None else {"tenantId": tenant})


def test_one_record_for_each_publish(kafka: Kafka, settings: Settings) -> None:
    messages = [complete() for _ in range(20)]
    for message in messages:
        publish(message, None, settings)
    seen = kafka.read_events(lambda seen: len(seen) == 20, topic=settings.kafka_topic)
    assert sorted(one.key for one in seen) == sorted(message["requestId"] for message in messages)


def test_a_broker_that_answers_and_one_that_does_not(settings: Settings) -> None:
    assert not events.read_condition(settings).is_away
    eventually(lambda: events.read_condition(settings).is_known)
    assert events.read_condition(settings).reason == ""
    eventually(lambda: events.is_away(NOBODY))
    condition = events.read_condition(NOBODY)
    assert "Connection refused" in condition.reason
    assert datetime.fromisoformat(condition.since) <= datetime.now(UTC)


@pytest.mark.parametrize(
    ("code", "text", "said"),
    [
        (
            KafkaError._TRANSPORT,
            "127.0.0.1:1/bootstrap: Connect to ipv4#127.0.0.1:1 failed: Connection refused (after 0ms in state X)",
            "the broker 127.0.0.1:1 cannot be reached: Connection refused",
        ),
        (
            KafkaError._RESOLVE,
            "kafka:9092/bootstrap: Failed to resolve 'kafka:9092': Name or service not known (after 1ms)",
            "the name of the broker kafka:9092 cannot be resolved: Name or service not known",
        ),
        (
            KafkaError._SSL,
            "ssl://kafka:9093/bootstrap: SSL handshake failed: certificate verify failed (after 5ms in state X)",
            "TLS with the broker fails: SSL handshake failed: certificate verify failed (kafka:9093)",
        ),
        (KafkaError._MSG_TIMED_OUT, None, "no broker has acknowledged the record in time"),
        (KafkaError.NOT_ENOUGH_REPLICAS, None, "Not enough in-sync replicas"),
    ],
)
def test_an_error_is_told_in_words_for_users(code: int, text: str | None, said: str) -> None:
    assert describe_error(KafkaError(code, text) if text else KafkaError(code)) == said


def test_what_is_known_of_kafka_is_read_without_waiting() -> None:
    """Health asks for it."""
    begun = time.monotonic()
    events.require_valid_settings(NOBODY)
    events.read_condition(NOBODY)
    assert time.monotonic() - begun < 1


def test_without_a_broker_it_is_undelivered_and_then_nobody_waits_for_it() -> None:
    with pytest.raises(events.Undelivered):
        events.publish(complete(), "t", NOBODY)
    eventually(lambda: events.is_away(NOBODY))
    begun = time.monotonic()
    for _ in range(100):
        with pytest.raises(events.Undelivered) as caught:
            events.publish(complete(), "t", NOBODY)
        assert not caught.value.on_its_way
    assert time.monotonic() - begun < 1


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
    os.waitid(os.P_PID, pid, os.WSTOPPED | os.WNOWAIT)  # a busy machine takes its time
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_a_record_on_its_way_is_waited_for_and_not_sent_twice(halting: tuple[Kafka, Settings]) -> None:
    broker, settings = halting
    first, second, third = complete(), complete(), complete()
    publish(first, None, settings)
    assert not events.is_away(settings)
    with halted(broker):
        with pytest.raises(events.Undelivered) as caught:
            events.publish(second, None, settings, seconds=0.2)
        assert caught.value.on_its_way
        assert events.is_away(settings)
        with pytest.raises(events.Undelivered) as caught:
            events.publish(third, None, settings)
        assert not caught.value.on_its_way
    eventually(lambda: not events.is_away(settings))
    publish(second, None, settings, sent=True)
    keys = sorted([first["requestId"], second["requestId"]])
    seen = broker.read_events(lambda seen: {one.key for one in seen} == set(keys), topic="events")
    assert sorted(one.key for one in seen) == keys


def load_librdkafka() -> ctypes.CDLL:
    """The library that confluent_kafka brings."""
    (library,) = Path(confluent_kafka.__file__).parent.with_suffix(".libs").glob("librdkafka*")
    return ctypes.CDLL(str(library))


def find_handle(connection: Connection) -> ctypes.c_void_p:
    """librdkafka's handle of the producer: in memory it follows the head of the Python object."""
    return ctypes.c_void_p.from_address(id(connection._producer) + object.__basicsize__)


@pytest.mark.slow
def test_a_broker_that_answers_but_acknowledges_nothing_is_tried_now_and_then() -> None:
    """As one does with too few replicas. The broker is one within librdkafka, since Apache Kafka cannot be told to."""
    config = (("delivery.timeout.ms", "1500"), ("test.mock.num.brokers", "1"), ("log_level", "0"))
    settings = Settings(kafka_bootstrap_servers="within", kafka_topic="events", kafka_config=config)
    publish(complete(), None, settings)
    library, produce = load_librdkafka(), 0
    library.rd_kafka_handle_mock_cluster.restype = ctypes.c_void_p
    cluster = ctypes.c_void_p(library.rd_kafka_handle_mock_cluster(find_handle(open_connection(settings))))
    errors = (ctypes.c_int * 10_000)(*[confluent_kafka.KafkaError.NOT_ENOUGH_REPLICAS] * 10_000)
    library.rd_kafka_mock_push_request_errors_array(
        cluster, ctypes.c_int16(produce), ctypes.c_size_t(len(errors)), errors
    )
    for _ in range(2):  # the first time its answer is taken for its return
        eventually(lambda: not events.is_away(settings))
        with pytest.raises(events.Undelivered):
            events.publish(complete(), None, settings)
        assert events.is_away(settings)
    begun, tried = time.monotonic(), 0
    while time.monotonic() < begun + 6:
        tried += _is_tried(settings)
        time.sleep(0.02)
    assert tried <= 1
    assert events.is_away(settings)
    library.rd_kafka_mock_clear_request_errors(cluster, ctypes.c_int16(produce))
    publish(complete(), None, settings)
    assert not events.is_away(settings)


def _is_tried(settings: Settings) -> bool:
    """Whether a record is handed to the producer, or refused at once."""
    with pytest.raises(events.Undelivered) as caught:
        events.publish(complete(), None, settings)
    return caught.value.on_its_way


def break_producer(connection: Connection) -> None:
    """Let librdkafka find its idempotent producer broken for good, as its own tests do."""
    fail = load_librdkafka().rd_kafka_test_fatal_error
    fail.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p]
    assert fail(find_handle(connection), confluent_kafka.KafkaError.INVALID_PRODUCER_EPOCH, b"of a test") == 0


def test_a_producer_that_is_broken_for_good_is_replaced(
    kafka: Kafka, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    """K2 of the cases: whether the thread or the next record finds it out."""
    first, second = complete(), complete()
    publish(first, None, settings)
    connection = open_connection(settings)
    broken = connection._producer
    break_producer(connection)
    publish(second, None, settings)
    assert connection._producer is not broken
    assert not events.is_away(settings)
    assert "a new one takes its place" in caplog.text
    keys = {first["requestId"], second["requestId"]}
    seen = kafka.read_events(lambda seen: {one.key for one in seen} == keys, topic=settings.kafka_topic)
    assert len(seen) == 2


def _is_on_its_way(message: dict[str, Any], settings: Settings) -> bool:
    with pytest.raises(events.Undelivered) as caught:
        events.publish(message, None, settings, sent=True)
    return caught.value.on_its_way


def test_a_record_that_a_broken_producer_held_is_sent_again(halting: tuple[Kafka, Settings]) -> None:
    broker, settings = halting
    message = complete()
    publish(complete(), None, settings)
    with halted(broker):
        with pytest.raises(events.Undelivered) as caught:
            events.publish(message, None, settings, seconds=0.2)
        assert caught.value.on_its_way
        break_producer(open_connection(settings))
        eventually(lambda: not _is_on_its_way(message, settings))
    eventually(lambda: not events.is_away(settings))
    publish(message, None, settings, sent=True)
    seen = broker.read_events(lambda seen: message["requestId"] in {one.key for one in seen}, topic="events")
    assert message["requestId"] in [one.key for one in seen]


def test_a_producer_that_breaks_again_and_again_is_replaced_now_and_then(settings: Settings) -> None:
    publish(complete(), None, settings)
    connection = open_connection(settings)
    first = connection._producer
    break_producer(connection)
    eventually(lambda: connection._producer is not first)
    second = connection._producer
    break_producer(connection)
    eventually(lambda: events.is_away(settings))
    assert "the producer is broken: " in events.read_condition(settings).reason
    assert connection._producer is second


def test_an_event_that_another_process_has_sent_is_sent_again(kafka: Kafka, settings: Settings) -> None:
    message = complete()
    publish(message, None, settings, sent=True)
    (record,) = kafka.read_events(lambda seen: len(seen) == 1, topic=settings.kafka_topic)
    assert record.value == message


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
    with pytest.raises(NotReady):
        events.read_condition(wrong)


def test_what_makes_an_event_count_cannot_be_configured_away(settings: Settings) -> None:
    weak = replace(settings, kafka_config=(("acks", "0"), ("enable.idempotence", "false")))
    events.require_valid_settings(weak)
    publish(complete(), None, weak)


def make_random_text(length: int) -> str:
    """A text that compression makes at most half as long."""
    return random.Random(1).randbytes(length // 2).hex()


def test_a_large_event_is_compressed_and_arrives_as_json(kafka: Kafka, settings: Settings) -> None:
    message = complete(outputs={"a": make_random_text(2_000) * 3_000})
    assert len(json.dumps(message)) > 5_000_000
    publish(message, None, settings)
    (record,) = kafka.read_events(lambda seen: len(seen) == 1, topic=settings.kafka_topic)
    assert record.value == message


@pytest.mark.parametrize("length", [4_000_000, 20_000_000], ids=["for the topic", "for librdkafka"])
def test_an_event_that_is_too_large(settings: Settings, length: int) -> None:
    with pytest.raises(events.TooLarge):
        publish(complete(outputs={"a": make_random_text(length)}), None, settings)
    assert not events.is_away(settings)


def test_a_small_event_does_not_share_the_fate_of_a_large_one(kafka: Kafka, settings: Settings) -> None:
    """A topic refuses whole batches."""
    publish(complete(), None, settings)
    connection = open_connection(settings)
    large = json.dumps(complete(outputs={"a": make_random_text(4_000_000)}))
    sent = [connection.send(str(number), large if number % 2 else "{}", {}) for number in range(10)]
    assert all(delivery.reported.wait(20) for delivery in sent)
    assert [delivery.error is None for delivery in sent] == [True, False] * 5


def test_event_hubs_gets_records_as_they_are_unless_that_is_asked_for() -> None:
    hubs = Settings(kafka_bootstrap_servers="evhns-tnco.servicebus.windows.net:9093")
    asked = replace(hubs, kafka_config=(("compression.type", "gzip"),))
    found = [configure_producer(one)["compression.type"] for one in (Settings(), hubs, asked)]
    assert found == ["gzip", "none", "gzip"]
    assert configure_producer(hubs)["message.max.bytes"] == 1_000_000


def test_events_may_go_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    message = complete(outputs={"a": 1})
    with caplog.at_level(logging.INFO, "driver.events"):
        events.publish(message, None, Settings(events_to_log=True))
    assert json.dumps(message) in caplog.text
    assert not events.is_away(Settings(events_to_log=True))
    assert events.read_condition(Settings(events_to_log=True)).is_known
    events.require_valid_settings(Settings(events_to_log=True))


@pytest.fixture
def publishing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """The settings of this process: the broker and the topic."""
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", settings.kafka_bootstrap_servers)
    monkeypatch.setenv("KAFKA_TOPIC", settings.kafka_topic)
    driver_settings.current.cache_clear()
    publish(complete(), None, driver_settings.current())  # makes the topic, which takes its time
    yield settings
    driver_settings.current.cache_clear()


def publish_until_acknowledged(payload: dict[str, Any]) -> dict[str, Any]:
    """What the activity answers in the end, called again and again as a run does."""

    def publish_once() -> dict[str, Any] | None:
        outcome = publish_event(payload)
        payload["sent"] = outcome["sent"]
        return outcome if outcome["kind"] == "Completed" else None

    return eventually(publish_once) or {}


def payload(message: dict[str, Any], **more: Any) -> dict[str, Any]:
    whole = {"requestId": message["requestId"], "trace": {}, "step": "publish_event", "tenant": "t", "event": message}
    return {**whole, "state": {}, "failure": None, "of": "", "sent": False, **more}


def test_the_activity_publishes(kafka: Kafka, publishing: Settings) -> None:
    message = make_event(failure=(FailureCode.INSUFFICIENT_CAPACITY, "full"))
    answer = publish_until_acknowledged(payload(message))
    assert answer["published"]
    (_, record) = kafka.read_events(lambda seen: len(seen) == 2, topic=publishing.kafka_topic)
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
    assert publish_until_acknowledged(payload(message, **ended))["event"] == message
    (_, record) = kafka.read_events(lambda seen: len(seen) == 2, topic=publishing.kafka_topic)
    assert record.value == message


def test_of_an_event_that_is_too_large_the_topology_arrives(kafka: Kafka, publishing: Settings) -> None:
    topology = {"vnet": {"id": "i", "type": "t"}}
    message = complete(outputs={"a": make_random_text(4_000_000)}, topology=topology)
    answer = publish_until_acknowledged(payload(message))
    assert answer["published"]
    (_, record) = kafka.read_events(lambda seen: len(seen) == 2, topic=publishing.kafka_topic)
    assert record.value["status"] == "FAILED"
    assert record.value["associatedTopology"] == topology
    assert record.value["failureDetails"]["failureCode"] == "INTERNAL_ERROR"


def test_the_event_that_is_on_its_way_is_the_one_that_is_told(
    halting: tuple[Kafka, Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    """K4 of the cases: a smaller one was sent, and Kafka acknowledges it late."""
    broker, settings = halting
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", settings.kafka_bootstrap_servers)
    monkeypatch.setenv("KAFKA_TOPIC", settings.kafka_topic)
    driver_settings.current.cache_clear()
    message = complete(outputs={"a": make_random_text(20_000_000)})
    try:
        publish(complete(), None, driver_settings.current())
        with halted(broker):
            late = publish_event(payload(message))
        assert (late["kind"], late["sent"], late["event"]["status"]) == ("Retry", True, "FAILED")
        answer = publish_until_acknowledged(payload(late["event"], sent=True))
    finally:
        driver_settings.current.cache_clear()
    assert answer["event"] == late["event"]
    *_, record = broker.read_events(lambda seen: message["requestId"] in {one.key for one in seen}, topic="events")
    assert record.value == late["event"]


def test_without_a_broker_the_activity_asks_to_be_called_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", NOBODY.kafka_bootstrap_servers)
    monkeypatch.setenv("KAFKA_CONFIG_DELIVERY_TIMEOUT_MS", "300")
    driver_settings.current.cache_clear()
    failed: dict[str, Any] = {
        "event": None,
        "state": {},
        "failure": ["INTERNAL_ERROR", "bad"],
        "of": "watch_deployment",
    }
    try:
        first, later = (publish_event(payload(complete(), attempt=attempt)) for attempt in (0, 20))
        built = publish_event(payload(complete(), **failed))
    finally:
        driver_settings.current.cache_clear()
    assert (first["kind"], first["event"]) == ("Retry", None)
    assert 1 < first["after"] <= 2
    assert 50 < later["after"] <= 60
    assert built["event"]["failureDetails"]["description"] == "bad"
