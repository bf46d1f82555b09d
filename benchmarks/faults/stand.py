"""The trial stack on which the runs take place: secrets are planted in its requests, and all that it says is kept."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from cryptography.fernet import Fernet

from benchmarks.faults.report import Check, Report
from benchmarks.load import CollectedEvents, collected_events
from benchmarks.memory import Peak, watched
from dev import apache_kafka, azure
from dev.apache_kafka import ApacheKafka
from dev.brent import Resource, apply_event, execute, request_body, resource_group
from dev.endpoints import Endpoints
from dev.needles import CLOUD_INIT, PASSWORD, SECRET, count_needles
from dev.stack import DEPLOYMENT_LOCATION, Stack

GROUP = "rg-faults"
LATENCY_MS = 30.0
EVENT_SECONDS = 300.0
LOCATION = {**DEPLOYMENT_LOCATION, "properties": {**DEPLOYMENT_LOCATION["properties"], "clientSecret": SECRET}}


@dataclass
class Stand:
    """A running stack. `resources` are those of the run as Brent knows them, by name; `requests` the resource of each
    accepted request by its id; `kills` are times since 1970.
    """

    servers: Stack
    kafka: ApacheKafka
    collected: CollectedEvents
    peak: Peak
    location: dict[str, Any] = field(default_factory=lambda: LOCATION)
    driver_files: str = ""
    resources: dict[str, Resource] = field(default_factory=dict)
    requests: dict[str, str] = field(default_factory=dict)
    kills: list[float] = field(default_factory=list)
    answers: list[bytes] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)

    @property
    def stack(self) -> Endpoints:
        return self.servers.endpoints()

    def add_resources(self, resources: Sequence[Resource]) -> None:
        self.resources |= {resource.name: resource for resource in resources}

    def send(self, transition: str, names: Sequence[str], over: float = 0) -> set[str]:
        """Send a transition of each of the resources, evenly spread over so many seconds; returns the requestIds.

        A request that is not answered because the host is away is sent again, the same, until it is.
        """
        begun, accepted = time.monotonic(), set()
        for number, name in enumerate(names):
            time.sleep(max(0, begun + number * over / len(names) - time.monotonic()))
            body = request_body(self.resources[name], transition, self.location)
            body |= {"driverFiles": self.driver_files} if self.driver_files else {}
            request_id = self._send_until_answered(body)
            accepted.add(request_id)
            self.requests[request_id] = name
        return accepted

    def await_events(self, accepted: set[str], status: str = "COMPLETE") -> None:
        """Wait for the events, apply them to the resources, and check that all came with that status."""
        self.collected.wait_for(accepted, EVENT_SECONDS)
        events = [event for event in self.collected.seen if event.key in accepted]
        for event in events:
            name = self.requests[event.key]
            self.resources[name] = apply_event(self.resources[name], event.value)
        statuses = {str(event.value["status"]) for event in events}
        self.checks.append(Check("how they ended", {status}, statuses))

    def plant_secrets(self) -> None:
        """Make the group, and let the Create of a virtual machine fail with its password in ARM's answer."""
        self.add_resources([resource_group(GROUP), _build_machine()])
        self.await_events(self.send("Create", [GROUP]))
        told = {"code": "InvalidParameter", "message": f"'{PASSWORD}' is no password.", "status": 400, "times": 1}
        azure.add_fault(self.stack, {"kind": "fail", "type": ".*/virtualMachines", **told})
        self.await_events(self.send("Create", ["vm-1"]), status="FAILED")

    def sign_in_to_kafka(self, password: str) -> None:
        """Start the host again, which signs in to Kafka with that password."""
        self.servers.servers["host"].stop()
        self.servers.settings["KAFKA_CONFIG_SASL_PASSWORD"] = password
        self.servers.start_host()

    def find_unowned(self) -> list[str]:
        """What is in Azure and in no topology that Brent knows."""
        entries = [entry for resource in self.resources.values() for entry in resource.topology.values()]
        known = {str(entry["id"]).lower() for entry in entries if entry}
        return sorted({each.lower() for each in azure.resource_ids(self.stack)} - known)

    def read_answers(self) -> None:
        """Ask for every execution and for health, as an operator would."""
        paths = [f"/api/driver/lifecycle/executions/{request_id}" for request_id in self.requests]
        for path in (*paths, "/management/health"):
            answer = requests.get(self.stack.driver + path, timeout=30)
            self.answers.append(answer.content + str(answer.headers).encode())

    def report(self) -> Report:
        """The figures, once the run is over and the stack has been stopped."""
        accepted = set(self.requests)
        arrivals: dict[str, list[float]] = {}
        for event in self.collected.seen:
            arrivals.setdefault(event.key, []).append(event.received)
        doubled = [times for key, times in arrivals.items() if key in accepted and len(times) > 1]
        unexplained = [times for times in doubled if not any(times[0] - 10 < kill < times[-1] for kill in self.kills)]
        lost = accepted - set(arrivals)
        hits = self._count_needles()
        figures = {
            "accepted": len(accepted),
            "events": len(accepted & set(arrivals)),
            "lost": len(lost),
            "doubled": len(doubled),
            "kills": len(self.kills),
            "secrets found": hits,
            "peak RSS, MiB": round(self.peak.mebibytes),
        }
        checks = [
            *self.checks,
            Check("accepted requests without an event", 0, len(lost)),
            Check("events that came twice without a kill", 0, len(unexplained)),
            Check("planted secrets in log, task hub, Kafka and answers", 0, hits),
        ]
        return Report(figures, checks)

    def _send_until_answered(self, body: Mapping[str, Any]) -> str:
        while True:
            try:
                return execute(self.stack.driver, body)
            except requests.RequestException:
                time.sleep(0.1)

    def _count_needles(self) -> int:
        folder = self.servers.folder
        files = [*folder.glob("host.log"), *folder.glob("task-hub*"), *folder.glob("apache/**/*.log")]
        return sum(count_needles(content) for content in (*self.answers, *(one.read_bytes() for one in files)))


