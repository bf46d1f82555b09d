"""A task hub in memory: as much of the Durable client as the API uses, with the SDK's own status objects."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from azure.durable_functions.models.DurableOrchestrationStatus import DurableOrchestrationStatus


@dataclass
class TaskHub:
    """Instances by id, as the management API gives them. `failure` is raised by the next starts, and the instance
    `unpurgeable` cannot be purged. `asked` are the queries of lists.
    """

    instances: dict[str, dict[str, Any]] = field(default_factory=dict)
    started: list[tuple[str, str, Any]] = field(default_factory=list)
    purged: list[str] = field(default_factory=list)
    raised: list[tuple[str, str]] = field(default_factory=list)
    failure: Exception | None = None
    unpurgeable: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)
    server: ThreadingHTTPServer | None = None

    def put(self, instance_id: str, status: str, output: Any = None, data: Any = None, custom: Any = None) -> None:
        """Put an instance there; the SDK's client has encoded its input twice."""
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.instances[instance_id] = {
            "name": "run_lifecycle",
            "instanceId": instance_id,
            "runtimeStatus": status,
            "input": json.dumps(data),
            "output": output,
            "customStatus": custom,
            "createdTime": now,
            "lastUpdatedTime": now,
        }

    async def start_new(
        self, orchestration_function_name: str, instance_id: str | None = None, client_input: Any | None = None
    ) -> str:
        if self.failure is not None:
            raise self.failure
        assert instance_id is not None
        running = self.instances.get(instance_id, {}).get("runtimeStatus")
        if running in ("Pending", "Running"):
            message = f"An Orchestration instance with the status {running} already exists."
            raise Exception({"Message": message})
        self.started.append((orchestration_function_name, instance_id, client_input))
        self.put(instance_id, "Pending", data=client_input)
        self.instances[instance_id]["name"] = orchestration_function_name
        return instance_id

    async def get_status(
        self,
        instance_id: str,
        show_history: bool = False,
        show_history_output: bool = False,
        show_input: bool = False,
    ) -> DurableOrchestrationStatus:
        if instance_id not in self.instances:
            return DurableOrchestrationStatus.from_json("Instance not found or pending")
        return DurableOrchestrationStatus.from_json(dict(self.instances[instance_id]))

    @property
    def _orchestration_bindings(self) -> "TaskHub":
        """As in the SDK's client: it holds where the host is called."""
        return self

    @property
    def rpc_base_url(self) -> str:
        """The host's HTTP API, with the list of instances."""
        if self.server is None:
            self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Lists", (_Lists,), {"hub": self}))
            Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_port}/durabletask/"

    def close(self) -> None:
        """Stop the server, if one was started."""
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()

    def list_page(self, query: Mapping[str, str], following: str) -> tuple[list[dict[str, Any]], str]:
        """A page of the list, and what stands for the next one: ordered by id, as the extension gives it."""
        wanted, prefix = query.get("runtimeStatus", ""), query.get("instanceIdPrefix", "")
        since, until = query.get("createdTimeFrom", ""), query.get("createdTimeTo", "9999")
        self.asked.append(dict(query))
        found = [one for key, one in sorted(self.instances.items()) if key.startswith(prefix) and key > following]
        found = [one for one in found if since <= one["createdTime"] <= until]
        shown = {} if query["showInput"] == "true" else {"input": None}
        found = [{**one, **shown} for one in found if not wanted or one["runtimeStatus"] in wanted.split(",")]
        page = found[: int(query["top"])]
        return page, page[-1]["instanceId"] if len(found) > len(page) else ""

    def raise_event(self, instance_id: str, name: str) -> int:
        """The status that the host's HTTP API answers."""
        if self.failure is not None:
            return 500
        self.raised.append((instance_id, name))
        return 202 if instance_id in self.instances else 404

    async def purge_instance_history(self, instance_id: str) -> None:
        if instance_id == self.unpurgeable:
            raise Exception("The operation failed with an unexpected status code 500")
        self.purged.append(instance_id)
        self.instances.pop(instance_id, None)


class _Lists(BaseHTTPRequestHandler):
    hub: TaskHub

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        assert address.path == "/durabletask/instances"
        following = self.headers.get("x-ms-continuation-token", "")
        page, after = self.hub.list_page(dict(parse_qsl(address.query)), following)
        body = json.dumps(page).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        if after:
            self.send_header("x-ms-continuation-token", after)
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        *_, instance_id, operation, name = urlsplit(self.path).path.split("/")
        assert (operation, self.headers["Content-Type"]) == ("raiseEvent", "application/json")
        self.send_response(self.hub.raise_event(instance_id, name))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the library's name
        """Nothing: the tests' output is for the tests."""
