"""CPU time of a process and everything it started (Linux)."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from benchmarks.memory import tree

TICKS = os.sysconf("SC_CLK_TCK")


def seconds(pid: int) -> float:
    """Returns what the processes from `pid` down have used so far, in user and kernel mode; children that ended too."""
    return sum(map(_ticks, tree(pid))) / TICKS


def assign_core(pid: int, others: Iterable[int]) -> None:
    """Gives a process one core of its own, and the other cores to `others`, to this process and to what it will start.

    Python runs one thread at a time. On several cores its threads are moved between them with each turn, which costs
    more CPU time, and a different share of it in each run.
    """
    first, *rest = sorted(os.sched_getaffinity(0))
    if not rest:
        raise SystemExit("there is only one core, and the driver's host cannot have it alone")
    _assign(pid, [first])
    for other in (os.getpid(), *others):
        _assign(other, rest)


def _assign(pid: int, cores: Iterable[int]) -> None:
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with suppress(ProcessLookupError):  # the thread has ended since
            os.sched_setaffinity(int(thread.name), cores)


def _ticks(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:  # the process has ended since: its parent's figures hold it
        return 0
    return sum(map(int, text.rpartition(")")[2].split()[11:15]))  # utime, stime, cutime, cstime
