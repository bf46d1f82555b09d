"""A collector on this machine: it takes metrics and traces by OTLP over HTTP, and as Application Insights."""

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

_TRACK = "/v2.1/track"  # of Application Insights


@dataclass(frozen=True)
class Span:
    """A span as it came; ids in hexadecimal digits, `parent` empty for a root. `instance` names its process."""

    name: str
    trace: str
    id: str
    parent: str
    kind: int
    attributes: dict[str, Any]
    service: str
    instance: str


@dataclass
class Collector:
    """What came so far: the bodies by path, in order."""

    url: str = ""
    bodies: list[tuple[str, bytes]] = field(default_factory=list)

    def find_spans(self, trace: str) -> list[Span]:
        """The spans of a trace."""
        return [span for span in self.read_spans() if span.trace == trace]

    def read_points(self, name: str) -> list[tuple[dict[str, Any], Any]]:
        """The points of a metric in the last body that has it: attributes and point."""
        for path, body in reversed(self.bodies):
            if path == "/v1/metrics":
                points = list(_read_metric(body, name))
                if points:
                    return points
        return []

    def read_spans(self) -> Iterator[Span]:
        """All spans that came."""
        for path, body in list(self.bodies):
            if path != "/v1/traces":
                continue
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                process = _read_attributes(resource.resource.attributes)
                for scope in resource.scope_spans:
                    for one in scope.spans:
                        ids = (one.trace_id.hex(), one.span_id.hex(), one.parent_span_id.hex())
                        named = (str(process["service.name"]), str(process["service.instance.id"]))
                        yield Span(one.name, *ids, one.kind, _read_attributes(one.attributes), *named)

    def read_items(self) -> list[dict[str, Any]]:
        """The items that came for Application Insights."""
        return [item for path, body in list(self.bodies) if path == _TRACK for item in json.loads(body)]


def _read_metric(body: bytes, name: str) -> Iterator[tuple[dict[str, Any], Any]]:
    for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics:
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                if metric.name == name:
                    for point in getattr(metric, metric.WhichOneof("data") or "gauge").data_points:
                        yield _read_attributes(point.attributes), point


def _read_attributes(attributes: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in attributes}


@contextmanager
def collector() -> Iterator[Collector]:
    """A collector that takes everything."""
    taken = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            taken.bodies.append((self.path, body))
            answer = b""
            if self.path == _TRACK:
                count = len(json.loads(body))
                answer = json.dumps({"itemsReceived": count, "itemsAccepted": count, "errors": []}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *arguments: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            taken.url = f"http://127.0.0.1:{server.server_port}"
            yield taken
        finally:
            server.shutdown()
            thread.join()
