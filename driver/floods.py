"""Log lines that hundreds of lifecycles would write at the same time for the same cause.

The first lines of a kind are written. The others of the same minute are counted, and one line has their number.
"""

import logging
import threading
import time
from collections.abc import Hashable
from dataclasses import dataclass

from driver import telemetry

LINES, SECONDS = 3, 60.0  # lines of a kind that are written in so many seconds
_MOST_KINDS = 1_000


@dataclass
class _Window:
    """The lines of one kind since the first of them: until when (`time.monotonic()`), and how many they were."""

    ends_at: float
    count: int = 0


_windows: dict[Hashable, _Window] = {}
_lock = threading.Lock()


def log_line(
    log: logging.Logger, level: int, kind: Hashable, text: str, lines: int = LINES, seconds: float = SECONDS
) -> None:
    """Write a line of a kind, or count it if that many `lines` were written within the `seconds`."""
    with _lock:
        window = _find_window(kind, seconds)
        window.count += 1
        number = window.count
    if number <= lines:
        log.log(level, "%s", text)
    elif number == lines + 1:
        # The line has no context of a request: what is secret is hidden now.
        arguments = (log, level, window, lines, seconds, telemetry.redact(text))
        timer = threading.Timer(max(window.ends_at - time.monotonic(), 0.0), _log_count, arguments)
        timer.daemon = True
        timer.start()


def _find_window(kind: Hashable, seconds: float) -> _Window:
    now = time.monotonic()
    window = _windows.get(kind)
    if window is None or window.ends_at <= now:
        if len(_windows) >= _MOST_KINDS:
            for old in [one for one, other in _windows.items() if other.ends_at <= now]:
                del _windows[old]
        window = _windows[kind] = _Window(now + seconds)
    return window


def _log_count(log: logging.Logger, level: int, window: _Window, lines: int, seconds: float, text: str) -> None:
    log.log(level, "%d more like this within %g s: %s", window.count - lines, seconds, text)
