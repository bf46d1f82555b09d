"""Deadlines of calls to ARM: a call must not last longer than somebody waits for its result."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from driver.azure.refusals import Unreachable
from driver.azure.verdicts import Cause

CONNECT_SECONDS = 10
READ_SECONDS = 60
GRACE_SECONDS = 4.0  # past the deadline of a step, in which its calls may end
_ends_at: ContextVar[float | None] = ContextVar("ends_at", default=None)


@contextmanager
def limit_calls(ends_at: float) -> Iterator[None]:
    """Within the block no call to ARM takes longer than to a time of `time.monotonic()`, and none begins after it. If
    an enclosing block has an earlier time, that one counts.
    """
    outer = _ends_at.get()
    token = _ends_at.set(ends_at if outer is None else min(ends_at, outer))
    try:
        yield
    finally:
        _ends_at.reset(token)


def is_reached() -> bool:
    """Whether the deadline of the step is reached, or less than a second away: it is the last one. A step in which
    calls have no limit has no deadline.
    """
    ends_at = _ends_at.get()
    return ends_at is not None and ends_at - time.monotonic() <= GRACE_SECONDS + 1


class Deadline:
    """A policy of the SDK's pipeline, before the one that tries again: it shortens the time-outs of a call."""

    next: Any = None  # the policy that follows, which the SDK sets

    def send(self, request: Any) -> Any:
        """The response to a call. Raises Unreachable if the time is over."""
        ends_at = _ends_at.get()
        if ends_at is not None:
            left = ends_at - time.monotonic()
            if left <= 0:
                raise Unreachable(Cause("ConnectionFailed", "ARM has not answered in time"))
            request.context.options |= {
                "timeout": left,
                "connection_timeout": min(left, CONNECT_SECONDS),
                "read_timeout": min(left, READ_SECONDS),
            }
        return self.next.send(request)
