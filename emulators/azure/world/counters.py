"""How many calls came, by kind."""

from dataclasses import dataclass, field


@dataclass
class Counters:
    """`token` requests at Entra ID (discovery apart) and ARM calls by method."""

    token: int = 0
    discovery: int = 0
    arm: dict[str, int] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)

    def arm_call(self, method: str) -> None:
        self.arm[method] = self.arm.get(method, 0) + 1

    def answered(self, status: int) -> None:
        self.statuses[str(status)] = self.statuses.get(str(status), 0) + 1

    def report(self) -> dict[str, object]:
        """`{"token", "discovery", "arm": {method: calls}, "armTotal", "statuses": {status: answers}, "total"}`."""
        arm_total = sum(self.arm.values())
        return {
            "token": self.token,
            "discovery": self.discovery,
            "arm": self.arm,
            "armTotal": arm_total,
            "statuses": self.statuses,
            "total": arm_total + self.token + self.discovery,
        }
