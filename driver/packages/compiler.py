"""The Bicep CLI as a process, `bicep jsonrpc`: isolated, with an empty environment, without network, and with limits of
time and memory.
"""

import json
import os
import subprocess
import tempfile
import threading
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO, Any

from driver.errors import InvalidRequest, NotReady

SECONDS = 60  # by the clock; half of it would do on a machine that has nothing else to do
MEMORY = 512 * 1024 * 1024
_NICENESS = 5
LARGEST_ANSWER = 16 * 1024 * 1024  # bytes; ARM takes templates of 4 MB


def call_compiler(
    bicep: str, folder: Path, calls: list[tuple[str, dict[str, Any]]], entry: str
) -> list[dict[str, Any]]:
    """The results of the calls, which are made to one compiler process in that folder. Raises InvalidRequest, naming
    the `entry`, if it is over a limit, NotReady if it cannot be started.
    """
    environment = {
        "HOME": str(folder),
        "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1",
        "DOTNET_GCHeapHardLimit": hex(MEMORY),
        "DOTNET_BUNDLE_EXTRACT_BASE_DIR": _make_library_folder().name,
        "DOTNET_CLI_TELEMETRY_OPTOUT": "1",
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "HTTP_PROXY": "http://127.0.0.1:9",
    }
    try:
        process = subprocess.Popen(
            [bicep, "jsonrpc", "--stdio"],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except OSError as error:
        raise NotReady(f"the Bicep CLI that BICEP_PATH names cannot be run: {error}") from error
    _lower_priority(process.pid)
    timer = threading.Timer(SECONDS, process.kill)
    timer.start()
    try:
        with process:
            if process.stdin is None or process.stdout is None:
                raise RuntimeError("a process without pipes")
            try:
                results = [
                    _call_method(process.stdin, process.stdout, number, *call) for number, call in enumerate(calls)
                ]
            finally:
                process.kill()
    except OverflowError as error:
        raise InvalidRequest(f"{entry}: the compiled template is larger than {LARGEST_ANSWER} bytes") from error
    except (BrokenPipeError, EOFError) as error:
        raise InvalidRequest(f"{entry}: the Bicep compiler gave up or took more than {SECONDS} seconds") from error
    finally:
        timer.cancel()
    return results


def _lower_priority(pid: int) -> None:
    """Give the compiler a lower priority than this process, which answers requests and runs steps."""
    with suppress(OSError):  # it has ended since
        os.setpriority(os.PRIO_PROCESS, pid, _NICENESS)


def _call_method(
    stdin: IO[bytes], stdout: IO[bytes], number: int, method: str, parameters: dict[str, Any]
) -> dict[str, Any]:
    body = json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": parameters}).encode()
    stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    stdin.flush()
    while True:
        length = 0
        while line := stdout.readline().strip():
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        if not length:
            raise EOFError
        if length > LARGEST_ANSWER:
            raise OverflowError
        content = stdout.read(length)
        if len(content) < length:
            raise EOFError
        message = json.loads(content)
        if message.get("id") == number:
            result: dict[str, Any] = message.get("result") or {}
            return result


@cache
def _make_library_folder() -> "tempfile.TemporaryDirectory[str]":
    """The folder where the compiler unpacks its libraries. Unpacking takes long, so this process keeps the folder."""
    return tempfile.TemporaryDirectory(prefix="bicep-libraries-")
