"""The step that completes a transition: when it publishes the event itself, and that it always says the same."""

import json
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.fernet import Fernet

from driver import events, sealing, settings
from driver.models.events import TopologyEntry
from driver.models.orders import AzureLocation, Deploy, Order, Remove
from driver.resource_ids import ResourceId
from driver.settings import BACKEND
from driver.steps.entries import Entry
from driver.steps.passes import RemoveState
from driver.steps.states import DeployState
from tests.e2e.trial import eventually
from tests.support.activities import take_step
from tests.support.arm_stub import DROP, Asked, Reply, Stub
from tests.support.kafka import Kafka
from tests.support.requests import SUBSCRIPTION

KEY = Fernet.generate_key().decode()
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-1"
VNET = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet-1"
RECORD = f"{GROUP}/providers/Microsoft.Resources/deployments/vnet-1-r"
LONG_AGO = "2026-01-01T00:00:00+00:00"
NESTED = {
    "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    "contentVersion": "1.0.0.0",
    "resources": [{"type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": "inner"}],
}


@pytest.fixture
def topic(kafka: Kafka, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A topic of the test's own, to which the activities publish."""
    name = f"completion-{uuid.uuid4()}"
    monkeypatch.setenv("SEALING_KEYS", KEY)
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", kafka.address)
    monkeypatch.setenv("KAFKA_TOPIC", name)
    settings.current.cache_clear()
    events.publish(
        {"requestId": "first"}, None, settings.current(), seconds=20
    )  # makes the topic, which takes its time
    yield name
    settings.current.cache_clear()


def deploy(**changes: Any) -> Deploy:
    fields = {
        "package": "AzureVNet",
        "file": "main.bicep",
        "name": "vnet-1-r",
        "scope": "resourceGroup",
        "resource_group": "rg-1",
        "parameters": {"vnet_name": "vnet-1"},
    }
    return Deploy.model_validate({**fields, **changes})


def payload(
    location: AzureLocation, step: str, state: Any, work: Deploy | Remove, accepted_at: str = LONG_AGO
) -> dict[str, Any]:
    order = Order(request_id="r", location=location, topology={}, work=work)
    return {
        "requestId": "r",
        "tenant": "tenant-1",
        "trace": {},
        "acceptedAt": accepted_at,
        "step": step,
        "sealed": sealing.seal(order.model_dump(mode="json"), order.request_id, (KEY,)),
        "state": state.model_dump(mode="json"),
        "attempt": 0,
    }


def watched(stub: Stub, location: AzureLocation, **more: Any) -> dict[str, Any]:
    """The payload of the look at a deployment that is over."""
    state = DeployState(url=f"{stub.url}/operations/1", correlation_id="c-1")
    return payload(location, "watch_deployment", state, more.pop("work", deploy()), **more)


def record(state: str = "Succeeded", value: Any = VNET) -> Reply:
    properties = {
        "provisioningState": state,
        "outputs": {"vnet_id": {"type": "String", "value": value}},
        "outputResources": [{"id": VNET}],
    }
    return Reply(body={"id": RECORD, "name": "vnet-1-r", "properties": properties})


def answers(record_answer: Reply, others: Reply) -> Callable[[Asked], Reply]:
    """ARM with a deployment that has succeeded; `others` is what anything else is answered."""

    def answer(asked: Asked) -> Reply:
        if "/operations/1" in asked.path:
            return Reply(body={"status": "Succeeded"})
        return record_answer if asked.path.startswith(f"{RECORD}?") else others

    return answer


REFUSED = Reply(403, {"error": {"code": "AuthorizationFailed", "message": "not any more"}})


def test_the_step_publishes_and_says_the_same_when_it_runs_again(
    kafka: Kafka, topic: str, stub: Stub, location: AzureLocation
) -> None:
    """Its worker may be killed after Kafka has the event: Azure may then answer otherwise to all but the record."""
    stub.answer = answers(record(), Reply(404, {"error": {"code": "ResourceNotFound", "message": "m"}}))
    first = take_step(watched(stub, location))
    stub.answer = answers(record(), REFUSED)
    second = take_step(watched(stub, location))
    assert first == second
    assert (first["kind"], first["published"]) == ("Completed", True)
    seen = kafka.read_events(lambda seen: [one.key for one in seen].count("r") == 2, topic=topic)
    assert [one.value for one in seen if one.key == "r"] == [first["event"]] * 2
    assert first["event"]["outputs"] == {"vnet_id": VNET}
    assert first["event"]["associatedTopology"]["Microsoft.Network/virtualNetworks/vnet-1"]["id"] == VNET


def test_before_brent_has_read_the_202_nothing_is_published(topic: str, stub: Stub, location: AzureLocation) -> None:
    stub.answer = answers(record(), REFUSED)
    outcome = take_step(watched(stub, location, accepted_at=datetime.now(UTC).isoformat()))
    assert (outcome["kind"], outcome["published"], outcome["sent"]) == ("Completed", False, False)
    assert outcome["event"]["status"] == "COMPLETE"


def test_while_kafka_is_away_the_step_does_not_wait(
    topic: str, stub: Stub, location: AzureLocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    settings.current.cache_clear()
    eventually(lambda: events.is_away(settings.current()))
    stub.answer = answers(record(), REFUSED)
    outcome = take_step(watched(stub, location))
    assert (outcome["published"], outcome["sent"]) == (False, False)
    assert (outcome["waiting"]["waits_for"], outcome["after"] > 0) == ("kafka", True)
    assert "Connection refused" in outcome["waiting"]["reason"]


def test_what_needs_more_than_the_record_is_in_the_history_before_kafka_has_it(
    topic: str, stub: Stub, location: AzureLocation
) -> None:
    stub.answer = answers(record(), Reply(body={"value": []}))
    outcome = take_step(watched(stub, location, work=deploy(template=NESTED, file="t.json")))
    assert (outcome["kind"], outcome["published"]) == ("Completed", False)


@pytest.mark.parametrize(
    "answer",
    [
        record("Running"),
        REFUSED,
        Reply(404, {"error": {"code": "DeploymentNotFound", "message": "m"}}),
        Reply(500, {"error": {"code": "InternalServerError", "message": "m"}}),
        Reply(DROP),
    ],
    ids=["lagging", "refused", "absent", "error", "dropped"],
)
def test_a_deployment_that_has_succeeded_never_fails(
    topic: str, stub: Stub, location: AzureLocation, answer: Reply
) -> None:
    """O16 of the cases: the record may lag behind its operation."""
    stub.answer = answers(answer, REFUSED)
    waiting = take_step(watched(stub, location))
    assert (waiting["kind"], waiting["settled"], waiting["state"]["over"]) == ("Running", True, True)
    assert waiting["reason"]
    assert waiting["after"] > 0
    stub.answer = lambda asked: record() if asked.path.startswith(f"{RECORD}?") else REFUSED  # not polled again
    done = take_step({**watched(stub, location), "state": waiting["state"]})
    assert (done["kind"], done["published"]) == ("Completed", True)


def removal(location: AzureLocation) -> dict[str, Any]:
    """The payload of the last look at a removal: the network is being deleted, its deployment's record is left."""
    network, deployment = ResourceId.parse(VNET), ResourceId.parse(RECORD)
    state = RemoveState(
        begun=True,
        entries={
            "d": Entry(id=deployment),
            "vnet": Entry(id=network, phase="deleting", url=f"{location.resource_manager_url}/operations/1"),
        },
    )
    return payload(location, "remove_resources", state, Remove())


def gone(record_answer: Reply) -> Callable[[Asked], Reply]:
    """ARM after the network is gone; `record_answer` is what a call about the record is answered."""
    kinds = [{"resourceType": "virtualNetworks", "apiVersions": ["2024-05-01"]}]
    network = Reply(404, {"error": {"code": "ResourceNotFound", "message": "m"}})

    def answer(asked: Asked) -> Reply:
        if asked.path.startswith(f"{VNET}?"):
            return network
        provider = Reply(body={"resourceTypes": kinds})
        return answers(record_answer, provider if "/providers/microsoft.network" in asked.path else REFUSED)(asked)

    return answer


@pytest.mark.parametrize(
    "answer",
    [Reply(202, None, {"Location": "https://x/never-over"}), Reply(404, {"error": {"code": "x"}}), REFUSED],
    ids=["begun", "gone", "refused"],
)
def test_the_record_of_a_deployment_is_deleted_last_and_not_waited_for(
    topic: str, stub: Stub, location: AzureLocation, answer: Reply, caplog: pytest.LogCaptureFixture
) -> None:
    stub.answer = gone(answer)
    outcome = take_step(removal(location))
    assert (outcome["kind"], outcome["published"]) == ("Completed", True)
    assert outcome["event"]["associatedTopology"] == {"vnet": None, "d": None}
    assert stub.asked[-1].method == "DELETE"
    assert (f"the record {RECORD} stays in Azure" in caplog.text) is (answer is REFUSED)


def test_a_record_that_azure_is_too_busy_to_delete_is_waited_for(
    topic: str, stub: Stub, location: AzureLocation
) -> None:
    stub.answer = gone(Reply(429, {"error": {"code": "TooManyRequests"}}, {"Retry-After": "7"}))
    outcome = take_step(removal(location))
    assert (outcome["kind"], outcome["settled"]) == ("Running", True)
    assert outcome["after"] == pytest.approx(7, abs=1)


@pytest.fixture
def scheduler(topic: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Durable Task Scheduler, which takes payloads of up to 1 MB."""
    monkeypatch.setenv(BACKEND, "azureManaged")
    settings.current.cache_clear()


def test_an_event_that_the_task_hub_does_not_take_is_reduced(
    scheduler: None, stub: Stub, location: AzureLocation
) -> None:
    stub.answer = answers(record(value="x" * 1_500_000), REFUSED)
    outcome = take_step(watched(stub, location))
    assert len(json.dumps(outcome)) < 1_000_000
    assert not outcome["published"]
    event = outcome["event"]
    assert (event["status"], event["failureDetails"]["failureCode"]) == ("FAILED", "INTERNAL_ERROR")
    assert "outputs were left out" in event["failureDetails"]["description"]
    assert "Microsoft.Network/virtualNetworks/vnet-1" in event["associatedTopology"]


def test_an_event_that_just_fits_leaves_room_for_what_is_around_it(
    scheduler: None, stub: Stub, location: AzureLocation
) -> None:
    stub.answer = answers(record(value="x" * (settings.current().payload_limit - 500)), REFUSED)
    outcome = take_step(watched(stub, location))
    assert (outcome["kind"], outcome["event"]["status"]) == ("Completed", "FAILED")


def test_a_large_state_travels_compressed(scheduler: None, stub: Stub, location: AzureLocation) -> None:
    topology = {
        f"Contoso.Play/things/{number}": TopologyEntry(
            id=ResourceId.parse(f"{GROUP}/providers/Contoso.Play/things/{number}"), type="Contoso.Play/things"
        )
        for number in range(6_000)
    }
    state = DeployState(topology=topology, url=f"{stub.url}/operations/1")
    assert len(state.model_dump_json()) > 1_000_000
    stub.answer = lambda asked: Reply(body={"status": "Running"})
    outcome = take_step(payload(location, "watch_deployment", state, deploy()))
    assert outcome["kind"] == "Running"
    assert len(json.dumps(outcome)) < 200_000
    again = {**payload(location, "watch_deployment", state, deploy()), "state": outcome["state"]}
    assert take_step(again)["kind"] == "Running"
