"""Which calls came, and how many by kind."""

from collections import deque
from dataclasses import dataclass, field

_KEPT = 10_000  # calls


@dataclass
class Counters:
    """`token` requests at Entra ID (discovery apart); ARM calls by method, and how many of these were answered 429."""

    token: int = 0
    discovery: int = 0
    arm: dict[str, int] = field(default_factory=dict)
    throttled: dict[str, int] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    calls: deque[dict[str, object]] = field(default_factory=lambda: deque(maxlen=_KEPT))

    def arm_call(self, method: str) -> None:
        self.arm[method] = self.arm.get(method, 0) + 1

    def answered(self, method: str, status: int) -> None:
        self.statuses[str(status)] = self.statuses.get(str(status), 0) + 1
        if status == 429:
            self.throttled[method] = self.throttled.get(method, 0) + 1

    def note(self, moment: float, host: str, method: str, path: str, status: int) -> None:
        """Keep a call for `/emulator/calls`; status 0 is a connection that broke."""
        self.calls.append({"at": moment, "host": host, "method": method, "path": path, "status": status})

    def report(self) -> dict[str, object]:
        """`{"token", "discovery", "arm": {method: calls}, "armTotal", "throttled": {method: calls}, "statuses":
        {status: answers}, "total"}`.
        """
        arm_total = sum(self.arm.values())
        return {
            "token": self.token,
            "discovery": self.discovery,
            "arm": self.arm,
            "armTotal": arm_total,
            "throttled": self.throttled,
            "statuses": self.statuses,
            "total": arm_total + self.token + self.discovery,
        }
