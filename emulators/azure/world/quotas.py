"""Throttling as token buckets: a bucket fills at its rate up to its size, and each request takes one token."""

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Limit:
    """`size` requests at once, `rate` more each second."""

    size: float
    rate: float


# ARM's own, for each subscription, principal and region; a subscription as a whole has 15 times as much.
LIMITS: Mapping[str, Limit] = {"writes": Limit(200, 10), "deletes": Limit(200, 10), "reads": Limit(250, 25)}
GLOBAL = 15
PROVIDER_SECONDS = 300  # the time in which a resource provider counts


@dataclass
class Quotas:
    """The buckets that have been asked for: tokens and when they were counted."""

    buckets: dict[Hashable, tuple[float, float]] = field(default_factory=dict)

    def left(self, key: Hashable, limit: Limit, now: float) -> float:
        tokens, since = self.buckets.get(key, (limit.size, now))
        return min(limit.size, tokens + (now - since) * limit.rate)

    def take(self, key: Hashable, limit: Limit, now: float) -> int:
        """Take a token. 0, or the whole seconds after which there is one."""
        tokens = self.left(key, limit, now)
        if tokens < 1:
            return max(1, math.ceil((1 - tokens) / limit.rate))
        self.buckets[key] = (tokens - 1, now)
        return 0
