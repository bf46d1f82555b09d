"""The task hub: instances, their histories, and the work that waits for them, in one SQLite file.

Everything an episode changes, with the results and timers that it takes, is committed in one transaction, before
anything is done about it: after kill -9 the hub holds either all of it or nothing. What was running, and what no
episode had taken, is simply found again.

WAL with synchronous=NORMAL: a commit is written to the operating system, which keeps it when the process is killed;
only a power cut could lose the last commits (never damage the file), and a sync to disk at each would serve that alone.
The input is the last column of an instance: SQLite reads a row up to the last column that it needs, and an input may
be megabytes. Columns are always named, since a file of an earlier release has them in another order.

The file is locked for as long as the host runs, because a second host on it would run everything twice.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

from emulators.functions_host.history import Event, write_json
from emulators.functions_host.settings import HostError

SCHEMA = """
CREATE TABLE IF NOT EXISTS instances (
  id TEXT PRIMARY KEY, execution_id TEXT, name TEXT, version TEXT, status TEXT, created TEXT, updated TEXT, parent TEXT,
  custom_status TEXT, output TEXT, input TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS history (
  instance_id TEXT, number INTEGER, event TEXT, PRIMARY KEY (instance_id, number)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS messages (
  number INTEGER PRIMARY KEY AUTOINCREMENT, instance_id TEXT, execution_id TEXT, event TEXT);
CREATE INDEX IF NOT EXISTS messages_of_instance ON messages (instance_id);
CREATE TABLE IF NOT EXISTS activities (
  number INTEGER PRIMARY KEY AUTOINCREMENT, instance_id TEXT, execution_id TEXT, task_id INTEGER, name TEXT,
  input TEXT);
CREATE TABLE IF NOT EXISTS timers (
  number INTEGER PRIMARY KEY AUTOINCREMENT, instance_id TEXT, execution_id TEXT, fire_at TEXT, event TEXT);
CREATE INDEX IF NOT EXISTS timers_of_instance ON timers (instance_id);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
"""
ENDED = frozenset({"Completed", "Failed", "Terminated"})


@dataclass(frozen=True)
class Instance:
    """An orchestration instance. Input, output, custom status and parent are JSON text or None."""

    id: str
    execution_id: str
    name: str
    version: str | None
    status: str
    input: str | None
    output: str | None
    custom_status: str | None
    created: str
    updated: str
    parent: str | None


_FIELDS = tuple(field.name for field in fields(Instance))
_COLUMNS = ", ".join(_FIELDS)
_SELECT = f"SELECT {_COLUMNS} FROM instances WHERE "  # noqa: S608 - constants
# A row holds the events of an episode, a line each. All rows at once: sqlite3 gives up the interpreter's lock for each,
# and threads wait for that lock.
_HISTORY = """
SELECT group_concat(event, char(10)) FROM (SELECT event FROM history WHERE instance_id = ? ORDER BY number)
"""
_PUT = f"INSERT OR REPLACE INTO instances ({_COLUMNS}) VALUES ({', '.join('?' * len(_FIELDS))})"  # noqa: S608


@dataclass(frozen=True)
class ActivityCall:
    """A scheduled activity; it stays in the hub until its result does. `input` is JSON text."""

    number: int
    instance_id: str
    execution_id: str
    task_id: int
    name: str
    input: str | None


@dataclass(frozen=True)
class Timer:
    """A pending durable timer and the TimerFired event that is its message."""

    number: int
    instance_id: str
    execution_id: str
    fire_at: str
    event: str


class Store:
    """The open task hub. All calls come from one thread; each change belongs in a `transaction`."""

    def __init__(self, path: Path) -> None:
        """Open or make the hub. Raises HostError where another host has it or it is none."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, isolation_level=None, timeout=1)
            self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.execute("PRAGMA cache_size = -8000")  # 8 MB hold 1,000 instances with their inputs
            self._db.executescript(SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise HostError(f"task hub {path} cannot be used (does another host run on it?): {error}") from error

    def close(self) -> None:
        """Close the file and release its lock."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All changes made within are committed together, or none is."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def fact(self, name: str) -> str | None:
        """A value that the host remembers over restarts."""
        row = self._db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else None

    def remember(self, name: str, value: str) -> None:
        """Keep a value over restarts."""
        self._db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def instance(self, instance_id: str) -> Instance | None:
        """One instance, or None where the hub has none of that id."""
        row = self._db.execute(f"{_SELECT}id = ?", (instance_id,)).fetchone()
        return Instance(*row) if row else None

    def instances(self, where: str, values: Iterable[str | int], with_input: bool) -> list[Instance]:
        """The instances of an SQL condition (and order, and limit), in order of their ids unless it says otherwise."""
        select = _SELECT if with_input else _SELECT.replace(" input,", " NULL,")
        return [Instance(*row) for row in self._db.execute(select + where, tuple(values))]

    def put_instance(self, instance: Instance) -> None:
        """Insert or replace an instance."""
        self._db.execute(_PUT, tuple(vars(instance).values()))

    def delete_instance(self, instance_id: str) -> None:
        """Forget an instance, if there is one, with all that belongs to it. A running activity will find no one."""
        if self._db.execute("DELETE FROM instances WHERE id = ?", (instance_id,)).rowcount == 0:
            return
        for table in ("history", "messages", "activities", "timers"):
            self._db.execute(f"DELETE FROM {table} WHERE instance_id = ?", (instance_id,))  # noqa: S608 - constants

    def history(self, instance_id: str) -> list[str]:
        """The history of an instance, each event as JSON text."""
        text: str | None = self._db.execute(_HISTORY, (instance_id,)).fetchone()[0]
        return text.split("\n") if text else []

    def extend_history(self, instance_id: str, length: int, events: Iterable[Event]) -> None:
        """Append the events of an episode to a history of `length` events. A row has the number of its first event."""
        lines = "\n".join(map(write_json, events))
        self._db.execute("INSERT INTO history VALUES (?, ?, ?)", (instance_id, length, lines))

    def drop_generation(self, instance_id: str) -> None:
        """Drop the history and the timers of a generation that has continued as new."""
        self._db.execute("DELETE FROM history WHERE instance_id = ?", (instance_id,))
        self.drop_timers(instance_id)

    def send(self, instance_id: str, execution_id: str | None, event: Event) -> None:
        """Put an event into the instance's inbox; with an execution id only that execution will take it."""
        values = (instance_id, execution_id, write_json(event))
        self._db.execute("INSERT INTO messages (instance_id, execution_id, event) VALUES (?, ?, ?)", values)

    def receive(self, instance_id: str, execution_id: str) -> tuple[list[Event], list[Event]]:
        """Empty the inbox: the events meant for this execution, in order; those for an earlier one are dropped.

        External events are apart: they are played last, because one may have come before the execution began.
        """
        query = "DELETE FROM messages WHERE instance_id = ? RETURNING number, execution_id, event"
        rows = sorted(self._db.execute(query, (instance_id,)).fetchall())
        own = [json.loads(event) for _, execution, event in rows if execution == execution_id]
        return own, [json.loads(event) for _, execution, event in rows if execution is None]

    def awaiting(self) -> list[str]:
        """The instances with something in their inbox, the longest waiting first."""
        query = "SELECT instance_id FROM messages GROUP BY instance_id ORDER BY MIN(number)"
        return [row[0] for row in self._db.execute(query)]

    def add_activity(self, instance: Instance, task_id: int, name: str, data: str | None) -> ActivityCall:
        """Schedule an activity."""
        values = (instance.id, instance.execution_id, task_id, name, data)
        query = "INSERT INTO activities (instance_id, execution_id, task_id, name, input) VALUES (?, ?, ?, ?, ?)"
        return ActivityCall(self._db.execute(query, values).lastrowid or 0, *values)

    def end(self, work: ActivityCall | Timer) -> bool:
        """An activity has a result, or a timer was due. False where the hub has it no more: its instance was purged, or
        the execution of a timer has ended.
        """
        table = "activities" if isinstance(work, ActivityCall) else "timers"
        return self._db.execute(f"DELETE FROM {table} WHERE number = ?", (work.number,)).rowcount == 1  # noqa: S608

    def activities(self) -> list[ActivityCall]:
        """All activities without a result, in the order in which they were scheduled."""
        return [ActivityCall(*row) for row in self._db.execute("SELECT * FROM activities ORDER BY number")]

    def add_timer(self, instance: Instance, fire_at: str, event: Event) -> Timer:
        """Schedule a timer; `event` is sent when it is due."""
        values = (instance.id, instance.execution_id, fire_at, write_json(event))
        query = "INSERT INTO timers (instance_id, execution_id, fire_at, event) VALUES (?, ?, ?, ?)"
        return Timer(self._db.execute(query, values).lastrowid or 0, *values)

    def drop_timers(self, instance_id: str) -> None:
        """The execution has ended: nobody waits for its cancelled timers."""
        self._db.execute("DELETE FROM timers WHERE instance_id = ?", (instance_id,))

    def timers(self) -> list[Timer]:
        """All pending timers."""
        return [Timer(*row) for row in self._db.execute("SELECT * FROM timers")]
