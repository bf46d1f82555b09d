"""Publishing of the events that tell Brent how a lifecycle ended. Each is one Kafka record, and is published once all
replicas have acknowledged it.
"""

import json
import logging
import time
from typing import Any, NoReturn

from driver.availability import Availability, Condition
from driver.errors import NotReady
from driver.kafka import Connection, Delivery, open_connection
from driver.producers import describe_error, is_fatal, is_too_large
from driver.settings import Settings

WAIT_SECONDS = 1.0  # that a record has to be acknowledged before others stop waiting for Kafka
_LOOK_SECONDS = 0.05  # until it is noticed that Kafka is away
_log = logging.getLogger(__name__)


class Undelivered(Exception):
    """Kafka has not acknowledged the record, which may be sent again. `on_its_way`: this process still waits for its
    delivery report.
    """

    def __init__(self, reason: str, on_its_way: bool = False) -> None:
        super().__init__(reason)
        self.on_its_way = on_its_way


class TooLarge(Exception):
    """The record is larger than the producer or the topic takes. It can never be delivered."""


def is_away(settings: Settings) -> bool:
    """Whether this process knows that Kafka takes no events."""
    return not settings.events_to_log and open_connection(settings).availability.condition.is_away


def read_condition(settings: Settings) -> Condition:
    """What this process knows of Kafka, without waiting; a thread asks Kafka again if that is old. Raises NotReady if
    librdkafka refuses the settings.
    """
    if settings.events_to_log:
        return Condition(is_known=True)
    return _connect(settings).read_condition()


def watch_kafka(settings: Settings) -> Availability:
    """What this process knows of Kafka, and goes on to learn. Raises NotReady if librdkafka refuses the settings."""
    return _connect(settings).availability


def require_valid_settings(settings: Settings) -> None:
    """Raise NotReady if librdkafka refuses the settings. Needs no broker."""
    if not settings.events_to_log:
        _connect(settings)


def publish(
    event: dict[str, Any], tenant: str | None, settings: Settings, seconds: float = WAIT_SECONDS, sent: bool = False
) -> None:
    """Send an event and wait until Kafka has acknowledged it. Raises Undelivered if it has not within `seconds`, and
    at once if Kafka is known to be away; TooLarge if it never will.

    `tenant` is the header tenantId as HTTP servers read it: each character is one byte. `sent` says that an earlier
    step has sent this event. If that step ran in this process, its delivery report is waited for, and no second record
    is sent.
    """
    if settings.events_to_log:
        _log.info("event (EVENTS=log, not sent to Kafka): %s", json.dumps(event))
        return
    connection, key = open_connection(settings), event["requestId"]
    delivery = connection.take_delivery(key) if sent else None
    if delivery is not None:
        seconds = 0 if connection.availability.condition.is_away else seconds
    elif connection.availability.admits_record():
        delivery = _send(connection, event, tenant)
    else:
        raise Undelivered(connection.availability.condition.reason)
    _await_report(connection, delivery, seconds)
    if not delivery.reported.is_set():
        connection.keep_delivery(key, delivery)
        raise Undelivered(connection.availability.condition.reason, on_its_way=True)
    connection.take_delivery(key)
    if delivery.error is not None:
        _raise_error(connection, delivery.error)


def _send(connection: Connection, event: dict[str, Any], tenant: str | None) -> Delivery:
    """Hand a record to the producer."""
    from confluent_kafka import KafkaException

    headers = {"tenantId": _encode_header(tenant)} if tenant is not None else {}
    try:
        return connection.send(event["requestId"], json.dumps(event), headers)
    except BufferError as error:
        connection.availability.note_failure(str(error))
        raise Undelivered(str(error)) from error
    except KafkaException as error:
        _raise_error(connection, error.args[0])


def _encode_header(text: str) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:  # no HTTP server has read this
        return text.encode()


def _await_report(connection: Connection, delivery: Delivery, seconds: float) -> None:
    """Wait for the report of a record, not longer than the seconds or until Kafka is found to be away."""
    before, deadline = connection.availability.condition, time.monotonic() + seconds
    while not delivery.reported.wait(min(_LOOK_SECONDS, seconds)):
        condition = connection.availability.condition
        if condition.is_away and condition is not before:
            return
        if time.monotonic() >= deadline:
            trouble = "Kafka has not acknowledged an event in time"
            connection.availability.note_failure(connection.describe_trouble(trouble))
            return


def _raise_error(connection: Connection, error: Any) -> NoReturn:
    """Raise the error of a record as TooLarge or Undelivered."""
    from confluent_kafka import KafkaError

    if is_too_large(error):
        raise TooLarge(describe_error(error))
    if not is_fatal(error) and error.code() not in (KafkaError._PURGE_QUEUE, KafkaError._PURGE_INFLIGHT):
        connection.availability.note_failure(describe_error(error))
    raise Undelivered(describe_error(error))


def _connect(settings: Settings) -> Connection:
    from confluent_kafka import KafkaException

    try:
        return open_connection(settings)
    except KafkaException as error:
        raise NotReady(f"KAFKA_CONFIG_* or KAFKA_BOOTSTRAP_SERVERS: {error.args[0].str()}") from error
