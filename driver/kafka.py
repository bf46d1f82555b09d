"""The connection to Kafka, one for each worker process.

A thread of its own serves the producer. While Kafka is away it asks whether Kafka is back, so that nothing else has to.
"""

import atexit
import logging
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from driver.availability import Availability, Condition
from driver.producers import describe_error, is_fatal, is_too_large, open_producer
from driver.settings import Settings

if TYPE_CHECKING:
    from confluent_kafka import Producer

_SERVE_SECONDS = 0.5  # until the thread looks whether it has to ask
_ASK_SECONDS = 2.0  # between two questions while Kafka is away
_ANSWER_SECONDS = 5.0  # that Kafka has to answer
_TOPIC_SECONDS, _TOPIC_TRIES = 0.2, 10  # a topic that the first question has made is there after a moment
_FRESH_SECONDS = 5.0  # what is older is asked again
_REPLACE_SECONDS = 15.0  # between two producers, if the new one is broken, too
_FORGOTTEN_SECONDS = 300.0  # a report that nobody has asked for by then: the step has run again in another worker
_log = logging.getLogger("driver.events")
_opening = threading.Lock()


@dataclass
class Delivery:
    """A record that was handed to the producer. `error` is what its report says, once `reported` is set."""

    reported: threading.Event = field(default_factory=threading.Event)
    error: Any = None
    reported_at: float = 0

    def note_report(self, error: Any) -> None:
        self.error, self.reported_at = error, time.monotonic()
        self.reported.set()


