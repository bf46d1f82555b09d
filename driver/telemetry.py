"""Logging: plain lines or logstash JSON. Each line carries the trace fields of its request. None shows a secret."""

import json
import logging
import os
import re
import socket
import sys
import threading
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from itertools import islice
from types import MappingProxyType
from typing import Any

from driver.redaction import hide_secrets
from driver.settings import TRIAL_HUB, Settings

_TRACE_HEADER = "x-tracectx-"
_MOST_TRACE_FIELDS = 20
LONGEST_LINE = 4_096  # bytes that a pipe takes as a whole, with the end of the line
PROGRESS_LOGGER = "ignition.service.progress_events"  # the name that CP4NA knows
SOUTHBOUND_LOGGER = "driver.azure.southbound"
# Their messages are YAML and JSON, in which each text was redacted before: `***` in place of a quoted text, or a cut,
# would break them. Each fits into a line.
_WHOLE = (PROGRESS_LOGGER, SOUTHBOUND_LOGGER)
_PROGRESS_MARK = "---[ResourceTransitionProgressEvent]---"
_FRAME = 700  # bytes of a line beside its message and its fields
_SHORTEST_ROOM = 200  # bytes
_FREE_TEXTS = ("message", "stack_trace")
LONGEST_HOST_LINE = 32_000  # bytes of a line that goes through the host; Application Insights keeps 32,768 characters
# A text from a request or from Azure must not begin a line of its own, nor show the rest of it in another order.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_CUT = " ... (cut)"
_log = logging.getLogger(__name__)

_fields: ContextVar[Mapping[str, str]] = ContextVar("trace fields", default=MappingProxyType({}))
_secrets: ContextVar[tuple[str, ...]] = ContextVar("secrets", default=())


def read_trace_fields(headers: Mapping[str, str]) -> dict[str, str]:
    """The X-TraceCtx-* headers of a request as log fields `tracectx.<name in lower case>`."""
    fields = (
        (f"tracectx.{name.lower().removeprefix(_TRACE_HEADER)[:60]}", str(value)[:200])
        for name, value in headers.items()
        if name.lower().startswith(_TRACE_HEADER)
    )
    return dict(islice(fields, _MOST_TRACE_FIELDS))


@contextmanager
def bind_fields(fields: Mapping[str, str], secrets: Iterable[str] = ()) -> Iterator[None]:
    """Within the block every log line carries the fields and hides the secrets."""
    field_token = _fields.set({**_fields.get(), **fields})
    secret_token = _secrets.set((*_secrets.get(), *secrets))
    try:
        yield
    finally:
        _fields.reset(field_token)
        _secrets.reset(secret_token)


def add_fields(fields: Mapping[str, str]) -> None:
    """From now on every log line of the innermost `bind_fields` block carries these fields, too."""
    _fields.set({**_fields.get(), **fields})


def find_field(name: str) -> str:
    """The value of a field that log lines carry now; empty if they do not carry it."""
    return _fields.get().get(name, "")


def measure_room() -> int:
    """The bytes that a message may have in JSON, so that its line has less than 4,096 with the fields of now."""
    return max(LONGEST_LINE - _FRAME - len(json.dumps(dict(_fields.get()))), _SHORTEST_ROOM)


def cut_text(text: str, room: int) -> str:
    """The text, or its beginning with a mark, so that it has at most `room` bytes in JSON."""
    return text if len(json.dumps(text)) - 2 <= room else _cut_text(text, max(room - len(_CUT), 0)) + _CUT


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """The text with `***` in place of the given secrets, the secrets that are bound, and what looks like a secret."""
    return hide_secrets(text, {*secrets, *_secrets.get()})


class PlainFormatter(logging.Formatter):
    """`time level logger message {fields}`; only a stack trace has lines of its own. One that is too long is cut. Of a
    progress event `time level logger {fields}`, and in lines of their own the mark that TNC-O knows and the YAML.
    """

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")
        self._head = logging.Formatter("%(asctime)s %(levelname)s %(name)s")

    def format(self, record: logging.LogRecord) -> str:
        fields = f" {json.dumps(dict(_fields.get()))}" if _fields.get() else ""
        if record.name == PROGRESS_LOGGER:
            return f"{redact(self._head.format(record) + fields)}\n{_PROGRESS_MARK}\n{record.getMessage().rstrip()}"
        line = super().format(record)
        if record.name in _WHOLE:
            return f"{line}{fields}"
        return redact(f"{_cut_bytes(redact(line), LONGEST_HOST_LINE)}{fields}")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the library's name
        message = super().formatMessage(record)
        if record.name not in _WHOLE:
            message = redact(message)  # before anything in a secret is escaped
        return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), message)


