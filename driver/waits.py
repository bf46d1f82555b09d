"""Log lines about the waits of an execution: one when a wait begins, with its progress event, one when it ends.

The orchestrator logs nothing. The payload of a step tells it what the execution waited for until now: `waiting` is a
WaitingSince as JSON.
"""

import logging
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from driver import floods, progress_events
from driver.models.outcomes import Outcome
from driver.waiting import compute_age

_NAMES = {"azure": "Azure", "entra": "Entra ID", "kafka": "Kafka", "condition": "its condition", "host": "a host"}
_SHARED = ("azure", "entra", "host")  # what many lifecycles wait for at the same time, for the same cause
_CODE = re.compile(r"(?:first: )?([A-Z]\w*): ")  # with which the reason of a refusal begins
_log = logging.getLogger("driver.lifecycle")


def log_change(where: str, payload: Mapping[str, Any], outcome: Outcome) -> None:
    """Log whether a step, described by `where`, has begun to wait, or has ended a wait."""
    before, waiting = payload.get("waiting"), outcome.find_wait()
    if before is not None and waiting is not None and before["for"] == waiting.waits_for:
        return
    log_end(where, payload)
    if waiting is not None:
        until = datetime.now(UTC) + timedelta(seconds=outcome.after)
        level = logging.WARNING if outcome.refused or waiting.waits_for == "host" else logging.INFO
        name = _name(waiting.waits_for, waiting.request_id)
        reason = outcome.reason or waiting.reason
        text = f"{where} waits for {name} until {until.isoformat('T', 'seconds')} or longer: {reason}"
        _log_line(level, "begin", waiting.waits_for, reason, text)
        progress_events.log_wait(waiting.waits_for, outcome.after, reason)


def log_end(where: str, payload: Mapping[str, Any]) -> None:
    """Log that a wait has ended, if there was one."""
    before = payload.get("waiting")
    if before is not None:
        name, age = _name(before["for"], before.get("requestId")), compute_age(before["since"])
        text = f"{where} has waited for {name} for {age:.0f} s"
        _log_line(logging.INFO, "end", before["for"], before["reason"], text)


def _log_line(level: int, moment: str, waits_for: str, reason: str, text: str) -> None:
    """Log a line about a wait; one for a cause that others have, too, as one of a flood."""
    code = _CODE.match(reason)
    if waits_for in _SHARED and (code or waits_for != "azure"):
        floods.log_line(_log, level, (moment, waits_for, code and code[1]), text)
    else:
        _log.log(level, "%s", text)


def _name(waits_for: str, request_id: str | None) -> str:
    return f"execution {request_id}" if request_id else _NAMES.get(waits_for, "its turn")
