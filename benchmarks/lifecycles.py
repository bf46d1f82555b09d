"""How fast and at what cost the driver carries out many Creates, then many Deletes: `python -m benchmarks.lifecycles`.

VNets in one resource group, against an embedded Azure that takes 2 s for a deployment and 30 ms for an answer, on the
local Functions host. Its work items are what the driver costs on a real one, where each is several requests to storage.
"""

import argparse
import json
import math
import os
import platform
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import requests

from benchmarks import cpu, memory
from benchmarks.load import Lifecycle, run_apart
from dev import azure
from dev.brent import Resource, apply_event, request_body, resource_group, vnet
from dev.endpoints import Endpoints
from dev.stack import DEPLOYMENT_LOCATION, Stack, running

GROUP = "rg-benchmark"


@dataclass(frozen=True)
class Figures:
    """What one round showed.

    Times in seconds from the sending of a POST, peak memory of host and children in MiB. `per_lifecycle` is what
    `costs` tells, divided by the number of lifecycles.
    """

    lifecycles: int
    complete: int
    lost: int
    doubled: int
    accept_p50: float
    accept_p99: float
    end_to_end_p50: float
    end_to_end_p99: float
    lifecycles_per_second: float
    peak_rss: float
    per_lifecycle: dict[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lifecycles", description=__doc__)
    parser.add_argument("--lifecycles", type=int, default=100)
    parser.add_argument("--in-flight", type=int, default=20, help="POSTs at a time; lifecycles are unbounded")
    parser.add_argument("--provisioning-seconds", type=float, default=2.0)
    parser.add_argument("--latency-ms", type=float, default=30.0)
    parser.add_argument("--json", type=Path, help="write the figures to this file, too")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory(prefix="azure-driver-benchmark-") as folder:
        stack = Stack(Path(folder), provisioning_seconds=options.provisioning_seconds, latency_ms=options.latency_ms)
        with running(stack) as endpoints:
            rounds = measure(endpoints, options.lifecycles, options.in_flight)
            left = [each for each in azure.resource_ids(endpoints) if "/providers/Microsoft.Network/" in each]

    settings = {name: value for name, value in vars(options).items() if name != "json"}
    print(table(rounds, settings))
    if options.json:
        report = {"machine": machine(), "settings": settings} | {name: asdict(found) for name, found in rounds.items()}
        options.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    if any(found.complete != found.lifecycles or found.doubled for found in rounds.values()):
        sys.exit("Not every lifecycle ended with exactly one COMPLETE.")
    if left:
        sys.exit(f"Left in Azure after the Deletes: {', '.join(left)}")


def measure(stack: Endpoints, count: int, in_flight: int) -> dict[str, Figures]:
    """Returns the figures of Create and of Delete; the group around the VNets is made before and not counted."""
    run_apart(stack.driver, stack.kafka, [create(resource_group(GROUP))], in_flight=1)
    networks = [vnet(f"vnet-{number}", GROUP) for number in range(count)]
    created, creating = one_round(stack, networks, "Create", in_flight)
    _, deleting = one_round(stack, created, "Delete", in_flight)
    return {"Create": creating, "Delete": deleting}


def create(resource: Resource) -> dict[str, Any]:
    return request_body(resource, "Create", DEPLOYMENT_LOCATION)


def one_round(
    stack: Endpoints, resources: Sequence[Resource], transition: str, in_flight: int
) -> tuple[list[Resource], Figures]:
    """Executes the transition on all; returns the resources as their events leave them, and the figures."""
    bodies = [request_body(resource, transition, DEPLOYMENT_LOCATION) for resource in resources]
    before = costs(stack)
    with memory.watched(lambda: stack.pids["host"]) as peak:
        lifecycles = run_apart(stack.driver, stack.kafka, bodies, in_flight)
    after = costs(stack)
    changed = [
        apply_event(resource, lifecycle.events[0].value) if lifecycle.events else resource
        for resource, lifecycle in zip(resources, lifecycles, strict=True)
    ]
    spent = {name: after[name] - before.get(name, 0) for name in after}
    return changed, figures(lifecycles, spent, peak.mebibytes)


def costs(stack: Endpoints) -> dict[str, float]:
    """Returns what was spent so far.

    Work items as emulators/functions_host/counters.py names them, activities also by their names; calls of the embedded
    Azure; CPU of the host and its children in ms.
    """
    answer = requests.get(f"{stack.driver}/emulator/counters", timeout=10)
    answer.raise_for_status()
    work, calls = answer.json(), azure.counters(stack)
    activities = work.pop("activities")
    return {
        "activities": sum(activities.values()),
        **{f"activity {name}": number for name, number in activities.items()},
        **work,
        "ARM calls": calls["armTotal"],
        "token requests": calls["token"],
        "CPU ms": cpu.seconds(stack.pids["host"]) * 1000,
    }


def figures(lifecycles: Sequence[Lifecycle], spent: Mapping[str, float], peak_rss: float) -> Figures:
    accepting = [lifecycle.accepted - lifecycle.sent for lifecycle in lifecycles]
    ended = [lifecycle for lifecycle in lifecycles if lifecycle.events]
    lasting = [lifecycle.events[0].received - lifecycle.sent for lifecycle in ended]
    first = min(lifecycle.sent for lifecycle in lifecycles)
    last = max((lifecycle.events[0].received for lifecycle in ended), default=math.inf)
    return Figures(
        lifecycles=len(lifecycles),
        complete=sum(lifecycle.status == "COMPLETE" for lifecycle in lifecycles),
        lost=len(lifecycles) - len(ended),
        doubled=sum(len(lifecycle.events) > 1 for lifecycle in lifecycles),
        accept_p50=percentile(accepting, 50),
        accept_p99=percentile(accepting, 99),
        end_to_end_p50=percentile(lasting, 50),
        end_to_end_p99=percentile(lasting, 99),
        lifecycles_per_second=len(ended) / (last - first),
        peak_rss=peak_rss,
        per_lifecycle={name: total / len(lifecycles) for name, total in spent.items() if total},
    )


def percentile(values: Sequence[float], percent: int) -> float:
    """Returns the nearest-rank percentile: the smallest value that at least `percent` % of them do not exceed."""
    if not values:
        return math.nan
    return sorted(values)[math.ceil(len(values) * percent / 100) - 1]


def machine() -> dict[str, Any]:
    return {
        "cores": os.cpu_count(),
        "processor": platform.processor() or platform.machine(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def table(rounds: Mapping[str, Figures], settings: Mapping[str, Any]) -> str:
    columns = [asdict(found) for found in rounds.values()]
    costs_of_rounds = [column.pop("per_lifecycle") for column in columns]
    names = dict.fromkeys(name for costs_of_one in costs_of_rounds for name in costs_of_one)
    rows = {"": list(rounds)}
    rows |= {name.replace("_", " "): [_cell(column[name]) for column in columns] for name in columns[0]}
    rows |= {f"{name} / lifecycle": [_cell(one.get(name, 0)) for one in costs_of_rounds] for name in names}
    lines = [
        ", ".join(f"{name} {value}" for name, value in machine().items()),
        ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in settings.items()),
        "",
        *(f"{name:<42}" + "".join(f"{cell:>10}" for cell in cells) for name, cells in rows.items()),
    ]
    return "\n".join(lines)


def _cell(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.3f}" if value < 10 else f"{value:.1f}"


if __name__ == "__main__":
    main()
