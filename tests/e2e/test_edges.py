"""The edge over real sockets: bytes of headers, limits, headers of every answer, and values that nobody may see."""

import json
import socket
from collections.abc import Mapping
from typing import Any

import pytest

from dev.brent import EXECUTE, Resource, vnet
from driver import api, openapi
from tests.e2e.trial import BUG, Trial
from tests.support.driver_files import zipped

SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
SECRET = "third-Secret-99"
TENANTS = ["Zürich-Ω-東京".encode(), "Zürich".encode("latin-1"), b"\x80\xff plain \xc3"]


def send(trial: Trial, content: bytes) -> tuple[bytes, bytes, bytes]:
    """Send bytes and read the whole answer: its status line, its other head, its body."""
    with socket.create_connection(("127.0.0.1", trial.stack.driver_port), timeout=30) as connection:
        connection.sendall(content)
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    status, _, headers = head.partition(b"\r\n")
    return status, headers, body


def build_post(content: bytes, headers: Mapping[bytes, bytes], length: int | None = None) -> bytes:
    size = len(content) if length is None else length
    given = {b"Host": b"driver", b"Content-Length": str(size).encode(), b"Connection": b"close", **headers}
    lines = b"".join(name + b": " + value + b"\r\n" for name, value in given.items())
    return b"POST " + EXECUTE.encode() + b" HTTP/1.1\r\n" + lines + b"\r\n" + content


@pytest.mark.parametrize("tenant", TENANTS, ids=["utf-8", "latin-1", "neither"])
def test_a_tenant_reaches_kafka_byte_for_byte(trial: Trial, group: str, tenant: bytes) -> None:
    content = json.dumps(trial.body(vnet("vnet-1", group))).encode()
    status, headers, body = send(trial, build_post(content, {b"tenantId": tenant}))
    assert status == b"HTTP/1.1 202 Accepted"
    assert b"tenantid: " + tenant + b"\r\n" in headers.replace(b"tenantId", b"tenantid") + b"\r\n"
    request_id = json.loads(body)["requestId"]
    record = trial.event(request_id)
    assert record.headers["tenantId"].encode("utf-8", "surrogateescape") == tenant
    shown = trial.ended(request_id)["tenantId"]
    assert shown == (tenant.decode() if tenant == TENANTS[0] else tenant.decode("latin-1"))


def test_every_answer_has_the_security_headers(trial: Trial) -> None:
    answers = [
        trial.post(trial.body(vnet("vnet-1", "rg-none"), "Dance")),
        trial.post(b"{"),
        trial.post(b"{}", path="/api/driver/references/find"),
        trial.post(b"{}", path="/nowhere"),
        *map(trial.get, ("/management/health", "/api/driver/lifecycle/executions/nobody", EXECUTE, "/", "/admin")),
        trial.get("/runtime/webhooks/durabletask/instances"),
    ]
    assert {answer.status_code for answer in answers} == {200, 400, 401, 404}
    for answer in answers:
        shown = {name: answer.headers.get(name) for name in openapi.SECURITY_HEADERS}
        assert shown == openapi.SECURITY_HEADERS, answer.request.url


def test_a_body_that_is_too_large_is_answered_however_it_comes(trial: Trial) -> None:
    whole = b" " * (api.LARGEST_BODY + 1)
    for chunked in (False, True):
        answer = trial.post(whole, chunked=chunked)
        message = f"body: {len(whole)} bytes, more than {api.LARGEST_BODY}"
        assert (answer.status_code, answer.json()) == (400, {"localizedMessage": message, "status": 400})


@pytest.mark.parametrize("headers", [{b"X-Large": b"x" * 40_000}, {b"X-%d" % number: b"x" for number in range(120)}])
def test_headers_that_are_too_many_or_too_large_are_refused_by_the_host(
    trial: Trial, headers: dict[bytes, bytes]
) -> None:
    status, _, body = send(trial, build_post(b"{}", headers))
    assert status.startswith(b"HTTP/1.1 431")
    assert body == b""


