"""Command line: `python -m emulators.functions_host start`, in the folder of function_app.py."""

import argparse
import asyncio
import os
import sys
from pathlib import Path

from emulators.functions_host.console import say
from emulators.functions_host.cores import bind_to_core
from emulators.functions_host.functions import load
from emulators.functions_host.host import Listener, prepare_logging, serve
from emulators.functions_host.settings import HostError, apply_local_settings, provide_sealing_keys, read_host_settings
from emulators.functions_host.store import Store
from emulators.ports import parse_port


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m emulators.functions_host", description="A local Functions host.")
    start = parser.add_subparsers(required=True, metavar="start").add_parser("start", help="start the host")
    start.add_argument("--port", type=parse_port, default=7071, help="0 takes a free one (default 7071)")
    start.add_argument("--cert", type=Path, help="certificate chain (PEM): serve HTTPS")
    start.add_argument("--key", type=Path, help="private key of --cert (PEM)")
    start.add_argument("--task-hub", type=Path, help="SQLite file; default: .functions_host/<hubName>.sqlite3")
    parsed = parser.parse_args(arguments)
    if (parsed.cert is None) != (parsed.key is None):
        parser.error("--cert and --key go together")
    return parsed


def main(arguments: list[str] | None = None) -> int:
    """Run the host until it is stopped; the exit code is 1 where it cannot start."""
    options = _arguments(arguments)
    folder = Path.cwd()
    try:
        apply_local_settings(folder, os.environ)
        settings = read_host_settings(folder, os.environ)
        hub = options.task_hub or folder / ".functions_host" / f"{settings.hub_name}.sqlite3"
        store = Store(hub)
        say(f"Task hub: {hub}")
        provide_sealing_keys(hub, os.environ)
        prepare_logging()
        app = load(folder, os.environ)
        if settings.stays_on_core:
            bind_to_core()  # not before: by now the system has found a core with room
        asyncio.run(serve(app, settings, Listener(options.port, options.cert, options.key), store))
    except HostError as error:
        print(*(f"error: {fault}" for fault in error.args), sep="\n", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
