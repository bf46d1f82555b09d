"""Logging: plain or logstash JSON lines, each with the trace fields of its request, none with a secret."""

import json
import logging
import re
import socket
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType
from urllib.parse import quote_plus

from driver.settings import Settings

HIDDEN = "***"
_TRACE_HEADER = "x-tracectx-"
_SHORTEST_SECRET = 4  # a shorter text would hide parts of ordinary words

_fields: ContextVar[Mapping[str, str]] = ContextVar("trace fields", default=MappingProxyType({}))
_secrets: ContextVar[tuple[str, ...]] = ContextVar("secrets", default=())

# What looks like a secret, whoever logs it: a bearer token, a signed token, and what follows a telling name: quoted, or
# within `{"type": ..., "value": ...}`, or up to the next blank or separator.
_PATTERNS = (
    re.compile(r"(bearer\s+)(?!\*\*\*)[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE),
    re.compile(r"()eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?"),
    re.compile(
        r"""((?:client_?secret|password|passwd|private_?key|api_?key|access_?key|sealing_keys?|authorization)"""
        r"""[\\"']*\s*[:=]\s*(?:\{[^{}]*?value[\\"']*\s*:\s*)?)"""
        r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[\\"']*(?:(?:basic|bearer)\s+)?[^\s"',;&}\\]+)""",
        re.IGNORECASE,
    ),
)


def trace_fields(headers: Mapping[str, str]) -> dict[str, str]:
    """The X-TraceCtx-* headers of a request as log fields `tracectx.<name in lower case>`."""
    return {
        f"tracectx.{name.lower().removeprefix(_TRACE_HEADER)}": str(value)[:200]
        for name, value in headers.items()
        if name.lower().startswith(_TRACE_HEADER)
    }


@contextmanager
def bound(fields: Mapping[str, str], secrets: Iterable[str] = ()) -> Iterator[None]:
    """Every log line in the block carries the fields, and shows none of the secrets."""
    field_token = _fields.set({**_fields.get(), **fields})
    secret_token = _secrets.set((*_secrets.get(), *secrets))
    try:
        yield
    finally:
        _fields.reset(field_token)
        _secrets.reset(secret_token)


def redacted(text: str, secrets: Iterable[str] = ()) -> str:
    """A text without the given secrets, those that are bound, and what looks like one."""
    for secret in sorted({*secrets, *_secrets.get()}, key=len, reverse=True):
        if len(secret) >= _SHORTEST_SECRET:
            for form in _forms(secret):
                text = text.replace(form, HIDDEN)
    for pattern in _PATTERNS:
        text = pattern.sub(rf"\1{HIDDEN}", text)
    return text


def _forms(secret: str) -> set[str]:
    """A secret as it stands in plain text, in JSON, in a Python value and in a form or URL."""
    quoted = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1]}
    return {secret, quote_plus(secret), *quoted}


class PlainFormatter(logging.Formatter):
    """`time level logger message {fields}`"""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        fields = _fields.get()
        return redacted(f"{line} {json.dumps(fields)}" if fields else line)


class LogstashFormatter(logging.Formatter):
    """One JSON object a line, with the fields that TNC-O's log collectors know."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "@timestamp": datetime.fromtimestamp(record.created, UTC)
            .isoformat(timespec="milliseconds")
            .replace("+00:00", "Z"),
            "@version": "1",
            "message": redacted(record.getMessage()),
            "HOSTNAME": socket.gethostname(),
            "path": record.pathname,
            "tags": [],
            "type": "logstash",
            "thread_name": threading.current_thread().name,
            "level": record.levelname,
            "logger_name": record.name,
            **_fields.get(),
        }
        if record.exc_info:
            line["stack_trace"] = redacted(self.formatException(record.exc_info))
        return json.dumps(line)


def configure(settings: Settings) -> None:
    """Set up this process's logging. On the Functions host the worker's own handler stays and gets the format."""
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(logging.StreamHandler(sys.stdout))
    for handler in root.handlers:
        handler.setFormatter(LogstashFormatter() if settings.log_type == "logstash" else PlainFormatter())
    root.setLevel(settings.log_level)
    debugging = settings.log_level == "DEBUG"
    # Libraries speak of every request: with the driver's own lines that would be ten times what an operator reads.
    for name in ("azure", "msal", "urllib3", "asyncio"):
        logging.getLogger(name).setLevel(logging.DEBUG if debugging else logging.ERROR)
    # The HTTP streams server logs every request with its path, which may hold a secret prefix.
    logging.getLogger("uvicorn.access").disabled = True
    logging.getLogger("uvicorn.access").propagate = False
