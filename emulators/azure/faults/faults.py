"""The faults that are in force, and which of them hits a call."""

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from emulators.azure.faults.scripts import Event, Fault


@dataclass
class Play:
    """A fault in force: how many calls matched it, how many it hit, since when its time runs."""

    fault: Fault
    matched: int = 0
    hits: int = 0
    since: float | None = None

    def show(self) -> dict[str, object]:
        """As it was given, with its hits."""
        return {**self.fault.model_dump(mode="json", by_alias=True, exclude_defaults=True), "hits": self.hits}


@dataclass
class Faults:
    """`now` is the clock that `forSeconds` runs by, `gone` tells ids that no longer exist and when they went."""

    now: Callable[[], float]
    gone: Callable[[], Mapping[str, float]]
    active: list[Play] = field(default_factory=list)
    dice: random.Random = field(default_factory=lambda: random.Random(0))  # noqa: S311 - chooses faults, no secrets

    def add(self, fault: Fault) -> Play:
        if fault.seed is not None:
            self.dice.seed(fault.seed)
        play = Play(fault)
        self.active.append(play)
        return play

    def clear(self) -> None:
        self.active.clear()

    def note_answer(self, method: str, path: str, status: int) -> None:
        """A call was answered: faults that come after it are in force from now on."""
        for play in self.active:
            event = play.fault.after
            if event is not None and play.since is None and _is_call(event, method, path, status):
                play.since = self.now()

    def strike(
        self,
        kinds: Sequence[str],
        method: str,
        path: str,
        *,
        host: str = "arm",
        query: str = "",
        resource_type: str = "",
    ) -> Fault | None:
        """The first fault of those kinds that hits this call, by its event, number, rate, times and time."""
        for play in self.active:
            fault = play.fault
            if fault.kind not in kinds or fault.host != host or not self._in_force(play):
                continue
            if not re.fullmatch(fault.method, method, re.IGNORECASE) or not re.search(fault.path, path, re.IGNORECASE):
                continue
            if not re.search(fault.query, query, re.IGNORECASE):
                continue
            if resource_type and not re.fullmatch(fault.type, resource_type, re.IGNORECASE):
                continue
            play.matched += 1
            if play.matched >= fault.nth and self.dice.random() < fault.rate:
                play.hits += 1
                play.since = self.now() if play.since is None else play.since
                return fault
        return None

    def _in_force(self, play: Play) -> bool:
        fault = play.fault
        if fault.after is not None and fault.after.gone and play.since is None:
            went = [moment for key, moment in self.gone().items() if re.search(fault.after.gone, key, re.IGNORECASE)]
            play.since = min(went, default=None)
        if fault.after is not None and play.since is None:
            return False
        if fault.times is not None and play.hits >= fault.times:
            return False
        return fault.for_seconds is None or play.since is None or self.now() < play.since + fault.for_seconds


def _is_call(event: Event, method: str, path: str, status: int) -> bool:
    return (
        bool(event.path)
        and re.fullmatch(event.method, method, re.IGNORECASE) is not None
        and re.search(event.path, path, re.IGNORECASE) is not None
        and event.status in (None, status)
    )
