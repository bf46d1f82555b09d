"""What is measured of each call to ARM, and each try of it; and its span."""

import time
from typing import Any
from urllib.parse import urlsplit

from opentelemetry.trace import Span

from driver import metrics, traces
from driver.azure.throttling import read_type

# Attribute by header. They are what ARM's logs and its support know a call by.
_IDS = {
    "azure_driver.correlation_id": "x-ms-correlation-request-id",
    "azure.service.request.id": "x-ms-request-id",
    "azure.client.id": "x-ms-client-request-id",
}


class Measurement:
    """A policy of the SDK's pipeline, the last one before the transport."""

    next: Any = None  # the policy that follows, which the SDK sets

    def send(self, request: Any) -> Any:
        sent, began = request.http_request, time.perf_counter()
        method, kind = str(sent.method), read_type(str(sent.url))
        status, error = "", ""
        try:
            with traces.call(f"{method} {kind}") as span:
                _describe_request(span, method, str(sent.url))
                response = self.next.send(request)
                _describe_answer(span, response.http_response)
            status = str(response.http_response.status_code)
            return response
        except Exception as broken:
            error = type(broken).__name__
            raise
        finally:
            metrics.record(metrics.CALLS, time.perf_counter() - began, method, kind, status, error)


def _describe_request(span: Span, method: str, url: str) -> None:
    """Without the query: that of an address to poll may hold what opens it."""
    if span.is_recording():
        parts = urlsplit(url)
        span.set_attribute("http.request.method", method)
        span.set_attribute("server.address", parts.hostname or "")
        span.set_attribute("url.full", f"{parts.scheme}://{parts.netloc}{parts.path}")


def _describe_answer(span: Span, answer: Any) -> None:
    if span.is_recording():
        traces.note_status(span, answer.status_code, is_error=answer.status_code >= 400)
        for attribute, header in _IDS.items():
            if text := answer.headers.get(header):
                span.set_attribute(attribute, text)
