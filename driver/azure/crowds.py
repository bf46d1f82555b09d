"""How much this process has to poll.

Each poll costs 10 to 20 ms of CPU: three short replays of its orchestrator, an activity, a call to ARM. 1,000
deployments that are polled every 50 s take a third of a core by that alone.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

_PERIOD_SECONDS = 60.0
_FEW_POLLS, _MOST_POLLS = 180, 360  # in that time: 3 and 6 a second


@dataclass
class Crowd:
    """The polls of the last minute by a clock in seconds. Threads share it."""

    clock: Callable[[], float] = time.monotonic
    _polls: deque[float] = field(default_factory=lambda: deque(maxlen=_MOST_POLLS))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note_poll(self) -> float:
        """Count a poll. Returns the crowding with it."""
        now = self.clock()
        with self._lock:
            self._polls.append(now)
        return self._measure(now)

    def measure(self) -> float:
        """The crowding: from 0 (3 polls a second, or fewer) to 1 (6 a second, or more)."""
        return self._measure(self.clock())

    def _measure(self, now: float) -> float:
        with self._lock:
            while self._polls and self._polls[0] < now - _PERIOD_SECONDS:
                self._polls.popleft()
            return max(0, len(self._polls) - _FEW_POLLS) / (_MOST_POLLS - _FEW_POLLS)


@cache
def share_crowd() -> Crowd:
    """The polls of this process."""
    return Crowd()
