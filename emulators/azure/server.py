"""The ASGI application: reads a request, lets faults and latency have their say, writes the answer."""

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

from emulators.azure import agenda, arm, control
from emulators.azure.faults import faults
from emulators.azure.identity import entra
from emulators.azure.wire.connections import abort
from emulators.azure.wire.messages import Request, Response, clean_path, refused
from emulators.azure.world import state
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
        identity = entra.handle(self.cloud, request)
        if identity is not None:
            return identity
        self.cloud.counters.arm_call(request.method)
        if self.cloud.settings.latency_seconds:
            await asyncio.sleep(self.cloud.settings.latency_seconds)
        fault = self.cloud.faults.strike(("throttle", "error", "drop", "delay"), request.method, request.path)
        if fault is not None and fault.kind == "delay":
            await asyncio.sleep(fault.seconds)
        elif fault is not None and not (fault.kind == "drop" and fault.after):
            broken = None if fault.kind == "drop" else faults.answer(fault, request.method, request.path)
            self.cloud.counters.answered(broken.status if broken else 0)
            return refused(broken) if broken else None
        agenda.advance(self.cloud)
        answer = arm.handle(self.cloud, request)
        if request.method != "GET":
            self.cloud.state.changes += 1
        self.cloud.counters.answered(answer.status)
        return None if fault is not None and fault.kind == "drop" else answer

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
    headers = [(name.encode(), value.encode("latin-1", "replace")) for name, value in answer.headers.items()]
    if content:
        headers.append((b"content-type", answer.content_type.encode()))
    if answer.status != 204:
        headers.append((b"content-length", str(len(content)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
