"""Metrics and traces for a collector, by OTLP over HTTP. Imports OpenTelemetry's SDK and its exporter, which read the
standard OTEL_* variables by themselves: where to, with which headers, how often, which share of the traces.
"""

import os
import socket
from collections.abc import Callable, Iterable
from typing import Any

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Tracer

from driver import VERSION
from driver.metrics import INSTRUMENTS, Instrument, read_gauges

_NAME = "azure-driver"


class Otlp:
    """An exporter of driver.metrics. A thread of OpenTelemetry's sends once a minute, or as OTEL_METRIC_EXPORT_INTERVAL
    says.
    """

    def __init__(self) -> None:
        reader = PeriodicExportingMetricReader(OTLPMetricExporter())
        meter = MeterProvider([reader], build_resource()).get_meter(_NAME, VERSION)
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


def build_tracer() -> Tracer:
    """A tracer whose spans are sent some seconds after their end."""
    provider = TracerProvider(resource=build_resource())
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider.get_tracer(_NAME, VERSION)


def build_resource() -> Resource:
    """What names this process. OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES have the last word."""
    instance = f"{socket.gethostname()}-{os.getpid()}"
    own = {"service.name": _NAME, "service.version": VERSION, "service.instance.id": instance}
    return Resource.create().merge(Resource(own)).merge(OTELResourceDetector().detect())


def _observe(instrument: Instrument) -> Callable[[CallbackOptions], Iterable[Observation]]:
    def read(_: CallbackOptions) -> Iterable[Observation]:
        for reading in read_gauges():
            if reading.instrument is instrument:
                yield Observation(float(reading.value), _name_labels(instrument, reading.labels))

    return read


def _name_labels(instrument: Instrument, labels: tuple[str, ...]) -> dict[str, str]:
    """Labels as attributes. An empty one is left out: there was no error, or no answer."""
    return {name: text for name, text in zip(instrument.labels, labels, strict=True) if text}
