"""The running host: its two servers, the engine and the timers, from start to graceful stop."""

import asyncio
import gc
import logging
import os
import secrets
import signal
import socket
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from emulators.functions_host.bindings import Caller, durable_client
from emulators.functions_host.console import say, warn
from emulators.functions_host.engine import Engine
from emulators.functions_host.functions import App
from emulators.functions_host.routes import compile_routes
from emulators.functions_host.schedules import parse_schedule, run_timers
from emulators.functions_host.server import WebServer, make_rpc_server
from emulators.functions_host.settings import HostError, HostSettings
from emulators.functions_host.store import Store
from emulators.functions_host.webhooks import Webhooks

ADDRESS = "127.0.0.1"
REQUEST_GRACE_SECONDS = 10
ACTIVITY_GRACE_SECONDS = 5
# Orchestrations are replayed from JSON again and again: that makes many objects and no cycles. With Python's default
# (700) the collector goes through them, and through all modules of app and SDK, very often.
GC_THRESHOLD = 50_000


@dataclass(frozen=True)
class Listener:
    """Where the host listens; HTTPS where a certificate is given."""

    port: int
    certificate: Path | None = None
    private_key: Path | None = None

    @property
    def origin(self) -> str:
        """The origin of the host's URLs."""
        return f"{'https' if self.certificate else 'http'}://localhost:{self.port}"


class _Server(uvicorn.Server):
    """A server that leaves the signals to the host, which has two of them to stop, in order."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _listen(port: int) -> socket.socket:
    # With the protocol named, asyncio turns Nagle's algorithm off, which would hold every answer for 40 ms.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((ADDRESS, port))
        listening.listen(1024)
    except OSError as error:
        raise HostError(f"cannot listen on {ADDRESS}:{port}: {error.strerror}; choose another --port") from error
    return listening


def _server(app: ASGIApp, listener: Listener) -> _Server:
    try:
        config = uvicorn.Config(
            app,
            lifespan="off",
            ws="none",
            access_log=False,
            log_config=None,
            log_level="warning",
            proxy_headers=False,
            timeout_graceful_shutdown=REQUEST_GRACE_SECONDS,
            ssl_certfile=listener.certificate,
            ssl_keyfile=listener.private_key,
        )
        config.load()
    except OSError as error:  # ssl.SSLError is one
        raise HostError(f"certificate {listener.certificate} or its key cannot be used: {error}") from error
    return _Server(config)


def announce(app: App, settings: HostSettings, listener: Listener) -> None:
    """List the functions with their methods and URLs, as `func start` does."""
    say("\nFunctions:\n")
    for route in sorted(app.http, key=lambda function: function.name):
        path = "/".join(part for part in (settings.route_prefix, route.route.strip("/")) if part)
        methods = f"[{','.join(sorted(route.methods))}] " if route.methods else ""
        say(f"\t{route.name}: {methods}{listener.origin}/{path}\n")
    kinds = (
        ("orchestrationTrigger", app.orchestrators.values()),
        ("activityTrigger", app.activities.values()),
        ("timerTrigger", app.timers),
    )
    for kind, functions in kinds:
        for function in sorted(functions, key=lambda function: function.name):
            say(f"\t{function.name}: {kind}\n")


def _host_key(store: Store) -> str:
    """The hub's one key: for functions above anonymous and for the webhooks."""
    key = store.fact("key")
    if key is None:
        key = secrets.token_urlsafe(32)
        with store.transaction():
            store.remember("key", key)
    return key


async def _close_client_session() -> None:
    """Close the connections of the SDK's Durable client, which has no hook for the end of a worker."""
    from azure.durable_functions.models.utils import http_utils  # reads host.json when it is imported

    await http_utils._close_session()


async def serve(app: App, settings: HostSettings, listener: Listener, store: Store) -> None:
    """Run the host until SIGTERM or SIGINT. Raises HostError where it cannot start."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD, 50, 50)
    routes = compile_routes(app.http, settings.route_prefix)
    for function in app.timers:
        parse_schedule(function)
    listening, rpc_listening = _listen(listener.port), _listen(0)
    listener = replace(listener, port=listening.getsockname()[1])  # of port 0 the one that the system has chosen
    rpc_port = rpc_listening.getsockname()[1]
    key = _host_key(store)
    threads = ThreadPoolExecutor(settings.thread_count, thread_name_prefix="function")
    caller = Caller(threads, durable_client(listener.origin, f"http://{ADDRESS}:{rpc_port}", settings.hub_name, key))
    limit = settings.max_concurrent_activities
    engine = Engine(app, store, caller.call_activity, limit, settings.default_version)
    webhooks = Webhooks(store, engine, settings.hub_name, key)
    worker = f"{ADDRESS}:{listener.port}"
    timers = {function.name: function for function in app.timers}
    answered = (settings.has_home_page, engine.counters, settings.custom_headers, timers)
    web = _server(WebServer(routes, caller, webhooks, worker, key, *answered), listener)
    rpc = _server(make_rpc_server(webhooks), Listener(rpc_port))

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    serving = asyncio.create_task(web.serve([listening]))
    serving_rpc = asyncio.create_task(rpc.serve([rpc_listening]))
    working = asyncio.create_task(engine.run())
    timing = asyncio.create_task(run_timers(app.timers, caller, store))
    stopped = asyncio.create_task(stop.wait())
    announce(app, settings, listener)
    say(f"Durable management API: {listener.origin}/runtime/webhooks/durabletask/instances?code={key}\n")

    watched = {serving, serving_rpc, working, stopped, *([timing] if app.timers else [])}
    ended, _ = await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
    for task in ended - {stopped}:
        task.result()  # none of them ends by itself but by an error
    web.should_exit = True
    await serving
    timing.cancel()
    left = await engine.stop(ACTIVITY_GRACE_SECONDS)
    await working
    await _close_client_session()
    rpc.should_exit = True
    await serving_rpc
    store.close()
    threads.shutdown(wait=False, cancel_futures=True)
    if left:
        warn(f"stopped while activities were running; they run again at the next start: {', '.join(left)}")
        sys.stdout.flush()
        os._exit(0)  # their threads cannot be stopped in any other way


def prepare_logging() -> None:
    """Show what the app logs from INFO on, as the worker does: the bare message, whose form is the app's affair."""
    logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(message)s")
