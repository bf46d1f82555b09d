"""The processor cores on which the host runs."""

import os
import sys
from pathlib import Path

from emulators.functions_host.console import warn

PROCESSOR = 36  # field 39 of /proc/<pid>/stat (proc(5)): its index among the fields after the name


def bind_to_core() -> None:
    """Bind the calling thread to the core on which it runs. Threads and processes that it starts inherit this.

    Where the system refuses, a warning says so and nothing is changed. On other systems than Linux nothing is done.

    Python runs one of its threads at a time. Each read and write lets another thread run, which the system wakes on
    another core; the first one then waits for the interpreter's lock. On one core there are fewer such waits (ADR 42).
    """
    if sys.platform != "linux":
        return
    try:
        core = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[PROCESSOR])
        os.sched_setaffinity(0, [core])
    except (OSError, ValueError, IndexError) as error:
        warn(
            f"the host cannot be bound to one core: {error}. It runs on all cores, which takes more CPU time; "
            "with LOCAL_HOST_CORES=all it does not try"
        )