class Connection:
    """A producer, which is replaced after a fatal error, and the records on their way."""

    def __init__(self, settings: Settings) -> None:
        """Raises KafkaException if librdkafka refuses the settings. Needs no broker."""
        self.availability = Availability()
        self._settings = settings
        self._lock = threading.RLock()
        self._deliveries: dict[str, Delivery] = {}  # by key, until their reports are read
        self._last_error = ""
        self._is_asked_for, self._asked_at = True, 0.0
        self._broken_by: Any = None
        self._replaced_at = -_REPLACE_SECONDS
        self._number = 0  # of the producer: errors of one that was replaced count no more
        self._producer = self._open_producer()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="kafka", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def close(self) -> None:
        """End the thread."""
        self._closing.set()
        self._thread.join(2 * _SERVE_SECONDS)

    def read_condition(self) -> Condition:
        """What is known of Kafka, without waiting. If that is some seconds old, the thread asks again."""
        self._is_asked_for |= time.monotonic() - self._asked_at > _FRESH_SECONDS
        return self.availability.condition

    def describe_trouble(self, trouble: str) -> str:
        """What went wrong, with the last error of a connection since Kafka acknowledged a record."""
        return f"{trouble} ({self._last_error})" if self._last_error else trouble

    def send(self, key: str, value: str, headers: Mapping[str, bytes]) -> Delivery:
        """Hand a record to the producer. Raises KafkaException or BufferError."""
        from confluent_kafka import KafkaException

        producer = self._producer
        try:
            return self._produce(producer, key, value, headers)
        except KafkaException as error:
            if not is_fatal(error.args[0]) or not self._replace_producer(producer, error.args[0]):
                raise
            return self._produce(self._producer, key, value, headers)

    def take_delivery(self, key: str) -> Delivery | None:
        """The last record with that key, if this process has sent one and its report has not been read."""
        return self._deliveries.pop(key, None)

    def keep_delivery(self, key: str, delivery: Delivery) -> None:
        """Keep a record that has no report yet: the step that publishes the event again asks for the report."""
        long_ago = time.monotonic() - _FORGOTTEN_SECONDS
        for other_key, other in list(self._deliveries.items()):
            if other.reported.is_set() and other.reported_at < long_ago:
                self._deliveries.pop(other_key, None)
        self._deliveries[key] = delivery

    def _open_producer(self) -> "Producer":
        self._number += 1
        number = self._number
        return open_producer(self._settings, lambda error: self._note_error(error, number))

    def _produce(self, producer: "Producer", key: str, value: str, headers: Mapping[str, bytes]) -> Delivery:
        delivery = self._deliveries[key] = Delivery()  # before it is sent: the producer may be replaced meanwhile
        number = self._number
        try:
            producer.produce(
                self._settings.kafka_topic,
                key=key,
                value=value,
                headers=list(headers.items()),
                on_delivery=lambda error, _message: self._note_report(delivery, error, number),
            )
        except BaseException:
            self._deliveries.pop(key, None)
            raise
        return delivery

    def _serve(self) -> None:
        from confluent_kafka import KafkaException

        while not self._closing.is_set():
            number = self._number
            try:
                self._producer.poll(_SERVE_SECONDS)
                is_due = time.monotonic() > self._asked_at + _ASK_SECONDS
                if self._broken_by is not None:
                    self._replace_producer(self._producer, self._broken_by)
                elif self._is_asked_for or (self.availability.condition.is_away and is_due):
                    self._ask()
            except KafkaException as error:
                self._note_error(error.args[0], number)

    def _ask(self) -> None:
        """Ask Kafka for the topic. If Kafka creates topics automatically, this creates it."""
        from confluent_kafka import KafkaError

        self._is_asked_for, number = False, self._number
        error = self._read_topic_error()
        for _ in range(_TOPIC_TRIES):
            if error is None or error.code() not in (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError.LEADER_NOT_AVAILABLE):
                break
            self._producer.poll(_TOPIC_SECONDS)
            error = self._read_topic_error()
        self._asked_at = time.monotonic()
        if error is None:
            self.availability.note_answer(any(not one.reported.is_set() for one in list(self._deliveries.values())))
        elif error.code() in (KafkaError._TRANSPORT, KafkaError._TIMED_OUT):
            self._producer.poll(0)  # why it could not connect
            self.availability.note_silence(self._last_error or describe_error(error))
        elif is_fatal(error):
            self._note_error(error, number)
        else:
            self.availability.note_silence(f"topic {self._settings.kafka_topic}: {describe_error(error)}")

    def _read_topic_error(self) -> Any:
        from confluent_kafka import KafkaException

        topic = self._settings.kafka_topic
        try:
            found = self._producer.list_topics(topic, timeout=_ANSWER_SECONDS).topics.get(topic)
            return found and found.error
        except KafkaException as error:
            return error.args[0]

    def _note_error(self, error: Any, number: int) -> None:
        """Note an error that librdkafka tells apart from records, of the producer with that number."""
        from confluent_kafka import KafkaError

        if is_fatal(error):
            with self._lock:
                self._broken_by = error if number == self._number else self._broken_by
        elif error.code() == KafkaError._ALL_BROKERS_DOWN:  # also when idle connections are closed
            self._is_asked_for = True
        else:
            self._last_error = describe_error(error)

    def _note_report(self, delivery: Delivery, error: Any, number: int) -> None:
        if error is None or is_too_large(error):
            self._last_error = ""
            self.availability.note_acknowledgement()
        elif is_fatal(error):
            self._note_error(error, number)
        delivery.note_report(error)

    def _replace_producer(self, broken: "Producer", error: Any) -> bool:
        """Replace a producer with a fatal error; its records have failed. False if it is new itself: then Kafka takes
        no events, and the next replacement has to wait.
        """
        from confluent_kafka import KafkaException

        with self._lock:
            if self._producer is not broken:
                return True
            if time.monotonic() < self._replaced_at + _REPLACE_SECONDS:
                self.availability.note_silence(f"the producer is broken: {describe_error(error)}")
                return False
            lost = [one for one in list(self._deliveries.values()) if not one.reported.is_set()]
            self._producer, self._broken_by = self._open_producer(), None
            self._replaced_at = self._asked_at = time.monotonic()
        _log.error("the Kafka producer is broken, a new one takes its place: %s", describe_error(error))
        for _ in range(2):  # the first call may only say once more that it is broken
            with suppress(KafkaException):
                broken.poll(0)
        for delivery in lost:
            if not delivery.reported.is_set():
                delivery.note_report(error)
        return True


def open_connection(settings: Settings) -> Connection:
    """The connection of this process. Raises KafkaException if librdkafka refuses the settings."""
    with _opening:
        return _connect(settings)


@cache
def _connect(settings: Settings) -> Connection:
    return Connection(settings)