def test_a_tenant_that_is_too_long_is_a_400(trial: Trial) -> None:
    status, headers, body = send(trial, build_post(b"{}", {b"tenantId": b"t" * 2_000}))
    assert status == b"HTTP/1.1 400 Bad Request"
    assert json.loads(body)["localizedMessage"] == "header tenantId: 2000 bytes, more than 1000"
    assert b"tttt" not in headers


def test_a_caller_that_goes_away_leaves_no_trace(trial: Trial) -> None:
    with socket.create_connection(("127.0.0.1", trial.stack.driver_port), timeout=30) as connection:
        connection.sendall(build_post(b"{", {}, length=1_000))
    assert trial.get("/management/health").status_code == 200
    assert BUG not in trial.log()


def create(trial: Trial, group: str, template: dict[str, Any], properties: dict[str, Any], transition: str) -> str:
    resource = Resource(
        name="secretive", type="resource::Own::1.0", properties={"resourcegroup_name": group, **properties}
    )
    whole = {"$schema": SCHEMA, "contentVersion": "1.0.0.0", "resources": [], **template}
    return trial.begin(resource, transition, files=zipped({"main.json": json.dumps(whole)}))


def output_all(value: str) -> dict[str, Any]:
    """Outputs that show what an expression gives, in several forms, and one that does not."""
    return {
        "plain": {"type": "string", "value": f"[{value}]"},
        "within": {"type": "string", "value": f"[concat('Server=x;Password=', {value})]"},
        "coded": {"type": "string", "value": f"[base64({value})]"},
        "list": {"type": "array", "value": [f"[{value}]"]},
        "open": {"type": "string", "value": "it is open"},
    }


def test_outputs_that_show_a_secure_parameter_are_refused(trial: Trial, group: str) -> None:
    template = {"parameters": {"pw": {"type": "securestring"}}, "outputs": output_all("parameters('pw')")}
    whole = {"$schema": SCHEMA, "contentVersion": "1.0.0.0", "resources": [], **template}
    resource = Resource("secretive", "resource::Own::1.0", {"resourcegroup_name": group, "pw": SECRET})
    answer = trial.post(trial.body(resource, files=zipped({"main.json": json.dumps(whole)})))
    message = answer.json()["localizedMessage"]
    assert answer.status_code == 400
    for name in ("plain", "within", "coded", "list"):
        assert f"main.json line 1, output {name}: this output shows the secure parameter 'pw'" in message
    assert "output open" not in message
    assert SECRET not in message


def test_outputs_that_show_a_secure_value_are_left_out(trial: Trial, group: str) -> None:
    """The expression does not show it: the value comes back from a resource."""
    table = "Microsoft.Network/routeTables"
    version = {"type": table, "apiVersion": "2024-05-01", "name": "secretive", "location": "westeurope"}
    template = {
        "parameters": {"pw": {"type": "securestring"}},
        "resources": [{**version, "tags": {"pw": "[parameters('pw')]"}}],
        "outputs": output_all(f"reference(resourceId('{table}', 'secretive'), '2024-05-01', 'Full').tags.pw"),
    }
    request_id = create(trial, group, template, {"pw": SECRET}, "Create")
    event = trial.event(request_id).value
    assert (event["status"], event["outputs"]) == ("COMPLETE", {"open": "it is open"})
    trial.ended(request_id)
    told = "outputs that show a secure value are left out of the event: plain, within, coded, list"
    assert [line["level"] for line in trial.log_lines() if line["message"] == told] == ["WARNING"]
    assert SECRET not in trial.log() + trial.told(request_id) + json.dumps(trial.instances(showInput="true"))


