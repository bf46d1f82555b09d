"""A driver with made-up executions: its console, list, executions and health, as a small server of the tests."""

import json
import threading
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID, uuid5

from driver import console, openapi
from driver.models.answers import Execution

SPACE = UUID("6f1f0a52-5a52-4d0e-9d3e-0a3f1d1b9c11")  # of the made-up ids
LIST = "/api/driver/lifecycle/executions"
STATUSES = ("IN_PROGRESS", "COMPLETE", "FAILED")


@dataclass
class World:
    """`executions` by requestId. While `is_away` every answer but the page is a 503; while there is a `sign_in` it is
    HTML with that status, as a proxy sends it. `asked` are the calls so far.
    """

    executions: dict[str, dict[str, Any]] = field(default_factory=dict)
    vitals: dict[str, dict[str, str]] = field(
        default_factory=lambda: {"app": {"status": "OK"}, "kafka": {"status": "OK"}}
    )
    prefix: str = ""
    is_away: bool = False
    sign_in: int = 0
    asked: list[str] = field(default_factory=list)

    def add(self, number: int, name: str = "", **fields: Any) -> dict[str, Any]:
        """Add an execution, accepted `number` seconds ago, in the form that the API documents."""
        made = make_execution(number, name, **fields)
        self.executions[made["requestId"]] = made
        return made

    def answer(self, path: str, query: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        """The status and the body of an answer."""
        self.asked.append(path)
        if self.is_away:
            return 503, {"localizedMessage": "the task hub does not answer (TimeoutError)", "status": 503}
        if path == "/management/health":
            return 200, {"vitals": self.vitals}
        if path == LIST:
            return 200, self.list(query)
        found = self.executions.get(path.removeprefix(f"{LIST}/"))
        return (200, found) if found else (404, {"localizedMessage": "no execution with requestId", "status": 404})

    def list(self, query: Mapping[str, str]) -> dict[str, Any]:
        """A page of the list. As in the task hub, the order of the pages is that of the requestIds."""
        since = query.get("since", "")
        order = sorted(self.executions)
        later = (self.executions[one] for one in order[bisect_right(order, query.get("continuation", "")) :])
        chosen = (
            one
            for one in later
            if query.get("status", one["status"]) == one["status"]
            and query.get("type", one["resource"]["type"]) == one["resource"]["type"]
            and query.get("location", one["deploymentLocation"]) == one["deploymentLocation"]
            and query.get("resource", one["resource"]["id"]) == one["resource"]["id"]
            and (not since or datetime.fromisoformat(one["acceptedAt"]) >= datetime.fromisoformat(since))
        )
        limit = int(query["limit"])
        page = [*islice(chosen, limit + 1)]
        return {"executions": page[:limit], "continuation": page[limit - 1]["requestId"] if page[limit:] else None}


def make_execution(number: int, name: str = "", **fields: Any) -> dict[str, Any]:
    """An execution that was accepted `number` seconds ago and runs, but for what `fields` say."""
    accepted = datetime.now(UTC) - timedelta(seconds=number)
    resource_type = "resource::AzureVNet::1.0" if number % 2 else "resource::AzureVM::1.0"
    given = {
        "request_id": str(uuid5(SPACE, f"request {number} {name}")),
        "status": "IN_PROGRESS",
        "resource": {
            "id": str(uuid5(SPACE, f"resource {number}")),
            "name": name or f"vnet-{number}",
            "type": resource_type,
        },
        "transition": "Create",
        "deployment_location": "azure-we" if number % 3 else "azure-ne",
        "tenant_id": "tenant-1",
        "accepted_at": accepted.isoformat(),
        "deadline": (accepted + timedelta(minutes=14)).isoformat(),
        "ended_at": None,
        "step": "watch_deployment",
        "attempt": 0,
        "event": None,
        "failure_details": None,
    }
    if fields.get("status", "IN_PROGRESS") != "IN_PROGRESS":
        given |= {"step": None, "attempt": None, "ended_at": (accepted + timedelta(seconds=number / 2)).isoformat()}
    return Execution.model_validate(given | fields).model_dump(mode="json", by_alias=True)


def fail(code: str, description: str) -> dict[str, Any]:
    """The fields of an execution that has failed."""
    return {"status": "FAILED", "failure_details": {"failure_code": code, "description": description}}


@contextmanager
def serve(world: World) -> Iterator[str]:
    """A server of a world; the URL of its console."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            if not url.path.startswith(f"{world.prefix}/"):
                self._send(404, "", "text/plain", {})
                return
            path = url.path.removeprefix(world.prefix)
            if path == "/console":
                policy = {"Content-Security-Policy": console.build_policy()}
                self._send(200, console.build_page(), "text/html; charset=utf-8", openapi.SECURITY_HEADERS | policy)
                return
            if world.sign_in:
                headers = {"Location": "https://login.example/"} if world.sign_in == 302 else {}
                self._send(world.sign_in, "<html>Sign in</html>", "text/html", headers)
                return
            status, body = world.answer(path, dict(parse_qsl(url.query)))
            self._send(status, json.dumps(body), "application/json", openapi.SECURITY_HEADERS)

        def _send(self, status: int, content: str, kind: str, headers: Mapping[str, str]) -> None:
            self.send_response(status)
            for name, value in {"Content-Type": kind, **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content.encode())

        def log_message(self, *arguments: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}{world.prefix}/console"
        finally:
            server.shutdown()
            thread.join()
