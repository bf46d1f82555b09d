"""The host's HTTP side: HTTP functions as HTTP streams run them, the webhooks, the admin and home pages."""

import asyncio
import secrets
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qs
from uuid import uuid4

from fastapi.encoders import jsonable_encoder
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emulators.functions_host.bindings import RPC_PATH, WEBHOOK_PATH, Caller
from emulators.functions_host.console import warn
from emulators.functions_host.counters import Counters
from emulators.functions_host.functions import HttpFunction, TimerFunction
from emulators.functions_host.routes import Route, decode_path, find
from emulators.functions_host.schedules import call_timer
from emulators.functions_host.webhooks import Webhooks

ADMIN_PATH = "/admin/functions/"  # a POST with the host's key runs a timer function now
COUNTERS_PATH = "/emulator/counters"  # the local host's own, and like all of its ports on loopback only
BODY_LIMIT = 104_857_600
HEADERS_LIMIT, MOST_HEADERS = 32_768, 100  # bytes and number: Kestrel's defaults (KestrelServerLimits)
HOME_PAGE = "<!DOCTYPE html><html><head><title>Your Azure Function App is up and running.</title></head></html>"
HOP_BY_HOP = {b"connection", b"keep-alive"}


class _BodyTooLarge(Exception):
    """The request's body is over the limit."""


def has_key(scope: Scope, key: str) -> bool:
    """Whether the request carries the host's key, as x-functions-key or else as `code`."""
    header = Headers(scope=scope).get("x-functions-key", "")
    codes = parse_qs(scope["query_string"].decode("latin1")).get("code", [])
    return any(secrets.compare_digest(given.encode(), key.encode()) for given in [header, *codes[:1]])


def _streams_scope(scope: Scope, worker: str, path: str, parameters: dict[str, str]) -> Scope:
    """The request as the host's proxy hands it to the worker, whose address is the Host; the caller's is forwarded."""
    headers: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        if name not in HOP_BY_HOP:
            headers[name] = headers[name] + b", " + value if name in headers else value
    client = scope["client"]
    forwarded = {
        b"x-ms-invocation-id": str(uuid4()).encode(),
        b"x-forwarded-for": (client[0] if client else "127.0.0.1").encode(),
        b"x-forwarded-host": headers.get(b"host", b""),
        b"x-forwarded-proto": scope["scheme"].encode(),
    }
    host, port = worker.split(":")
    changed = {"scheme": "http", "server": (host, int(port)), "client": None, "path": path, "path_params": parameters}
    return {**scope, **changed, "headers": list((headers | {b"host": worker.encode()} | forwarded).items())}


def _adding(send: Send, headers: Mapping[str, str]) -> Send:
    """Add host.json's customHeaders to an answer, where it has none of that name."""

    async def send_more(message: Message) -> None:
        if message["type"] == "http.response.start":
            given = MutableHeaders(raw=message["headers"])
            for name, value in headers.items():
                given.setdefault(name, value)
        await send(message)

    return send_more


def _limited(receive: Receive) -> Receive:
    received = 0

    async def receive_limited() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > BODY_LIMIT:
            raise _BodyTooLarge
        return message

    return receive_limited


@dataclass(frozen=True)
class WebServer:
    """The ASGI app of the host's own port. `worker` is the address that functions see as theirs, `host:port`."""

    routes: Sequence[Route]
    caller: Caller
    webhooks: Webhooks
    worker: str
    key: str
    has_home_page: bool
    counters: Counters
    custom_headers: Mapping[str, str]
    timers: Mapping[str, TimerFunction]
    running: set[asyncio.Task[None]] = field(default_factory=set)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path = decode_path(scope["raw_path"].decode("latin1"))
        size = sum(len(name) + len(value) + 4 for name, value in scope["headers"])
        if size > HEADERS_LIMIT or len(scope["headers"]) > MOST_HEADERS:
            response = Response(status_code=431, headers={"Connection": "close"})
        elif path.lower().startswith(WEBHOOK_PATH):
            response = await self._call_webhook(Request(scope, receive), path[len(WEBHOOK_PATH) :])
        elif path.lower() == "/admin/host/ping":
            response = Response()
        elif path.lower().startswith(ADMIN_PATH) and scope["method"] == "POST":
            response = self._run_timer(scope, path[len(ADMIN_PATH) :])
        elif path == COUNTERS_PATH:
            response = JSONResponse(self.counters.as_json())
        elif found := find(self.routes, scope["method"], path):
            function, parameters = found
            scope = _streams_scope(scope, self.worker, path, parameters)
            response = await self._call_function(function, scope, receive)
        elif path == "/":
            response = (
                Response(HOME_PAGE, headers={"Content-Type": "text/html"})
                if self.has_home_page
                else Response(status_code=204)
            )
        else:
            response = Response(status_code=404)
        await response(scope, receive, _adding(send, self.custom_headers))

    def _run_timer(self, scope: Scope, name: str) -> Response:
        function = self.timers.get(name)
        if not has_key(scope, self.key):
            return Response(status_code=401)
        if function is None:
            return Response(status_code=404)
        task = asyncio.create_task(call_timer(function, self.caller))
        self.running.add(task)
        task.add_done_callback(self.running.discard)
        return Response(status_code=202)

    async def _call_webhook(self, request: Request, path: str) -> Response:
        if has_key(request.scope, self.key):
            return await self.webhooks.answer(request, path)
        return Response(status_code=401, headers={"WWW-Authenticate": "Bearer"})

    async def _call_function(self, function: HttpFunction, scope: Scope, receive: Receive) -> Response:
        if function.auth_level != "anonymous" and not has_key(scope, self.key):
            return Response(status_code=401)
        try:
            if int(Headers(scope=scope).get("content-length", "0")) > BODY_LIMIT:
                raise _BodyTooLarge
            result = await self.caller.call(function, Request(scope, _limited(receive)))
            if result is None:
                raise TypeError(f"HTTP function {function.name!r} returned None")
            return result if isinstance(result, Response) else JSONResponse(jsonable_encoder(result))
        except _BodyTooLarge:
            return Response(status_code=413, headers={"Connection": "close"})
        except Exception:
            warn(f"HTTP function {function.name!r} failed:\n{traceback.format_exc()}")
            return PlainTextResponse("Internal Server Error", 500)


def make_rpc_server(webhooks: Webhooks) -> ASGIApp:
    """The ASGI app of the loopback port that the SDK's Durable client calls: the webhooks without a key."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        path = decode_path(scope["raw_path"].decode("latin1"))
        if path.startswith(RPC_PATH + "/"):
            response = await webhooks.answer(Request(scope, receive), path[len(RPC_PATH) :])
        else:
            response = Response(status_code=404)
        await response(scope, receive, send)

    return serve
