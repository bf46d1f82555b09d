"""How long many subnets of one virtual network take, made and then deleted at once: `python -m benchmarks.siblings`.

Azure takes one write of a network at a time and refuses the others with AnotherOperationInProgress, so the driver tries
them again. The fewer calls it needs for that, and the sooner the last subnet is there, the better.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.lifecycles import create, machine, percentile
from benchmarks.load import Lifecycle, run_apart
from dev import azure
from dev.brent import Resource, apply_event, request_body, resource_group, subnet, vnet
from dev.endpoints import Endpoints
from dev.stack import DEPLOYMENT_LOCATION, Stack, running

GROUP, NETWORK = "rg-siblings", "vnet-1"
LONGEST_SECONDS = 900  # until a lifecycle without an event counts as lost; a Create may take 14 minutes


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.siblings", description=__doc__)
    parser.add_argument("--subnets", type=int, default=20)
    parser.add_argument("--provisioning-seconds", type=float, default=4.0, help="of one deployment of a subnet")
    parser.add_argument("--latency-ms", type=float, default=30.0)
    options = parser.parse_args()

    print(", ".join(f"{name} {value}" for name, value in {**machine(), **vars(options)}.items()))
    with tempfile.TemporaryDirectory(prefix="azure-driver-benchmark-") as folder:
        stack = Stack(Path(folder), provisioning_seconds=options.provisioning_seconds, latency_ms=options.latency_ms)
        with running(stack) as endpoints:
            for around in (resource_group(GROUP), vnet(NETWORK, GROUP)):
                run_apart(endpoints.driver, endpoints.kafka, [create(around)], in_flight=1)
            subnets = [
                subnet(f"subnet-{number}", GROUP, NETWORK, f"10.0.{number + 1}.0/24")
                for number in range(options.subnets)
            ]
            created, creating = measure(endpoints, subnets, "Create")
            _, deleting = measure(endpoints, created, "Delete")
    if any(one.status != "COMPLETE" for one in (*creating, *deleting)):
        sys.exit("Not every lifecycle ended with COMPLETE.")


def measure(stack: Endpoints, resources: Sequence[Resource], transition: str) -> tuple[list[Resource], list[Lifecycle]]:
    """Execute the transition on all at once, and print what it took. Returns the resources as their events leave them,
    and the lifecycles.
    """
    bodies = [request_body(resource, transition, DEPLOYMENT_LOCATION) for resource in resources]
    before = azure.counters(stack)["armTotal"]
    lifecycles = run_apart(stack.driver, stack.kafka, bodies, len(bodies), LONGEST_SECONDS)
    calls = azure.counters(stack)["armTotal"] - before
    lasting = [one.events[0].received - one.sent for one in lifecycles if one.events]
    complete = sum(one.status == "COMPLETE" for one in lifecycles)
    print(
        f"{transition}: {complete} of {len(bodies)} COMPLETE, half after {percentile(lasting, 50):.0f} s, "
        f"the last after {max(lasting, default=0):.0f} s, {calls / len(bodies):.1f} ARM calls each"
    )
    changed = [apply_event(one, of.events[0].value) for one, of in zip(resources, lifecycles, strict=True) if of.events]
    return changed, lifecycles


if __name__ == "__main__":
    main()
