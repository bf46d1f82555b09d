"""The stage of a drill: a trial stack with faults, and what an operator sees of a request on it."""

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests
from prometheus_client.parser import text_string_to_metric_families

from dev import azure
from dev.brent import Resource, execute, request_body, resource_group
from dev.stack import Stack

GROUP = "rg-drill"
SECONDS = 60.0  # until something has to be seen
_LOOK_SECONDS = 0.2
# The metrics that tell something of a drill.
_METRICS = (
    *("azure_driver_transitions_total", "azure_driver_transitions_in_flight", "azure_driver_events_pending"),
    *("azure_driver_retries_total", "azure_driver_service_reachable"),
)
_REFUSALS = "http_server_request_duration_seconds_count"  # by status; only those above 202 are shown


@dataclass
class Stage:
    """A stack on which a drill is played. `lines` are what was shown: the log, answers of the API, metrics, faults."""

    stack: Stack
    show: Callable[[str], None] = print
    lines: list[str] = field(default_factory=list)
    _read: int = 0
    _shown: dict[str, str] = field(default_factory=dict)

    def prepare(self) -> None:
        """Makes the resource group in which all drills work."""
        self.end(self.send(resource_group(GROUP)))

    def say(self, text: str) -> None:
        self.lines.append(text)
        self.show(text)

    def send(self, resource: Resource, transition: str = "Create", **changes: Any) -> str:
        """Sends a request, with parts of its body changed, and returns its requestId."""
        body = {**request_body(resource, transition, self.stack.deployment_location), **changes}
        request_id = execute(self.stack.driver, body)
        self.say(f"POST   {transition} of {resource.name}: 202, requestId {request_id}")
        return request_id

    @contextmanager
    def fault(self, *faults: Mapping[str, Any]) -> Iterator[None]:
        """Azure with these faults, in the block."""
        for one in faults:
            self.say(f"FAULT  {one}")
            azure.add_fault(self.stack.endpoints(), one)
        try:
            yield
        finally:
            azure.clear_faults(self.stack.endpoints())
            self.say("FAULT  ended")

    @contextmanager
    def lock(self, resource: str) -> Iterator[None]:
        """A lock that the driver knows nothing of on a resource of the group, in the block."""
        stack = self.stack.endpoints()
        path = f"/resourceGroups/{GROUP}/providers/{resource}/providers/Microsoft.Authorization/locks/somebodys"
        azure.call_arm(stack, "PUT", path, "2020-05-01", {"properties": {"level": "CanNotDelete"}})
        self.say(f"FAULT  a lock on {resource}")
        try:
            yield
        finally:
            azure.call_arm(stack, "DELETE", path, "2020-05-01")
            self.say("FAULT  the lock is gone")

    @contextmanager
    def kafka_away(self) -> Iterator[None]:
        """Kafka does not answer, in the block."""
        broker = self.stack.servers["kafka"].process.pid
        self.say("FAULT  Kafka does not answer")
        os.kill(broker, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(broker, signal.SIGCONT)
            self.say("FAULT  ended")

    def wait(self, request_id: str, waits_for: str, vital: str = "", *metrics: str) -> None:
        """Returns once a request waits for that, and, if they are named, the vital is UNHEALTHY and each metric is
        shown: `<name>{<labels>} <value>`, or the beginning of that. Metrics are up to 5 s old.
        """
        seen = False

        def is_seen() -> bool:
            nonlocal seen
            execution, vitals = self.look(request_id)
            seen = seen or (execution["waiting"] or {}).get("for") == waits_for
            return (
                seen and all(map(self._is_measured, metrics)) and (not vital or vitals[vital]["status"] == "UNHEALTHY")
            )

        self._await(is_seen, f"{request_id} to wait for {waits_for}")

    def end(self, request_id: str, metric: str = "") -> dict[str, Any]:
        """Returns the execution once it has ended, no vital is UNHEALTHY, and the metric, if it is named, is shown."""

        def has_ended() -> bool:
            execution, vitals = self.look(request_id)
            is_well = all(one["status"] == "OK" for one in vitals.values())
            return execution["status"] != "IN_PROGRESS" and is_well and (not metric or self._is_measured(metric))

        self._await(has_ended, f"{request_id} to end")
        execution, _ = self.look(request_id)
        return execution

    def look(self, request_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Shows what is new in the log, and in what the API says of the request and of the driver's health."""
        execution = requests.get(f"{self.stack.driver}/api/driver/lifecycle/executions/{request_id}", timeout=30).json()
        vitals = requests.get(f"{self.stack.driver}/management/health", timeout=30).json()["vitals"]
        self.read_log()
        self._show(request_id, f"GET    {execution['transition']}: {describe(execution)}")
        for name, vital in vitals.items():
            self._show(name, f"HEALTH {name}: {vital['status']}, {vital['reason']}")
        self.read_metrics()
        return execution, vitals

    def read_metrics(self) -> None:
        """Shows the metrics that have changed."""
        text = requests.get(f"{self.stack.driver}/metrics", timeout=30).text
        samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
        for sample in samples:
            is_refusal = sample.name == _REFUSALS and sample.labels["http_response_status_code"] > "202"
            if sample.name in _METRICS or (is_refusal and sample.value > 0):
                labels = ",".join(f'{name}="{value}"' for name, value in sample.labels.items() if value)
                series = sample.name + (f"{{{labels}}}" if labels else "")
                self._show(series, f"METRIC {series} {sample.value:g}")

    def read_log(self) -> None:
        """Shows the lines that are new in the driver's log, without their time and fields."""
        text = self.stack.servers["host"].log.read_bytes()[self._read :]
        text = text[: text.rfind(b"\n") + 1]
        self._read += len(text)
        for line in text.decode().splitlines():
            if " driver." in line:
                self.say(f"LOG    {line[24:].partition(' {')[0]}")

    def _is_measured(self, metric: str) -> bool:
        return any(text.startswith(f"METRIC {metric}") for text in self._shown.values())

    def _show(self, name: str, text: str) -> None:
        if self._shown.get(name) != text:
            self._shown[name] = text
            self.say(text)

    def _await(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + SECONDS
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError(f"waited {SECONDS:g} s for {what}")
            time.sleep(_LOOK_SECONDS)


def describe(execution: Mapping[str, Any]) -> str:
    """Returns what an execution shows, in one line."""
    parts = [execution["status"], *([f"step {execution['step']}"] if execution["step"] else [])]
    if waiting := execution["waiting"]:
        other = f", request {waiting['requestId']}" if waiting["requestId"] else ""
        parts.append(f"waiting for {waiting['for']}{other} until {waiting['until'][11:19]}: {waiting['reason']}")
    parts += [f"deployment {execution['deployment']['name']}"] if execution.get("deployment") else []
    parts += [f"not owned {entry['id']}: {entry['reason']}" for entry in execution.get("notOwned", ())]
    if failure := execution["failureDetails"]:
        parts.append(f"{failure['failureCode']}: {failure['description']}")
    return "; ".join(parts)