@pytest.mark.parametrize("transition", ["Create", "WhatIf"])
def test_secure_members_of_typed_parameters_are_masked(trial: Trial, group: str, transition: str) -> None:
    """D2 of the cases."""
    table = {
        "type": "Microsoft.Network/routeTables",
        "apiVersion": "2024-05-01",
        "name": "table-1",
        "location": "westeurope",
        "tags": {"secret": "[parameters('cfg').pw]"},
    }
    broken = {**table, "name": "[concat(parameters('cfg').pw, '!!')]"}
    template = {
        "languageVersion": "2.0",
        "parameters": {"cfg": {"type": "object", "properties": {"pw": {"type": "securestring"}}}},
        "resources": {"a": table if transition == "WhatIf" else broken},
    }
    request_id = create(trial, group, template, {"cfg": {"pw": SECRET}}, transition)
    event = trial.event(request_id).value
    if transition == "Create":
        assert event["status"] == "FAILED"
        assert "***!!" in event["failureDetails"]["description"]
    else:
        assert event["outputs"]["what_if_changes"][0]["changeType"] == "Create"
    trial.ended(request_id)
    seen = json.dumps(event) + trial.told(request_id) + trial.log()
    assert SECRET not in seen + json.dumps(trial.instances(f"/{request_id}", showInput="true", showHistory="true"))


SECURE_STRING = {"type": "securestring"}


@pytest.mark.parametrize(
    ("parameter", "shown", "written", "properties"),
    [
        (SECURE_STRING, "last(split(parameters('pw'), '='))", {"pw": "Pwd={{ admin_pw }}"}, {"admin_pw": SECRET}),
        ({**SECURE_STRING, "defaultValue": SECRET}, "trim(parameters('pw'))", {}, {}),
        (SECURE_STRING, "toUpper(parameters('pw'))", {}, {"pw": SECRET}),
    ],
    ids=["composed", "default", "in upper case"],
)
def test_a_message_of_azure_shows_no_secret(
    trial: Trial,
    group: str,
    parameter: dict[str, Any],
    shown: str,
    written: dict[str, Any],
    properties: dict[str, Any],
) -> None:
    """The message about a wrong name repeats it. The driver cannot evaluate the name, so it looks for no such id."""
    table = {"type": "Microsoft.Network/routeTables", "apiVersion": "2024-05-01", "location": "westeurope"}
    named = {**table, "name": f"[concat({shown}, '!!')]"}
    template = {"$schema": SCHEMA, "contentVersion": "1.0.0.0", "parameters": {"pw": parameter}, "resources": [named]}
    create = {"deploy": "main.json", "parameters": written}
    lifecycle = {"version": 1, "resourceGroup": "{{ resourcegroup_name }}", "transitions": {"Create": create}}
    files = zipped({"main.json": json.dumps(template), "lifecycle.yaml": json.dumps(lifecycle)})
    resource = Resource("secretive", "resource::Own::1.0", {"resourcegroup_name": group, **properties})
    request_id = trial.begin(resource, files=files)
    details, _ = trial.failed(request_id, resource)
    assert "***!!" in details["description"]
    trial.ended(request_id)
    history = trial.instances(f"/{request_id}", showInput="true", showHistory="true", showHistoryOutput="true")
    seen = json.dumps([details, history]) + trial.told(request_id) + trial.log()
    assert SECRET.lower() not in seen.lower()


@pytest.mark.parametrize(
    ("kind", "value"),
    [("string", "{{ admin.privateKey }}"), ("string", "key is {{ admin.privateKey }}"), ("object", "{{ admin }}")],
)
def test_a_private_key_for_an_open_parameter_is_refused(trial: Trial, group: str, kind: str, value: str) -> None:
    parameters = {"x": {"type": kind}}
    template = {"$schema": SCHEMA, "contentVersion": "1.0.0.0", "parameters": parameters, "resources": []}
    create = {"deploy": "main.json", "parameters": {"x": value}}
    lifecycle = {"version": 1, "resourceGroup": "{{ resourcegroup_name }}", "transitions": {"Create": create}}
    files = zipped({"main.json": json.dumps(template), "lifecycle.yaml": json.dumps(lifecycle)})
    body = trial.body(Resource("secretive", "resource::Own::1.0", {"resourcegroup_name": group}), files=files)
    pem = f"-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----"
    body["resourceProperties"]["admin"] = {"type": "key", "keyName": "k", "publicKey": "ssh", "privateKey": pem}
    answer = trial.post(body)
    assert answer.status_code == 400
    told = "transitions.Create.parameters.x: a private key goes only to a secure parameter (securestring)"
    assert told in answer.json()["localizedMessage"]
    assert SECRET not in answer.text + trial.log()
