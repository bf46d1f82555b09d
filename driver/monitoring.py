"""The metrics of a process: which exporters it has, where its gauges are read, and what a scrape answers (ADR 34)."""

import asyncio
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any

from driver import events, floods, metrics, traces
from driver.azure import reachability
from driver.azure.throttling import share_limits
from driver.backlog import Backlog, read_backlog
from driver.errors import NotReady
from driver.metrics import Reading
from driver.settings import Settings, current

if TYPE_CHECKING:
    from driver.prometheus import Prometheus

BACKLOG_SECONDS = 5.0  # that a reading of the task hub serves all scrapes; longer if it took long
PUSHED_SECONDS = 90.0  # that a reading is pushed; the timer reads once a minute, in any of the processes
HUB_SECONDS = 5.0  # that a scrape waits for the task hub: Prometheus gives up after 10
MISSING_SECONDS = 600.0  # until the log says again that the task hub cannot be read
_SHARE = 0.1  # of the time in which the task hub is read, at most
# What alerts count: it is shown from the start on, so that the first one is an increase.
_COUNTED = (
    (metrics.REQUESTS, ("POST", "/api/driver/lifecycle/execute", "503")),
    (metrics.PUBLISHING, ("COMPLETE",)),
    (metrics.PUBLISHING, ("FAILED",)),
)
_log = logging.getLogger(__name__)


@dataclass
class _HubReadings:
    """The last readings of the task hub, until when they serve, and one reader at a time."""

    readings: tuple[Reading, ...] = ()
    until: float = 0.0
    read_at: float = 0.0
    lock: Lock = field(default_factory=Lock)

    def read(self, client: Any) -> tuple[Reading, ...]:
        """What the task hub has to do, and whether it answers; the last readings if another thread reads it for long.
        It blocks.
        """
        if not self.lock.acquire(timeout=HUB_SECONDS):
            return self.readings
        try:
            began = time.monotonic()
            if began >= self.until:
                self.readings = _read_hub(client)
                self.read_at = ended = time.monotonic()
                self.until = ended + max(BACKLOG_SECONDS, (ended - began) / _SHARE)
            return self.readings
        finally:
            self.lock.release()

    def find_fresh(self) -> tuple[Reading, ...]:
        """The last readings of this process, if they are not older than PUSHED_SECONDS."""
        return self.readings if time.monotonic() < self.read_at + PUSHED_SECONDS else ()


_hub = _HubReadings()
_prometheus: "list[Prometheus]" = []


def configure(settings: Settings) -> None:
    """Set up the metrics of this process, if the settings ask for any."""
    if "prometheus" in settings.metrics_exporters:
        _add_prometheus(settings)
    _add_exporters(settings)
    if metrics.is_on():
        metrics.add_source(_read_services)
        metrics.add_source(_read_limits)


async def read_task_hub(client: Any) -> None:
    """Read what is pushed of the task hub. The timer of one process does so for all hosts, once a minute."""
    await asyncio.to_thread(_hub.read, client)


async def scrape(client: Any, accept: str) -> tuple[int, bytes, str]:
    """GET /metrics: the status, the body and its content type. While the task hub cannot be read, all but its metrics
    are answered. If reading it takes long, the last readings are; the next scrape has those that follow.
    """
    if not _prometheus:
        return 503, b"PROMETHEUS_MULTIPROC_DIR cannot be used: the driver's log tells why\n", "text/plain"
    try:
        readings = await asyncio.wait_for(asyncio.to_thread(_hub.read, client), HUB_SECONDS)
    except TimeoutError:
        readings = _hub.readings
    body, content_type = await asyncio.to_thread(_prometheus[0].render, readings, accept)
    return 200, body, content_type


def _add_prometheus(settings: Settings) -> None:
    from driver.prometheus import Prometheus

    try:
        exporter = Prometheus(settings.metrics_folder)
    except OSError as error:
        _log.error("no metrics: PROMETHEUS_MULTIPROC_DIR cannot be used: %s", error)
    else:
        for instrument, labels in _COUNTED:
            exporter.show(instrument, labels)
        _prometheus.append(exporter)
        metrics.add_exporter(exporter)


def _add_exporters(settings: Settings) -> None:
    """Add the exporters that send metrics and traces without being asked."""
    if settings.pushes_metrics:
        with _report_fault("metrics"):
            from driver.exporters import Measurements

            pushed = (name for name in settings.metrics_exporters if name != "prometheus")
            metrics.add_exporter(Measurements(pushed, partial(_report_fault, "metrics")))
            metrics.add_source(_hub.find_fresh)
    if settings.traces_exporters:
        with _report_fault("traces"):
            from driver.exporters import build_tracer

            traces.add_tracer(build_tracer(settings.traces_exporters, partial(_report_fault, "traces")))


@contextmanager
def _report_fault(what: str) -> Iterator[None]:
    """Log why OpenTelemetry's SDK or an exporter refuses the variables that it reads by itself. Work, and the other
    exporters, go on without it; were the error raised, the app would not load.
    """
    try:
        yield
    except Exception as error:
        text = "%s are not sent: a variable OTEL_* or APPLICATIONINSIGHTS_* is wrong: %s"
        _log.error(text, what, f"{type(error).__name__}: {error}")


def _read_hub(client: Any) -> tuple[Reading, ...]:
    try:
        backlog: Backlog = read_backlog(client)
    except NotReady as error:
        text = f"the metrics of the task hub are missing: {error}"
        floods.log_line(_log, logging.WARNING, "task hub", text, lines=1, seconds=MISSING_SECONDS)
        return (Reading(metrics.HUB, 0.0),)
    return (
        Reading(metrics.HUB, 1.0),
        Reading(metrics.IN_FLIGHT, backlog.in_flight),
        Reading(metrics.OLDEST, backlog.oldest_age),
        Reading(metrics.TIME_USED, backlog.time_used),
        Reading(metrics.PENDING, backlog.pending),
        Reading(metrics.PENDING_AGE, backlog.pending_age),
    )


def _read_services() -> Iterator[Reading]:
    """Whether Kafka, Entra ID and ARM answer; nothing of Kafka until it is known."""
    settings = current()
    if not (settings.kafka_bootstrap_servers or settings.events_to_log):
        return
    try:
        condition = events.read_condition(settings)
    except NotReady:  # librdkafka refuses the settings: health tells why, and nothing is accepted
        yield Reading(metrics.REACHABLE, 0.0, ("kafka",))
    else:
        if condition.is_known:
            yield Reading(metrics.REACHABLE, float(not condition.is_away), ("kafka",))
    for name, service in (("entra", reachability.ENTRA_ID), ("azure", reachability.ARM)):
        yield Reading(metrics.REACHABLE, float(service.find_trouble() is None), (name,))


def _read_limits() -> Iterator[Reading]:
    """What ARM still takes, by kind of call and by whose limit it is; and the limits that hold calls back."""
    limits = share_limits()
    for (kind, scope), left in limits.find_least_left().items():
        yield Reading(metrics.QUOTA, left, (kind, scope))
    for kind, count in limits.count_holds().items():
        yield Reading(metrics.HELD, count, (kind,))
