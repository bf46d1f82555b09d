"""What becomes of lifecycles while the sealing key is rotated: `make rotate-drill`.

Two pods serve one task hub. Each has a mount of the keys, which changes at a time of its own, as the kubelet's does.
The local host locks its task hub, so the pods take turns: one is killed, and the other goes on with its work. Creates
and Deletes of VNets run all the time.
"""

import argparse
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import requests
from cryptography.fernet import Fernet

from benchmarks.faults.report import Check, describe_checks
from benchmarks.load import CollectedEvents, collected_events
from dev import azure
from dev.brent import Resource, apply_event, execute, request_body, resource_group, vnet
from dev.endpoints import Endpoints
from dev.stack import DEPLOYMENT_LOCATION, Stack, running

GROUP = "rg-rotation"
LATENCY_MS = 30.0
EVENT_SECONDS = 180.0
WAITS = "waits for a host"  # in a log line of a step that its host has no key for
READ_AGAIN = "sealing keys read again"
SETTLED_SECONDS = 15.0  # in which the records of the last Deletes are gone


@dataclass
class Pod:
    """A pod's mount of the Secret: a file `keys`, which is replaced as the kubelet does."""

    name: str
    folder: Path
    writes: int = 0

    @property
    def file(self) -> Path:
        return self.folder / "keys"

    def mount(self, *keys: str) -> None:
        """Replace the keys by swapping the symbolic link above the file."""
        self.writes += 1
        version = self.folder / f"..{self.writes}"
        version.mkdir(parents=True)
        version.joinpath("keys").write_text(",".join(keys), encoding="ascii")
        draft = self.folder / "..data_tmp"
        draft.symlink_to(version.name)
        draft.replace(self.folder / "..data")
        if self.writes == 1:
            self.file.symlink_to("..data/keys")


@dataclass
class Load:
    """Creates of VNets, and a Delete of every second one that was created, until it is stopped."""

    stack: Endpoints
    collected: CollectedEvents
    per_second: float
    sent: dict[str, tuple[Resource, str]] = field(default_factory=dict)
    stopping: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        deleted: set[str] = set()
        while not self.stopping.wait(1 / self.per_second):
            self.send(vnet(f"vnet-{len(self.sent)}", GROUP), "Create")
            created = [event for event in list(self.collected.seen) if self._is_create(event.key)]
            for event in created[::2]:
                if event.key not in deleted:
                    deleted.add(event.key)
                    self.send(apply_event(self.sent[event.key][0], event.value), "Delete")

    def _is_create(self, request_id: str) -> bool:
        """Whether a request is the Create of a network."""
        resource, transition = self.sent.get(request_id, (None, ""))
        return transition == "Create" and resource is not None and "vnet_name" in resource.properties

    def send(self, resource: Resource, transition: str) -> None:
        """Send a request. One that is not answered, since no host is there, is sent again, the same."""
        body = request_body(resource, transition, DEPLOYMENT_LOCATION)
        while True:
            try:
                self.sent[execute(self.stack.driver, body)] = (resource, transition)
            except (requests.ConnectionError, requests.Timeout):
                time.sleep(0.1)
            else:
                return


@dataclass
class Drill:
    """The stack with its two pods; `active` is the one that runs."""

    servers: Stack
    load: Load
    pods: dict[str, Pod]
    active: str
    seconds: float
    begun: float = field(default_factory=time.monotonic)

    def mount(self, name: str, keys: Mapping[str, str]) -> None:
        """Give a pod keys, by their names; the first one seals."""
        self.pods[name].mount(*keys.values())
        self.say(f"pod {name} gets {', '.join(keys)}")

    def hold(self) -> None:
        time.sleep(self.seconds)

    def switch(self) -> None:
        """Kill the pod that runs, and let the other one go on with its work."""
        self.servers.kill_host()
        self.active = "b" if self.active == "a" else "a"
        self.servers.settings["SEALING_KEYS_FILE"] = str(self.pods[self.active].file)
        self.servers.start_host()
        self.say(f"pod {self.active} goes on")
        self.hold()

    def count_lines(self, text: str) -> int:
        return self.servers.servers["host"].log.read_text(encoding="utf-8").count(text)

    def say(self, text: str) -> None:
        print(
            f"  {time.monotonic() - self.begun:5.1f} s  {len(self.load.sent):4} requests accepted; {text}", flush=True
        )


