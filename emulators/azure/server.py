"""The ASGI application: reads a request, lets faults and latency have their say, writes the answer."""

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from email.utils import formatdate
from pathlib import Path
from typing import Any

from emulators.azure import agenda, arm, control
from emulators.azure.faults import answers
from emulators.azure.faults.scripts import CALLS, Fault
from emulators.azure.identity import entra
from emulators.azure.resources import operations
from emulators.azure.wire.connections import abort
from emulators.azure.wire.errors import Refusal
from emulators.azure.wire.messages import Request, Response, clean_path, refused
from emulators.azure.world import state
from emulators.azure.world.clock import now
from emulators.azure.world.cloud import Cloud

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
_TICK = 0.05
_SAVING = 0.05  # the share of the time that saving may take


class Application:
    """ASGI application over one cloud."""

    def __init__(self, cloud: Cloud, file: Path | None = None) -> None:
        self.cloud = cloud
        self._file = file
        self._saved = cloud.state.changes
        self._rest_until = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = await _read(scope, receive)
        answer = await self._answer(request)
        if answer is None:
            abort(scope)
            return
        await _write(answer, send)

    async def _answer(self, request: Request) -> Response | None:
        """None: the connection shall break."""
        if request.lowered[:1] == ("emulator",):
            return control.handle(self.cloud, request)
        host = "entra" if entra.serves(request) else "arm"
        if host == "arm":
            self.cloud.counters.arm_call(request.method)
            if self.cloud.settings.latency_seconds:
                await asyncio.sleep(self.cloud.settings.latency_seconds)
        fault = self.cloud.faults.strike(CALLS, request.method, request.path, host=host, query=request.raw_query)
        if fault is not None and fault.kind == "delay":
            await asyncio.sleep(1.0 if fault.seconds is None else fault.seconds)
        if fault is not None and not _carries_out(fault):
            answer = answers.answer_instead(fault, request.method, request.path)
            if answer is not None and host == "arm" and fault.kind in ("error", "throttle"):
                answer = arm.add_headers(self.cloud, request, answer)
        else:
            true = self._true_answer(request, host)
            answer = true if fault is None else answers.change_answer(fault, true)
        status = answer.status if answer is not None else 0
        if host == "arm":
            self.cloud.counters.answered(request.method, status)
        self.cloud.counters.note(now(), host, request.method, request.path, status)
        self.cloud.faults.note_answer(request.method, request.path, status)
        return answer

    def _true_answer(self, request: Request, host: str) -> Response:
        """The answer to a call that is carried out; a fault may have its way with the operation that it begins."""
        if host == "entra":
            try:
                return entra.handle(self.cloud, request)
            except Refusal as error:
                return refused(error)
        agenda.advance(self.cloud)
        self.cloud.begun = None
        answer = arm.handle(self.cloud, request)
        if self.cloud.begun is not None:
            fault = self.cloud.faults.strike(("operation",), request.method, request.path, query=request.raw_query)
            if fault is not None:
                operations.spoil(self.cloud, self.cloud.begun, fault)
        if request.method != "GET":
            self.cloud.state.changes += 1
        return answer

    async def keep(self) -> None:
        """Let time go on between requests, and save what has changed."""
        while True:
            await asyncio.sleep(_TICK)
            agenda.advance(self.cloud)
            if time.monotonic() >= self._rest_until:
                self.save()

    def save(self) -> None:
        if self._file is not None and self._saved != self.cloud.state.changes:
            begun = time.monotonic()
            state.save(self.cloud.state, self._file)
            self._saved = self.cloud.state.changes
            self._rest_until = begun + (time.monotonic() - begun) / _SAVING


def _carries_out(fault: Fault) -> bool:
    return fault.carry_out or fault.kind in ("cut", "delay")


async def _read(scope: Scope, receive: Receive) -> Request:
    content = b""
    while True:
        message = await receive()
        content += message.get("body", b"")
        if not message.get("more_body"):
            break
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    return Request(
        scope["method"],
        clean_path(scope["raw_path"].decode("ascii")),
        scope["query_string"].decode("ascii"),
        headers,
        content,
        headers.get("host", "localhost"),
    )


async def _write(answer: Response, send: Send) -> None:
    content = answer.content()
    given = {"date": formatdate(now(), usegmt=True), **answer.headers}
    headers = [(name.encode(), value.encode("latin-1", "replace")) for name, value in given.items()]
    if content:
        headers.append((b"content-type", answer.content_type.encode()))
    if answer.status != 204:
        headers.append((b"content-length", str(len(content)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
