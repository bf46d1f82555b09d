"""Southbound messages: what is logged of the calls to ARM and Entra ID, and that nothing secret is."""

import base64
import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from driver import settings, telemetry
from driver.azure import connection, deployments, operations
from driver.azure.refusals import Refusal
from driver.models.orders import AzureLocation, Deploy, Order
from tests.support.arm_stub import DROP, Asked, Raw, Reply, Stub, location_of
from tests.support.progress import read_pairs
from tests.support.requests import SUBSCRIPTION

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-1"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/store"
SECRET = "n33dle"
SAS = f"https://store.blob.core.windows.net/c?sv=2024&sig={SECRET}%2Bx%3D&se=2026"
FIELDS = {"requestId": "r-1", "tracectx.transactionid": "t-1"}


class Lines(logging.StreamHandler[io.StringIO]):
    """All lines of the process at DEBUG, in one form."""

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    def read(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture
def lines(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    """The log as the host gets it: the formatter is the unbounded one."""
    monkeypatch.setenv("SOUTHBOUND_LOG", "true")
    settings.current.cache_clear()
    handler, root = Lines(io.StringIO()), logging.getLogger()
    handler.setFormatter(getattr(request, "param", telemetry.LogstashFormatter)())
    levels = {name: logging.getLogger(name).level for name in ("", "azure", "msal", "urllib3", "driver")}
    for name in levels:
        logging.getLogger(name).setLevel(logging.DEBUG)
    root.addHandler(handler)
    try:
        yield handler
    finally:
        root.removeHandler(handler)
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
        settings.current.cache_clear()


def get(location: AzureLocation, path: str = f"{GROUP}?api-version=2024-03-01") -> Any:
    with telemetry.bind_fields(FIELDS, [SECRET]):
        return operations.get(location, *path.split("?api-version="))


def test_a_call_is_a_request_and_its_response(stub: Stub, location: AzureLocation, lines: Lines) -> None:
    stub.answer = lambda asked: Reply(body={"id": GROUP, "location": "x"}, headers={"x-ms-request-id": "a1"})
    get(location)
    *_, (request, response) = read_pairs(lines.read())
    asked, told = json.loads(request["protocol_metadata"]), json.loads(response["protocol_metadata"])
    assert (asked["method"], asked["uri"]) == ("GET", f"{stub.url}{GROUP}?api-version=2024-03-01")
    assert (request["message"], request["content_type"]) == ("", "")
    assert (told["status_code"], told["status_reason_phrase"], told["headers"]["x-ms-request-id"]) == (200, "OK", "a1")
    assert json.loads(response["message"]) == {"id": GROUP, "location": "x"}
    assert response["content_type"] == "application/json"
    for line in (request, response):
        assert line["tracectx.driverrequestid"] == line["requestId"] == "r-1"
        assert line["tracectx.transactionid"] == "t-1"
        assert (line["level"], line["logger_name"]) == ("INFO", "driver.azure.southbound")


def test_a_sign_in_is_shown_without_bodies(stub: Stub, location: AzureLocation, lines: Lines) -> None:
    stub.answer = lambda asked: Reply(body={"id": GROUP})
    get(location)
    pairs = read_pairs(lines.read())
    tokens = [pair for pair in pairs if "/oauth2/v2.0/token" in pair[0]["protocol_metadata"]]
    assert [(request["message"], response["message"]) for request, response in tokens] == [("", "")]
    assert "token-1" not in "".join(json.dumps(pair) for pair in pairs)


def test_nothing_is_logged_unless_it_is_switched_on(
    stub: Stub, location: AzureLocation, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOUTHBOUND_LOG", "")
    settings.current.cache_clear()
    stub.answer = lambda asked: Reply(body={"id": GROUP})
    get(location)
    assert read_pairs(lines.read()) == []


def test_each_try_is_shown_and_one_without_an_answer_is_a_500(
    stub: Stub, location: AzureLocation, lines: Lines
) -> None:
    stub.answer = lambda asked: Reply(DROP) if len(stub.asked) < 3 else Reply(body={"id": GROUP})
    get(location)
    pairs = [pair for pair in read_pairs(lines.read()) if GROUP in pair[0]["protocol_metadata"]]
    assert [json.loads(response["protocol_metadata"])["status_code"] for _, response in pairs] == [500, 500, 200]
    assert "RemoteDisconnected" in json.loads(pairs[0][1]["message"])["error"]
    assert pairs[0][1]["content_type"] == "application/json"


TEMPLATE = {
    "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    "parameters": {
        "phrase": {"type": "securestring"},
        "settings": {"type": "secureObject"},
        "login": {"$ref": "#/definitions/login"},
        "standard": {"type": "securestring", "defaultValue": SECRET},
        "plain": {"type": "string"},
    },
    "definitions": {"login": {"type": "object", "properties": {"word": {"type": "securestring"}}}},
    "resources": [
        {
            "type": "Microsoft.Compute/virtualMachines",
            "properties": {
                "osProfile": {
                    "adminPassword": SECRET,
                    "customData": SECRET,
                    "linuxConfiguration": {"disablePasswordAuthentication": False},
                },
                "userData": SECRET,
            },
        },
        {"type": "x/extensions", "properties": {"protectedSettings": {"command": SECRET}, "settings": {"url": SAS}}},
        {
            "type": "Microsoft.Resources/deployments",
            "properties": {
                "parameters": {"inner": {"value": SECRET}},
                "template": {"parameters": {"Inner": {"type": "secureString"}}, "resources": []},
            },
        },
    ],
}
PARAMETERS = {
    "phrase": SECRET,
    "settings": {"deep": [{"er": SECRET}]},
    "login": {"user": "operator", "word": SECRET},
    "vm_admin_password": SECRET,
    "custom_data": base64.b64encode(SECRET.encode()).decode() + SECRET,
    "plain": "shown",
}
# What a service may answer. None of it is bound as a secret.
ANSWERS: dict[str, Any] = {
    "keys": {"keys": [{"keyName": "key1", "value": SECRET}]},
    "connection": {"primaryConnectionString": f"Endpoint=sb://x/;SharedAccessKey={SECRET}", "primaryKey": SECRET},
    "sas": {"properties": {"link": SAS}},
    "output": {"properties": {"outputs": {"out": {"type": "SecureString", "value": SECRET}}}},
    "token": {"accessToken": SECRET, "bearer": f"Bearer {SECRET}{'x' * 20}"},
    "jwt": {"x": f"eyJhbGciOiJIUzI1NiJ9.{SECRET}{SECRET}.abc"},
    "private key": {"x": f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}\n-----END RSA PRIVATE KEY-----"},
    "account": {"x": f"DefaultEndpointsProtocol=https;AccountKey={SECRET}=="},
    "storage key": {"x": (SECRET * 20)[:86] + "=="},
    "setting": {"settings": [{"name": "DB_PASSWORD", "value": SECRET}, {"name": "X", "secureValue": SECRET}]},
    "vault": {"resources": [{"type": "Microsoft.KeyVault/vaults/secrets", "properties": {"value": SECRET}}]},
    "address": {"x": f"https://user:{SECRET}@git.example/x.git"},
    "text": {"x": json.dumps({"clientSecret": SECRET})},
}


@pytest.mark.parametrize("lines", [telemetry.LogstashFormatter, telemetry.PlainFormatter], indirect=True)
def test_no_secret_of_a_request_is_in_any_line(stub: Stub, location: AzureLocation, lines: Lines) -> None:
    deploy = Deploy(
        package="own", file="main.json", name="d", scope="resourceGroup", resource_group="rg-1", parameters=PARAMETERS
    )
    polling = f"{stub.url}/subscriptions/x/operations/1?api-version=2024&t=1&c={SECRET}&s={SECRET}&h={SECRET}"
    headers = {"Azure-AsyncOperation": polling, "Set-Cookie": f"a={SECRET}", "X-Auth-Token": SECRET}
    stub.answer = lambda asked: Reply(201, {"tags": {"x": 1}}, headers) if asked.method == "PUT" else Reply(body={})
    with telemetry.bind_fields(FIELDS):
        operation = deployments.put(
            Order(request_id="r", location=location, topology={}, work=deploy), deploy, TEMPLATE
        )
        operations.poll(location, operation.url)
    assert SECRET in stub.asked[0].body
    assert SECRET in stub.asked[1].path
    assert SECRET not in lines.text
    assert location.client_secret not in lines.text
    assert base64.b64encode(SECRET.encode()).decode().rstrip("=") not in lines.text
    assert "shown" in lines.text
    assert "operator" in lines.text
    assert "***" in lines.text


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize("lines", [telemetry.LogstashFormatter, telemetry.PlainFormatter], indirect=True)
def test_no_secret_of_an_answer_is_in_any_line(stub: Stub, location: AzureLocation, lines: Lines, name: str) -> None:
    stub.answer = lambda asked: Reply(body={"id": "shown", **ANSWERS[name]})
    operations.get(location, ACCOUNT, "2024-01-01")
    assert SECRET not in lines.text
    assert "shown" in lines.text
    assert "***" in lines.text


def test_the_answer_of_a_listing_action_is_no_secret_s_way_out(
    stub: Stub, location: AzureLocation, lines: Lines
) -> None:
    stub.answer = lambda asked: Reply(body={"odd": {"name": [SECRET, 5]}})
    operations.act(location, ACCOUNT, "listKeys", "2024-01-01")
    assert SECRET not in lines.text
    assert json.loads(read_pairs(lines.read())[-1][1]["message"]) == {"odd": {"name": ["***", "***"]}}


@pytest.mark.parametrize("body", [{"error": {"code": "Bad", "message": f"'{SECRET}' is no name"}}, Raw(f"<p>{SECRET}")])
def test_a_bound_secret_that_azure_repeats_is_hidden(
    stub: Stub, location: AzureLocation, lines: Lines, body: Any
) -> None:
    stub.answer = lambda asked: Reply(400, body, {"x-ms-failure-cause": SECRET, "Content-Type": "text/html"})
    with pytest.raises(Refusal):
        get(location)
    (_, response) = read_pairs(lines.read())[-1]
    assert json.loads(response["protocol_metadata"])["status_code"] == 400
    assert "***" in response["message"]
    assert SECRET not in json.dumps(read_pairs(lines.read()))


def test_a_refused_sign_in_shows_no_secret(stub: Stub, lines: Lines) -> None:
    with pytest.raises(Refusal), telemetry.bind_fields(FIELDS, [f"wrong-{SECRET}"]):
        operations.get(location_of(stub, f"wrong-{SECRET}"), ACCOUNT, "2024-01-01")
    statuses = [json.loads(one["protocol_metadata"])["status_code"] for _, one in read_pairs(lines.read())]
    assert statuses[-1] == 401
    assert SECRET not in lines.text


@pytest.mark.parametrize("lines", [telemetry.LogstashFormatter, telemetry.PlainFormatter], indirect=True)
def test_a_line_stays_within_what_a_pipe_takes(stub: Stub, location: AzureLocation, lines: Lines) -> None:
    """Also where it goes through the host, with many long trace fields, and a secret where the text is cut."""
    long = "x" * 900
    headers = {"Location": f"{stub.url}/{long}", "Azure-AsyncOperation": f"{stub.url}/{long}", "ETag": long}
    body = {"id": "shown", "values": [{"name": f"ü{number}" * 9, "text": SECRET * 3} for number in range(500)]}
    stub.answer = lambda asked: Reply(body=body, headers=headers)
    trace = {f"tracectx.{number}": "t" * 200 for number in range(5)}
    with telemetry.bind_fields({**FIELDS, **trace}, [SECRET * 3]):
        connection_path = f"{ACCOUNT}/{'y' * 300}"
        operations.get(location, connection_path, "2024-01-01")
    own = [line for line in lines.text.splitlines() if "message_direction" in line]
    assert len(own) >= 2
    assert max(len(line.encode()) for line in own) < telemetry.LONGEST_LINE
    assert SECRET[:5] not in "".join(own)
    assert any("shown" in line and "(cut)" in line for line in own)


def test_strange_addresses_and_bodies_break_no_call(stub: Stub, location: AzureLocation, lines: Lines) -> None:
    deep: Any = Raw('{"id": "x", "b": "\\ud800", "a": ' + "[" * 200 + "]" * 200 + "}")
    stub.answer = lambda asked: Reply(body=deep, headers={"Location": "http://[strange", "Azure-AsyncOperation": "%"})
    assert get(location)["id"] == "x"
    assert read_pairs(lines.read())[-1][1]["message"].startswith('{"id": "x", "b": "?", "a": [')


def test_the_client_of_a_location_is_the_same_with_it(stub: Stub, location: AzureLocation, lines: Lines) -> None:
    """The log changes nothing about what is sent."""
    seen: list[Asked] = stub.asked
    stub.answer = lambda asked: Reply(body={"id": GROUP})
    with connection.connect(location) as clients:
        clients.resources.resource_groups.get("rg-1")
    assert [asked.method for asked in seen] == ["GET"]
    assert stub.tokens == 1
