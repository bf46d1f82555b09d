"""What the driver makes of crashes, a broker that is away and an Azure that refuses: `python -m benchmarks.faults`.

Each run carries out Creates of VNets in one resource group while something goes wrong, and holds what came of it
against what must be.
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import requests

from benchmarks.load import CollectedEvents, collected_events, run_apart
from dev import azure
from dev.apache_kafka import ApacheKafka
from dev.brent import Resource, apply_event, execute, request_body, resource_group, vnet
from dev.endpoints import Endpoints
from dev.stack import DEPLOYMENT_LOCATION, Stack, running

GROUP = "rg-faults"
LATENCY_MS = 30.0
EVENT_SECONDS = 180.0
CRASHES = 3


@dataclass(frozen=True)
class Options:
    lifecycles: int
    broker_seconds: float
    seed: int


@dataclass(frozen=True)
class Check:
    """One thing that must hold: its name, what must be and what was found."""

    name: str
    expected: object
    found: object

    @property
    def passed(self) -> bool:
        return self.expected == self.found


def crashes(folder: Path, options: Options) -> list[Check]:
    """The host is killed three times, at any moment, and started again on the same task hub."""
    servers = Stack(folder, latency_ms=LATENCY_MS)
    with running(servers) as stack, collected_events(stack.kafka) as collected:
        group_id = create_group(stack, collected)
        killer = threading.Thread(target=kill_and_restart, args=(servers, random.Random(options.seed)))
        killer.start()
        accepted = send(stack, [vnet(f"vnet-{number}", GROUP) for number in range(options.lifecycles)], over=15)
        killer.join()
        collected.wait_for(set(accepted), EVENT_SECONDS)
        known = known_ids(collected, {group_id, *accepted})
        found = {resource_id.lower() for resource_id in azure.resource_ids(stack)}
        deployments = [each for each in found if "/resourcegroups/" in each and "/deployments/" in each]
        return [
            *check_events(collected, accepted),
            Check("deployments in the group", options.lifecycles, len(deployments)),
            Check("in Azure, in no topology", [], sorted(found - known)),
        ]


def broker_away(folder: Path, options: Options) -> list[Check]:
    """Apache Kafka is stopped for a while in the middle of a run."""
    folder.joinpath("apache").mkdir()
    broker = ApacheKafka(folder / "apache")
    broker.start()
    try:
        with (
            running(Stack(folder, latency_ms=LATENCY_MS, kafka=broker.address)) as stack,
            collected_events(stack.kafka) as collected,
        ):
            create_group(stack, collected)
            outage = threading.Thread(target=stop_for, args=(broker, options.broker_seconds))
            outage.start()
            networks = [vnet(f"vnet-{number}", GROUP) for number in range(options.lifecycles)]
            accepted = send(stack, networks, over=options.broker_seconds)
            outage.join()
            collected.wait_for(set(accepted), EVENT_SECONDS)
            return [
                Check("requests accepted", options.lifecycles, len(accepted)),
                *check_events(collected, accepted),
            ]
    finally:
        broker.stop()


def azure_refuses(folder: Path, options: Options) -> list[Check]:
    """One of ten ARM calls is throttled, one of twenty fails with 500."""
    with running(Stack(folder, latency_ms=LATENCY_MS)) as stack:
        with collected_events(stack.kafka) as collected:
            create_group(stack, collected)
        arm = "^/subscriptions/"
        azure.add_fault(stack, {"kind": "throttle", "rate": 0.10, "path": arm, "seed": options.seed})
        azure.add_fault(stack, {"kind": "error", "rate": 0.05, "path": arm, "status": 500})
        networks = [vnet(f"vnet-{number}", GROUP) for number in range(options.lifecycles)]
        checks: list[Check] = []
        for transition in ("Create", "Delete"):
            bodies = [request_body(network, transition, DEPLOYMENT_LOCATION) for network in networks]
            lifecycles = run_apart(stack.driver, stack.kafka, bodies, in_flight=20)
            statuses = {lifecycle.status for lifecycle in lifecycles}
            checks.append(Check(f"how every {transition} ended", {"COMPLETE"}, statuses))
            networks = [
                apply_event(network, lifecycle.events[0].value) if lifecycle.events else network
                for network, lifecycle in zip(networks, lifecycles, strict=True)
            ]
        answers = azure.counters(stack)["statuses"]
        print(f"  ARM answered {answers}")
        return [
            *checks,
            Check("ARM did refuse, with 429 and 500", True, answers.get("429", 0) > 0 and answers.get("500", 0) > 0),
        ]


RUNS: Mapping[str, Callable[[Path, Options], list[Check]]] = {
    "crashes": crashes,
    "broker-away": broker_away,
    "azure-refuses": azure_refuses,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    parser.add_argument("runs", nargs="*", metavar="RUN", help=f"of {', '.join(RUNS)}; default: all")
    parser.add_argument("--lifecycles", type=int, default=50)
    parser.add_argument("--broker-seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1, help="of the moments and calls that go wrong")
    arguments = parser.parse_args()
    if unknown := set(arguments.runs) - set(RUNS):
        parser.error(f"no such run: {', '.join(sorted(unknown))}")
    options = Options(arguments.lifecycles, arguments.broker_seconds, arguments.seed)
    passed = True
    for name in arguments.runs or RUNS:
        print(f"\n{name}: {RUNS[name].__doc__}", flush=True)
        with tempfile.TemporaryDirectory(prefix=f"azure-driver-{name}-") as folder:
            checks = RUNS[name](Path(folder), options)
        for check in checks:
            print(f"  {'ok' if check.passed else 'BROKEN':<7} {check.name}: {check.found} (must be {check.expected})")
        passed = passed and all(check.passed for check in checks)
    sys.exit(0 if passed else "\nNot everything held.")


def create_group(stack: Endpoints, collected: CollectedEvents) -> str:
    """Creates the resource group and returns its requestId."""
    request_id = execute(stack.driver, request_body(resource_group(GROUP), "Create", DEPLOYMENT_LOCATION))
    if not collected.wait_for({request_id}, EVENT_SECONDS):
        raise TimeoutError(f"no event for the Create of the resource group within {EVENT_SECONDS:g} s")
    return request_id


def send(stack: Endpoints, resources: Sequence[Resource], over: float) -> set[str]:
    """Sends a Create of each, evenly spread over so many seconds, and returns the requestIds of those accepted.

    A request that is not answered because the host is away is sent again, the same, until it is.
    """
    accepted = set()
    begun = time.monotonic()
    for number, resource in enumerate(resources):
        time.sleep(max(0, begun + number * over / len(resources) - time.monotonic()))
        body = request_body(resource, "Create", DEPLOYMENT_LOCATION)
        while True:
            try:
                accepted.add(execute(stack.driver, body))
            except requests.ConnectionError:
                time.sleep(0.1)
            else:
                break
    return accepted


def kill_and_restart(stack: Stack, moments: random.Random) -> None:
    for _ in range(CRASHES):
        time.sleep(moments.uniform(1, 4))
        host = stack.servers["host"].process
        os.killpg(host.pid, signal.SIGKILL)
        host.wait()
        killed = time.monotonic()
        stack.start_host()
        print(f"  host killed, healthy again after {time.monotonic() - killed:.1f} s", flush=True)


def stop_for(broker: ApacheKafka, seconds: float) -> None:
    time.sleep(2)
    broker.stop()
    print(f"  Kafka stopped for {seconds:g} s", flush=True)
    time.sleep(seconds)
    broker.start()
    print("  Kafka is back", flush=True)


def check_events(collected: CollectedEvents, accepted: set[str]) -> list[Check]:
    of_accepted = [event for event in collected.seen if event.key in accepted]
    print(f"  {len(of_accepted)} events for {len(accepted)} requests (more: at least once on the wire)")
    return [
        Check("accepted requests without an event", 0, len(accepted - {event.key for event in of_accepted})),
        Check("statuses", {"COMPLETE"}, {event.value["status"] for event in of_accepted}),
    ]


def known_ids(collected: CollectedEvents, request_ids: set[str]) -> set[str]:
    """The ids in the topologies of these requests' events, in lower case."""
    topologies = (event.value["associatedTopology"] for event in collected.seen if event.key in request_ids)
    return {entry["id"].lower() for topology in topologies for entry in topology.values() if entry}


if __name__ == "__main__":
    main()
