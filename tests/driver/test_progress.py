"""Progress events of deployments and removals, as the activities log them."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
import time_machine
from cryptography.fernet import Fernet

from driver import progress_events, sealing, settings, telemetry
from driver.azure import crowds
from driver.models.events import Topology, TopologyEntry
from driver.models.orders import AzureLocation, Deploy, Order, Remove
from driver.resource_ids import ResourceId
from driver.steps.ownership import Evidence
from driver.steps.states import DeployState
from tests.driver.test_creation import record
from tests.support.activities import take_step
from tests.support.arm_stub import Asked, Reply, Stub
from tests.support.progress import read_event, read_records
from tests.support.requests import NEEDLE, SUBSCRIPTION

KEY = Fernet.generate_key().decode()
START = datetime(2026, 1, 1, 12, tzinfo=UTC)
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-1"
VNET = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet-1"
SUBNET = f"{VNET}/subnets/default"
RECORD = f"{GROUP}/providers/Microsoft.Resources/deployments/d"
NAMES = {VNET: "vnet-1", SUBNET: "vnet-1/default"}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    monkeypatch.setenv("SEALING_KEYS", KEY)
    monkeypatch.setenv("EVENTS", "log")
    settings.current.cache_clear()
    caplog.set_level(logging.INFO)
    yield
    settings.current.cache_clear()


def payload(location: AzureLocation, step: str, state: dict[str, Any], topology: Topology | None = None) -> Any:
    deploy = Deploy(
        package="AzureVNet", file="main.bicep", name="d", scope="resourceGroup", resource_group="rg-1", parameters={}
    )
    work: Deploy | Remove = Remove() if step == "remove_resources" else deploy
    order = Order(request_id="r", location=location, topology=topology or {}, work=work)
    return {
        "requestId": "r",
        "tenant": None,
        "trace": {},
        "acceptedAt": "2026-01-01T00:00:00+00:00",
        "step": step,
        "sealed": sealing.seal(order.model_dump(mode="json"), "r", (KEY,)),
        "state": state,
        "attempt": 0,
    }


def operation(target: str, state: str, **more: Any) -> dict[str, Any]:
    told = {"provisioningOperation": "Create", "provisioningState": state, "timestamp": "2026-01-01T12:00:05.5Z"}
    return {"operationId": "1", "properties": {**told, "targetResource": {"id": target}, **more}}


def watch(stub: Stub, location: AzureLocation, seconds: int, ended: dict[str, int], failure: Any = None) -> list[int]:
    """Watch a deployment that takes some seconds; `ended` says when its resources have. The times at which its
    operations were read.
    """
    reads: list[int] = []

    def answer(asked: Asked) -> Reply:
        path, now = asked.path.partition("?")[0], datetime.now(UTC) - START
        age, state = now.total_seconds(), "Failed" if failure else "Succeeded"
        if path.startswith("/poll"):
            error = {"error": failure} if failure else {}
            return Reply(body={"status": state, **error} if age >= seconds else {"status": "Running"})
        if path.endswith("/operations"):
            reads.append(round(age))
            error = {"statusMessage": {"error": failure}} if failure else {}
            shown = [
                operation(
                    one, state if age >= at and one == SUBNET else "Succeeded" if age >= at else "Running", **error
                )
                for one, at in ended.items()
            ]
            return Reply(body={"value": shown})
        return record(state=state, outputResources=[{"id": one} for one in ended])

    stub.answer = answer
    evidence = Evidence(absent=tuple(map(ResourceId.parse, ended)), expected=2, ended_at=START.isoformat())
    begun = DeployState(url=f"{stub.url}/poll", since=START.isoformat(), evidence=evidence, accepted=True)
    state: dict[str, Any] = begun.model_dump(mode="json")
    with time_machine.travel(START, tick=False) as traveller:
        outcome: dict[str, Any] = {"kind": "Running", "after": 1.0}
        while outcome["kind"] == "Running":
            traveller.shift(outcome["after"])
            outcome = take_step(payload(location, "watch_deployment", state))
            state = outcome["state"]
    assert "written" not in outcome or not outcome["written"], "it never enters the task hub"
    return reads


def resource(resource_id: str, done: int, total: int = 2) -> dict[str, Any]:
    kind = "Microsoft.Network/virtualNetworks" + ("/subnets" if resource_id == SUBNET else "")
    counts = {"resourcesDone": done, "resourcesTotal": total}
    return {"deploymentName": "d", "resourceName": NAMES[resource_id], "resourceType": kind, **counts}


def test_a_short_deployment_is_shown_by_its_record(
    stub: Stub, location: AzureLocation, caplog: pytest.LogCaptureFixture
) -> None:
    assert watch(stub, location, 10, {VNET: 3, SUBNET: 5}) == []
    assert read_records(caplog.records) == [
        ("ResourceSucceeded", resource(VNET, 1)),
        ("ResourceSucceeded", resource(SUBNET, 2)),
        ("DeploymentSucceeded", {"deploymentName": "d", "resourcesDone": 2, "resourcesTotal": 2}),
        ("EventPublished", {"status": "COMPLETE"}),
    ]


def test_a_process_that_polls_many_reads_operations_seldom(stub: Stub, location: AzureLocation) -> None:
    for _ in range(700):
        crowds.share_crowd().note_poll()
    reads = watch(stub, location, 1_200, {VNET: 20, SUBNET: 1_198})
    assert 2 <= len(reads) <= 3
    assert all(later - earlier >= 480 for earlier, later in pairwise([0, *reads]))


def test_the_operations_of_a_minute_are_read_at_most_four_times_and_nothing_is_shown_twice(
    stub: Stub, location: AzureLocation, caplog: pytest.LogCaptureFixture
) -> None:
    reads = watch(stub, location, 60, {VNET: 20, SUBNET: 58})
    assert 2 <= len(reads) <= 4
    assert reads[0] >= 15
    assert all(later - earlier >= 14 for earlier, later in pairwise(reads))
    assert [name for name, _ in read_records(caplog.records)] == [
        "ResourceSucceeded",
        "ResourceSucceeded",
        "DeploymentSucceeded",
        "EventPublished",
    ]
    assert [details.get("resourcesDone") for _, details in read_records(caplog.records)] == [1, 2, 2, None]


@pytest.mark.parametrize("switched_on", ["PROGRESS_EVENTS", "CONSOLE"])
def test_the_execution_gets_the_operations_that_began_last(
    stub: Stub, location: AzureLocation, monkeypatch: pytest.MonkeyPatch, switched_on: str
) -> None:
    monkeypatch.setenv("PROGRESS_EVENTS", "false")
    monkeypatch.setenv(switched_on, "true")
    settings.current.cache_clear()
    others = [operation(f"{VNET}/subnets/s-{number}", "Succeeded", duration="PT1M0.5S") for number in range(20)]
    listed = [operation(VNET, "Succeeded", duration="PT4S"), operation(SUBNET, "Running", duration="PT2.25S"), *others]

    def answer(asked: Asked) -> Reply:
        is_list = asked.path.partition("?")[0].endswith("/operations")
        return Reply(body={"value": listed} if is_list else {"status": "Running"})

    stub.answer = answer
    begun = DeployState(url=f"{stub.url}/poll", since=START.isoformat(), accepted=True).model_dump(mode="json")
    with time_machine.travel(START + timedelta(seconds=20), tick=False):
        outcome = take_step(payload(location, "watch_deployment", begun))
    first, second, third = outcome["operations"][:3]
    assert first == {"resource": SUBNET, "state": "Running", "since": "2026-01-01T12:00:03.250+00:00", "until": None}
    times = {"since": "2026-01-01T12:00:01.500+00:00", "until": "2026-01-01T12:00:05.500+00:00"}
    assert second == {"resource": VNET, "state": "Succeeded", **times}
    assert third["since"] == "2026-01-01T11:59:05.000+00:00"
    assert (len(outcome["operations"]), outcome["operations_total"]) == (20, 22)


def test_a_deployment_that_fails_shows_what_of_it_failed(
    stub: Stub, location: AzureLocation, caplog: pytest.LogCaptureFixture
) -> None:
    error = {"code": "NetcfgInvalidSubnet", "message": "Subnet 'default' is not valid."}
    reads = watch(stub, location, 5, {VNET: 1, SUBNET: 2}, failure=error)
    assert len(reads) == 1, "what it made is looked up anyway"
    first, second, failed = read_records(caplog.records)
    assert first == ("ResourceSucceeded", resource(VNET, 1))
    assert second == ("ResourceFailed", {**resource(SUBNET, 2), "error": error})
    assert (failed[0], failed[1]["resourcesDone"]) == ("DeploymentFailed", 2)
    assert "NetcfgInvalidSubnet" in failed[1]["error"]["message"]


def test_a_put_that_is_refused_is_a_failed_deployment(
    stub: Stub, location: AzureLocation, caplog: pytest.LogCaptureFixture
) -> None:
    """Also one that had failed before, and it is shown once: then the driver collects what that had made."""
    stub.answer = lambda asked: Reply(400, {"error": {"code": "InvalidTemplate", "message": "m"}})
    failed = take_step(payload(location, "start_deployment", {"accepted": True, "failures": 1}))
    stub.answer = lambda asked: Reply(204) if asked.method == "POST" else Reply(body={"value": []})
    take_step(payload(location, "abandon_deployment", failed["state"]))
    ((name, details),) = read_records(caplog.records)
    assert name == "DeploymentFailed"
    assert details["error"] == {"code": "INTERNAL_ERROR", "message": "InvalidTemplate: m"}


def test_a_deployment_that_starts_and_one_that_is_cancelled(
    stub: Stub, location: AzureLocation, caplog: pytest.LogCaptureFixture
) -> None:
    def answer(asked: Asked) -> Reply:
        if asked.method == "PUT":
            return Reply(201, {}, {"Azure-AsyncOperation": f"{stub.url}/poll"})
        if asked.path.partition("?")[0].endswith("/operations"):
            return Reply(body={"value": [operation(VNET, "Running")]})
        return Reply(204)

    stub.answer = answer
    evidence = Evidence(absent=(ResourceId.parse(VNET),), expected=1).model_dump(mode="json")
    state = take_step(payload(location, "start_deployment", {"accepted": True, "evidence": evidence}))["state"]
    take_step(payload(location, "abandon_deployment", state))
    (started, first), (failed, last) = read_records(caplog.records)
    assert (started, first) == ("DeploymentStarted", {"deploymentName": "d", "resourcesDone": 0, "resourcesTotal": 1})
    assert (failed, last["resourcesTotal"]) == ("DeploymentFailed", 1)
    assert last["error"]["message"].startswith("cancelled: Microsoft.Network/virtualNetworks/vnet-1 is Running")


def test_a_removal_shows_each_resource_that_is_gone_and_one_wait(
    stub: Stub, location: AzureLocation, caplog: pytest.LogCaptureFixture
) -> None:
    """Two networks go one after another, and the record of their deployment is no resource."""
    other = VNET.replace("vnet-1", "vnet-2")
    gone: set[str] = set()
    owned = [VNET, other, RECORD]
    topology: Topology = {
        one: TopologyEntry(id=ResourceId.parse(one), type=ResourceId.parse(one).type) for one in owned
    }

    def answer(asked: Asked) -> Reply:
        path = asked.path.partition("?")[0]
        if path.startswith("/poll/"):
            return Reply(body={"status": "Succeeded" if path.removeprefix("/poll/") in gone else "InProgress"})
        if asked.method == "DELETE":
            name = path.rpartition("/")[2]
            return Reply(202, None, {"Azure-AsyncOperation": f"{stub.url}/poll/{name}"})
        if "/providers/microsoft.network" in path.lower() and path.lower().endswith("microsoft.network"):
            return Reply(body={"resourceTypes": [{"resourceType": "virtualNetworks", "apiVersions": ["2024-05-01"]}]})
        if path.rpartition("/")[2] in gone:
            return Reply(404, {"error": {"code": "ResourceNotFound", "message": "..."}})
        return Reply(body={"id": path, "properties": {"provisioningState": "Deleting"}})

    stub.answer = answer
    state: dict[str, Any] = {}
    waiting: dict[str, Any] = {}
    with time_machine.travel(START, tick=False) as traveller:
        for leaves in ((), (), ("vnet-2",), (), ("vnet-1",)):
            gone.update(leaves)
            outcome = take_step({**payload(location, "remove_resources", state, topology), **waiting})
            state = outcome["state"]
            waiting = {"waiting": {"for": "azure", "reason": "x", "since": START.isoformat(), "until": ""}}
            traveller.shift(timedelta(seconds=60))
    kind = "Microsoft.Network/virtualNetworks"
    told = read_records(caplog.records)
    assert [name for name, _ in told] == ["Waiting", "ResourceDeleted", "ResourceDeleted", "EventPublished"]
    assert told[0][1]["waitsFor"] == "azure"
    assert "is being deleted" in told[0][1]["reason"]
    assert datetime.fromisoformat(told[0][1]["until"]) >= START
    assert told[1][1] == {"resourceName": "vnet-2", "resourceType": kind, "resourcesDone": 1, "resourcesTotal": 2}
    assert told[2][1] == {"resourceName": "vnet-1", "resourceType": kind, "resourcesDone": 2, "resourcesTotal": 2}


def test_nothing_is_shown_or_read_where_it_is_switched_off(
    stub: Stub, location: AzureLocation, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROGRESS_EVENTS", "false")
    settings.current.cache_clear()
    assert watch(stub, location, 60, {VNET: 20, SUBNET: 58}) == []
    assert read_records(caplog.records) == []


@pytest.mark.parametrize(
    "text",
    [
        *(f"password: '{NEEDLE}'", "bad password:", f"x {NEEDLE}", "ü" * 5_000, "a\nb: - *c\x85"),
        *("\U0001f600\t", "x\n---[A]"),
    ],
)
@pytest.mark.parametrize("form", ["plain", "logstash"])
def test_any_text_leaves_the_yaml_readable_the_line_short_and_no_secret(
    text: str, form: str, caplog: pytest.LogCaptureFixture
) -> None:
    formatter: logging.Formatter = telemetry.PlainFormatter() if form == "plain" else telemetry.LogstashFormatter()
    with telemetry.bind_fields({"tracectx.transactionid": "t" * 200}, [NEEDLE]):
        progress_events.log_event("Waiting", {"reason": text, "until": "2026-01-01T00:00:00+00:00"})
        (line,) = [formatter.format(one) for one in caplog.records if one.name == telemetry.PROGRESS_LOGGER]
    assert len(line.encode()) < telemetry.LONGEST_LINE
    assert NEEDLE not in line
    assert len(line.splitlines()) == (7 if form == "plain" else 1), "no text begins a line of its own"
    read = read_event(caplog.records[-1].getMessage())["details"]["reason"]
    progress_events.log_event("Waiting", {"reason": "a lone \ud800 surrogate"})
    assert read_event(caplog.records[-1].getMessage())["details"] == {"reason": "a lone ? surrogate"}
    assert "***" in read if NEEDLE in text else read.removesuffix(" ... (cut)") in text
