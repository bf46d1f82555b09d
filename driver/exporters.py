"""Metrics and traces for a collector, by OTLP over HTTP, and for Application Insights. Imports OpenTelemetry's SDK and
these exporters. They read their variables by themselves: OTEL_* says where to, with which headers, how often, and which
share of the traces; APPLICATIONINSIGHTS_* where to and as whom.
"""

import logging
import os
import socket
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricExporter, MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import Tracer

from driver import VERSION, floods
from driver.metrics import INSTRUMENTS, Instrument, read_gauges
from driver.variables import AZURE_MONITOR

Guard = Callable[[], AbstractContextManager[None]]
_NAME = "azure-driver"
FAULT_SECONDS = 600.0  # until the log says again why nothing can be sent
# They log each try of each batch: thirty lines a minute while a collector is away. What they tell below a warning is
# that it answers.
_LOGGERS = (
    "opentelemetry.exporter.otlp.proto.http.metric_exporter",
    "opentelemetry.exporter.otlp.proto.http.trace_exporter",
    "azure.monitor.opentelemetry.exporter.export._base",
)
_log = logging.getLogger(__name__)
# What Microsoft's exporter would send and ask for by itself: statistics about its own use, changes of its settings, the
# attributes of the process beside each batch of spans.
_QUIET = (
    "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL",
    "APPLICATIONINSIGHTS_SDKSTATS_DISABLED",
    "APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED",
    "APPLICATIONINSIGHTS_OPENTELEMETRY_RESOURCE_METRIC_DISABLED",
)


class Measurements:
    """An exporter of driver.metrics. A thread of OpenTelemetry's sends once a minute, or as OTEL_METRIC_EXPORT_INTERVAL
    says, to all that are named: `otlp`, AZURE_MONITOR.
    """

    def __init__(self, names: Iterable[str], guard: Guard = nullcontext) -> None:
        """One without those whose building `guard` has kept from raising."""
        readers: list[MetricReader] = []
        for name in names:
            with guard():
                readers.append(PeriodicExportingMetricReader(_build_metric_exporter(name)))
        meter = MeterProvider(readers, build_resource()).get_meter(_NAME, VERSION)
        self._metrics: dict[Instrument, Any] = {}
        for one in INSTRUMENTS:
            if one.kind == "counter":
                self._metrics[one] = meter.create_counter(one.name, one.unit, one.description)
            elif one.kind == "histogram":
                self._metrics[one] = meter.create_histogram(
                    one.name, one.unit, one.description, explicit_bucket_boundaries_advisory=one.buckets
                )
            else:
                meter.create_observable_gauge(one.name, [_observe(one)], one.unit, one.description)

    def record(self, instrument: Instrument, value: float, labels: tuple[str, ...]) -> None:
        attributes = _name_labels(instrument, labels)
        metric = self._metrics[instrument]
        if instrument.kind == "counter":
            metric.add(value, attributes)
        else:
            metric.record(value, attributes)


def build_tracer(names: Iterable[str], guard: Guard = nullcontext) -> Tracer:
    """A tracer whose spans are sent some seconds after their end, to all that are named, without those whose building
    `guard` has kept from raising.
    """
    provider = TracerProvider(resource=build_resource())
    for name in names:
        with guard():
            provider.add_span_processor(BatchSpanProcessor(_build_span_exporter(name, provider)))
    return provider.get_tracer(_NAME, VERSION)


def build_resource() -> Resource:
    """What names this process. OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES have the last word."""
    instance = f"{socket.gethostname()}-{os.getpid()}"
    own = {"service.name": _NAME, "service.version": VERSION, "service.instance.id": instance}
    return Resource.create().merge(Resource(own)).merge(OTELResourceDetector().detect())


def _build_metric_exporter(name: str) -> MetricExporter:
    if name == AZURE_MONITOR:
        _silence()
        from azure.monitor.opentelemetry.exporter import AzureMonitorMetricExporter

        return AzureMonitorMetricExporter(disable_offline_storage=True)
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter

    return OTLPMetricExporter()


def _build_span_exporter(name: str, provider: TracerProvider) -> SpanExporter:
    if name == AZURE_MONITOR:
        _silence()
        from azure.monitor.opentelemetry.exporter import AzureMonitorTraceExporter

        return AzureMonitorTraceExporter(disable_offline_storage=True, tracer_provider=provider)
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter()


def _count_lines(record: logging.LogRecord) -> bool:
    """Log a line of an exporter as one of a flood, in place of it."""
    text = f"telemetry is not sent: {record.getMessage()}"
    floods.log_line(_log, record.levelno, ("telemetry", record.msg), text, lines=1, seconds=FAULT_SECONDS)
    return False


def _silence() -> None:
    for name in _QUIET:
        os.environ.setdefault(name, "true")


def _observe(instrument: Instrument) -> Callable[[CallbackOptions], Iterable[Observation]]:
    def read(_: CallbackOptions) -> Iterable[Observation]:
        for reading in read_gauges():
            if reading.instrument is instrument:
                yield Observation(float(reading.value), _name_labels(instrument, reading.labels))

    return read


def _name_labels(instrument: Instrument, labels: tuple[str, ...]) -> dict[str, str]:
    """Labels as attributes. An empty one is left out: there was no error, or no answer."""
    return {name: text for name, text in zip(instrument.labels, labels, strict=True) if text}


for _logger in map(logging.getLogger, _LOGGERS):
    _logger.setLevel(logging.WARNING)
    _logger.addFilter(_count_lines)
