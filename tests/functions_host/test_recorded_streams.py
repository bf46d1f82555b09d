"""Every recorded request to HTTP streams functions, sent to the same app on the local host."""

import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.functions_host.process import Host
from tests.functions_host.recordings import APPS, normal, parsed, paths, read, report
from tests.support.shared import needs_shared

pytestmark = needs_shared

MISSES = {
    "h27_bad_chunk": "uvicorn refuses a malformed chunk with 400 before the app sees it",
    "h28_client_cut": "uvicorn closes the connection where a client ends its half of it too early",
}
# The request bodies that the recordings leave out, in the form in which they were sent.
CHUNKS = {"h02_chunked": [b'{"chunked":', b' "whole"}\n'], "h14_start_chunked": [b'{"k"', b":1}"]}
# What http.client and the recording's client differ in, and what is of the machine.
VARYING = {"host", "user-agent", "accept-encoding", "x-ms-invocation-id", "x-forwarded-host", "date", "server", "pid"}


@pytest.fixture
def host(make_host: Callable[..., Host], tmp_path: Path) -> Host:
    for path in (APPS / "streams").iterdir():
        shutil.copy(path, tmp_path)
    return make_host(tmp_path).start()


def body_of(case: str, request: dict[str, Any]) -> bytes | Iterator[bytes] | None:
    if request["chunked"]:
        return iter(CHUNKS[case])
    if request["body"] is None:
        return b"x" * request["body_bytes"] if request["body_bytes"] else None
    return str(request["body"]).encode()


def seen(body: str) -> Any:
    """A body that can be compared: the echoed request as a set of headers, without what is of the run."""
    content = normal(parsed(body))
    if isinstance(content, dict) and isinstance(content.get("headers"), list):
        content = {key: value for key, value in content.items() if key not in VARYING}
        content["headers"] = sorted((name, value) for name, value in content["headers"] if name not in VARYING)
    if isinstance(content, dict) and isinstance(content.get("output"), dict):
        content["output"].pop("pid")
    if isinstance(content, dict) and "text" in content:
        content["text"] = content["text"].replace("Pending", "Running")  # which it is depends on the time
    if isinstance(content, str) and content.startswith("<!DOCTYPE html>"):
        return "<!DOCTYPE html>"
    return content


def headers_of(headers: list[Any]) -> list[tuple[str, str]]:
    """The headers that matter; a length only where the body does not vary with the machine."""
    kept = [(name.lower(), value) for name, value in headers]
    return sorted((n, v) for n, v in kept if n not in {*VARYING, "content-length", "connection", "keep-alive"})


def sent(host: Host, case: str, request: dict[str, Any]) -> dict[str, Any]:
    """The answer to a recorded request in the form of a recorded answer."""
    try:
        answer = host.ask(request["method"], request["path"], body_of(case, request), request["headers"])
    except (BrokenPipeError, ConnectionResetError):
        return {"status": "BrokenPipeError", "headers": [], "body": "[Errno 32] Broken pipe"}
    return {"status": answer.status, "headers": answer.headers, "body": answer.body}


def fault(host: Host, case: str, recording: dict[str, Any]) -> str | None:
    if "raw_request" in recording:
        first_line = exchanged(host, recording["raw_request"]).partition("\r\n")[0]
        expected = recording["raw_response"].partition("\r\n")[0]
        return None if first_line == expected else f"{first_line!r} instead of {expected!r}"
    got, expected = sent(host, case, recording["request"]), recording["response"]
    for name, part in (("status", lambda x: x), ("headers", headers_of), ("body", seen)):
        if part(got[name]) != part(expected[name]):
            return f"{name} {part(got[name])} instead of {part(expected[name])}"
    return None


def exchanged(host: Host, request: str) -> str:
    with socket.create_connection(("127.0.0.1", host.port), timeout=5) as connection:
        connection.sendall(request.encode())
        connection.shutdown(socket.SHUT_WR)
        return connection.makefile("rb").read().decode()


def test_recorded_streams(host: Host) -> None:
    """Status, headers and body are those of the real host; the answers about orchestrations too."""
    failed = {}
    cases = {path.stem: read(path) for path in paths("streams")}
    for case, recording in cases.items():
        if case == "h15_status":
            host.ended("v-1")
        if why := fault(host, case, recording):
            failed[case] = why
    report("HTTP streams", cases, failed, MISSES)
