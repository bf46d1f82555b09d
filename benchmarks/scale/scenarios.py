"""The scenarios: how many Creates, on what an Azure, and what must come of it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from benchmarks.faults.report import Check
from benchmarks.lifecycles import create, percentile
from benchmarks.load import CollectedEvents, Lifecycle, run_apart, send_apart
from benchmarks.scale.samples import Samples, sampled
from dev import azure
from dev.brent import resource_group, vnet
from dev.endpoints import Endpoints
from emulators.azure.world.quotas import LIMITS

GROUP = "rg-scale"
LONG_SECONDS = 600.0  # of a deployment of `long`
MOST_GROWN = 60.0  # MiB
MOST_CPU = 0.15  # of a core, while all only wait
LATEST_EVENT = 120.0  # seconds after the end of a deployment
LEAST_SHARE = 0.9  # of what ARM's scarcer bucket allows
PATIENCE_SECONDS = 1800.0


@dataclass(frozen=True)
class Scenario:
    """`act` plays it on a running stack. `settings` are those of the app."""

    act: Callable[[Endpoints, CollectedEvents, int], "Played"]
    count: int
    provisioning_seconds: float = 2.0
    settings: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Played:
    """What a scenario showed. `expected` are points (seconds, lifecycles) of the line that it is held against."""

    lifecycles: Sequence[Lifecycle]
    samples: Samples
    figures: dict[str, float]
    checks: Sequence[Check]
    expected: Sequence[tuple[float, float]] = ()


def create_in_bursts(in_flight: int) -> Callable[[Endpoints, CollectedEvents, int], Played]:
    """The scenario of so many POSTs at a time, with no limit on ARM's side."""

    def act(stack: Endpoints, collected: CollectedEvents, count: int) -> Played:
        lifecycles, samples = create_networks(stack, collected, count, in_flight)
        return Played(lifecycles, samples, describe_speed(lifecycles), check_ends(lifecycles))

    return act


def watch_long_deployments(stack: Endpoints, collected: CollectedEvents, count: int) -> Played:
    """Deployments of ten minutes, all in flight at once, while ARM counts requests."""
    azure.change_settings(stack, {"throttling": True})
    lifecycles, samples = create_networks(stack, collected, count, in_flight=50)
    ends = azure.find_deployment_ends(stack)
    late = [find_arrival(one) - find_end(ends, one.request_id) for one in lifecycles if one.events]
    last_put = max(ends.values()) - LONG_SECONDS - samples.begun
    first_end = min(find_end(ends, one.request_id) for one in lifecycles) - samples.begun
    grown = samples.find_peak() - samples.taken[0].mebibytes
    share = samples.measure_cpu(last_put + 30, first_end - 5)
    figures = {
        "RSS before, MiB": samples.taken[0].mebibytes,
        "RSS more at its peak, MiB": grown,
        "CPU while all wait, % of a core": share * 100,
        "event after the end, p50 s": percentile(late, 50),
        "event after the end, max s": max(late, default=float("nan")),
        "reads / lifecycle": samples.taken[-1].reads / count,
        "answers 429": samples.taken[-1].refused,
    }
    checks = [
        *check_ends(lifecycles),
        Check(f"RSS grows by at most {MOST_GROWN:g} MiB", True, grown <= MOST_GROWN),
        Check(f"CPU of at most {MOST_CPU:.0%} of a core while all wait", True, share < MOST_CPU),
        Check(f"every event within {LATEST_EVENT:g} s of the end", True, max(late, default=0.0) <= LATEST_EVENT),
    ]
    return Played(lifecycles, samples, figures, checks)


