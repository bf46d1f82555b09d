"""The time of the embedded Azure: the machine's, and as much later as the control endpoint has put it forward."""

import time

_ahead = 0.0


def now() -> float:
    """Seconds since the epoch."""
    return time.time() + _ahead


def advance(seconds: float) -> None:
    """Put the clock forward, so that a test need not wait for what takes its time."""
    global _ahead  # one process has one clock
    _ahead += seconds