def rotate(drill: Drill, old: str, new: str) -> list[Check]:
    """The right order: the new key second on all pods, then first on all, then the old one removed."""
    stages = ({"old": old, "new": new}, {"new": new, "old": old}, {"new": new})
    for number, keys in enumerate(stages):
        if number == len(stages) - 1:
            drill.load.collected.wait_for(set(drill.load.sent), EVENT_SECONDS)
            drill.say("what was accepted until now has ended")
        for _ in drill.pods:
            drill.mount(drill.active, keys)
            drill.hold()
            drill.switch()
    return [
        Check("keys read again without a restart", True, drill.count_lines(READ_AGAIN) >= len(stages)),
        Check("steps that waited for a key", 0, drill.count_lines(WAITS)),
    ]


def rotate_too_early(drill: Drill, old: str, new: str) -> list[Check]:
    """A wrong order: one pod seals with the new key before the other one has it. Its work waits there."""
    drill.mount("a", {"new": new, "old": old})
    drill.hold()
    drill.switch()
    waited = drill.count_lines(WAITS)
    drill.say(f"{waited} steps wait for a key")
    drill.mount("b", {"new": new, "old": old})
    drill.hold()
    return [Check("steps waited for a key", True, waited > 0)]


RUNS: Mapping[str, Callable[[Drill, str, str], list[Check]]] = {"rotation": rotate, "too-early": rotate_too_early}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rotation", description=__doc__)
    parser.add_argument("--run", choices=list(RUNS), help="only this one")
    parser.add_argument("--seconds", type=float, default=5.0, help="of load after each step")
    parser.add_argument("--per-second", type=float, default=8.0, help="Creates a second")
    options = parser.parse_args()
    passed = True
    for name in [options.run] if options.run else RUNS:
        run = RUNS[name]
        print(f"\n{name}: {run.__doc__}", flush=True)
        with tempfile.TemporaryDirectory(prefix="azure-driver-rotation-") as folder:
            checks = play(Path(folder), run, options.seconds, options.per_second)
        print(describe_checks(checks))
        passed = passed and all(check.passed for check in checks)
    sys.exit(0 if passed else "\nNot everything held.")


def play(folder: Path, run: Callable[[Drill, str, str], list[Check]], seconds: float, per_second: float) -> list[Check]:
    """Play a run under load, then wait for all events and look what is in Azure."""
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    pods = {name: Pod(name, folder / f"pod-{name}") for name in "ab"}
    for pod in pods.values():
        pod.mount(old)
    servers = Stack(folder, latency_ms=LATENCY_MS, settings={"SEALING_KEYS_FILE": str(pods["a"].file)})
    with running(servers) as stack, collected_events(stack.kafka) as collected:
        load = Load(stack, collected, per_second)
        load.send(resource_group(GROUP), "Create")
        if not collected.wait_for(set(load.sent), EVENT_SECONDS):
            raise TimeoutError(f"no event for the Create of the resource group within {EVENT_SECONDS:g} s")
        sending = threading.Thread(target=load.run)
        sending.start()
        try:
            drill = Drill(servers, load, pods, "a", seconds)
            drill.hold()
            checks = run(drill, old, new)
        finally:
            load.stopping.set()
            sending.join()
        collected.wait_for(set(load.sent), EVENT_SECONDS)
        drill.say("all have ended")
        return [*checks, *check_events(load), *check_azure(stack, load)]


def check_events(load: Load) -> list[Check]:
    events = [event for event in load.collected.seen if event.key in load.sent]
    transitions = [transition for _, transition in load.sent.values()]
    counts = f"{transitions.count('Create')} Creates and {transitions.count('Delete')} Deletes"
    print(f"  {len(events)} events for {counts} (more: at least once on the wire)")
    for event in events:
        if event.value["status"] == "FAILED":
            resource, transition = load.sent[event.key]
            print(f"  {transition} of {resource.name} FAILED: {event.value['failureDetails']['description']}")
    return [
        Check("accepted requests without an event", 0, len(load.sent.keys() - {event.key for event in events})),
        Check("statuses", {"COMPLETE"}, {event.value["status"] for event in events}),
    ]


def check_azure(stack: Endpoints, load: Load) -> list[Check]:
    """What is in Azure is in a topology, and the other way round."""
    first = {event.key: event.value for event in reversed(load.collected.seen)}
    topologies: dict[str, Resource] = {}
    for key, (resource, _) in load.sent.items():
        if key in first:
            topologies[resource.id] = apply_event(topologies.get(resource.id, resource), first[key])
    known = {entry["id"].lower() for one in topologies.values() for entry in one.topology.values()}
    deadline = time.monotonic() + SETTLED_SECONDS
    while (found := {one.lower() for one in azure.resource_ids(stack)}) != known and time.monotonic() < deadline:
        time.sleep(0.5)
    return [
        Check("in Azure, in no topology", [], sorted(found - known)),
        Check("in a topology, not in Azure", [], sorted(known - found)),
    ]


if __name__ == "__main__":
    main()
