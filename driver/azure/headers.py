"""Headers of the answers of ARM and Entra ID."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def read_retry_after(headers: Mapping[str, str]) -> float:
    """The seconds that a Retry-After header asks for; 0 if there is none."""
    try:
        return max(0.0, float(headers.get("Retry-After") or 0))
    except ValueError:
        return 0.0


def read_date(headers: Mapping[str, str]) -> datetime | None:
    """The time of an answer by the clock of the server, in whole seconds; None if there is none."""
    try:
        time = parsedate_to_datetime(headers.get("Date") or "")
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
