"""How long somebody else has to create what the driver is about to create: `python -m benchmarks.window`.

The window opens when ARM answers the look at a network with 404, and closes when it answers the PUT of its deployment
with success. Whoever creates the network in between loses it with the driver's resource (ADR 19). Measured under load,
with and without ARM refusing PUTs with 429.
"""

import argparse
import re
import tempfile
from pathlib import Path

from benchmarks.lifecycles import GROUP, create, machine, percentile
from benchmarks.load import run_apart
from dev import azure
from dev.brent import resource_group, vnet
from dev.endpoints import Endpoints
from dev.stack import Stack, running

_NETWORK = re.compile(r"/virtualnetworks/(vnet-\d+)$", re.IGNORECASE)
_DEPLOYMENT = re.compile(r"/deployments/(vnet-\d+)-[^/]+$", re.IGNORECASE)
_KEPT_CALLS = 10_000  # by the embedded Azure


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.window", description=__doc__)
    parser.add_argument("--lifecycles", type=int, default=300)
    parser.add_argument("--in-flight", type=int, default=50, help="POSTs at a time; lifecycles are unbounded")
    parser.add_argument("--latency-ms", type=float, default=30.0)
    options = parser.parse_args()
    print(f"{options.lifecycles} Creates, {options.in_flight} POSTs in flight; {machine()}")
    for name, refused in (("under load", 0.0), ("and every third PUT refused with 429", 1 / 3)):
        windows, looks = measure(options.lifecycles, options.in_flight, options.latency_ms, refused)
        figures = ", ".join(f"p{percent} {percentile(windows, percent):.2f} s" for percent in (50, 99, 100))
        print(f"{name}: {figures}; {looks / len(windows):.2f} looks a Create")


def measure(count: int, in_flight: int, latency_ms: float, refused: float) -> tuple[list[float], int]:
    """The windows of all Creates in seconds, and the number of looks."""
    folder = tempfile.TemporaryDirectory(prefix="azure-driver-benchmark-")
    with folder as path, running(Stack(Path(path), latency_ms=latency_ms)) as stack:
        run_apart(stack.driver, stack.kafka, [create(resource_group(GROUP))], in_flight=1)
        if refused:
            fault = {"kind": "throttle", "method": "PUT", "path": "/deployments/", "rate": refused, "retryAfter": 3}
            azure.add_fault(stack, fault)
        bodies = [create(vnet(f"vnet-{number}", GROUP)) for number in range(count)]
        run_apart(stack.driver, stack.kafka, bodies, in_flight)
        return find_windows(stack)


def find_windows(stack: Endpoints) -> tuple[list[float], int]:
    calls = azure.calls(stack)
    if len(calls) >= _KEPT_CALLS:
        raise SystemExit("the embedded Azure has not kept all calls: use fewer --lifecycles")
    looked: dict[str, float] = {}
    windows: list[float] = []
    looks = 0
    for call in sorted(calls, key=lambda call: call["at"]):
        if call["method"] == "GET" and (network := _NETWORK.search(call["path"])):
            looked[network[1]] = call["at"]
            looks += 1
        elif call["method"] == "PUT" and call["status"] < 300 and (deployment := _DEPLOYMENT.search(call["path"])):
            windows.append(call["at"] - looked[deployment[1]])
    return windows, looks


if __name__ == "__main__":
    main()
