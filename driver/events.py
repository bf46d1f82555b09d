"""The events that tell Brent how a lifecycle ended: one Kafka record each, acknowledged by all replicas before it
counts.
"""

import json
import logging
import threading
import time
from functools import cache
from typing import TYPE_CHECKING, Any

from driver.errors import NotReady
from driver.settings import Settings

if TYPE_CHECKING:
    from confluent_kafka import Producer

DELIVERY_SECONDS = 15
_WAIT_SECONDS = 20  # longer than the delivery itself may take, shorter than the lock on an activity's message
_HEALTH_SECONDS = 2
_log = logging.getLogger(__name__)


class Undelivered(Exception):
    """Kafka has not acknowledged the record; it may be sent again."""


class TooLarge(Exception):
    """The record is larger than the producer or the broker takes: it would never be delivered."""


def publish(event: dict[str, Any], tenant: str | None, settings: Settings) -> None:
    """Send an event and wait until Kafka has acknowledged it. Raises Undelivered if it has not within 20 seconds."""
    value = json.dumps(event)
    if settings.events_to_log:
        _log.info("event (EVENTS=log, not sent to Kafka): %s", value)
        return
    from confluent_kafka import KafkaError, KafkaException

    acknowledged = threading.Event()
    errors: list[Any] = []

    def delivered(error: Any, _message: Any) -> None:
        errors.append(error)
        acknowledged.set()

    try:
        producer = _producer(settings)
        producer.produce(
            settings.kafka_topic,
            key=event["requestId"],
            value=value,
            headers=[("tenantId", tenant.encode())] if tenant is not None else None,
            on_delivery=delivered,
        )
    except (BufferError, KafkaException) as error:
        if isinstance(error, KafkaException) and error.args[0].code() == KafkaError.MSG_SIZE_TOO_LARGE:
            raise TooLarge(str(error)) from None
        raise Undelivered(str(error)) from None
    deadline = time.monotonic() + _WAIT_SECONDS
    while not acknowledged.is_set() and time.monotonic() < deadline:
        producer.poll(0.05)
    if not errors:
        raise Undelivered(f"no delivery report within {_WAIT_SECONDS} seconds")
    if errors[0] is not None:
        if errors[0].code() == KafkaError.MSG_SIZE_TOO_LARGE:
            raise TooLarge(str(errors[0]))
        if errors[0].fatal():
            _producer.cache_clear()  # a producer that has lost its sequence numbers never delivers again
        raise Undelivered(str(errors[0]))


def require_valid(settings: Settings) -> None:
    """Raise NotReady if librdkafka does not take the settings; needs no broker."""
    if settings.events_to_log:
        return
    from confluent_kafka import KafkaException

    try:
        _producer(settings)
    except KafkaException as error:
        raise NotReady(f"KAFKA_CONFIG_* or KAFKA_BOOTSTRAP_SERVERS: {error.args[0].str()}") from None


def is_reachable(settings: Settings) -> bool:
    """Whether a broker answers; true where events go to the log."""
    if settings.events_to_log:
        return True
    from confluent_kafka import KafkaException

    try:
        _producer(settings).list_topics(timeout=_HEALTH_SECONDS)
    except KafkaException:
        return False
    return True


@cache
def _producer(settings: Settings) -> "Producer":
    from confluent_kafka import Producer

    return Producer(
        {
            "client.id": "azure-driver",
            "delivery.timeout.ms": DELIVERY_SECONDS * 1000,
            "log_level": 7 if settings.log_level == "DEBUG" else 3,  # at 7 KAFKA_CONFIG_DEBUG is heard
            **dict(settings.kafka_config),
            "bootstrap.servers": settings.kafka_bootstrap_servers,
            "acks": "all",
            "enable.idempotence": True,
        },
        logger=_log,
    )
