"""Traces: one from the request over the steps of its execution to each call to ARM (ADR 34). Without an exporter
nothing is recorded.

The context of a request travels as `traceparent` in the trace fields of its run, so each worker process and each try of
a step goes on with the same trace. Spans are made in the edge and in activities; orchestrators make none. Attributes
hold no text of a request, an error or an answer.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from uuid import UUID

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind, Status, StatusCode, TraceFlags, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_TRANSACTION = "x-tracectx-transactionid"
_PROPAGATOR = TraceContextTextMapPropagator()
_tracers: list[Tracer] = []


def add_tracer(tracer: Tracer) -> None:
    """Record spans with this tracer from now on."""
    _tracers.append(tracer)


def is_on() -> bool:
    """Whether anything is recorded."""
    return bool(_tracers)


@contextmanager
def serve(name: str, headers: Mapping[str, str]) -> Iterator[Span]:
    """A span for a request, in the trace of its `traceparent`, or of the transaction that X-TraceCtx names."""
    with _begin(name, SpanKind.SERVER, _read_parent(headers)) as span:
        yield span


@contextmanager
def follow(name: str, fields: Mapping[str, str], request_id: str) -> Iterator[Span]:
    """A span for an activity, in the trace that the trace fields of its run name."""
    with _begin(name, SpanKind.INTERNAL, _PROPAGATOR.extract(fields) if _tracers else None) as span:
        span.set_attribute("azure_driver.request_id", request_id)
        yield span


@contextmanager
def call(name: str) -> Iterator[Span]:
    """A span for a call to another service."""
    with _begin(name, SpanKind.CLIENT, None) as span:
        yield span


def carry() -> dict[str, str]:
    """The trace fields with which other processes go on with this trace; empty if nothing is recorded."""
    fields: dict[str, str] = {}
    if _tracers:
        _PROPAGATOR.inject(fields)
    return {name: text for name, text in fields.items() if name == "traceparent"}


def note_status(span: Span, status: int, is_error: bool) -> None:
    """The HTTP status of a request or a call."""
    span.set_attribute("http.response.status_code", status)
    if is_error:
        span.set_status(Status(StatusCode.ERROR))


@contextmanager
def _begin(name: str, kind: SpanKind, parent: Context | None) -> Iterator[Span]:
    """A span that is the current one in the block. Of an exception it has the name alone."""
    if not _tracers:
        yield trace.INVALID_SPAN
        return
    begun = _tracers[0].start_as_current_span(name, parent, kind, record_exception=False, set_status_on_exception=False)
    with begun as span:
        try:
            yield span
        except BaseException as error:
            span.set_attribute("error.type", type(error).__name__)
            span.set_status(Status(StatusCode.ERROR))
            raise


def _read_parent(headers: Mapping[str, str]) -> Context | None:
    """The context that a request comes with. TNC-O's own header names a transaction by a UUID: its trace's id."""
    if not _tracers:
        return None
    found = _PROPAGATOR.extract({name: headers[name] for name in ("traceparent", "tracestate") if name in headers})
    if trace.get_current_span(found).get_span_context().is_valid:
        return found
    try:
        transaction = UUID(headers.get(_TRANSACTION, "")).int
    except ValueError:
        return Context()
    sampled = TraceFlags(TraceFlags.SAMPLED)
    parent = SpanContext(transaction, transaction & (1 << 64) - 1 or 1, is_remote=True, trace_flags=sampled)
    return trace.set_span_in_context(NonRecordingSpan(parent), Context())
