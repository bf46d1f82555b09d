"""What events that wait for Kafka cost, and whether they hold up new lifecycles: `python -m benchmarks.kafka_away`.

Networks are made with Kafka, then while so many events wait for it, then after it is back. Needs Java 17 and Maven.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from benchmarks.lifecycles import costs, create
from benchmarks.load import CollectedEvents, Lifecycle, collected_events, send_apart
from dev import azure
from dev.apache_kafka import ApacheKafka
from dev.brent import resource_group, vnet
from dev.endpoints import Endpoints
from dev.stack import Stack, running

SLOWEST = 0.9  # of the speed with Kafka, at least
EVENTS_SECONDS = 90.0  # in which all events have to come once Kafka is back
GROWN_SECONDS = 75.0  # until the pauses have grown to the longest one
PATIENCE_SECONDS = 600.0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kafka_away", description=__doc__)
    parser.add_argument("--pending", type=int, default=2000, help="events that wait for Kafka")
    parser.add_argument("--networks", type=int, default=300, help="networks whose making is measured")
    parser.add_argument("--in-flight", type=int, default=20, help="POSTs at a time")
    parser.add_argument("--idle-seconds", type=float, default=60.0, help="in which nothing but the waiting is measured")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="azure-driver-kafka-away-") as folder:
        broker = ApacheKafka(Path(folder))
        broker.start()
        try:
            stack = Stack(Path(folder), provisioning_seconds=2.0, latency_ms=30, kafka=broker.address)
            with running(stack) as endpoints, collected_events(broker.address) as collected:
                passed = measure(endpoints, broker, collected, options)
        finally:
            broker.stop()
    sys.exit(0 if passed else "Not everything held.")


def measure(stack: Endpoints, broker: ApacheKafka, collected: CollectedEvents, options: argparse.Namespace) -> bool:
    """Prints the figures; returns whether new lifecycles were fast enough and all events came in time."""
    with_kafka, first = make_networks(stack, "rg-before", options.networks, options.in_flight)
    collected.wait_for({one.request_id for one in first}, PATIENCE_SECONDS)
    print(f"networks per second with Kafka: {with_kafka:.1f}", flush=True)

    broker.stop()
    begun = time.monotonic()
    _, pending = make_networks(stack, "rg-pending", options.pending, options.in_flight)
    print(f"{len(pending)} events wait for Kafka, after {time.monotonic() - begun:.0f} s", flush=True)
    time.sleep(GROWN_SECONDS)
    show_cost(stack, options.idle_seconds)
    meanwhile, third = make_networks(stack, "rg-meanwhile", options.networks, options.in_flight)
    print(f"networks per second meanwhile: {meanwhile:.1f}", flush=True)

    broker.start()
    back = time.monotonic()
    keys = {one.request_id for one in pending + third}
    came = collected.wait_for(keys, EVENTS_SECONDS)
    print(f"{len(collected.keys() & keys)} of {len(keys)} events {time.monotonic() - back:.0f} s after Kafka was back")
    doubled = sum(event.key in keys for event in collected.seen) - len(keys)
    print(f"{doubled} of them came twice")
    after, _ = make_networks(stack, "rg-after", options.networks, options.in_flight)
    print(f"networks per second afterwards: {after:.1f}")
    share = meanwhile / ((with_kafka + after) / 2)
    print(f"speed while events wait: {share:.0%} of that with Kafka (must be {SLOWEST:.0%})")
    return came and share >= SLOWEST


def make_networks(stack: Endpoints, group: str, count: int, in_flight: int) -> tuple[float, list[Lifecycle]]:
    """Makes a group and networks in it; returns how many it made a second, from the first POST to the last PUT."""
    before = count_puts(stack)
    send_apart(stack.driver, [create(resource_group(group))], in_flight=1)
    await_puts(stack, before + 1)
    time.sleep(3)  # until the group is there
    bodies = [create(vnet(f"vnet-{number}", group)) for number in range(count)]
    lifecycles = send_apart(stack.driver, bodies, in_flight)
    await_puts(stack, before + 1 + count)
    took = time.time() - min(one.sent for one in lifecycles)
    await_end_of_work(stack)
    return count / took, lifecycles


def count_puts(stack: Endpoints) -> int:
    return int(azure.counters(stack)["arm"].get("PUT", 0))


def await_puts(stack: Endpoints, number: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while count_puts(stack) < number:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{count_puts(stack)} of {number} PUTs within {PATIENCE_SECONDS:g} s")
        time.sleep(0.05)


def await_end_of_work(stack: Endpoints) -> None:
    """Waits until no activity was called for five seconds but those that publish."""
    deadline, before = time.monotonic() + PATIENCE_SECONDS, -1.0
    while (now := count_work(stack)) != before:
        if time.monotonic() > deadline:
            raise TimeoutError(f"the driver still works after {PATIENCE_SECONDS:g} s")
        before = now
        time.sleep(5)


def count_work(stack: Endpoints) -> float:
    spent = costs(stack)
    return spent["activities"] - spent.get("activity publish_event", 0)


def show_cost(stack: Endpoints, seconds: float) -> None:
    """Prints what the host does while events only wait."""
    before = costs(stack)
    time.sleep(seconds)
    after = costs(stack)
    spent = {name: after[name] - before.get(name, 0) for name in after}
    wakes = spent.get("activity publish_event", 0)
    print(f"while they wait: {wakes / seconds:.1f} wake-ups/s, CPU of the host {spent['CPU ms'] / seconds / 10:.1f} %")
    if wakes:
        print(f"each wake-up: {_describe(spent, wakes)}", flush=True)


def _describe(spent: Mapping[str, float], wakes: float) -> str:
    return ", ".join(
        f"{spent[name] / wakes:.2f} {name}" for name in ("activities", "episodes", "timers", "messages", "CPU ms")
    )


if __name__ == "__main__":
    main()
