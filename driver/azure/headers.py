"""Headers and times in the answers of ARM and Entra ID."""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

LONGEST_RETRY_AFTER = 3600.0
_log = logging.getLogger("driver.lifecycle")


def read_retry_after(headers: Mapping[str, str]) -> float:
    """The seconds that a Retry-After header asks for, which may be a number of seconds or a date; 0 if there is none.
    More than an hour is taken for a mistake, and cut to that.
    """
    text = headers.get("Retry-After") or ""
    try:
        seconds = float(text or 0)
    except ValueError:
        until = _read_time(text)
        seconds = (until - (read_date(headers) or datetime.now(UTC))).total_seconds() if until else 0.0
    if not seconds <= LONGEST_RETRY_AFTER:  # nor is it comparable, such as "nan"
        _log.warning("Retry-After: %s is cut to %.0f s", text[:100], LONGEST_RETRY_AFTER)
        return LONGEST_RETRY_AFTER
    return max(0.0, seconds)


def read_date(headers: Mapping[str, str]) -> datetime | None:
    """The time of an answer by the clock of the server, in whole seconds; None if there is none."""
    return _read_time(headers.get("Date") or "")


def read_timestamp(text: Any) -> datetime | None:
    """A time in a body, in ISO 8601 with up to seven digits of a second; None if it is none."""
    try:
        time = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _read_time(text: str) -> datetime | None:
    try:
        time = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
