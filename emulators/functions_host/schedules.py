"""Timer triggers: NCRONTAB schedules (six fields, UTC) and the loop that runs their functions."""

import asyncio
import re
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from azure.functions.timer import TimerRequest

from emulators.functions_host.bindings import Caller
from emulators.functions_host.console import warn
from emulators.functions_host.functions import TimerFunction
from emulators.functions_host.history import iso, parse
from emulators.functions_host.settings import HostError
from emulators.functions_host.store import Store

FIELDS = (
    ("second", 0, 59),
    ("minute", 0, 59),
    ("hour", 0, 23),
    ("day", 1, 31),
    ("month", 1, 12),
    ("day of week", 0, 6),
)
NAMES = {
    "month": ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
    "day of week": ("sun", "mon", "tue", "wed", "thu", "fri", "sat"),
}
PART = re.compile(r"(?:(\*)|(\d+)(?:-(\d+))?)(?:/([1-9]\d*))?")
HORIZON = timedelta(days=8 * 366)  # the 29th of February comes at most eight years on


@dataclass(frozen=True)
class Schedule:
    """The values that each field of an NCRONTAB expression allows, in the order of FIELDS."""

    allowed: tuple[frozenset[int], ...]

    def after(self, moment: datetime) -> datetime:
        """The next occurrence after a UTC time."""
        seconds, minutes, hours, days, months, weekdays = self.allowed
        day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        while day - moment <= HORIZON:
            if day.month in months and day.day in days and day.isoweekday() % 7 in weekdays:
                for hour in sorted(hours):
                    for minute in sorted(minutes):
                        for second in sorted(seconds):
                            if (occurrence := day.replace(hour=hour, minute=minute, second=second)) > moment:
                                return occurrence
            day += timedelta(days=1)
        raise ValueError("the schedule never occurs")


def _values(text: str, name: str, low: int, high: int) -> frozenset[int]:
    for number, word in enumerate(NAMES.get(name, ()), start=low):
        text = re.sub(rf"\b{word}\b", str(number), text, flags=re.IGNORECASE)
    values: set[int] = set()
    for part in text.split(","):
        match = PART.fullmatch(part)
        if match is None:
            raise ValueError(f"{part!r} is no value for the {name}")
        everything, first, last, step = match.groups()
        start = low if everything else int(first)
        end = high if everything or (step and not last) else int(last or first)
        if not low <= start <= end <= high:
            raise ValueError(f"{part!r} is not within {low}-{high} for the {name}")
        values.update(range(start, end + 1, int(step or 1)))
    return frozenset(values)


def parse_schedule(function: TimerFunction) -> Schedule:
    """The schedule of a timer function. Raises HostError for an expression that is none."""
    fields = function.schedule.split()
    try:
        if len(fields) != len(FIELDS):
            raise ValueError(f"it must have {len(FIELDS)} fields, from second to day of week")
        schedule = Schedule(tuple(_values(text, *field) for text, field in zip(fields, FIELDS, strict=True)))
        schedule.after(datetime.now(UTC))
    except ValueError as error:
        raise HostError(f"timer function {function.name!r}: schedule {function.schedule!r}: {error}") from error
    return schedule


async def run_timers(functions: Sequence[TimerFunction], caller: Caller, store: Store) -> None:
    """Run every timer function at its times, for ever; a monitored one at the start if it was due in the meantime."""
    schedules = [parse_schedule(function) for function in functions]
    async with asyncio.TaskGroup() as group:
        for function, schedule in zip(functions, schedules, strict=True):
            group.create_task(_run_timer(function, schedule, caller, store))


async def _run_timer(function: TimerFunction, schedule: Schedule, caller: Caller, store: Store) -> None:
    remembered = f"next run of {function.name}"
    expected = store.fact(remembered) if function.is_monitored else None
    past_due = expected is not None and parse(expected) < datetime.now(UTC)
    if past_due or function.run_on_startup:
        await call_timer(function, caller, past_due)
    while True:
        occurrence = schedule.after(datetime.now(UTC))
        with store.transaction():
            store.remember(remembered, iso(occurrence))
        while (wait := (occurrence - datetime.now(UTC)).total_seconds()) > 0:
            await asyncio.sleep(min(wait, 60))  # the clock may be set meanwhile
        await call_timer(function, caller)


async def call_timer(function: TimerFunction, caller: Caller, past_due: bool = False) -> None:
    """Run a timer function once. What it raises is shown on the console."""
    try:
        await caller.call(function, TimerRequest(past_due=past_due, schedule={"AdjustForDST": False}))
    except Exception:
        warn(f"timer function {function.name!r} failed:\n{traceback.format_exc()}")
