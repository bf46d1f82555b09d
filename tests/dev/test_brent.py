"""The client that speaks as Brent does."""

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from dev import brent
from dev.stack import DEPLOYMENT_LOCATION
from tests.support.shared import SHARED, needs_shared

VNET = brent.vnet("vnet-1", group="rg-1")
VNET_ENTRY = {
    "id": "/subscriptions/s/resourceGroups/rg-1/providers/Microsoft.Network/virtualNetworks/vnet-1",
    "type": "t",
}


def test_an_event_adds_outputs_and_topology() -> None:
    event = {"outputs": {"vnet_id": VNET_ENTRY["id"]}, "associatedTopology": {"vnet": VNET_ENTRY}}
    after = brent.apply_event(VNET, event)
    assert after.properties == {**VNET.properties, "vnet_id": VNET_ENTRY["id"]}
    assert after.topology == {"vnet": VNET_ENTRY}
    assert VNET.topology == {}


def test_an_output_overwrites_the_property_of_its_name() -> None:
    assert brent.apply_event(VNET, {"outputs": {"vnet_name": "other"}}).properties["vnet_name"] == "other"


def test_a_topology_name_with_the_value_null_is_removed_and_the_others_stay() -> None:
    created = brent.apply_event(VNET, {"associatedTopology": {"vnet": VNET_ENTRY, "deployment": VNET_ENTRY}})
    assert brent.apply_event(created, {"associatedTopology": {"vnet": None}}).topology == {"deployment": VNET_ENTRY}


def test_topology_and_outputs_go_with_the_next_request() -> None:
    event = {"outputs": {"zones": ["1"]}, "associatedTopology": {"vnet": VNET_ENTRY}}
    body = brent.request_body(brent.apply_event(VNET, event), "Delete", DEPLOYMENT_LOCATION)
    assert body["associatedTopology"] == {"vnet": VNET_ENTRY}
    assert body["resourceProperties"]["zones"] == {"type": "list", "value": ["1"]}


@needs_shared
def test_a_request_is_one_of_the_published_contract() -> None:
    contract = yaml.safe_load((SHARED / "contract" / "resource-driver.openapi.yaml").read_text(encoding="utf-8"))
    schema = {"$ref": "#/components/schemas/LifecycleExecutionRequest", "components": contract["components"]}
    body = brent.request_body(VNET, "Create", DEPLOYMENT_LOCATION, {"force": True})
    assert list(Draft202012Validator(schema).iter_errors(body)) == []


@contextmanager
def driver(status: int, answer: dict[str, Any]) -> Iterator[tuple[str, list[tuple[dict[str, str], bytes]]]]:
    """A server that gives the answer, and the headers and the still chunked bodies that it got."""
    got: list[tuple[dict[str, str], bytes]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = b""
            while not body.endswith(b"0\r\n\r\n"):
                body += self.rfile.readline()
            got.append((dict(self.headers), body))
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", got
        finally:
            server.shutdown()


def test_a_request_is_sent_chunked_with_tenant_and_trace() -> None:
    body = brent.request_body(VNET, "Create", DEPLOYMENT_LOCATION, request_id="request-1")
    with driver(202, {"requestId": "r-1", "associatedTopology": {}, "version": "1.0.0"}) as (url, got):
        assert brent.execute(url, body, tenant="tenant-1") == "r-1"
    ((headers, sent),) = got
    assert headers["Transfer-Encoding"] == "chunked"
    assert headers["tenantId"] == "tenant-1"
    assert headers["X-TraceCtx-ProcessId"] == "request-1"
    assert b'"lifecycleName": "Create"' in sent


def test_a_refusal_shows_status_and_message() -> None:
    body = brent.request_body(VNET, "Explode", DEPLOYMENT_LOCATION)
    refusal = {"localizedMessage": "no transition Explode", "status": 400}
    with driver(400, refusal) as (url, _), pytest.raises(brent.RefusedError, match=r"answered 400: .*no transition"):
        brent.execute(url, body)
