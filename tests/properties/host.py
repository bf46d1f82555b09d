"""A minimal Durable host: it runs the real orchestrator with the real activities, in the time of the model, and
repeats an activity whose worker died.
"""

import asyncio
import json
import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from unittest import mock

import time_machine
from cryptography.fernet import Fernet

from driver import acceptance, activities, instances, publication, settings
from driver.azure import credentials, transport
from driver.models.requests import LifecycleRequest, parse
from driver.models.runs import PUBLISH
from driver.steps import calls
from orchestrators.lifecycle import run_lifecycle
from tests.properties.arm import HOST, Arm
from tests.properties.context import Call, Context, Race, Timer
from tests.properties.wire import Death, ModelCredential, ModelTransport, Wire
from tests.properties.world import World

ENVIRONMENT = {
    "AZURE_RESOURCE_MANAGER_URL": HOST,
    "AZURE_AUTHORITY_HOST": "https://login.example",
    "SEALING_KEYS": Fernet.generate_key().decode(),
    "EVENTS": "log",
}
_DEADLINE = 6 * 3600  # seconds in which a transition must have ended


class Stuck(AssertionError):
    """A transition does not end."""


@dataclass
class Ended:
    """A transition that has ended (`ended_at`, ISO 8601): its events on the wire, the custom status of its execution,
    the driver's log.
    """

    request_id: str
    ended_at: str
    output: dict[str, Any]
    events: list[dict[str, Any]]
    status: dict[str, Any]
    log: str


