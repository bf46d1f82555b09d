"""Log lines about the waits of an execution: one when a wait begins, with its progress event, one when it ends.

The orchestrator logs nothing. The payload of a step tells it what the execution waited for until now: `waiting` is a
WaitingSince as JSON.
"""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from driver import progress_events
from driver.models.outcomes import Outcome
from driver.waiting import compute_age

_NAMES = {"azure": "Azure", "entra": "Entra ID", "kafka": "Kafka", "condition": "its condition", "host": "a host"}
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
        _log.log(level, "%s waits for %s until %s or longer: %s", where, name, until.isoformat("T", "seconds"), reason)
        progress_events.log_wait(waiting.waits_for, outcome.after, reason)


def log_end(where: str, payload: Mapping[str, Any]) -> None:
    """Log that a wait has ended, if there was one."""
    before = payload.get("waiting")
    if before is not None:
        name, age = _name(before["for"], before.get("requestId")), compute_age(before["since"])
        _log.info("%s has waited for %s for %.0f s", where, name, age)


def _name(waits_for: str, request_id: str | None) -> str:
    return f"execution {request_id}" if request_id else _NAMES.get(waits_for, "its turn")
