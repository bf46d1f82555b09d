"""Metrics for Prometheus, which asks for them at /metrics. Imports prometheus_client.

The worker processes of a host share the folder PROMETHEUS_MULTIPROC_DIR: each has its files there, and any of them
answers for all. What a process has counted stays after its end; of gauges only those of processes that live count.
Without the folder a process answers for itself.
"""

import os
import re
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from driver.metrics import (
    INSTRUMENTS,
    Instrument,
    Reading,
    find_prometheus_label,
    find_prometheus_name,
    read_gauges,
)

REFRESH_SECONDS = 5.0  # between two readings of the gauges of a process
_LIVE_FILE = re.compile(r"gauge_live\w+_(\d+)\.db")


class Prometheus:
    """An exporter of driver.metrics. A thread of its own refreshes the gauges, which another process may answer for."""

    def __init__(self, folder: str) -> None:
        """`folder`: that of all worker processes; empty if there is one. Raises OSError if it cannot be made."""
        self._folder = folder
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            # The folder outlives a container that starts again, and its processes get the ids of those before.
            mark_process_dead(os.getpid(), folder)  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry()
        self._metrics: dict[Instrument, Any] = {
            instrument: self._build_metric(instrument) for instrument in INSTRUMENTS if not instrument.is_shared
        }
        self._ended = threading.Event()
        threading.Thread(target=self._refresh_gauges, name="metrics", daemon=True).start()

    def record(self, instrument: Instrument, value: float, labels: tuple[str, ...]) -> None:
        metric = self._metrics[instrument]
        child = metric.labels(*labels) if labels else metric
        if instrument.kind == "counter":
            child.inc(value)
        else:
            child.observe(value)

    def show(self, instrument: Instrument, labels: tuple[str, ...]) -> None:
        """Show a counter or histogram with these labels as 0 until something is recorded: Prometheus takes the first
        value that it sees for no increase.
        """
        self._metrics[instrument].labels(*labels)

    def render(self, shared: Sequence[Reading], accept: str) -> tuple[bytes, str]:
        """All metrics of the host, with the `shared` readings, in the format that an Accept header asks for; and the
        content type.
        """
        registry = CollectorRegistry() if self._folder else self._registry
        self._set_gauges()
        if self._folder:
            self._forget_dead_processes()
            MultiProcessCollector(registry, self._folder)  # type: ignore[no-untyped-call]
        readings = _Readings(shared)
        registry.register(readings)
        try:
            encode, content_type = choose_encoder(accept)
            return encode(registry), content_type
        finally:
            registry.unregister(readings)

    def _build_metric(self, instrument: Instrument) -> Any:
        name = find_prometheus_name(instrument)
        labels = tuple(map(find_prometheus_label, instrument.labels))
        if instrument.kind == "counter":
            return Counter(name, instrument.description, labels, registry=self._registry)
        if instrument.kind == "histogram":
            return Histogram(name, instrument.description, labels, buckets=instrument.buckets, registry=self._registry)
        mode: Any = f"live{instrument.merge}"
        return Gauge(name, instrument.description, labels, registry=self._registry, multiprocess_mode=mode)

    def _refresh_gauges(self) -> None:
        while not self._ended.wait(REFRESH_SECONDS):
            self._set_gauges()

    def _set_gauges(self) -> None:
        for reading in read_gauges():
            if reading.instrument.is_shared:
                continue
            metric = self._metrics[reading.instrument]
            (metric.labels(*reading.labels) if reading.labels else metric).set(reading.value)

    def _forget_dead_processes(self) -> None:
        names = (_LIVE_FILE.fullmatch(path.name) for path in Path(self._folder).iterdir())
        for pid in {int(found[1]) for found in names if found}:
            if not _is_worker(pid):
                mark_process_dead(pid, self._folder)  # type: ignore[no-untyped-call]


class _Readings(Collector):
    """Readings as a collector of prometheus_client."""

    def __init__(self, readings: Iterable[Reading]) -> None:
        self._readings = readings

    def collect(self) -> Iterable[GaugeMetricFamily]:
        for reading in self._readings:
            name = find_prometheus_name(reading.instrument)
            yield GaugeMetricFamily(name, reading.instrument.description, value=reading.value)


def _is_worker(pid: int) -> bool:
    """Whether a living process with that id is a worker of this host: it has the same parent as this one. After a
    container has started again, other processes have the ids of those before; threads have ids of the same kind.
    """
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return not Path("/proc/self").exists() and _is_alive(pid)
    status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    is_child = (status["Tgid"], status["PPid"]) == (str(pid), str(os.getppid()))
    return is_child and not status["State"].startswith("Z")


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
