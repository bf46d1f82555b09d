"""A host process for tests: started in a folder with an app, asked over HTTP, stopped or killed."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

from dev.ports import free_port

T = TypeVar("T")
PROJECT = Path(__file__).resolve().parents[2]
# What the host's environment must not take over from the one the tests run in.
UNSET = (
    "PYTHON_ENABLE_INIT_INDEXING",
    "SEALING_KEYS",
    "SEALING_KEYS_FILE",
    "AzureWebJobsDisableHomepage",
    "LOCAL_HOST_CORES",
)
INSTANCES = "/runtime/webhooks/durabletask/instances"
ENDED = {"Completed", "Failed", "Terminated"}


def wait_until(condition: Callable[[], T], seconds: float = 60) -> T:
    """The first true value of the condition; TimeoutError where there is none in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.01)
    raise TimeoutError(f"{condition} not true within {seconds} s")


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    headers: list[tuple[str, str]]
    body: str

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass
class Host:
    """A host in `folder`; `settings` are put over the test's environment."""

    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    port: int = field(default_factory=free_port)
    key: str = ""

    def launch(self) -> "subprocess.Popen[str]":
        """Start the process without waiting for it."""
        environment = {name: value for name, value in os.environ.items() if name not in UNSET}
        environment |= {"PYTHONPATH": str(PROJECT), "PYTHON_ENABLE_INIT_INDEXING": "1", **self.settings}
        command = [sys.executable, "-m", "emulators.functions_host", "start", "--port", str(self.port), *self.arguments]
        with (self.folder / "host.log").open("a") as log:
            self.process = subprocess.Popen(
                command, cwd=self.folder, env=environment, stdout=log, stderr=subprocess.STDOUT, text=True
            )
        return self.process

    @property
    def log(self) -> str:
        """All that the host and the app have written so far, over restarts."""
        return (self.folder / "host.log").read_text("utf-8")

    def start(self) -> "Host":
        """Start the process and wait until it answers."""
        self.launch()
        before = self.log.count("Durable management API")

        def is_ready() -> bool:
            if self.process.poll() is not None:
                raise RuntimeError(f"the host ended with {self.process.returncode}:\n{self.log}")
            return self.log.count("code=") > before

        try:
            wait_until(is_ready)
        except TimeoutError:
            self.kill()
            raise
        self.key = self.log.rpartition("code=")[2].split()[0]
        return self

    def kill(self) -> None:
        """Kill -9, as if the machine had done it."""
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)

    def ask(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        """Send a request (a body that is an iterator is sent chunked) and read the whole answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, dict(headers or {}), encode_chunked=True)
            response = connection.getresponse()
            return Answer(response.status, response.getheaders(), response.read().decode("utf-8", "replace"))
        finally:
            connection.close()

    def webhook(self, method: str, path: str, body: Any = None, **query: str) -> Answer:
        """Call the Durable HTTP API; a body is sent as JSON."""
        content = None if body is None else json.dumps(body)
        target = f"/runtime/webhooks/durabletask{path}?{urlencode({**query, 'code': self.key})}"
        return self.ask(method, target, content, {"Content-Type": "application/json"})

    def begin(self, orchestrator: str, instance_id: str, data: Any = None) -> None:
        """Start an orchestration as the SDK does: its input is JSON text within JSON."""
        body = None if data is None else json.dumps(data)
        assert self.webhook("POST", f"/orchestrators/{orchestrator}/{instance_id}", body).status == 202

    def status(self, instance_id: str) -> Any:
        """An instance with its history; None where there is none."""
        answer = self.webhook("GET", f"/instances/{instance_id}", showHistory="true", showHistoryOutput="true")
        return None if answer.status == 404 else answer.json

    def ended(self, instance_id: str, seconds: float = 60) -> Any:
        """The instance when it has ended."""

        def end() -> Any:
            status = self.status(instance_id)
            return status if status and status["runtimeStatus"] in ENDED else None

        return wait_until(end, seconds)
