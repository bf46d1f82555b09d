"""The Kafka broker of the tests: Apache Kafka, or librdkafka's test broker where Java or Maven is missing.

With KAFKA_REQUIRED=1 (CI) a missing Java or Maven is an error. Use it by asking for the fixture `kafka`.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from dev import apache_kafka, processes
from dev.apache_kafka import ApacheKafka
from dev.events import TOPIC, Event, read_events

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Kafka:
    """A running broker: its address (host:port), and what it is."""

    address: str
    broker: ApacheKafka | processes.Server

    def stop(self) -> None:
        """Stops the broker, which must be the test's own; the test starts it again."""
        self._restartable().stop()

    def start(self) -> None:
        """Starts the broker again, at the same address and with the same data."""
        self._restartable().start()

    def read_events(self, until: Callable[[list[Event]], bool], timeout: float = 60, topic: str = TOPIC) -> list[Event]:
        """Returns all events of the topic as soon as `until(events so far)` is true; TimeoutError names those seen."""
        return read_events(self.address, until, timeout, topic)

    def _restartable(self) -> ApacheKafka:
        if isinstance(self.broker, ApacheKafka):
            return self.broker
        return pytest.skip(f"only Apache Kafka keeps its address over a restart; {_without_apache_kafka()}")


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """A broker for the whole session; tests share it, so they look for their own keys or use a topic of their own.

    Tests that run in parallel have one in each worker.
    """
    folder = tmp_path_factory.mktemp("kafka")
    if not apache_kafka.missing_tools():
        running = run_apache_kafka(folder)
    elif os.environ.get("KAFKA_REQUIRED") == "1":
        pytest.fail(f"KAFKA_REQUIRED=1 asks for Apache Kafka, but {_without_apache_kafka()}")
    else:
        running = run_test_broker(folder)
    with running as broker:
        yield broker


@pytest.fixture
def own_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """A broker of the test's own, which may be stopped and started: nobody else reads from it."""
    if apache_kafka.missing_tools():
        pytest.skip(f"only Apache Kafka keeps its address over a restart; {_without_apache_kafka()}")
    with run_apache_kafka(tmp_path_factory.mktemp("own-kafka")) as broker:
        yield broker


@contextmanager
def run_apache_kafka(folder: Path) -> Iterator[Kafka]:
    broker = ApacheKafka(folder)
    broker.start()
    try:
        yield Kafka(broker.address, broker)
    finally:
        broker.stop()


@contextmanager
def run_test_broker(folder: Path) -> Iterator[Kafka]:
    address_file = folder / "address"
    command = [sys.executable, "-m", "emulators.kafka", "start", "--address-file", str(address_file)]
    server = processes.start("Kafka test broker", command, folder / "kafka.log", ROOT, {})
    try:
        server.wait_until(address_file.exists, seconds=20)
        yield Kafka(address_file.read_text(encoding="utf-8"), server)
    finally:
        server.stop()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Fetch the broker's jars outside of the tests' time limit, if a test is to use it."""
    wanted = any("kafka" in getattr(item, "fixturenames", ()) for item in session.items)
    if wanted and not apache_kafka.missing_tools():
        apache_kafka.jars()


def pytest_report_header() -> str:
    if apache_kafka.missing_tools():
        return f"kafka: librdkafka's test broker: {_without_apache_kafka()}"
    return f"kafka: Apache Kafka {apache_kafka.version()}"


def _without_apache_kafka() -> str:
    return f"not found: {', '.join(apache_kafka.missing_tools())} (Debian: default-jre-headless, maven)"
