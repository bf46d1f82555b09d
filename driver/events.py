"""Publishing of the events that tell Brent how a lifecycle ended. Each is one Kafka record, and is published once all
replicas have acknowledged it.
"""

import json
import logging
import threading
import time
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from driver.errors import NotReady
from driver.settings import Settings

if TYPE_CHECKING:
    from confluent_kafka import Producer

DELIVERY_SECONDS = 15
# Longer than a delivery may take, and shorter than the task hub's lock on the message of an activity.
WAIT_SECONDS = 20.0
_HEALTH_SECONDS = 2
_FORGOTTEN_SECONDS = 60  # a report that nobody has asked for by then: the step has run again in another worker
_log = logging.getLogger(__name__)


class Undelivered(Exception):
    """Kafka has not acknowledged the record, which may be sent again. `on_its_way`: this process still waits for its
    delivery report.
    """

    def __init__(self, reason: str, on_its_way: bool = False) -> None:
        super().__init__(reason)
        self.on_its_way = on_its_way


class TooLarge(Exception):
    """The record is larger than the producer or the broker takes. It can never be delivered."""


@dataclass
class Delivery:
    """A record that was handed to the producer. `error` is what Kafka's report says, once `reported` is set."""

    reported: threading.Event = field(default_factory=threading.Event)
    error: Any = None
    reported_at: float = 0

    def note_report(self, error: Any, _message: Any) -> None:
        self.error, self.reported_at = error, time.monotonic()
        self.reported.set()


# By requestId: records without a delivery report when the step that sent them ended.
_on_their_way: dict[str, Delivery] = {}
_away = threading.Event()


def is_away() -> bool:
    """Whether Kafka failed to acknowledge the last record that this process sent."""
    return _away.is_set()


def publish(
    event: dict[str, Any], tenant: str | None, settings: Settings, seconds: float = WAIT_SECONDS, sent: bool = False
) -> None:
    """Send an event and wait until Kafka has acknowledged it. Raises Undelivered if it has not within `seconds`, and
    TooLarge if it never will.

    `sent` says that an earlier step has sent this event. If that step ran in this process, its delivery report is
    waited for, and no second record is sent.
    """
    value = json.dumps(event)
    if settings.events_to_log:
        _log.info("event (EVENTS=log, not sent to Kafka): %s", value)
        return
    key = event["requestId"]
    delivery = _on_their_way.pop(key, None) if sent else None
    if delivery is None:
        delivery = _send(key, value, tenant, settings)
    deadline = time.monotonic() + seconds
    while not delivery.reported.is_set() and time.monotonic() < deadline:
        _open_producer(settings).poll(0.02)
    if not delivery.reported.is_set():
        _away.set()
        _keep_delivery(key, delivery)
        raise Undelivered(f"no delivery report within {seconds:g} seconds", on_its_way=True)
    _check_report(delivery.error)
    _away.clear()


def _send(key: str, value: str, tenant: str | None, settings: Settings) -> Delivery:
    """Hand a record to the producer."""
    from confluent_kafka import KafkaError, KafkaException

    delivery = Delivery()
    try:
        _open_producer(settings).produce(
            settings.kafka_topic,
            key=key,
            value=value,
            headers=[("tenantId", tenant.encode())] if tenant is not None else None,
            on_delivery=delivery.note_report,
        )
    except (BufferError, KafkaException) as error:
        if isinstance(error, KafkaException) and error.args[0].code() == KafkaError.MSG_SIZE_TOO_LARGE:
            raise TooLarge(str(error)) from error
        _away.set()
        raise Undelivered(str(error)) from error
    return delivery


def _check_report(error: Any) -> None:
    """Raise the error of a delivery report as TooLarge or Undelivered; None is no error."""
    from confluent_kafka import KafkaError

    if error is None:
        return
    if error.code() == KafkaError.MSG_SIZE_TOO_LARGE:
        raise TooLarge(str(error))
    _away.set()
    if error.fatal():
        _open_producer.cache_clear()  # after a fatal error a producer never delivers again
    raise Undelivered(str(error))


def _keep_delivery(key: str, delivery: Delivery) -> None:
    """Keep a record that has no delivery report yet: the step that publishes it again asks for the report."""
    long_ago = time.monotonic() - _FORGOTTEN_SECONDS
    for other_key, other_delivery in list(_on_their_way.items()):
        if other_delivery.reported.is_set() and other_delivery.reported_at < long_ago:
            _on_their_way.pop(other_key, None)
    _on_their_way[key] = delivery


def require_valid_settings(settings: Settings) -> None:
    """Raise NotReady if librdkafka refuses the settings. Needs no broker."""
    if settings.events_to_log:
        return
    from confluent_kafka import KafkaException

    try:
        _open_producer(settings)
    except KafkaException as error:
        raise NotReady(f"KAFKA_CONFIG_* or KAFKA_BOOTSTRAP_SERVERS: {error.args[0].str()}") from error


def is_reachable(settings: Settings) -> bool:
    """Whether a broker answers; true where events go to the log."""
    if settings.events_to_log:
        return True
    from confluent_kafka import KafkaException

    try:
        _open_producer(settings).list_topics(timeout=_HEALTH_SECONDS)
    except KafkaException:
        return False
    return True


@cache
def _open_producer(settings: Settings) -> "Producer":
    from confluent_kafka import Producer

    return Producer(
        {
            "client.id": "azure-driver",
            "delivery.timeout.ms": DELIVERY_SECONDS * 1000,
            "log_level": 7 if settings.log_level == "DEBUG" else 3,  # KAFKA_CONFIG_DEBUG needs 7
            **dict(settings.kafka_config),
            "bootstrap.servers": settings.kafka_bootstrap_servers,
            "acks": "all",
            "enable.idempotence": True,
        },
        logger=_log,
    )
