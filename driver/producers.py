"""Producers of Kafka records, as librdkafka makes them, and what their errors mean."""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from driver.settings import Settings

if TYPE_CHECKING:
    from confluent_kafka import Producer

_DELIVERY_SECONDS = 15  # that librdkafka tries to deliver a record
# A topic limits the compressed batch, librdkafka the record before it is compressed. So librdkafka's limit is as large
# as a request may be that brings the topology back, and the topic's decides. Each event is a batch of its own, which is
# refused for its own size only. gzip is the compression that all versions of Kafka have.
_DEFAULTS: dict[str, Any] = {
    "client.id": "azure-driver",
    "delivery.timeout.ms": _DELIVERY_SECONDS * 1000,
    "reconnect.backoff.ms": 500,  # librdkafka's 100 costs 1 % of a CPU while Kafka is away
    "reconnect.backoff.max.ms": 2_000,
    "compression.type": "gzip",
    "message.max.bytes": 16 * 1024 * 1024,
    "batch.num.messages": 1,
}
_log = logging.getLogger("driver.events")


def open_producer(settings: Settings, note_error: Callable[[Any], None]) -> "Producer":
    """A producer, which calls `note_error` with each KafkaError that belongs to no record. Raises KafkaException if
    librdkafka refuses the settings.
    """
    from confluent_kafka import Producer

    return Producer(
        {
            **_DEFAULTS,
            # KAFKA_CONFIG_DEBUG needs 7. At 3 each attempt to connect would be a line while Kafka is away.
            "log_level": 7 if settings.log_level == "DEBUG" else 2,
            **dict(settings.kafka_config),
            "bootstrap.servers": settings.kafka_bootstrap_servers,
            "acks": "all",
            "enable.idempotence": True,
            "error_cb": note_error,
        },
        logger=_log,
    )


def is_fatal(error: Any) -> bool:
    """Whether the producer that tells a KafkaError never delivers again."""
    from confluent_kafka import KafkaError

    return bool(error.fatal() or error.code() == KafkaError._FATAL)


def is_too_large(error: Any) -> bool:
    """Whether a KafkaError says that a record can never be delivered."""
    from confluent_kafka import KafkaError

    return error.code() in (KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.RECORD_LIST_TOO_LARGE)
