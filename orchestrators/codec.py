"""How the Durable SDK reads histories: ADR 10 and 24.

On each replay the SDK parses the timestamp of every event with dateutil, which guesses the format. That takes more than
half of the CPU time of an orchestration. All these timestamps are ISO 8601, which the standard library parses faster.

For each replay it also makes a class of two fields anew (`namedtuple`), which takes a tenth of the time of a short one.

The SDK takes every object with the keys `__class__`, `__module__` and `__data__` for a Python object to build, also in
the outputs of a template, and looks at each object of a history for them. Its strict typing takes JSON as it is.
"""

import os
import sys
from collections import namedtuple
from datetime import datetime
from functools import cache
from typing import Any

from azure.durable_functions.models.history import HistoryEvent
from azure.durable_functions.models.TaskOrchestrationExecutor import TaskOrchestrationExecutor
from dateutil.parser import parse

STRICT_TYPING = "AZURE_FUNCTIONS_DURABLE_STRICT_TYPING"  # the SDK reads it each time, from its process alone


def read_timestamp(text: str) -> datetime:
    """The time of a timestamp. What is not ISO 8601 is left to dateutil."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        moment: datetime = parse(text)
        return moment


def configure_sdk() -> None:
    """Make the SDK parse the timestamps of histories with `read_timestamp`, make its class once, and take JSON as it
    is.
    """
    os.environ[STRICT_TYPING] = "1"
    sdk: Any = sys.modules[HistoryEvent.__module__]
    sdk.dt_parse = read_timestamp
    executor: Any = sys.modules[TaskOrchestrationExecutor.__module__]
    executor.namedtuple = cache(namedtuple)
