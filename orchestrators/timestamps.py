"""The SDK's history timestamps, read by the standard library instead of by guessing: ADR 10.

On each replay the SDK reads the timestamp of every event with dateutil's parser for any human's date, which is more
than half of the CPU of an orchestration. They are ISO 8601, always.
"""

import sys
from datetime import datetime
from typing import Any

from azure.durable_functions.models.history import HistoryEvent
from dateutil.parser import parse


def read_timestamp(text: str) -> datetime:
    """The moment of an ISO 8601 timestamp; what is none is left to dateutil."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        moment: datetime = parse(text)
        return moment


def replace_parser() -> None:
    """Let the SDK read its history's timestamps so."""
    sdk: Any = sys.modules[HistoryEvent.__module__]
    sdk.dt_parse = read_timestamp
