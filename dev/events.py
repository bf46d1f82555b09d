"""Reads the driver's lifecycle events from Kafka, from the topic's beginning; `make events` shows them."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import requests
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from dev import endpoints

TOPIC = "lm_vnfc_lifecycle_execution_events"
EXECUTIONS = "/api/driver/lifecycle/executions"


@dataclass(frozen=True)
class Event:
    """One record: its key (the requestId), its JSON value, its headers, when it was received and sent (seconds since
    1970).

    Headers are read as UTF-8; other bytes are surrogates (`surrogateescape`).
    """

    key: str
    value: dict[str, Any]
    headers: dict[str, str]
    received: float
    sent: float


class EventStream:
    """The events of one topic in the order of their arrival; made by `events`."""

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer

    def next(self, timeout: float) -> Event | None:
        """Returns the next event, or None if there is none within `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            record = self._consumer.poll(left)
            # A broker that is away is an error record too: the consumer goes on by itself once it is back.
            if record is not None and not record.error():
                headers = dict(record.headers() or [])
                return Event(
                    key=_text(record.key()),
                    value=json.loads(_text(record.value())),
                    headers={name: _text(value, "surrogateescape") for name, value in headers.items()},
                    received=time.time(),
                    sent=record.timestamp()[1] / 1_000,
                )
        return None


@contextmanager
def events(address: str, topic: str = TOPIC) -> Iterator[EventStream]:
    """Opens the topic at the broker `address` (host:port), creating it if need be."""
    consumer = Consumer(
        {
            "bootstrap.servers": address,
            "group.id": "reader",  # demanded by the library; partitions are assigned here and nothing is committed
            "enable.auto.commit": False,
            "allow.auto.create.topics": True,
            "fetch.wait.max.ms": 20,  # the test broker answers only after this time, even if events arrive meanwhile
            "reconnect.backoff.max.ms": 500,
            "log_level": 0,
        }
    )
    try:
        consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in _partitions(consumer, topic)])
        yield EventStream(consumer)
    finally:
        consumer.close()


def read_events(
    address: str, until: Callable[[list[Event]], bool], timeout: float = 30, topic: str = TOPIC
) -> list[Event]:
    """Returns all events of the topic as soon as `until(events so far)` is true; TimeoutError names those seen."""
    read: list[Event] = []
    deadline = time.monotonic() + timeout
    with events(address, topic) as stream:
        while not until(read):
            event = stream.next(deadline - time.monotonic())
            if event is None:
                raise TimeoutError(f"waited {timeout:g} s for more events than these {len(read)}: {read}")
            read.append(event)
    return read


def main() -> None:
    """Prints the events of the stack that `make run` started, as they come, until Ctrl-C."""
    running = endpoints.read(endpoints.FOLDER)
    if running is None:
        sys.exit("Nothing runs here: `make run` starts it.")
    print(f"Events of topic {TOPIC} at {running.kafka}; Ctrl-C ends.", flush=True)
    with suppress(KeyboardInterrupt), events(running.kafka) as stream:
        while True:
            if event := stream.next(timeout=1):
                print(f"\n{describe_event(event, running.driver)}\n{json.dumps(event.value, indent=2)}", flush=True)


def describe_event(event: Event, driver: str) -> str:
    """A line about an event: when it was sent, of which transition and resource it is, and how that ended. The event
    does not name the resource, so the driver is asked.
    """
    sent = datetime.fromtimestamp(event.sent).astimezone().isoformat(sep=" ", timespec="seconds")
    try:
        answer = requests.get(f"{driver}{EXECUTIONS}/{event.key}", timeout=5)
        execution = answer.json() if answer.ok else {}
    except (requests.RequestException, ValueError):
        execution = {}
    resource = execution.get("resource") or {}
    name = f"{execution['transition']} of '{resource['name']}' ({resource['type']})" if resource else event.key
    return f"{sent}  {name}: {event.value['status']}"


def _text(field: str | bytes | None, errors: str = "strict") -> str:
    return field.decode(errors=errors) if isinstance(field, bytes) else field or ""


def _partitions(consumer: Consumer, topic: str) -> list[int]:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        found = consumer.list_topics(topic, timeout=10).topics[topic]
        if found.partitions and not found.error:
            return list(found.partitions)
        time.sleep(0.05)
    raise TimeoutError(f"Kafka topic {topic}: not there after 30 s: {found.error}")


if __name__ == "__main__":
    main()
