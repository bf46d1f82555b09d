"""CPU time of a process and everything it started (Linux)."""

import os
from pathlib import Path

from benchmarks.memory import tree

TICKS = os.sysconf("SC_CLK_TCK")


def seconds(pid: int) -> float:
    """Returns what the processes from `pid` down have used so far, in user and kernel mode; children that ended too."""
    return sum(map(_ticks, tree(pid))) / TICKS


def _ticks(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:  # the process has ended since: its parent's figures hold it
        return 0
    return sum(map(int, text.rpartition(")")[2].split()[11:15]))  # utime, stime, cutime, cstime
