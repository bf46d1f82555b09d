"""How the SDK reads histories: timestamps by the standard library, held against dateutil, which the SDK would use."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from dateutil.parser import parse

from orchestrators import codec
from tests.support.shared import SHARED, needs_shared


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22T23:46:35.4527829Z",
        "2026-11-22T23:46:35.48Z",
        "2026-11-22T23:46:35Z",
        "2026-11-22T23:46:35.123456+00:00",
        "22 Nov 2026 23:46:35 GMT",
    ],
)
def test_a_moment_is_the_one_that_dateutil_reads(text: str) -> None:
    assert codec.read_timestamp(text) == parse(text)


@needs_shared
def test_every_recorded_timestamp_is_read_alike() -> None:
    texts = {
        text
        for file in (SHARED / "recordings" / "functions-host" / "episodes").glob("*.json")
        for text in _timestamps(json.loads(file.read_text(encoding="utf-8")))
    }
    assert len(texts) > 100
    assert {text for text in texts if codec.read_timestamp(text) != parse(text)} == set()


def test_the_sdk_reads_its_history_so_once_the_app_is_loaded() -> None:
    program = (
        "import function_app, sys; from azure.durable_functions.models.history import HistoryEvent;"
        "print(sys.modules[HistoryEvent.__module__].dt_parse.__module__);"
        "event = dict(EventType=12, EventId=-1, IsPlayed=False, Timestamp='2026-11-22T23:46:35.4527829Z');"
        "print(HistoryEvent(**event).timestamp)"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert told.split("\n")[:2] == ["orchestrators.codec", "2026-11-22 23:46:35.452782+00:00"]


def test_the_sdk_still_has_the_name_that_is_replaced() -> None:
    program = (
        "import sys; from azure.durable_functions.models.history import HistoryEvent;"
        "print(sys.modules[HistoryEvent.__module__].dt_parse.__module__)"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert told.strip() == "dateutil.parser._parser"


def _timestamps(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, one in value.items():
            if key in ("Timestamp", "FireAt") and isinstance(one, str):
                yield one
            else:
                yield from _timestamps(one)
    elif isinstance(value, list):
        for one in value:
            yield from _timestamps(one)


def test_the_sdk_makes_its_class_of_two_fields_once() -> None:
    program = (
        "import function_app;"
        "from azure.durable_functions.models.TaskOrchestrationExecutor import TaskOrchestrationExecutor as Executor;"
        "kinds = {type(next(iter(Executor().event_to_SetTaskValuePayload.values()))) for _ in range(3)};"
        "print(len(kinds))"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert told.strip() == "1"
