"""NCRONTAB schedules: when they occur, and what is none."""

from datetime import UTC, datetime

import pytest

from emulators.functions_host.functions import TimerFunction
from emulators.functions_host.schedules import parse_schedule
from emulators.functions_host.settings import HostError

WEDNESDAY = datetime(2026, 7, 1, 12, 30, 15, tzinfo=UTC)


def timer(schedule: str) -> TimerFunction:
    return TimerFunction("t", lambda: None, "timer", None, schedule, run_on_startup=False, is_monitored=True)


@pytest.mark.parametrize(
    ("schedule", "next_time"),
    [
        ("0 */5 * * * *", "2026-07-01T12:35:00"),
        ("* * * * * *", "2026-07-01T12:30:16"),
        ("0 0 3 * * *", "2026-07-02T03:00:00"),
        ("15 30 12 * * *", "2026-07-02T12:30:15"),
        ("0 0 9-17/4 * * mon-fri", "2026-07-01T13:00:00"),
        ("0 30 9 * Jan Mon", "2027-01-04T09:30:00"),
        ("0 0 0 29 2 *", "2028-02-29T00:00:00"),
        ("5,8,10 * * * * *", "2026-07-01T12:31:05"),
        ("10/20 * * * * *", "2026-07-01T12:30:30"),
        ("0 0 0 * * 0", "2026-07-05T00:00:00"),
    ],
)
def test_next_occurrence(schedule: str, next_time: str) -> None:
    assert parse_schedule(timer(schedule)).after(WEDNESDAY) == datetime.fromisoformat(next_time + "+00:00")


@pytest.mark.parametrize(
    ("schedule", "fault"),
    [
        ("* * * * *", "it must have 6 fields"),
        ("00:05:00", "it must have 6 fields"),
        ("60 * * * * *", "'60' is not within 0-59 for the second"),
        ("* * * * foo *", "'foo' is no value for the month"),
        ("*/0 * * * * *", "'\\*/0' is no value for the second"),
        ("0 0 0 30 2 *", "the schedule never occurs"),
    ],
)
def test_what_is_no_schedule(schedule: str, fault: str) -> None:
    with pytest.raises(HostError, match=fault):
        parse_schedule(timer(schedule))
