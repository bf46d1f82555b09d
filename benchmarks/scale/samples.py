"""What the stack does second by second: memory and CPU of the host, events, calls to ARM."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from benchmarks import cpu, memory
from benchmarks.load import CollectedEvents
from dev import azure
from dev.endpoints import Endpoints

PERIOD_SECONDS = 1.0


@dataclass(frozen=True)
class Sample:
    """One look: seconds since the first; resident memory of the host in MiB; CPU seconds and calls so far. `reads` and
    `writes` are those that ARM has let through; `refused` was answered 429.
    """

    at: float
    mebibytes: float
    cpu_seconds: float
    events: int
    reads: int
    writes: int
    refused: int


@dataclass
class Samples:
    """All looks of a scenario, the oldest first. `begun` is the time of the first, in seconds since 1970."""

    begun: float = field(default_factory=time.time)
    taken: list[Sample] = field(default_factory=list)

    def find_peak(self) -> float:
        """The greatest memory in MiB."""
        return max(sample.mebibytes for sample in self.taken)

    def measure_cpu(self, first: float, last: float) -> float:
        """The share of a core that the host used between two times (seconds since the first look)."""
        within = [sample for sample in self.taken if first <= sample.at <= last]
        if len(within) < 2:
            return float("nan")
        return (within[-1].cpu_seconds - within[0].cpu_seconds) / (within[-1].at - within[0].at)


@contextmanager
def sampled(stack: Endpoints, collected: CollectedEvents) -> Iterator[Samples]:
    """Looks once a second while the context is open, and once more at its end."""
    samples, closing = Samples(), threading.Event()

    def look() -> None:
        while True:
            samples.taken.append(_take_sample(stack, collected, samples.begun))
            if closing.is_set():
                return
            closing.wait(PERIOD_SECONDS)

    thread = threading.Thread(target=look, name="samples")
    thread.start()
    try:
        yield samples
    finally:
        closing.set()
        thread.join()


def _take_sample(stack: Endpoints, collected: CollectedEvents, begun: float) -> Sample:
    counters = azure.counters(stack)
    passed = {method: calls - counters["throttled"].get(method, 0) for method, calls in counters["arm"].items()}
    return Sample(
        at=time.time() - begun,
        mebibytes=memory.measure_tree(stack.pids["host"]),
        cpu_seconds=cpu.seconds(stack.pids["host"]),
        events=len(collected.seen),
        reads=passed.get("GET", 0),
        writes=passed.get("PUT", 0) + passed.get("POST", 0) + passed.get("PATCH", 0),
        refused=counters["statuses"].get("429", 0),
    )