def _build_machine() -> Resource:
    properties = {
        "resourcegroup_name": GROUP,
        "vm_name": "vm-1",
        "vm_network_interface_name": "nic-missing",
        "vm_admin_username": "operator",
        "vm_admin_password": PASSWORD,
        "vm_custom_data": CLOUD_INIT,
    }
    return Resource("vm-1", "resource::AzureVirtualMachine::1.0", properties)


@contextmanager
def open_stand(folder: Path, signs_in: bool, provisioning_seconds: float) -> Iterator[Stand]:
    """A stand with Apache Kafka that logs all it can. With `signs_in` the driver signs in to Kafka."""
    (folder / "apache").mkdir()
    kafka = ApacheKafka(folder / "apache")
    settings = {"LOG_LEVEL": "DEBUG", "LOG_TYPE": "logstash", "SEALING_KEYS": Fernet.generate_key().decode()}
    if signs_in:
        settings |= {
            "KAFKA_CONFIG_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
            "KAFKA_CONFIG_SASL_MECHANISM": "PLAIN",
            "KAFKA_CONFIG_SASL_USERNAME": apache_kafka.USER,
            "KAFKA_CONFIG_SASL_PASSWORD": apache_kafka.PASSWORD,
        }
    servers = Stack(
        folder,
        provisioning_seconds=provisioning_seconds,
        latency_ms=LATENCY_MS,
        kafka=kafka.signed_address if signs_in else kafka.address,
        settings=settings,
        deployment_location=LOCATION,
    )
    kafka.start()
    try:
        servers.start()
        with (
            collected_events(kafka.address) as collected,
            watched(lambda: servers.servers["host"].process.pid) as peak,
        ):
            yield Stand(servers, kafka, collected, peak)
    finally:
        servers.stop()
        kafka.stop()
