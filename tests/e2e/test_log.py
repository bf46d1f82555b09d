"""What a run logs: its progress events in both forms, and how many bytes."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks import log_bytes
from dev.brent import vnet
from dev.stack import Stack, running
from tests.e2e.trial import Trial, eventually
from tests.support.kafka import Kafka
from tests.support.progress import LOGGER, MARK, read_event, read_plain

MOST, MOST_WITHOUT_PROGRESS = 6_000, 2_500  # bytes for the Create of a VNet
FIELDS = ["requestId", "resource", "resourceType", "transition", "location"]
SHOWN = ["DeploymentStarted", "ResourceSucceeded", "ResourceSucceeded", "DeploymentSucceeded", "EventPublished"]


def test_the_progress_of_a_network_in_logstash_lines(trial: Trial, group: str) -> None:
    begin = trial.stack.servers["host"].log.stat().st_size

    def read() -> list[str]:
        return trial.stack.servers["host"].log.read_bytes()[begin:].decode().splitlines()

    wanted = vnet("vnet-1", group)
    request_id = trial.begin(wanted)
    made = trial.completed(request_id, wanted)
    eventually(lambda: "azure/EventPublished" in read()[-1])
    lines = read()
    told = [line for line in map(json.loads, lines) if line["logger_name"] == LOGGER]
    events = [read_event(line["message"]) for line in told]
    assert [event["progressEventType"].removeprefix("azure/") for event in events] == SHOWN
    assert [event["details"].get("resourcesDone") for event in events] == [0, 1, 2, 2, None]
    assert [event["details"].get("resourcesTotal") for event in events] == [2, 2, 2, 2, None]
    for line in told:
        assert line["requestId"] == request_id
        assert line["level"] == "INFO"
        assert len(line["tracectx.transactionid"]) == 36
    for line in map(json.loads, lines):
        shown = {name: line[name] for name in FIELDS}
        assert shown == {
            "requestId": request_id,
            "resource": "vnet-1",
            "resourceType": wanted.type,
            "transition": "Create",
            "location": "trial",
        }
    assert json.loads(lines[0])["resourceId"] == wanted.id
    sizes = {line: len(line.encode()) + 1 for line in lines}
    assert sum(sizes.values()) <= MOST
    assert sum(size for line, size in sizes.items() if LOGGER not in line) <= MOST_WITHOUT_PROGRESS

    removal = trial.begin(made, "Delete")
    trial.completed(removal, made)
    eventually(lambda: "azure/EventPublished" in read()[-1])
    events = [read_event(line["message"]) for line in map(json.loads, read()) if LOGGER in line.values()]
    gone = [one["details"] for one in events if one["progressEventType"] == "azure/ResourceDeleted"]
    assert [(one["resourcesDone"], one["resourcesTotal"]) for one in gone] == [(1, 2), (2, 2)]


def test_a_resource_that_fails_is_named_with_azure_s_reason(trial: Trial, group: str) -> None:
    wanted = vnet("vnet-1", group)
    fault = {"kind": "fail", "type": ".*/virtualNetworks", "code": "NetcfgInvalidVnet", "message": "It is wrong."}
    with trial.faults({**fault, "status": 400}):
        request_id = trial.begin(wanted)
        trial.failed(request_id, wanted)

    def read() -> list[dict[str, Any]]:
        own = [
            line for line in trial.log_lines() if (line.get("requestId"), line["logger_name"]) == (request_id, LOGGER)
        ]
        return [read_event(line["message"]) for line in own]

    eventually(lambda: read()[-1]["progressEventType"] == "azure/EventPublished")
    details = {event["progressEventType"].removeprefix("azure/"): event["details"] for event in read()}
    assert list(details) == ["DeploymentStarted", "ResourceFailed", "DeploymentFailed", "EventPublished"]
    assert details["ResourceFailed"]["resourceName"] == "vnet-1"
    assert details["ResourceFailed"]["error"] == {"code": "NetcfgInvalidVnet", "message": "It is wrong."}
    assert "NetcfgInvalidVnet: It is wrong." in details["DeploymentFailed"]["error"]["message"]
    assert details["EventPublished"]["status"] == "FAILED"


@pytest.fixture(scope="module", params=["true", "false"], ids=["with progress", "without"])
def plain(request: pytest.FixtureRequest, kafka: Kafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack with the default settings, and one without progress events."""
    folder: Path = tmp_path_factory.mktemp("log")
    settings = {} if request.param == "true" else {"PROGRESS_EVENTS": "false"}
    stack = Stack(folder, provisioning_seconds=0.3, kafka=kafka.address, settings=settings)
    with running(stack):
        yield stack


@pytest.mark.slow
def test_the_log_of_a_network_s_create_is_short(plain: Stack) -> None:
    log = log_bytes.measure(plain)
    events = list(read_plain(log.text))
    if plain.settings:
        assert log.size <= MOST_WITHOUT_PROGRESS
        assert (events, MARK in log.text) == ([], False)
        return
    assert log.size <= MOST
    assert [event["progressEventType"].removeprefix("azure/") for _, event in events] == SHOWN
    for fields, _ in events:
        assert set(fields) == {*FIELDS, "tracectx.transactionid"}
