"""How long to wait before something is read or tried again. Durable timers do the waiting."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime

_MOST_STEPS = 100  # of growth, so that no number overflows; every wait has reached its maximum before


@dataclass(frozen=True)
class Waiting:
    """A series of waits in seconds. The first is `initial`, each further one is `factor` times longer, none is longer
    than `maximum`. Each is shortened at random by up to the share `jitter`, so that executions which began together do
    not call Azure together.
    """

    initial: float
    factor: float = 1.0
    maximum: float = 60.0
    jitter: float = 0.0

    def compute_seconds(self, number: int, at_least: float = 0.0) -> float:
        """The wait that follows `number` earlier ones. `at_least` is what the server asks for (Retry-After)."""
        grown = min(self.initial * self.factor ** min(number, _MOST_STEPS), self.maximum)
        return max(at_least, grown * random.uniform(1 - self.jitter, 1))  # noqa: S311 - scatters waits, guards nothing


@dataclass(frozen=True)
class Polling:
    """The waits between two polls of an operation, in seconds: the share `share` of its age, at least `least`, at most
    `most`, lengthened at random by up to the share `jitter`. While many operations are polled, the share is up to five
    times as large and the bounds up to 2.5 times, with less at random. While the server has few calls left, waits grow
    up to `most`.
    """

    share: float
    least: float
    most: float
    jitter: float = 0.0

    def compute_seconds(
        self, age: float, retry_after: float = 0.0, shortage: float = 0.0, crowding: float = 0.0
    ) -> float:
        """The wait until the next poll of an operation that is `age` seconds old. A Retry-After takes its place. The
        `shortage` is from 0 (enough calls are left) to 1 (none), the `crowding` from 0 (few polls) to 1 (many).
        """
        stretch = 1 + 1.5 * crowding
        grown = min(max(self.share * age * (1 + 4 * crowding), self.least * stretch), self.most * stretch)
        wait = grown + max(0.0, self.most - grown) * shortage
        jitter = self.jitter * (1 - crowding)
        return retry_after or wait * random.uniform(1, 1 + jitter)  # noqa: S311 - scatters waits, guards nothing


def tell_time() -> str:
    """The time as states keep it: ISO 8601, UTC."""
    return datetime.now(UTC).isoformat()


def compute_age(since: str) -> float:
    """The seconds since a time of `tell_time`; 0 if it is empty or in the future."""
    return max(0.0, (datetime.now(UTC) - datetime.fromisoformat(since)).total_seconds()) if since else 0.0
