"""`python -m emulators.azure start`: Entra ID and Azure Resource Manager on localhost."""

import argparse
import asyncio
import contextlib
import signal
import socket
import sys
import tempfile
from pathlib import Path

import uvicorn

from emulators.azure import tls
from emulators.azure.server import Application
from emulators.azure.wire.connections import Connection
from emulators.azure.world import state
from emulators.azure.world.cloud import Cloud
from emulators.azure.world.settings import Settings
from emulators.ports import parse_port


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    directory = options.tls_dir or Path(tempfile.mkdtemp(prefix="embedded-azure-"))
    files = tls.issue(directory)
    settings = Settings(
        provisioning_seconds=options.provisioning_seconds,
        latency_seconds=options.latency_ms / 1000,
        tenants=frozenset(name.lower() for name in options.tenant),
        subscriptions=frozenset(name.lower() for name in options.subscription),
        clients=dict(pair.split("=", 1) for pair in options.client),
    )
    cloud = Cloud(settings, state.load(options.state) if options.state else state.State())
    application = Application(cloud, options.state)
    # The protocol by name: without it asyncio leaves Nagle's algorithm on, and every answer takes 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", options.port))
    except OSError as error:
        listener.close()
        print(f"cannot listen on 127.0.0.1:{options.port}: {error.strerror}; --port gives another", file=sys.stderr)
        return 1
    listener.listen(2048)  # so that who reads the lines below can connect at once
    port = listener.getsockname()[1]
    print(f"Embedded Azure (Entra ID and Resource Manager): https://localhost:{port}")
    print(f"CA: {files.ca} (REQUESTS_CA_BUNDLE, SSL_CERT_FILE)", flush=True)
    asyncio.run(_serve(application, listener, files))
    application.save()
    return 0


async def _serve(application: Application, listener: socket.socket, files: tls.Files) -> None:
    config = uvicorn.Config(
        application,
        http=Connection,
        ws="none",
        lifespan="off",
        interface="asgi3",
        ssl_keyfile=str(files.key),
        ssl_certfile=str(files.certificate),
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,  # answers carry the time of the emulator's own clock
        proxy_headers=False,
        timeout_keep_alive=120,
        timeout_graceful_shutdown=3,
        backlog=2048,
    )
    for number in (signal.SIGTERM, signal.SIGINT):  # uvicorn raises what it has caught once more when it has stopped
        signal.signal(number, lambda *_: None)
    keeping = asyncio.create_task(application.keep())
    try:
        await uvicorn.Server(config).serve(sockets=[listener])
    finally:
        keeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await keeping


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m emulators.azure", description=__doc__)
    start = parser.add_subparsers(dest="command", required=True).add_parser("start", help="start the embedded Azure")
    start.add_argument("--port", type=parse_port, default=9443, help="0 takes a free one (default 9443)")
    start.add_argument(
        "--provisioning-seconds", type=float, default=2.0, help="time of a deployment from PUT to Succeeded (default 2)"
    )
    start.add_argument("--latency-ms", type=float, default=0.0, help="added to each ARM call")
    start.add_argument("--state", type=Path, help="file that keeps the state over a restart")
    start.add_argument("--tls-dir", type=Path, help="directory that keeps ca.pem and the server's certificate")
    start.add_argument("--tenant", action="append", default=[], help="known tenant, repeatable (default: any)")
    start.add_argument(
        "--subscription", action="append", default=[], help="known subscription, repeatable (default: any)"
    )
    start.add_argument(
        "--client", action="append", default=[], metavar="ID=SECRET", help="known client, repeatable (default: any)"
    )
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
