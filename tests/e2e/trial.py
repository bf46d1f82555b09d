"""A running stack as the end-to-end tests see it: as Brent, which sends requests and reads events, and as an operator
of Azure.
"""

import json
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, TypeVar

import requests

from dev import azure
from dev.brent import EXECUTE, Resource, apply_event, execute, request_body
from dev.events import Event, EventStream, events
from dev.stack import Stack, running

EVENT_SECONDS = 60.0
INSTANCES = "/runtime/webhooks/durabletask/instances"
BUG = "failed unexpectedly"  # what the driver logs of an error that it has no outcome for
NETWORK = "2024-05-01"
T = TypeVar("T")


@dataclass
class Trial:
    """The stack, its events as far as they were read, and sessions to the driver and to the embedded Azure."""

    stack: Stack
    stream: EventStream
    seen: list[Event] = field(default_factory=list)
    session: requests.Session = field(default_factory=requests.Session)
    token: str = ""

    # as Brent

    def post(
        self, body: Any, headers: Mapping[str, str] | None = None, path: str = EXECUTE, chunked: bool = False
    ) -> requests.Response:
        """POST a body: bytes as they are, anything else as JSON."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {"Content-Type": "application/json", **(headers or {})}
        data = iter([content[:100], content[100:]]) if chunked else content
        return self.session.post(self.stack.driver + path, data=data, headers=given, timeout=30)

    def get(self, path: str) -> requests.Response:
        return self.session.get(self.stack.driver + path, timeout=30)

    def body(
        self, resource: Resource, transition: str = "Create", files: str | None = None, **options: Any
    ) -> dict[str, Any]:
        """An execute request; with driver files of its own, where some are given."""
        whole = request_body(resource, transition, deepcopy(self.stack.deployment_location), **options)
        return whole if files is None else {**whole, "driverFiles": files}

    def begin(self, resource: Resource, transition: str = "Create", **options: Any) -> str:
        """Send a request and return the requestId of its 202."""
        return execute(self.stack.driver, self.body(resource, transition, **options), self.session)

    def event(self, request_id: str, number: int = 1, seconds: float = EVENT_SECONDS) -> Event:
        """The first event of a request, or a later one by `number`; TimeoutError if it does not come."""
        deadline = time.monotonic() + seconds
        while len(found := self.events_of(request_id)) < number:
            arrived = self.stream.next(deadline - time.monotonic())
            if arrived is None:
                raise TimeoutError(f"{len(found)} events of {request_id} within {seconds:g} s; {self.told(request_id)}")
            self.seen.append(arrived)
        return found[number - 1]

    def events_of(self, request_id: str) -> list[Event]:
        return [one for one in self.seen if one.key == request_id]

    def completed(self, request_id: str, resource: Resource, seconds: float = EVENT_SECONDS) -> Resource:
        """Wait for the COMPLETE of a request and return the resource as its event leaves it."""
        value = self.event(request_id, seconds=seconds).value
        assert value["status"] == "COMPLETE", value
        return apply_event(resource, value)

    def failed(self, request_id: str, resource: Resource) -> tuple[dict[str, str], Resource]:
        """Wait for the FAILED of a request; its failure details, and the resource as its event leaves it."""
        value = self.event(request_id).value
        assert value["status"] == "FAILED", value
        return value["failureDetails"], apply_event(resource, value)

    def run(self, resource: Resource, transition: str = "Create", **options: Any) -> Resource:
        """Execute a transition that completes."""
        return self.completed(self.begin(resource, transition, **options), resource)

    def execution(self, request_id: str) -> dict[str, Any]:
        answer = self.get(f"/api/driver/lifecycle/executions/{request_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def ended(self, request_id: str) -> dict[str, Any]:
        """The execution when it is over: that is a moment after its event."""
        return eventually(lambda: (now := self.execution(request_id))["status"] != "IN_PROGRESS" and now) or {}

    def doubts(self, request_id: str) -> list[str]:
        """The warnings of an execution, but for those of answers that a busy machine has given too late."""
        return [one for one in self.ended(request_id)["warnings"] if " in time" not in one]

    def told(self, request_id: str) -> str:
        return self.get(f"/api/driver/lifecycle/executions/{request_id}").text

    # as an operator of the host

    def kill_host(self) -> None:
        """SIGKILL to the host and whatever it has started."""
        host = self.stack.servers["host"].process
        os.killpg(host.pid, signal.SIGKILL)
        host.wait()

    def instances(self, path: str = "", method: str = "GET", **query: Any) -> Any:
        """The durable management API."""
        key = self.log().rsplit(f"{INSTANCES}?code=", 1)[1].split()[0]
        asked = self.session.request(
            method, self.stack.driver + INSTANCES + path, params={"code": key, "top": 100_000, **query}, timeout=30
        )
        assert asked.ok, asked.text
        return asked.json() if asked.content else None

    def log(self) -> str:
        return self.stack.servers["host"].log.read_text(encoding="utf-8")

    def log_lines(self) -> list[dict[str, Any]]:
        """The app's log lines; the stack must run with LOG_TYPE=logstash."""
        return [json.loads(line) for line in self.log().splitlines() if line.startswith("{")]

    # as an operator of Azure

    @property
    def subscription(self) -> str:
        return f"/subscriptions/{self.stack.deployment_location['properties']['subscriptionId']}"

    def in_azure(self, part: str) -> set[str]:
        """The ids, in lower case, of all groups, resources and deployments that have `part` in their id."""
        every = map(str.lower, azure.resource_ids(self.stack.endpoints()))
        return {one for one in every if f"/{part.lower()}/" in f"{one}/"}

    def counters(self) -> dict[str, Any]:
        return azure.counters(self.stack.endpoints())

    def count_calls(self, group: str, *methods: str) -> dict[str, int]:
        """The calls about a resource group by method; the counters also count what other tests have left running."""
        paths = (one for one in azure.calls(self.stack.endpoints()) if f"/{group}/" in f"{one['path']}/".lower())
        found = Counter(str(one["method"]) for one in paths)
        return {method: found[method] for method in methods or sorted(found)}

    def reset_counters(self) -> None:
        self._azure("DELETE", "/emulator/counters").raise_for_status()

    @contextmanager
    def faults(self, *faults: Mapping[str, Any]) -> Iterator[None]:
        """Azure with these faults, in the block."""
        try:
            for fault in faults:
                azure.add_fault(self.stack.endpoints(), fault)
            yield
        finally:
            self._azure("DELETE", "/emulator/faults").raise_for_status()

    def arm(self, method: str, path: str, body: Any = None, version: str = NETWORK) -> requests.Response:
        """A call to ARM that is none of the driver's; `path` follows the subscription."""
        self.token = self.token or self._sign_in()
        headers = {"Authorization": f"Bearer {self.token}"}
        return self._azure(
            method, self.subscription + path, params={"api-version": version}, json=body, headers=headers
        )

    def make(self, path: str, body: Mapping[str, Any], version: str = NETWORK) -> dict[str, Any]:
        """PUT something in Azure that is none of the driver's, and wait until it is there."""
        made = self.arm("PUT", path, body, version)
        assert made.ok, made.text
        return eventually(lambda: self._ready(path, version))

    def unmake(self, path: str) -> None:
        gone = self.arm("DELETE", path)
        assert gone.ok, gone.text
        eventually(lambda: self.arm("GET", path).status_code == 404)

    def make_group(self, name: str) -> str:
        self.make(f"/resourceGroups/{name}", {"location": "northeurope"}, "2024-03-01")
        return name

    def _ready(self, path: str, version: str) -> dict[str, Any]:
        found = self.arm("GET", path, version=version).json()
        return dict(found) if found["properties"]["provisioningState"] == "Succeeded" else {}

    def _sign_in(self) -> str:
        properties = self.stack.deployment_location["properties"]
        form = {
            "grant_type": "client_credentials",
            "client_id": properties["clientId"],
            "client_secret": properties["clientSecret"],
            "scope": f"{self.stack.azure}/.default",
        }
        return str(
            self._azure("POST", f"/{properties['tenantId']}/oauth2/v2.0/token", data=form).json()["access_token"]
        )

    def _azure(self, method: str, path: str, **options: Any) -> requests.Response:
        return requests.request(method, self.stack.azure + path, verify=str(self.stack.ca), timeout=30, **options)


@contextmanager
def started(stack: Stack) -> Iterator[Trial]:
    """The stack, running."""
    with running(stack), events(stack.kafka) as stream:
        yield Trial(stack, stream)


def eventually(condition: Callable[[], T], seconds: float = EVENT_SECONDS) -> T:
    """The first true value of the condition; TimeoutError where there is none in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.02)
    raise TimeoutError(f"not true within {seconds:g} s")


def ids(topology: Iterable[Mapping[str, str]] | Mapping[str, Mapping[str, str]]) -> set[str]:
    """The ids of a topology, in lower case."""
    entries = topology.values() if isinstance(topology, Mapping) else topology
    return {entry["id"].lower() for entry in entries}
