"""Peak memory of a process and everything it started (Linux)."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PERIOD_SECONDS = 0.05


class Peak:
    """The greatest sum of resident set sizes seen so far, in MiB."""

    mebibytes = 0.0


@contextmanager
def watched(pid: int) -> Iterator[Peak]:
    """Samples the tree of processes below `pid` 20 times a second while the context is open."""
    peak, closing = Peak(), threading.Event()

    def sample() -> None:
        while not closing.wait(PERIOD_SECONDS):
            peak.mebibytes = max(peak.mebibytes, sum(map(_resident, tree(pid))) / 1024)

    thread = threading.Thread(target=sample, name="memory")
    thread.start()
    try:
        yield peak
    finally:
        closing.set()
        thread.join()


def tree(pid: int) -> Iterator[int]:
    """Yields the ids of a process and of all below it."""
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            text = children.read_text()
        except OSError:  # the thread has ended since
            continue
        for child in text.split():
            yield from tree(int(child))


def _resident(pid: int) -> float:
    """Returns kibibytes; 0 for a process that has ended since."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((float(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")), 0)
