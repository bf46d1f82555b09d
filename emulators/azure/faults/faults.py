"""Faults on request: what shall go wrong, how often, and for which calls."""

import random
import re
from dataclasses import dataclass, field
from typing import Any

from emulators.azure.wire.errors import SERVICE, Refusal, refusal

KINDS = {
    "throttle": "429 SubscriptionRequestsThrottled with Retry-After",
    "error": "an error answer: status, code, message",
    "drop": "the connection breaks before the call is carried out; with `after`: once it is",
    "delay": "the answer comes `seconds` later",
    "slow": "provisioning takes `factor` times as long",
    "fail": "provisioning of resources of `type` fails with code and message",
    "quota": (
        "a deployment that holds `type` is refused before it begins, with QuotaExceeded unless `code` says otherwise"
    ),
}


@dataclass
class Fault:
    """`path` and `method` are regular expressions over the call; for slow, fail and quota `path` is over an id."""

    kind: str
    rate: float = 1.0
    method: str = ".*"
    path: str = ".*"
    times: int | None = None
    status: int = 500
    code: str = ""
    message: str = ""
    shape: str = SERVICE
    retry_after: int | None = None
    target: str | None = None
    details: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 1.0
    factor: float = 10.0
    type: str = ".*"
    after: bool = False
    hits: int = 0


_NAMES = {"retryAfter": "retry_after"}


@dataclass
class Faults:
    active: list[Fault] = field(default_factory=list)
    dice: random.Random = field(default_factory=lambda: random.Random(0))  # noqa: S311 - chooses faults, no secrets

    def add(self, body: dict[str, Any]) -> Fault:
        """Parse `{"kind", "rate", "method", "path", "times", "seed", ...}`; ValueError names what is wrong."""
        values = {_NAMES.get(name, name): value for name, value in body.items()}
        seed = values.pop("seed", None)
        if values.get("kind") not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}: {values.get('kind')!r}")
        unknown = set(values) - (set(Fault.__dataclass_fields__) - {"hits"})
        if unknown:
            raise ValueError(f"a fault has no {', '.join(sorted(unknown))}")
        for name in ("method", "path", "type"):
            _check_expression(name, values.get(name, ""))
        if seed is not None:
            self.dice.seed(seed)
        fault = Fault(**values)
        self.active.append(fault)
        return fault

    def clear(self) -> None:
        self.active.clear()

    def strike(self, kinds: tuple[str, ...], method: str, path: str, resource_type: str = "") -> Fault | None:
        """The first fault of those kinds that hits this call, by its rate and its number of times."""
        for fault in self.active:
            if fault.kind not in kinds or (fault.times is not None and fault.hits >= fault.times):
                continue
            if not re.fullmatch(fault.method, method, re.IGNORECASE) or not re.search(fault.path, path, re.IGNORECASE):
                continue
            if resource_type and not re.fullmatch(fault.type, resource_type, re.IGNORECASE):
                continue
            if self.dice.random() < fault.rate:
                fault.hits += 1
                return fault
        return None


def _check_expression(name: str, text: object) -> None:
    try:
        re.compile(str(text))
    except re.error as error:
        raise ValueError(f"{name} is no regular expression: {text!r}: {error}") from error


def answer(fault: Fault, method: str, path: str) -> Refusal:
    """What a throttled or failing call is answered."""
    if fault.kind == "throttle":
        subscription = path.split("/")[2] if path.lower().startswith("/subscriptions/") else ""
        seconds = 1 if fault.retry_after is None else fault.retry_after
        throttled = refusal(
            "SubscriptionRequestsThrottled", subscription=subscription, operation=method, seconds=seconds
        )
        throttled.retry_after = seconds
        return throttled
    return refused(fault, "InternalServerError")


def refused(fault: Fault, code: str) -> Refusal:
    """The fault's own error; `code` where it names none."""
    message = fault.message or "Encountered internal server error. Please try again."
    error = Refusal(fault.status, fault.code or code, message, fault.shape, fault.target, fault.details)
    error.retry_after = fault.retry_after
    return error
