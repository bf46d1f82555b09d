"""Producers of Kafka records, as librdkafka makes them, and what their errors mean."""

import logging
import re
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
# The endpoint of Event Hubs takes compressed records in some tiers only, and no requests of more than about 1 MB.
_EVENT_HUBS = {"compression.type": "none", "message.max.bytes": 1_000_000}
# How librdkafka tells of a connection: `127.0.0.1:9092/bootstrap: Connect to ipv4#127.0.0.1:9092 failed: Connection
# refused (after 0ms in state CONNECT)`.
_CONNECT = re.compile(r"Connect to ip\w+#(\S+) failed: ([^(]+)")
_RESOLVE = re.compile(r"Failed to resolve '([^']+)': ([^(]+)")
_BROKER = re.compile(r"^(?:\[thrd:[^]]*\]: )?(?:\w+://)?([\w.:\[\]-]+:\d+)/\w+: ")
_DETAILS = re.compile(r"\s*\(after \d+ms in state \w+[^)]*\)|\s*\(_\w+\)|^(?:Local|Broker): ")
_own_log = logging.getLogger("driver.events.librdkafka")  # silent, but for debugging


def open_producer(settings: Settings, note_error: Callable[[Any], None]) -> "Producer":
    """A producer, which calls `note_error` with each KafkaError that belongs to no record. Raises KafkaException if
    librdkafka refuses the settings.
    """
    from confluent_kafka import Producer

    _own_log.disabled = settings.log_level != "DEBUG"
    return Producer({**configure_producer(settings), "error_cb": note_error}, logger=_own_log)


def configure_producer(settings: Settings) -> dict[str, Any]:
    """librdkafka's settings: the driver's defaults, then KAFKA_CONFIG_*, then the settings that guarantee delivery."""
    return {
        **_DEFAULTS,
        **(_EVENT_HUBS if ".servicebus." in settings.kafka_bootstrap_servers else {}),
        # KAFKA_CONFIG_DEBUG needs 7. At 3 each attempt to connect would be a line while Kafka is away.
        "log_level": 7 if settings.log_level == "DEBUG" else 2,
        **dict(settings.kafka_config),
        "bootstrap.servers": settings.kafka_bootstrap_servers,
        "acks": "all",
        "enable.idempotence": True,
    }


def describe_error(error: Any) -> str:
    """What a KafkaError means, in words for users: the broker, where it is about one, and the cause."""
    from confluent_kafka import KafkaError

    text = str(error.str())
    if found := _CONNECT.search(text):
        return f"the broker {found[1]} cannot be reached: {found[2].strip()}"
    if found := _RESOLVE.search(text):
        return f"the name of the broker {found[1]} cannot be resolved: {found[2].strip()}"
    words = {
        KafkaError._MSG_TIMED_OUT: "no broker has acknowledged the record in time",
        KafkaError._TIMED_OUT: "no broker has answered in time",
        KafkaError._TRANSPORT: "the connection to the broker is broken",
        KafkaError._SSL: "TLS with the broker fails",
        KafkaError._AUTHENTICATION: "the broker refuses the sign-in",
        KafkaError.UNKNOWN_TOPIC_OR_PART: "the topic does not exist",
        KafkaError.TOPIC_AUTHORIZATION_FAILED: "the driver may not write to the topic",
    }.get(error.code())
    broker = _BROKER.match(text)
    detail = _DETAILS.sub("", text[broker.end() :] if broker else text).strip()
    is_plain = words is not None and text.startswith(("Local: ", "Broker: "))
    parts = [words or "", "" if is_plain else detail]
    return ": ".join(part for part in parts if part) + (f" ({broker[1]})" if broker else "")


def is_fatal(error: Any) -> bool:
    """Whether the producer that tells a KafkaError never delivers again."""
    from confluent_kafka import KafkaError

    return bool(error.fatal() or error.code() == KafkaError._FATAL)


def is_too_large(error: Any) -> bool:
    """Whether a KafkaError says that a record can never be delivered."""
    from confluent_kafka import KafkaError

    return error.code() in (KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.RECORD_LIST_TOO_LARGE)
