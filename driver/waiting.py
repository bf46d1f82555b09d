"""How long to wait until something is looked at or tried again. Durable timers do the waiting."""

import random
from dataclasses import dataclass

_MOST_STEPS = 100  # of growth; every wait has reached its maximum before


@dataclass(frozen=True)
class Waiting:
    """Waits in seconds: `initial`, times `factor` for each one before, `maximum` at most; each is shortened by up to
    the share `jitter`, so that many that began together do not all come back together.
    """

    initial: float
    factor: float = 1.0
    maximum: float = 60.0
    jitter: float = 0.0

    def compute_seconds(self, number: int, at_least: float = 0.0) -> float:
        """The wait after `number` waits before it. `at_least` is what the server asks for (Retry-After)."""
        grown = min(self.initial * self.factor ** min(number, _MOST_STEPS), self.maximum)
        return max(at_least, grown * random.uniform(1 - self.jitter, 1))  # noqa: S311 - scatters waits, guards nothing
