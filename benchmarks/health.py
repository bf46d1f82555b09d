"""How fast health answers while other requests hang: `BICEP_PATH=... python -m benchmarks.health`.

50 references/find wait for an ARM that does not answer, and 20 packages compile, each with a Bicep source of its own.
Meanwhile health is asked again and again, and a network is made with a package that is built in.
"""

import argparse
import math
import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from benchmarks.lifecycles import machine, percentile
from benchmarks.memory import pack
from dev import azure
from dev.brent import EXECUTE, Resource, request_body, resource_group
from dev.endpoints import Endpoints
from dev.stack import DEPLOYMENT_LOCATION, Stack, running

FIND = "/api/driver/references/find"
HANGING = "/virtualnetworks/hangs$"
PAUSE_SECONDS = 0.1
MANIFEST = "version: 1\nresourceGroup: rg-health\ntransitions: {Create: {deploy: main.bicep}}\n"


@dataclass
class Figures:
    """Seconds of each health check, and of the POST of a built-in package; statuses of finds and of packages."""

    health: list[float] = field(default_factory=list)
    accept: list[float] = field(default_factory=list)
    finds: Counter[int] = field(default_factory=Counter)
    packages: Counter[int] = field(default_factory=Counter)
    seconds: float = 0.0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.health", description=__doc__)
    parser.add_argument("--finds", type=int, default=50)
    parser.add_argument("--packages", type=int, default=20)
    options = parser.parse_args()
    settings = {"BICEP_PATH": os.environ.get("BICEP_PATH", "")}
    with (
        tempfile.TemporaryDirectory(prefix="azure-driver-benchmark-") as folder,
        running(Stack(Path(folder), settings=settings)) as endpoints,
    ):
        figures = measure(endpoints, options.finds, options.packages)
    print(f"{options.finds} finds hang, {options.packages} packages compile; {machine()}")
    print(
        f"finds answered {dict(figures.finds)}, packages {dict(figures.packages)}, over after {figures.seconds:.1f} s"
    )
    for name, values in (("health", figures.health), ("202 of a built-in package", figures.accept)):
        shown = ", ".join(f"p{percent} {percentile(values, percent):.3f} s" for percent in (50, 99, 100))
        print(f"{name}: {len(values)} times, {shown}")


def measure(stack: Endpoints, finds: int, packages: int) -> Figures:
    """The figures while so many finds hang and so many packages compile, until all of them are answered."""
    azure.add_fault(stack, {"kind": "delay", "method": "GET", "path": HANGING, "seconds": 30})
    figures, begun = Figures(), time.monotonic()
    with ThreadPoolExecutor(finds + packages) as clients:
        searching = [clients.submit(post, stack, FIND, build_find(stack)) for _ in range(finds)]
        compiling = [clients.submit(post, stack, EXECUTE, body) for body in build_creates(packages)]
        while any(not one.done() for one in (*searching, *compiling)):
            figures.health.append(ask_health(stack))
            figures.accept.append(accept_group(stack, len(figures.accept)))
            time.sleep(PAUSE_SECONDS)
        figures.finds, figures.packages = _count(searching), _count(compiling)
    figures.seconds = time.monotonic() - begun
    return figures


def post(stack: Endpoints, path: str, body: Any) -> int:
    return requests.post(stack.driver + path, json=body, timeout=120).status_code


def ask_health(stack: Endpoints) -> float:
    """The seconds in which health answers 200; infinite if it answers otherwise."""
    begun = time.monotonic()
    answer = requests.get(f"{stack.driver}/management/health", timeout=60)
    return time.monotonic() - begun if answer.ok else math.inf


def accept_group(stack: Endpoints, number: int) -> float:
    """The seconds in which the Create of a resource group is accepted."""
    body = request_body(resource_group(f"rg-health-{number}"), "Create", DEPLOYMENT_LOCATION)
    begun = time.monotonic()
    requests.post(stack.driver + EXECUTE, json=body, timeout=60).raise_for_status()
    return time.monotonic() - begun


def build_find(stack: Endpoints) -> dict[str, Any]:
    subscription = stack.deploymentLocation["properties"]["subscriptionId"]
    wanted = f"/subscriptions/{subscription}/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/hangs"
    return {"instanceName": wanted, "deploymentLocation": stack.deploymentLocation, "driverFiles": ""}


def build_creates(count: int) -> Iterator[dict[str, Any]]:
    """Requests to create what packages describe whose Bicep no compiler has seen before."""
    resource = Resource("health", "resource::Health::1.0", {})
    for number in range(count):
        source = f"output number int = {time.time_ns() + number}\n"
        files = pack({"lifecycle.yaml": MANIFEST, "main.bicep": source})
        yield {**request_body(resource, "Create", DEPLOYMENT_LOCATION), "driverFiles": files}


def _count(answers: list[Future[int]]) -> Counter[int]:
    return Counter(one.result() for one in answers)


if __name__ == "__main__":
    main()
