"""The broker of the tests and the reader of events."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from confluent_kafka import Producer

from dev.events import Event
from tests.support.kafka import ROOT, Kafka


def publish(address: str, topic: str, key: str, value: dict[str, str]) -> None:
    failures: list[str] = []
    producer = Producer({"bootstrap.servers": address, "acks": "all", "enable.idempotence": True, "log_level": 0})
    producer.produce(
        topic,
        json.dumps(value).encode(),
        key=key.encode(),
        headers=[("tenantId", b"tenant-1")],
        on_delivery=lambda error, _: failures.append(str(error)) if error else None,
    )
    assert producer.flush(20) == 0
    assert failures == []


def test_an_event_comes_back_with_its_key_and_headers(kafka: Kafka) -> None:
    publish(kafka.address, "round-trip", "request-1", {"status": "COMPLETE"})
    (event,) = kafka.read_events(until=lambda read: len(read) == 1, topic="round-trip")
    assert (event.key, event.value, event.headers) == ("request-1", {"status": "COMPLETE"}, {"tenantId": "tenant-1"})


def test_waiting_for_too_many_events_names_those_that_came(kafka: Kafka) -> None:
    publish(kafka.address, "too-few", "request-1", {"status": "COMPLETE"})
    with pytest.raises(TimeoutError, match=r"these 1: .*request-1"):
        kafka.read_events(until=lambda read: len(read) == 2, timeout=5, topic="too-few")


@pytest.mark.slow
def test_the_broker_keeps_address_and_events_over_a_restart(own_kafka: Kafka) -> None:
    kafka = own_kafka
    publish(kafka.address, "restart", "before", {"status": "COMPLETE"})
    kafka.stop()
    kafka.start()
    publish(kafka.address, "restart", "after", {"status": "COMPLETE"})

    def both(read: list[Event]) -> bool:
        return len(read) == 2

    assert [event.key for event in kafka.read_events(until=both, topic="restart")] == ["before", "after"]


@pytest.fixture
def without_java(tmp_path: Path) -> dict[str, str]:
    """An environment whose PATH holds nothing but Python, and a test that asks for the broker."""
    tmp_path.joinpath("conftest.py").write_text('pytest_plugins = ["tests.support.kafka"]')
    tmp_path.joinpath("test_broker.py").write_text("def test_broker(kafka): assert kafka.address")
    return {**os.environ, "PATH": str(Path(sys.executable).parent), "PYTHONPATH": str(ROOT)}


def run_pytest(folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", str(folder), str(folder)]
    return subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_without_java_the_test_broker_serves_and_the_report_says_so(
    tmp_path: Path, without_java: dict[str, str]
) -> None:
    done = run_pytest(tmp_path, {**without_java, "KAFKA_REQUIRED": "0"})
    assert done.returncode == 0, done.stdout
    assert "kafka: librdkafka's test broker: not found: java, mvn" in done.stdout


@pytest.mark.slow
def test_without_java_it_fails_where_apache_kafka_is_required(tmp_path: Path, without_java: dict[str, str]) -> None:
    done = run_pytest(tmp_path, {**without_java, "KAFKA_REQUIRED": "1"})
    assert done.returncode == 1, done.stdout
    assert "KAFKA_REQUIRED=1 asks for Apache Kafka, but not found: java, mvn" in done.stdout