def create_within_buckets(stack: Endpoints, collected: CollectedEvents, count: int) -> Played:
    """As many Creates as ARM's buckets let through."""
    azure.change_settings(stack, {"throttling": True})
    lifecycles, samples = create_networks(stack, collected, count, in_flight=50)
    first, last = samples.taken[0], samples.taken[-1]
    spent = {"reads": last.reads - first.reads, "writes": last.writes - first.writes}
    least = {kind: (calls - LIMITS[kind].size) / LIMITS[kind].rate for kind, calls in spent.items()}
    scarcer = max(least, key=lambda kind: least[kind])
    took = max(map(find_arrival, lifecycles), default=0.0) - min(one.sent for one in lifecycles)
    share = least[scarcer] / took
    figures = {
        **describe_speed(lifecycles),
        "reads / lifecycle": spent["reads"] / count,
        "writes / lifecycle": spent["writes"] / count,
        "answers 429": samples.taken[-1].refused,
        "seconds": took,
        f"least seconds by the bucket of {scarcer}": least[scarcer],
        "share of what it allows, %": share * 100,
    }
    checks = [
        *check_ends(lifecycles),
        Check(f"at least {LEAST_SHARE:.0%} of what the bucket of {scarcer} allows", True, share >= LEAST_SHARE),
    ]
    return Played(lifecycles, samples, figures, checks, draw_bucket(scarcer, spent[scarcer] / count, count))


def create_networks(
    stack: Endpoints, collected: CollectedEvents, count: int, in_flight: int
) -> tuple[list[Lifecycle], Samples]:
    """Create so many networks, and wait for their events. The group around them is made before."""
    run_apart(stack.driver, stack.kafka, [create(resource_group(GROUP))], in_flight=1)
    bodies = [create(vnet(f"vnet-{number}", GROUP)) for number in range(count)]
    with sampled(stack, collected) as samples:
        lifecycles = send_apart(stack.driver, bodies, in_flight)
        collected.wait_for({one.request_id for one in lifecycles}, PATIENCE_SECONDS)
    for lifecycle in lifecycles:
        lifecycle.events = [event for event in collected.seen if event.key == lifecycle.request_id]
    return lifecycles, samples


def check_ends(lifecycles: Sequence[Lifecycle]) -> list[Check]:
    count = len(lifecycles)
    return [
        Check("COMPLETE", count, sum(one.status == "COMPLETE" for one in lifecycles)),
        Check("events", count, sum(len(one.events) for one in lifecycles)),
    ]


def describe_speed(lifecycles: Sequence[Lifecycle]) -> dict[str, float]:
    lasting = [find_arrival(one) - one.sent for one in lifecycles if one.events]
    accepting = [one.accepted - one.sent for one in lifecycles]
    took = max(map(find_arrival, lifecycles)) - min(one.sent for one in lifecycles)
    return {
        "accept p50, s": percentile(accepting, 50),
        "accept p99, s": percentile(accepting, 99),
        "end to end p50, s": percentile(lasting, 50),
        "end to end p99, s": percentile(lasting, 99),
        "lifecycles / s": len(lasting) / took,
    }


def find_arrival(lifecycle: Lifecycle) -> float:
    """When its event came, in seconds since 1970; now if none has come."""
    return lifecycle.events[0].received if lifecycle.events else time.time()


def find_end(ends: dict[str, float], request_id: str) -> float:
    """When the deployment of a request ended in Azure, in seconds since 1970."""
    return next(end for name, end in ends.items() if name.endswith(request_id.lower()))


def draw_bucket(kind: str, calls: float, count: int) -> list[tuple[float, float]]:
    """How many lifecycles of so many calls the bucket lets through, over time."""
    at_once, rate = LIMITS[kind].size / calls, LIMITS[kind].rate / calls
    return [(0.0, at_once), (max(0.0, (count - at_once) / rate), float(count))]


SCENARIOS = {
    "creates-300": Scenario(create_in_bursts(50), count=300),
    "creates-1000": Scenario(create_in_bursts(100), count=1000),
    "buckets": Scenario(create_within_buckets, count=2000),
    # Its deployments alone take ten of the 14 minutes that a transition has by default.
    "long": Scenario(watch_long_deployments, 1000, LONG_SECONDS, settings={"TRANSITION_TIMEOUT_MINUTES": "30"}),
}
