"""Needles: secrets that are in requests and must be nowhere else."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from dev.brent import Resource, apply_event, vnet
from dev.needles import CLOUD_INIT, PASSWORD, SECRET, find_needle
from dev.stack import DEPLOYMENT_LOCATION, Stack
from driver.telemetry import LONGEST_LINE
from tests.e2e.trial import Trial, started
from tests.support.kafka import Kafka
from tests.support.progress import read_pairs

WRONG_SECRET = 'wrong"NadelImHeuhaufen&x=%22\\{}SchwerZuFinden'
PRIVATE_KEY = "-----BEGIN PRIVATE KEY-----\nNadelImHeuhaufen\n-----END PRIVATE KEY-----"
LOCATION = {**DEPLOYMENT_LOCATION, "properties": {**DEPLOYMENT_LOCATION["properties"], "clientSecret": SECRET}}


@dataclass
class Haystack:
    """A stack that logs all it can, and every answer it gave."""

    trial: Trial
    answers: list[requests.Response] = field(default_factory=list)

    def post(self, body: Any, path: str = "/api/driver/lifecycle/execute") -> requests.Response:
        answer = self.trial.post(body, {"X-TraceCtx-TransactionId": "needles"}, path)
        self.answers.append(answer)
        return answer

    def get(self, path: str) -> None:
        self.answers.append(self.trial.get(path))

    def run(self, body: dict[str, Any], resource: Resource, status: str) -> Resource:
        """Send a request that is accepted, wait for its event and look at its execution."""
        answer = self.post(body)
        assert answer.status_code == 202, answer.text
        request_id = answer.json()["requestId"]
        value = self.trial.event(request_id).value
        assert value["status"] == status, value
        self.trial.ended(request_id)
        self.get(f"/api/driver/lifecycle/executions/{request_id}")
        return apply_event(resource, value)


def virtual_machine(trial: Trial, group: str) -> dict[str, Any]:
    body = trial.body(
        Resource(
            name="vm-1",
            type="resource::AzureVirtualMachine::1.0",
            properties={
                "resourcegroup_name": group,
                "vm_name": "vm-1",
                "vm_network_interface_name": "nic-missing",
                "vm_admin_username": "operator",
                "vm_admin_password": PASSWORD,
                "vm_custom_data": CLOUD_INIT,
            },
        )
    )
    key = {"type": "key", "keyName": "k", "publicKey": "ssh-rsa AAAA", "privateKey": PRIVATE_KEY}
    body["resourceProperties"]["vm_admin_public_key"] = key
    return body


def with_secret(body: dict[str, Any], secret: str) -> dict[str, Any]:
    location = body["deploymentLocation"]
    return {
        **body,
        "deploymentLocation": {**location, "properties": {**location["properties"], "clientSecret": secret}},
    }


@pytest.fixture(scope="module")
def haystack(kafka: Kafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Haystack]:
    """After lifecycles of every kind, and requests that were refused."""
    logs = {"LOG_LEVEL": "DEBUG", "LOG_TYPE": "logstash", "SOUTHBOUND_LOG": "true"}
    settings = {**logs, "KAFKA_CONFIG_DEBUG": "all"}
    stack = Stack(
        tmp_path_factory.mktemp("needles"),
        provisioning_seconds=0.3,
        kafka=kafka.address,
        settings=settings,
        deployment_location=LOCATION,
    )
    with started(stack) as trial:
        hay = Haystack(trial)
        group = trial.make_group("rg-needles")
        network = vnet("vnet-1", group)
        made = hay.run(trial.body(network), network, "COMPLETE")
        machine = virtual_machine(trial, group)
        told = {"code": "InvalidParameter", "message": f"'{PASSWORD}' is no password.", "status": 400}
        with trial.faults({"kind": "fail", "type": ".*/virtualMachines", **told}):
            hay.run(machine, network, "FAILED")
        hay.run(with_secret(trial.body(network), WRONG_SECRET), network, "FAILED")
        hay.run(trial.body(made, "Delete"), made, "COMPLETE")
        with trial.faults({"kind": "error", "rate": 1, "times": 2, "path": "^/subscriptions/", "status": 500}):
            hay.run(trial.body(vnet("vnet-2", group)), network, "COMPLETE")

        refused = trial.body(network)
        refused["resourceProperties"]["vnet_enable_ddos_protection"] = {"value": "?"}
        hay.post(refused)
        hay.post(json.dumps(trial.body(network)).encode()[:-9])
        hay.post({**trial.body(network), "deploymentLocation": {"properties": LOCATION["properties"]}})
        hay.post({**trial.body(network), "deploymentLocation": {**LOCATION, "name": [SECRET]}})
        hay.post(with_secret(machine, "") | {"lifecycleName": "Dance"})
        find = {"instanceName": "vnet-1", "driverFiles": "", "deploymentLocation": LOCATION}
        hay.post(find, "/api/driver/references/find")
        hay.post({**find, "instanceName": "tag:nothing"}, "/api/driver/references/find")
        hay.get("/management/health")
        hay.get("/api/driver/lifecycle/executions")
        yield hay


def assert_clean(where: str, content: bytes) -> None:
    at = find_needle(content)
    assert at < 0, f"{where}: {content[max(0, at - 200) : at + 100]!r}"


def test_needles_are_found_where_they_are() -> None:
    """The search itself works: in plain text, in JSON, in a URL and in base64 at any place."""
    for shift in range(3):
        with pytest.raises(AssertionError):
            assert_clean("base64", base64.b64encode(b"x" * (30 + shift) + SECRET.encode() + b"tail"))
    for text in (
        SECRET,
        json.dumps({"a": SECRET}),
        requests.Request("GET", "http://a", params={"a": SECRET}).prepare().url,
    ):
        with pytest.raises(AssertionError):
            assert_clean("text", str(text).encode())


def test_no_needle_in_answers(haystack: Haystack) -> None:
    assert len(haystack.answers) == 19
    listed = haystack.answers[-1].json()["executions"]
    assert {execution["status"] for execution in listed} == {"COMPLETE", "FAILED"}
    for answer in haystack.answers:
        assert_clean(f"{answer.request.url} {answer.status_code}", answer.content + str(answer.headers).encode())


def test_no_needle_in_the_durable_management_api(haystack: Haystack) -> None:
    shown = haystack.trial.instances(showInput="true")
    assert len(shown) >= 5
    for instance in shown:
        detail = haystack.trial.instances(f"/{instance['instanceId']}", showHistory="true", showHistoryOutput="true")
        assert_clean("instance", json.dumps([instance, detail], ensure_ascii=False).encode())


def test_no_needle_in_kafka(haystack: Haystack) -> None:
    for event in haystack.trial.seen:
        text = json.dumps([event.key, event.value, event.headers], ensure_ascii=False)
        assert_clean("event", text.encode("utf-8", "surrogateescape"))  # other tests send tenants that are no text


def test_no_needle_in_any_file(haystack: Haystack) -> None:
    """Logs at DEBUG, the task hub with its write-ahead log, and whatever else was written."""
    files = [path for path in haystack.trial.stack.folder.rglob("*") if path.is_file()]
    names = {path.name for path in files}
    assert {"host.log", "azure.log", "task-hub.sqlite", "task-hub.sqlite-wal"} <= names
    log = haystack.trial.log()
    assert "/oauth2/v2.0/token" in log  # the libraries did speak
    assert "DEBUG" in log
    for path in files:
        assert_clean(str(path), Path(path).read_bytes())


def test_every_line_about_a_request_carries_its_trace(haystack: Haystack) -> None:
    """Also those of the libraries at DEBUG: whatever names the execution carries the value of the trace header."""
    ids = [answer.json()["requestId"] for answer in haystack.answers if answer.status_code == 202]
    lines = [line for line in haystack.trial.log_lines() if any(one in json.dumps(line) for one in ids)]
    assert {line["logger_name"].split(".")[0] for line in lines} >= {"driver", "azure", "urllib3"}
    assert [line for line in lines if line.get("tracectx.transactionid") != "needles"] == []


def test_each_call_to_azure_is_a_southbound_pair(haystack: Haystack) -> None:
    """The deployment of a network, as a run logs it: what CP4NA's screens need, and no line that is too long."""
    pairs = read_pairs(haystack.trial.log_lines())
    calls = [(json.loads(request["protocol_metadata"]), request, response) for request, response in pairs]
    asked, request, response = next(one for one in calls if one[0]["method"] == "PUT" and "vnet-1" in one[0]["uri"])
    assert asked["uri"].partition("?")[0].startswith(f"{haystack.trial.stack.azure}{haystack.trial.subscription}/")
    assert json.loads(response["protocol_metadata"])["status_code"] == 201
    assert request["tracectx.driverrequestid"] == response["tracectx.driverrequestid"] == request["requestId"]
    assert request["tracectx.driverrequestid"] in asked["uri"]
    assert request["tracectx.transactionid"] == "needles"
    assert request["content_type"] == response["content_type"] == "application/json"
    assert request["message"].startswith('{"properties": {"mode": "Incremental", "parameters": {')
    lines = haystack.trial.log().splitlines()
    assert max(len(line.encode()) for line in lines if "message_direction" in line) < LONGEST_LINE