class LogstashFormatter(logging.Formatter):
    """One JSON object a line, with the fields that TNC-O's log collectors know, of less than `longest` bytes. That of a
    progress event or a southbound message has less than 4,096 bytes.
    """

    def __init__(self, longest: int = LONGEST_HOST_LINE) -> None:
        super().__init__()
        self._longest = longest

    def format(self, record: logging.LogRecord) -> str:
        is_whole = record.name in _WHOLE
        line = {
            "@timestamp": datetime.fromtimestamp(record.created, UTC)
            .isoformat(timespec="milliseconds")
            .replace("+00:00", "Z"),
            "@version": "1",
            "message": record.getMessage() if is_whole else redact(record.getMessage()),
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
            line["stack_trace"] = redact(self.formatException(record.exc_info))
        return _fit_line(line, min(self._longest, LONGEST_LINE) if is_whole else self._longest)


class ContainerHandler(logging.Handler):
    """Writes lines to the container's output and not to the Functions host, which would wrap each of them.

    The parent of this process is the host; the host's standard output is the container's. Several processes write to
    it. A pipe keeps a write together only up to 4,096 bytes, so each line is one write of at most that size.
    """

    def __init__(self) -> None:
        """Open the output. Raises OSError where that is not allowed, or where there is none."""
        super().__init__()
        self._output = os.open(f"/proc/{os.getppid()}/fd/1", os.O_WRONLY | os.O_APPEND)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = _cut_bytes(self.format(record), LONGEST_LINE)
            os.write(self._output, line.encode("utf-8", "replace") + b"\n")
        except Exception:
            self.handleError(record)


def _cut_bytes(line: str, longest: int) -> str:
    """The line, cut if it has not less than `longest` bytes."""
    encoded = line.encode("utf-8", "replace")
    if len(encoded) < longest:
        return line
    return encoded[: longest - len(_CUT) - 1].decode("utf-8", "ignore") + _CUT


def _fit_line(line: dict[str, Any], longest_line: int) -> str:
    """A line as JSON of less than `longest_line` bytes. While it is longer, its longest text is cut, each time by at
    most about half: the message or the stack trace, and once these are short any other.
    """
    text = json.dumps(line)
    while len(text) >= longest_line:
        texts = {name: json.dumps(value) for name, value in line.items() if isinstance(value, str)}
        free = {name: texts[name] for name in _FREE_TEXTS if len(texts.get(name, "")) > _SHORTEST_ROOM}
        texts = free or texts
        longest = max(texts, key=lambda name: len(texts[name]))
        excess = len(text) - longest_line + 1 + len(_CUT)
        room = max(len(texts[longest]) - 2 - excess, len(texts[longest]) // 2 - 2 * len(_CUT), 0)
        line = {**line, longest: _cut_text(line[longest], room) + _CUT}
        text = json.dumps(line)
    return text


def _cut_text(text: str, room: int) -> str:
    """The beginning of a text that takes at most `room` bytes in JSON."""
    text = text[:room].removesuffix(_CUT)
    lengths = range(len(text) + 1)
    return text[: bisect_right(lengths, room, key=lambda length: len(json.dumps(text[:length])) - 2) - 1]


def configure(settings: Settings) -> None:
    """Set up the logging of this process. The Functions worker's own handlers stay, and get the driver's format."""
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(logging.StreamHandler(sys.stdout))
    is_json = settings.log_type == "logstash"
    for handler in root.handlers:
        handler.setFormatter(LogstashFormatter() if is_json else PlainFormatter())
    root.setLevel(settings.log_level)
    if settings.log_output == "container":
        try:
            container = ContainerHandler()
        except OSError as error:
            _log.warning("LOG_OUTPUT=container: the lines go through the Functions host instead: %s", error)
        else:
            container.setFormatter(LogstashFormatter(LONGEST_LINE) if is_json else PlainFormatter())
            for own in (logging.getLogger("driver"), logging.getLogger(PROGRESS_LOGGER)):
                own.addHandler(container)
                own.propagate = False
    if settings.task_hub_trial:
        _log.warning("task hub: %s", TRIAL_HUB)
    debugging = settings.log_level == "DEBUG"
    # Libraries log every request. That would be ten times as many lines as the driver's own.
    for name in ("azure", "msal", "urllib3", "asyncio"):
        logging.getLogger(name).setLevel(logging.DEBUG if debugging else logging.ERROR)
    if not debugging:  # it logs answers of Entra ID that are cut off, which may hold a token
        logging.getLogger("msal").setLevel(logging.CRITICAL)
    # The HTTP streams server logs every request with its path, which may hold a secret prefix.
    logging.getLogger("uvicorn.access").disabled = True
    logging.getLogger("uvicorn.access").propagate = False
