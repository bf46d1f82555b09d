"""What the engine has done since the host started: the work items that a task hub costs."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Counters:
    """Work items carried out.

    `activities`: calls that ended, by name of the function. `episodes`: runs of an orchestrator, each of which reads
    the history and writes to it. `timers`: durable timers that fired. `messages`: events given to an orchestrator:
    starts, results of activities and sub-orchestrations, fired timers, external events, terminations.
    """

    activities: Counter[str] = field(default_factory=Counter)
    episodes: int = 0
    timers: int = 0
    messages: int = 0

    def as_json(self) -> dict[str, Any]:
        """`{"activities": {name: calls}, "episodes", "timers", "messages"}`."""
        return {**vars(self), "activities": dict(sorted(self.activities.items()))}