@dataclass
class Host:
    """One worker on one task hub, which serves as the driver's client of it, too."""

    world: World
    wire: Wire
    traveller: Any
    inputs: dict[str, Any] = field(default_factory=dict)
    ended: dict[str, Ended] = field(default_factory=dict)
    records: list[logging.LogRecord] = field(default_factory=list)

    def wait(self, seconds: float) -> None:
        """Let time go on, for ARM and for the driver."""
        self.world.advance(seconds)
        self.traveller.move_to(self.world.now)

    def accept(self, body: Mapping[str, Any]) -> str:
        """Accept a request as the driver's API does. Returns its requestId."""
        self.records.clear()
        request = parse(LifecycleRequest, json.dumps(body).encode())
        return asyncio.run(acceptance.accept(request, "tenant", {}, self))

    def run(self, request_id: str) -> Ended:
        """Run an accepted transition to its end."""
        context, output = Context(self.inputs[request_id], self.world, request_id), None
        until = self.world.now + _DEADLINE
        while output is None:
            context.continued = None
            output = self._run_generation(context, until)
            context.data = context.continued
        events = [json.loads(record.getMessage().partition(": ")[2]) for record in self.records if _is_event(record)]
        log = "\n".join(record.getMessage() for record in self.records if not _is_event(record))
        ended_at = context.current_utc_datetime.isoformat()
        self.ended[request_id] = Ended(request_id, ended_at, output, events, context.status, log)
        return self.ended[request_id]

    def _run_generation(self, context: Context, until: float) -> dict[str, Any] | None:
        """Run the orchestrator until it ends or continues as new; then the output is None."""
        episode = run_lifecycle(context)
        answer, error = None, None
        while self.world.now < until:
            try:
                task = episode.send(answer) if error is None else episode.throw(error)
            except StopIteration as stop:
                return dict(stop.value) if context.continued is None else None
            answer, error = None, None
            if isinstance(task, Timer):
                self.wait(max(0.0, task.fire_at.timestamp() - self.world.now))
            elif isinstance(task, Race):
                self._call(task.call)
                answer = task.timer if self.world.now > task.timer.fire_at.timestamp() else task.call
            else:
                self._call(task)
                failed = isinstance(task.result, Exception)
                answer, error = (None, task.result) if failed else (task.result, None)
        raise Stuck(f"{context.instance_id} has not ended: {context.status}")

    def _call(self, task: Call) -> None:
        """Call an activity; again if its worker died, with the same input."""
        for _ in range(task.tries):
            try:
                task.result = json.loads(json.dumps(self._take(task.name, json.loads(json.dumps(task.payload)))))
                return
            except Death:
                self.wait(2.0)
            except Exception as bug:
                task.result = bug
                return
        task.result = RuntimeError(f"Activity function '{task.name}' failed: the worker died")

    def _take(self, name: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Run the function that the app has registered as an activity of that name."""
        if name == PUBLISH:
            return publication.publish_event(payload)
        return activities.take_step(payload, self)

    # the task hub's client

    async def start_new(self, name: str, instance_id: str | None = None, client_input: Any | None = None) -> str:
        self.inputs[str(instance_id)] = json.loads(json.dumps(client_input))
        return str(instance_id)

    async def get_status(
        self,
        instance_id: str,
        show_history: bool = False,
        show_history_output: bool = False,
        show_input: bool = False,
    ) -> Any:
        ended = self.ended.get(instance_id)
        if ended is None:
            return SimpleNamespace(message="no such instance")
        return SimpleNamespace(
            instance_id=instance_id,
            runtime_status=SimpleNamespace(value="Completed"),
            output=ended.output,
            custom_status=ended.status,
            input_=self.inputs[instance_id],
        )

    async def purge_instance_history(self, instance_id: str) -> Any:
        raise NotImplementedError


def _list_instances(
    client: Host, statuses: Iterable[str] = (), prefix: str = "", **options: Any
) -> Iterator[dict[str, Any]]:
    """The instances of the task hub as its HTTP API shows them."""
    for instance_id, run_input in client.inputs.items():
        ended = client.ended.get(instance_id)
        shown = {
            "instanceId": instance_id,
            "runtimeStatus": "Completed" if ended else "Running",
            "input": run_input,
            "customStatus": ended.status if ended else None,
            "output": ended.output if ended else None,
            "createdTime": run_input["acceptedAt"],
            "lastUpdatedTime": ended.ended_at if ended else run_input["acceptedAt"],
        }
        if instance_id.startswith(prefix) and (not statuses or shown["runtimeStatus"] in statuses):
            yield shown


class _OneByOne:
    """A pool of threads that runs one call after another, so that a scenario has one course only."""

    def __init__(self, workers: int) -> None:
        """The number of threads does not matter."""

    def __enter__(self) -> "_OneByOne":
        return self

    def __exit__(self, *error: object) -> None:
        """Nothing runs any more."""

    def map(self, call: Callable[[Any], Any], values: Iterable[Any]) -> list[Any]:
        return [call(value) for value in values]


class _Log(logging.Handler):
    """Keeps what the driver logs."""

    def __init__(self, records: list[logging.LogRecord]) -> None:
        super().__init__(logging.INFO)
        self._records = records

    def emit(self, record: logging.LogRecord) -> None:
        self._records.append(record)


def _is_event(record: logging.LogRecord) -> bool:
    # A producer that another test of the process has opened may log, too.
    return record.name == "driver.events" and record.msg.startswith("event (EVENTS=log")


@contextmanager
def host(world: World) -> Iterator[Host]:
    """A host over a world."""
    logger = logging.getLogger("driver")
    with time_machine.travel(world.now, tick=False) as traveller:
        wire = Wire(Arm(world), lambda seconds: running.wait(seconds))
        running = Host(world, wire, traveller)
        handler, level = _Log(running.records), logger.level
        with (
            mock.patch.dict(os.environ, ENVIRONMENT),
            mock.patch.object(transport, "build_transport", return_value=ModelTransport(wire)),
            mock.patch.object(credentials, "build_credential", return_value=ModelCredential()),
            mock.patch.object(instances, "list_instances", _list_instances),
            mock.patch.object(calls, "ThreadPoolExecutor", _OneByOne),
            mock.patch("time.monotonic", side_effect=lambda: world.now),
        ):
            _forget()
            logger.addHandler(handler)
            logger.setLevel(logging.INFO)
            try:
                yield running
            finally:
                logger.removeHandler(handler)
                logger.setLevel(level)
        _forget()


def _forget() -> None:
    """Empty the driver's caches of settings, clients and providers, as in a new worker."""
    settings.current.cache_clear()
    for name, module in list(sys.modules.items()):
        if name.startswith("driver.azure."):
            for content in vars(module).values():
                if hasattr(content, "cache_clear") and content.__module__ == name:
                    content.cache_clear()
