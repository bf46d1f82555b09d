"""Whether ARM and Entra ID answer, as the last calls of this process have seen it."""

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

_ANSWERS = "it answers"
_FORGOTTEN = timedelta(minutes=15)


@dataclass(frozen=True)
class Trouble:
    """Why a service is out of reach, and since when."""

    reason: str
    since: datetime


@dataclass
class Service:
    """A service, by the hosts at which it is called."""

    _troubles: dict[str, Trouble] = field(default_factory=dict)
    _seen: dict[str, datetime] = field(default_factory=dict)
    _order: tuple[datetime, str] = field(default_factory=lambda: (datetime.now(UTC), "not called yet"))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note_answer(self, host: str) -> None:
        """The host has answered."""
        with self._lock:
            was_away = self._troubles.pop(host, None) is not None
            if not self._troubles and (was_away or self._order[1] != _ANSWERS):
                self._order = (datetime.now(UTC), _ANSWERS)

    def note_trouble(self, host: str, reason: str) -> None:
        """The host has not answered. If it was out of reach before, that time stays."""
        with self._lock:
            before = self._troubles.get(host)
            self._seen[host] = datetime.now(UTC)
            self._troubles[host] = Trouble(reason, before.since if before else self._seen[host])

    def find_trouble(self) -> Trouble | None:
        """The trouble that has lasted longest; None if every host has answered the last call. Trouble that no call has
        met for a while does not count any more: there may be no more calls to that host.
        """
        with self._lock:
            oldest = datetime.now(UTC) - _FORGOTTEN
            for host in [host for host in self._troubles if self._seen[host] < oldest]:
                del self._troubles[host]
                self._order = (datetime.now(UTC), "not called any more since it was out of reach")
            return min(self._troubles.values(), key=lambda trouble: trouble.since, default=None)

    def describe_order(self) -> tuple[datetime, str]:
        """Since when there is no trouble, and what shows that."""
        with self._lock:
            return self._order


ARM = Service()
ENTRA_ID = Service()
