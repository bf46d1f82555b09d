"""The driver's metrics: the table of instruments, and the exporters that they are recorded to (ADR 34).

Names follow OpenTelemetry's semantic conventions where these have one; `find_prometheus_name` makes Prometheus's.
Without an exporter nothing is imported, and recording only checks an empty list.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from threading import Lock
from typing import Literal, Protocol

OTHER = "other"  # the value of a label that has too many
MOST_VALUES = 100  # of a label in a process: texts of requests and of Azure must not make the metrics grow
_LONGEST_VALUE = 100  # characters
_SUFFIXES = {"s": "_seconds", "1": "_ratio"}
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_MINUTES = (1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0)


@dataclass(frozen=True)
class Instrument:
    """A metric. Histograms have `buckets`, by their upper bounds.

    `merge` says what counts of a gauge of which each worker process has a value: the least or the greatest. One with
    `is_shared` is read from the task hub, and the same in each process.
    """

    name: str
    kind: Literal["counter", "histogram", "gauge"]
    unit: str
    description: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    merge: Literal["min", "max"] = "max"
    is_shared: bool = False


REQUESTS = Instrument(
    "http.server.request.duration",
    "histogram",
    "s",
    "Requests of the resource manager, from the first byte to the answer; of `execute` that is the acceptance.",
    ("http.request.method", "http.route", "http.response.status_code"),
    _SECONDS,
)
TRANSITIONS = Instrument(
    "azure_driver.transitions",
    "counter",
    "{transition}",
    "Transitions and operations whose event Kafka has acknowledged; `error.type` is the failure code of FAILED.",
    ("azure_driver.resource.type", "azure_driver.verb", "azure_driver.outcome", "error.type"),
)
PROVISIONING = Instrument(
    "azure_driver.transition.duration",
    "histogram",
    "s",
    "From the 202 until the work in Azure is over, of the same transitions.",
    ("azure_driver.resource.type", "azure_driver.verb", "azure_driver.outcome"),
    _MINUTES,
)
PUBLISHING = Instrument(
    "azure_driver.event.duration",
    "histogram",
    "s",
    "From the end of the work until Kafka has acknowledged the event. No event is sent within 2 s of its 202.",
    ("azure_driver.outcome",),
    (*_SECONDS, 60.0, 300.0, 900.0, 3600.0),
)
CALLS = Instrument(
    "http.client.request.duration",
    "histogram",
    "s",
    "Calls to Azure Resource Manager, each try. `error.type` names what broke a call without an answer.",
    ("http.request.method", "azure_driver.arm.type", "http.response.status_code", "error.type"),
    _SECONDS,
)
RETRIES = Instrument(
    "azure_driver.retries",
    "counter",
    "{retry}",
    "Steps that were refused and are tried again, by the code of the refusal.",
    ("error.type",),
)
QUOTA = Instrument(
    "azure_driver.arm.remaining",
    "gauge",
    "{request}",
    "The fewest calls that ARM still takes in any subscription: as it said last, and what has come back since.",
    ("azure_driver.arm.kind", "azure_driver.arm.scope"),
    merge="min",
)
HELD = Instrument(
    "azure_driver.arm.limits_reached",
    "gauge",
    "{limit}",
    "Limits of ARM and of resource providers because of which calls are held back now.",
    ("azure_driver.arm.kind",),
)
REACHABLE = Instrument(
    "azure_driver.service.reachable",
    "gauge",
    "{service}",
    "1 while a service answers the process, 0 while it does not: `kafka`, `entra`, `azure`.",
    ("azure_driver.service",),
    merge="min",
)
HUB = Instrument(
    "azure_driver.task_hub.reachable",
    "gauge",
    "{service}",
    "1 if the task hub could be read, else 0, and the other metrics of it are missing.",
    is_shared=True,
)
IN_FLIGHT = Instrument(
    "azure_driver.transitions.in_flight",
    "gauge",
    "{transition}",
    "Transitions that were accepted and are not over.",
    is_shared=True,
)
OLDEST = Instrument(
    "azure_driver.transitions.oldest_age", "gauge", "s", "Time since the 202 of the oldest of them.", is_shared=True
)
TIME_USED = Instrument(
    "azure_driver.transitions.time_used",
    "gauge",
    "1",
    "The greatest share of its timeout that one of them has used.",
    is_shared=True,
)
PENDING = Instrument(
    "azure_driver.events.pending",
    "gauge",
    "{event}",
    "Transitions that are over, and whose event Kafka has not acknowledged.",
    is_shared=True,
)
PENDING_AGE = Instrument(
    "azure_driver.events.oldest_age", "gauge", "s", "Time since the end of the oldest of these.", is_shared=True
)
LOST = Instrument(
    "azure_driver.executions.lost",
    "counter",
    "{execution}",
    "Executions that ended without an event, for which FAILED is reported.",
)
INSTRUMENTS = (
    *(REQUESTS, TRANSITIONS, PROVISIONING, PUBLISHING, LOST),
    *(IN_FLIGHT, OLDEST, TIME_USED, PENDING, PENDING_AGE, HUB),
    *(CALLS, RETRIES, QUOTA, HELD, REACHABLE),
)


@dataclass(frozen=True)
class Reading:
    """A value of a gauge, with its labels."""

    instrument: Instrument
    value: float
    labels: tuple[str, ...] = ()


class Exporter(Protocol):
    """Where counters and histograms are recorded to."""

    def record(self, instrument: Instrument, value: float, labels: tuple[str, ...]) -> None: ...


_exporters: list[Exporter] = []
_sources: list[Callable[[], Iterable[Reading]]] = []
_seen: dict[str, set[str]] = {}
_lock = Lock()


def add_exporter(exporter: Exporter) -> None:
    """Record to this exporter, too."""
    _exporters.append(exporter)


def is_on() -> bool:
    """Whether anything is recorded."""
    return bool(_exporters)


def record(instrument: Instrument, value: float, *labels: str) -> None:
    """Add to a counter, or a value to a histogram. `labels` are the values of the instrument's labels, in order."""
    if not _exporters:
        return
    bounded = tuple(_bound_value(name, text) for name, text in zip(instrument.labels, labels, strict=True))
    for exporter in _exporters:
        exporter.record(instrument, value, bounded)


def add_source(read: Callable[[], Iterable[Reading]]) -> None:
    """Read the gauges of this process from there. It must not wait."""
    _sources.append(read)


def read_gauges() -> Iterator[Reading]:
    """The gauges of this process as they are now."""
    for read in _sources:
        yield from read()


def find_prometheus_name(instrument: Instrument) -> str:
    """The name of a metric in Prometheus: `azure_driver_transitions_total`, `http_client_request_duration_seconds`."""
    name = instrument.name.replace(".", "_") + _SUFFIXES.get(instrument.unit, "")
    return f"{name}_total" if instrument.kind == "counter" else name


def find_prometheus_label(label: str) -> str:
    """The name of a label in Prometheus. What is the driver's own goes without its name: `outcome`."""
    return label.removeprefix("azure_driver.").replace(".", "_")


def _bound_value(label: str, text: str) -> str:
    """The value of a label; OTHER for one beyond the first MOST_VALUES of the process."""
    text = text[:_LONGEST_VALUE]
    with _lock:
        seen = _seen.setdefault(label, set())
        if text not in seen and len(seen) >= MOST_VALUES:
            return OTHER
        seen.add(text)
    return text
