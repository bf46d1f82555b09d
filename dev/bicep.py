"""The Bicep compiler as one long-lived process: `bicep jsonrpc --stdio` (each start costs a second or two)."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class BicepError(Exception):
    """The compiler is missing, or it refused a file; the text says which and why."""


@dataclass(frozen=True)
class Compilation:
    """What the compiler made of a file: `content` is the ARM template, `diagnostics` are lines for people."""

    content: str
    diagnostics: tuple[str, ...]


class Bicep:
    """A running compiler. Its messages are JSON-RPC 2.0 with Content-Length headers, one at a time."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._id = 0

    def version(self) -> str:
        return str(self._call("version")["version"])

    def compile(self, path: Path) -> Compilation:
        """Compiles a .bicep file by the bicepconfig.json that is nearest to it."""
        result = self._call("compile", path=str(path))
        return Compilation(result.get("contents", ""), tuple(_diagnostic(one) for one in result["diagnostics"]))

    def parameters(self, path: Path) -> dict[str, Any]:
        """The values of a .bicepparam file. Raises BicepError if it does not fit its template."""
        result = self._call("compileParams", path=str(path), parameterOverrides={})
        if result["diagnostics"] or not result["success"]:
            raise BicepError("\n".join(_diagnostic(one) for one in result["diagnostics"]))
        return {name: given["value"] for name, given in json.loads(result["parameters"])["parameters"].items()}

    def format(self, path: Path) -> str:
        return str(self._call("format", path=str(path))["contents"])

    def snapshot(self, path: Path, subscription: str, resource_group: str | None, location: str) -> dict[str, Any]:
        """What the deployments engine predicts for a .bicepparam file: predictedResources, diagnostics and outputs."""
        metadata = {
            "tenantId": None,
            "subscriptionId": subscription,
            "resourceGroup": resource_group,
            "location": location,
            "deploymentName": None,
        }
        result = self._call("getSnapshot", path=str(path), metadata=metadata, externalInputs=None)
        snapshot: dict[str, Any] = json.loads(result["snapshot"])
        return snapshot

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._id += 1
        message = {"jsonrpc": "2.0", "id": self._id, "method": f"bicep/{method}", "params": parameters}
        body = json.dumps(message).encode()
        to, back = self._process.stdin, self._process.stdout
        if to is None or back is None:
            raise BicepError("the Bicep compiler was started without pipes")
        to.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        to.flush()
        length = 0
        while header := back.readline().strip():
            name, _, value = header.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        if not length:
            raise BicepError(f"the Bicep compiler ended during '{method}'")
        answer = json.loads(back.read(length))
        if "error" in answer:
            raise BicepError(f"{method} {parameters.get('path', '')}: {answer['error'].get('message')}")
        result: dict[str, Any] = answer["result"]
        return result


def executable() -> str | None:
    """The compiler: the file BICEP_PATH names, else `bicep` on the PATH, else None."""
    return os.environ.get("BICEP_PATH") or shutil.which("bicep")


@contextmanager
def started() -> Iterator[Bicep]:
    """A compiler that runs for the length of the block. Raises BicepError if there is none."""
    command = executable()
    if command is None:
        raise BicepError("no Bicep compiler: BICEP_PATH names none and the PATH has no `bicep` (az bicep install)")
    # Without ICU, .NET refuses to start unless it is told to do without; templates hold no culture-dependent text.
    environment = {**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}
    command_line = [command, "jsonrpc", "--stdio"]
    # At the end its input is closed, by which it ends: a signal would race with its own shutting down.
    with subprocess.Popen(command_line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as process:
        yield Bicep(process)


def _diagnostic(reported: dict[str, Any]) -> str:
    start = reported["range"]["start"]
    return f"{reported['source']}:{start['line'] + 1}: {reported['level']} {reported['code']}: {reported['message']}"
