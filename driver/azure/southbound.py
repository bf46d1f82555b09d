"""Southbound messages: each call to Azure, and each try of it, as a request and a response in the log. Imports the SDK.

CP4NA's screens show lines with these fields at the top level, all texts (github.com/IBM/ansible-lifecycle-driver,
docs/ibm-cp4na-log-message.md): `message_direction`, `message_type`, `protocol`, `protocol_metadata` (JSON),
`content_type`, `tracectx.externalrequestid` (the same in a request and its response) and `tracectx.driverrequestid`.
"""

import json
import logging
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from azure.core.pipeline import policies

from driver import telemetry
from driver.azure.masking import mask_body, mask_url, returns_secrets

# All others are left out: they may hold tokens, cookies or signatures.
_SHOWN_HEADERS = (
    *("content-type", "content-length", "accept", "etag", "if-match", "date", "retry-after", "location"),
    *("azure-asyncoperation", "x-ms-request-id", "x-ms-correlation-request-id", "x-ms-client-request-id"),
    *("x-ms-failure-cause", "x-ms-ratelimit-remaining-subscription-reads", "x-ms-error-code"),
    *("x-ms-ratelimit-remaining-subscription-writes", "x-ms-ratelimit-remaining-subscription-deletes"),
)
_URLS = ("location", "azure-asyncoperation")
_LONGEST_URL, _LONGEST_HEADER = 800, 200  # bytes
_NO_ANSWER = 500  # the status that CP4NA's drivers give where there is no HTTP answer
_log = logging.getLogger(telemetry.SOUTHBOUND_LOGGER)


class SouthboundLog(policies.HTTPPolicy[Any, Any]):
    """Logs each request that is sent, and its response. Without `has_bodies` no body is logged, as for sign-in."""

    def __init__(self, has_bodies: bool = True) -> None:
        super().__init__()
        self._has_bodies = has_bodies

    def send(self, request: Any) -> Any:
        sent, number = request.http_request, str(uuid4())
        asked = {"uri": str(sent.url), "method": str(sent.method)}
        body = (sent.content or "") if self._has_bodies else ""
        _log_message("request", number, asked, sent.headers, mask_body(_read_text(body), telemetry.redact))
        try:
            response = self.next.send(request)
        except Exception as error:
            text = json.dumps({"error": telemetry.redact(" ".join(str(error).split()))}, ensure_ascii=False)
            given = {"Content-Type": "application/json"}
            _log_message("response", number, {"status_code": _NO_ANSWER}, given, text)
            raise
        answer = response.http_response
        told = {"status_code": answer.status_code, "status_reason_phrase": str(answer.reason or "")}
        is_secret = returns_secrets(str(sent.method), str(sent.url))
        body = mask_body(answer.read(), telemetry.redact, is_secret) if self._has_bodies else ""
        _log_message("response", number, told, answer.headers, body)
        return response


def _log_message(kind: str, number: str, metadata: Mapping[str, Any], headers: Mapping[str, str], body: str) -> None:
    kept = {name: value for name, value in headers.items() if name.lower() in _SHOWN_HEADERS}
    content_type = next((value for name, value in kept.items() if name.lower() == "content-type"), "")
    request_id = telemetry.find_field("requestId")
    fields = {
        "message_direction": "sent" if kind == "request" else "received",
        "message_type": kind,
        "content_type": content_type.partition(";")[0].strip() if body else "",
        "protocol": "http",
        "protocol_metadata": _dump_metadata(metadata, kept),
        "tracectx.externalrequestid": number,
        **({"tracectx.driverrequestid": request_id} if request_id else {}),
    }
    with telemetry.bind_fields(fields):
        _log.info("%s", telemetry.cut_text(body, telemetry.measure_room()))


def _dump_metadata(metadata: Mapping[str, Any], headers: Mapping[str, str]) -> str:
    """The metadata as JSON, with as many headers as fit. At least as much room is left for the body."""
    most = telemetry.measure_room() // 2
    shown = {name: _cut_url(value, most - 100) if name == "uri" else value for name, value in metadata.items()}
    kept: dict[str, str] = {}
    for name, value in headers.items():
        is_url = name.lower() in _URLS
        text = _cut_url(value, most) if is_url else telemetry.cut_text(telemetry.redact(value), _LONGEST_HEADER)
        if len(json.dumps({**shown, "headers": {**kept, name: text}})) <= most:
            kept[name] = text
    return json.dumps({**shown, "headers": kept})


def _cut_url(url: str, most: int) -> str:
    return telemetry.cut_text(mask_url(url, telemetry.redact), max(min(_LONGEST_URL, most), 0))


def _read_text(content: Any) -> str | bytes:
    """A request's body as the SDK holds it; one that is a stream or a form is not shown."""
    return content if isinstance(content, str | bytes) else ""
