"""The trial stack: the embedded Azure, a Kafka broker and the app on the local host, each a process on 127.0.0.1."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from dev import bicep, processes
from dev.endpoints import Endpoints
from dev.events import TOPIC
from dev.ports import free_port
from dev.processes import Server

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 60.0

DEPLOYMENT_LOCATION: dict[str, Any] = {
    "name": "trial",
    "type": "Azure",
    "properties": {
        "tenantId": "11111111-1111-1111-1111-111111111111",
        "clientId": "22222222-2222-2222-2222-222222222222",
        "clientSecret": "trial-secret",
        "subscriptionId": "33333333-3333-3333-3333-333333333333",
    },
}


@dataclass
class Stack:
    """The three servers of one trial; files and logs are kept in `folder`.

    `kafka` is the address (host:port) of a broker that is there already; without it the test broker is started.
    `settings` are further environment variables of the app, `app` is the folder of its code. Azure knows the tenant,
    the subscription and the client of `deployment_location`, and no others.
    """

    folder: Path
    driver_port: int = field(default_factory=free_port)
    azure_port: int = field(default_factory=free_port)
    provisioning_seconds: float = 2.0
    latency_ms: float = 0.0
    kafka: str = ""
    settings: dict[str, str] = field(default_factory=dict)
    app: Path = ROOT
    deployment_location: dict[str, Any] = field(default_factory=lambda: DEPLOYMENT_LOCATION)
    servers: dict[str, Server] = field(default_factory=dict)

    @property
    def driver(self) -> str:
        return f"http://127.0.0.1:{self.driver_port}"

    @property
    def azure(self) -> str:
        return f"https://127.0.0.1:{self.azure_port}"

    @property
    def ca(self) -> Path:
        return self.folder / "tls" / "ca.pem"

    def endpoints(self) -> Endpoints:
        pids = {name: server.process.pid for name, server in self.servers.items()}
        return Endpoints(self.driver, self.azure, self.kafka, str(self.ca), self.deployment_location, pids)

    def start(self) -> None:
        """Starts all of it and returns when it is healthy.

        Raises ProcessError with the end of the log of the server that failed; the others are stopped then.
        """
        try:
            if not self.kafka:
                self._start_kafka()
            self._start_azure()
            self.start_host()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stops whatever of it runs, the host first."""
        for name in ("host", "azure", "kafka"):
            if name in self.servers:
                self.servers.pop(name).stop()

    def start_host(self) -> None:
        """Starts the app on the local host, on the task hub of `folder`, and returns when it is healthy."""
        settings = {
            "PYTHON_ENABLE_INIT_INDEXING": "1",  # HTTP streams, as on Azure
            "PYTHON_THREADPOOL_THREAD_COUNT": "20",  # as many as activities may run at once (host.json)
            "AZURE_AUTHORITY_HOST": self.azure,
            "AZURE_RESOURCE_MANAGER_URL": self.azure,
            "REQUESTS_CA_BUNDLE": str(self.ca),
            "SSL_CERT_FILE": str(self.ca),
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka,
            "KAFKA_TOPIC": TOPIC,
            "EVENTS": "kafka",
            "CONSOLE": "true",
            "BICEP_PATH": bicep.executable() or "",
            "PYTHONPATH": str(ROOT),  # of the host; the app's folder goes first
            **self.settings,
        }
        options = ["--port", str(self.driver_port), "--task-hub", str(self.folder / "task-hub.sqlite")]
        host = self._start("host", "functions_host", options, settings)
        host.wait_until(lambda: _answers(f"{self.driver}/management/health"), START_SECONDS)

    def kill_host(self) -> None:
        """Ends the host and its workers without warning; `start_host` starts it again on the same task hub."""
        process = self.servers["host"].process
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def _start_kafka(self) -> None:
        address_file = self.folder / "kafka-address"
        kafka = self._start("kafka", "kafka", ["--address-file", str(address_file)], {})
        kafka.wait_until(address_file.exists, START_SECONDS)
        self.kafka = address_file.read_text(encoding="utf-8")

    def _start_azure(self) -> None:
        properties = self.deployment_location["properties"]
        options = ["--port", str(self.azure_port), "--tls-dir", str(self.ca.parent)]
        pace = ["--provisioning-seconds", str(self.provisioning_seconds), "--latency-ms", str(self.latency_ms)]
        known = [
            *("--tenant", properties["tenantId"]),
            *("--subscription", properties["subscriptionId"]),
            *("--client", f"{properties['clientId']}={properties['clientSecret']}"),
        ]
        azure = self._start("azure", "azure", options + pace + known, {})
        azure.wait_until(
            lambda: self.ca.exists() and _answers(f"{self.azure}/emulator/counters", self.ca), START_SECONDS
        )

    def _start(self, name: str, module: str, options: list[str], environment: dict[str, str]) -> Server:
        command = [sys.executable, "-m", f"emulators.{module}", "start", *options]
        folder = self.app if name == "host" else ROOT
        server = processes.start(name, command, self.folder / f"{name}.log", folder, environment)
        self.servers[name] = server
        return server


@contextmanager
def running(stack: Stack) -> Iterator[Endpoints]:
    """The stack started, and stopped at the end."""
    stack.start()
    try:
        yield stack.endpoints()
    finally:
        stack.stop()


def _answers(url: str, ca: Path | None = None) -> bool:
    try:
        return requests.get(url, verify=str(ca) if ca else True, timeout=5).ok
    except (requests.ConnectionError, requests.Timeout):
        return False
