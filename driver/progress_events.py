"""Progress events: what CP4NA's screens show of a transition while it runs.

Each is a log record, not a message: its text is YAML with the keys `details`, `eventType` and `progressEventType`, its
logger has the name of Ignition's. The tracectx fields of the record bind it to the transition. Form:
github.com/IBM/ignition, docs/user-guide/framework/bootstrap-components/progress_events.md.
"""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import yaml

from driver import settings, telemetry

_EVENT_TYPE = "ResourceTransitionProgressEvent"
_LONGEST_TEXT = 1_000  # bytes in JSON
# CSafeDumper is six times as fast, where PyYAML has libyaml. A subclass: the representer is for these events only.
_DUMPER: Any = type("Dumper", (getattr(yaml, "CSafeDumper", yaml.SafeDumper),), {})
_log = logging.getLogger(telemetry.PROGRESS_LOGGER)


def log_event(name: str, details: Mapping[str, Any]) -> None:
    """Log the progress event `azure/<name>`. The details are plain values; secrets in their texts are hidden."""
    if not settings.current().progress_events:
        return
    room = min(_LONGEST_TEXT, telemetry.measure_room() // 3)
    event = {"eventType": _EVENT_TYPE, "progressEventType": f"azure/{name}", "details": _clean(details, room)}
    _log.info("%s", yaml.dump(event, Dumper=_DUMPER, allow_unicode=True, width=telemetry.LONGEST_LINE))


def log_wait(waits_for: str, seconds: float, reason: str) -> None:
    """Log that a wait has begun, which lasts at least some seconds. `waits_for` is that of a WaitingFor."""
    until = datetime.now(UTC) + timedelta(seconds=seconds)
    log_event("Waiting", {"waitsFor": waits_for, "until": until.isoformat(timespec="seconds"), "reason": reason})


def _represent_text(dumper: Any, text: str) -> Any:
    """A text of several lines in one line, with escapes: it may hold what looks like a line of the log."""
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if text.splitlines() == [text] else '"')


_DUMPER.add_representer(str, _represent_text)


def _clean(value: Any, room: int) -> Any:
    """A value without secrets, in which no text has more than `room` bytes, so that the event fits into a line."""
    if isinstance(value, Mapping):
        return {name: _clean(inner, room) for name, inner in value.items()}
    if isinstance(value, str):
        text = telemetry.redact(value.encode("utf-8", "replace").decode())  # libyaml takes no lone surrogates
        return telemetry.cut_text(text, room)
    return value
