"""How long to wait before something is read or tried again. Durable timers do the waiting."""

import random
from dataclasses import dataclass

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
