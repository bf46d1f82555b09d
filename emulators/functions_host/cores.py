"""The processor core on which the host runs."""

import os
from contextlib import suppress
from pathlib import Path

THREADS = Path("/proc/self/task")
PROCESSOR = 36  # in /proc/<pid>/stat, counted from the field after the name: proc(5)


def stay_on_core() -> None:
    """Let all threads of this process, and those to come, run on the core where it runs now. Does nothing but on Linux.

    Python runs one of its threads at a time. On several cores the system wakes the next one on another core, and the
    two then wait for one another at each read and write: that costs CPU time and makes the host slower (ADR 42).
    """
    if not THREADS.is_dir():
        return
    core = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[PROCESSOR])
    for thread in THREADS.iterdir():
        with suppress(ProcessLookupError):  # the thread has ended since
            os.sched_setaffinity(int(thread.name), [core])
