"""Limits of ARM and of resource providers, as the answers to this process show them."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from driver.azure.refusals import Refused
from driver.azure.verdicts import Cause

LOW = 100  # calls that ARM still takes, below which polls slow down
_REFILL = 3.0  # calls a second that come back; ARM gives 25 reads, in older clouds 12,000 an hour
_PACE = {"reads": 10.0, "writes": 5.0, "deletes": 5.0}  # calls a second that follow a probe; ARM gives twice as many
_UNSAID_SECONDS = 10.0  # that a limit holds if ARM does not say how long
_PROBE_SECONDS = 5.0  # after which another call probes if the first one has not been answered
_MOST_KEPT = 10_000
KINDS = ("reads", "writes", "deletes")


@dataclass(frozen=True)
class Scope:
    """What counts against one limit: calls of a `kind` (reads, writes or deletes) in a subscription: all of them, those
    of a principal, or those about a resource type.
    """

    host: str
    subscription: str
    kind: str
    principal: str = ""
    type: str = ""


@dataclass(frozen=True)
class Scopes:
    """The limits that a call counts against."""

    own: Scope
    whole: Scope
    provider: Scope

    def __iter__(self) -> Iterator[Scope]:
        return iter((self.own, self.whole, self.provider))


@dataclass
class _Hold:
    """A limit that is reached: until when (`time.monotonic()`), why, until when others wait for the answer to a probe,
    and how many calls were told to wait.
    """

    until: float
    cause: Cause
    probed_until: float = 0.0
    told: int = 0


@dataclass
class Limits:
    """All limits. Threads share them; nothing here waits."""

    _holds: dict[Scope, _Hold] = field(default_factory=dict)
    _refused: set[Scope] = field(default_factory=set)  # limits because of which the last call was refused
    _left: dict[Scope, tuple[int, float]] = field(default_factory=dict)  # calls left, and when ARM said that
    _most: dict[Scope, int] = field(default_factory=dict)  # the most calls that ARM has said
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def admit(self, scopes: Scopes, is_sent: bool = True) -> list[Scope]:
        """The limits whose time is over. If the call `is_sent`, it probes them, and until its answer others wait.

        Raises Refused, of status 429, if one of its limits holds. Each refused call gets a later time than the one
        before.
        """
        now = time.monotonic()
        with self._lock:
            holds = {scope: self._holds[scope] for scope in scopes if scope in self._holds}
            for scope, hold in holds.items():
                wait = max(hold.until, hold.probed_until) - now
                if wait > 0:
                    wait += hold.told / _PACE[scope.kind]
                    hold.told += 1
                    text = f"{hold.cause.message} (not sent: another call was refused so)"
                    raise Refused(429, Cause(hold.cause.code, text), wait)
            for hold in holds.values() if is_sent else ():
                hold.probed_until = now + _PROBE_SECONDS
            return list(holds)

    def end_probe(self, probed: list[Scope], is_open: bool) -> None:
        """The probe of these limits is over: they are open, or it has shown nothing and another call may probe."""
        with self._lock:
            for scope in probed:
                if is_open:
                    self._holds.pop(scope, None)
                elif hold := self._holds.get(scope):
                    hold.probed_until = 0.0

    def hold(self, scope: Scope, cause: Cause, seconds: float, is_certain: bool) -> None:
        """ARM has refused a call because of this limit, and asks to wait so long; 0 if it has not said that.

        Unless it `is_certain` that nothing is left, one refusal alone holds back no other call: the next one may be
        taken. The second in a row does, and the refusal of a probe.
        """
        now = time.monotonic()
        with self._lock:
            if len(self._holds) > _MOST_KEPT:
                self._holds.clear()
            if not is_certain and scope not in self._holds and scope not in self._refused:
                self._refused.add(scope)
                return
            hold = _Hold(now + (seconds or _UNSAID_SECONDS), cause)
            before = self._holds.get(scope)
            if before is not None and before.until > now:  # calls that were under way together
                hold.until, hold.told = max(hold.until, before.until), before.told
            self._holds[scope] = hold

    def note_taken(self, scopes: Scopes) -> None:
        """ARM has taken a call that counts against these limits."""
        with self._lock:
            self._refused.difference_update(scopes)

    def note_left(self, scope: Scope, calls: int) -> None:
        """ARM says that it still takes so many calls."""
        with self._lock:
            if len(self._left) > _MOST_KEPT:
                self._left.clear()
                self._most.clear()
            self._left[scope] = (calls, time.monotonic())
            self._most[scope] = max(calls, self._most.get(scope, 0))

    def measure_shortage(self, scopes: Scopes) -> float:
        """How few calls ARM has left, from 0 (LOW or more) to 1 (none). Calls that ARM has added since then count."""
        now = time.monotonic()
        with self._lock:
            noted = [self._left[scope] for scope in scopes if scope in self._left]
        left = [calls + (now - said_at) * _REFILL for calls, said_at in noted]
        return max([1 - min(calls, LOW) / LOW for calls in left], default=0.0)

    def find_least_left(self) -> dict[tuple[str, str], float]:
        """The fewest calls that ARM still takes in any subscription, by their kind and by whose limit it is: that of a
        `principal`, or of the whole `subscription`. Calls that ARM has added since then count, up to the largest number
        that ARM has reported.
        """
        now, least = time.monotonic(), dict[tuple[str, str], float]()
        with self._lock:
            for scope, (calls, said_at) in self._left.items():
                key = (scope.kind, "principal" if scope.principal else "subscription")
                left = min(calls + (now - said_at) * _REFILL, self._most[scope])
                least[key] = min(left, least.get(key, left))
        return least

    def count_holds(self) -> dict[str, int]:
        """How many limits hold calls back now, by the kind of call."""
        now = time.monotonic()
        with self._lock:
            kinds = [scope.kind for scope, hold in self._holds.items() if hold.until > now]
        return {kind: kinds.count(kind) for kind in KINDS}
