"""The metrics of a process: which exporters it has, where its gauges are read, and what a scrape answers (ADR 34)."""

import asyncio
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

from driver import events, metrics, traces
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
_SHARE = 0.1  # of the time in which the task hub is read, at most
_log = logging.getLogger(__name__)


@dataclass
class _HubReadings:
    """The last readings of the task hub, until when they serve, and one reader at a time."""

    readings: tuple[Reading, ...] = ()
    until: float = 0.0
    read_at: float = 0.0
    lock: Lock = field(default_factory=Lock)

    def read(self, client: Any) -> tuple[Reading, ...]:
        """What the task hub has to do, and whether it answers. It blocks."""
        with self.lock:
            began = time.monotonic()
            if began >= self.until:
                self.readings = _read_hub(client)
                self.read_at = ended = time.monotonic()
                self.until = ended + max(BACKLOG_SECONDS, (ended - began) / _SHARE)
            return self.readings

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
    """GET /metrics: the status, the body and its content type. Without a task hub all but its metrics are answered."""
    if not _prometheus:
        return 503, b"PROMETHEUS_MULTIPROC_DIR cannot be used: the driver's log tells why\n", "text/plain"
    return await asyncio.to_thread(_scrape, client, accept)


def _scrape(client: Any, accept: str) -> tuple[int, bytes, str]:
    body, content_type = _prometheus[0].render(_hub.read(client), accept)
    return 200, body, content_type


def _add_prometheus(settings: Settings) -> None:
    from driver.prometheus import Prometheus

    try:
        exporter = Prometheus(settings.metrics_folder)
    except OSError as error:
        _log.error("no metrics: PROMETHEUS_MULTIPROC_DIR cannot be used: %s", error)
    else:
        _prometheus.append(exporter)
        metrics.add_exporter(exporter)


def _add_exporters(settings: Settings) -> None:
    """Add the exporters that send metrics and traces without being asked."""
    if settings.pushes_metrics:
        from driver.exporters import Measurements

        metrics.add_exporter(Measurements(name for name in settings.metrics_exporters if name != "prometheus"))
        metrics.add_source(_hub.find_fresh)
    if settings.traces_exporters:
        from driver.exporters import build_tracer

        traces.add_tracer(build_tracer(settings.traces_exporters))


def _read_hub(client: Any) -> tuple[Reading, ...]:
    try:
        backlog: Backlog = read_backlog(client)
    except NotReady as error:
        _log.warning("the metrics of the task hub are missing: %s", error)
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
