"""The Kafka broker of the tests: Apache Kafka, or librdkafka's test broker where Java or Maven is missing.

With KAFKA_REQUIRED=1 (CI) a missing Java or Maven is an error. Use it by asking for the fixture `kafka`.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from dev import apache_kafka, processes
from dev.apache_kafka import ApacheKafka
from dev.events import TOPIC, Event, read_events

ROOT = Path(__file__).resolve().parents[2]
_DESCRIPTION = pytest.StashKey[str]()


@dataclass(frozen=True)
class Kafka:
    """A running broker: its address (host:port), and what it is."""

    address: str
    broker: ApacheKafka | processes.Server

    def stop(self) -> None:
        """Stops the broker; the test that does so starts it again."""
        self._restartable().stop()

    def start(self) -> None:
        """Starts the broker again, at the same address and with the same data."""
        self._restartable().start()

    def read_events(self, until: Callable[[list[Event]], bool], timeout: float = 30, topic: str = TOPIC) -> list[Event]:
        """Returns all events of the topic as soon as `until(events so far)` is true; TimeoutError names those seen."""
        return read_events(self.address, until, timeout, topic)

    def _restartable(self) -> ApacheKafka:
        if isinstance(self.broker, ApacheKafka):
            return self.broker
        return pytest.skip(f"only Apache Kafka keeps its address over a restart; {_without_apache_kafka()}")


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[Kafka]:
    """A broker for the whole session; tests share it, so they look for their own keys or use a topic of their own."""
    folder = tmp_path_factory.mktemp("kafka")
    if not apache_kafka.missing_tools():
        running = _apache_kafka(folder)
    elif os.environ.get("KAFKA_REQUIRED") == "1":
        pytest.fail(f"KAFKA_REQUIRED=1 asks for Apache Kafka, but {_without_apache_kafka()}")
    else:
        running = run_test_broker(folder)
    with running as (broker, description):
        pytestconfig.stash[_DESCRIPTION] = description
        yield broker


@contextmanager
def _apache_kafka(folder: Path) -> Iterator[tuple[Kafka, str]]:
    begun = time.monotonic()
    apache_kafka.jars()
    fetched = time.monotonic()
    broker = ApacheKafka(folder)
    broker.start()
    seconds = f"started in {time.monotonic() - fetched:.1f} s (its jars fetched in {fetched - begun:.1f} s)"
    try:
        yield Kafka(broker.address, broker), f"Apache Kafka {apache_kafka.version()} on {broker.address}, {seconds}"
    finally:
        broker.stop()


@contextmanager
def run_test_broker(folder: Path) -> Iterator[tuple[Kafka, str]]:
    address_file = folder / "address"
    command = [sys.executable, "-m", "emulators.kafka", "start", "--address-file", str(address_file)]
    server = processes.start("Kafka test broker", command, folder / "kafka.log", ROOT, {})
    try:
        server.wait_until(address_file.exists, seconds=20)
        address = address_file.read_text(encoding="utf-8")
        yield Kafka(address, server), f"librdkafka's test broker on {address}: {_without_apache_kafka()}"
    finally:
        server.stop()


def pytest_report_header() -> str:
    if apache_kafka.missing_tools():
        return f"kafka: librdkafka's test broker: {_without_apache_kafka()}"
    return f"kafka: Apache Kafka {apache_kafka.version()}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if _DESCRIPTION in config.stash:
        terminalreporter.write_line(f"kafka: {config.stash[_DESCRIPTION]}")


def _without_apache_kafka() -> str:
    return f"not found: {', '.join(apache_kafka.missing_tools())} (Debian: default-jre-headless, maven)"
