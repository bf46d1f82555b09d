"""The ids of executions, and what is told of them."""

import asyncio
import json
import uuid
from typing import Any

import pytest
from azure.durable_functions.models.DurableOrchestrationStatus import DurableOrchestrationStatus

from driver import executions
from driver.errors import NotReady
from driver.models import FailureCode, event
from tests.support.requests import LOCATION, NEEDLE, VNET, body, lifecycle_request

KEY = "key"


def id_of(key: str = KEY, /, **changes: Any) -> str:
    return executions.request_id(lifecycle_request(body(**changes)), key)


def status(**fields: Any) -> DurableOrchestrationStatus:
    return DurableOrchestrationStatus.from_json(fields)


def test_a_repeated_post_has_the_same_id_which_is_a_uuid() -> None:
    assert id_of() == id_of()
    assert str(uuid.UUID(id_of())) == id_of()


def test_the_order_of_properties_makes_no_difference() -> None:
    properties = body()["resourceProperties"]
    turned = dict(reversed(properties.items()))
    assert id_of(resourceProperties=turned) == id_of(resourceProperties=properties)


@pytest.mark.parametrize(
    "changes",
    [
        {"request_id": "another"},
        {"transition": "Delete"},
        {"properties": {"vnet_name": "vnet-2"}},
        {"properties": {"vnet_name": None}},
        {"requestProperties": {"a": {"type": "string", "value": "b"}}},
        {"driverFiles": ""},
        {"deploymentLocation": {**LOCATION, "name": "elsewhere"}},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_what_makes_another_request(changes: dict[str, Any]) -> None:
    assert id_of(**changes) != id_of()
    assert executions.of_same_resource([id_of(**changes)], id_of()) == [id_of(**changes)]


def test_a_property_moved_to_the_request_makes_another_request() -> None:
    value = {"a": {"type": "string", "value": "b"}}
    assert id_of(resourceProperties=value, requestProperties={}) != id_of(
        resourceProperties={}, requestProperties=value
    )


def test_case_of_the_transition_and_a_fresh_secret_make_none() -> None:
    fresh = {**LOCATION, "properties": {**LOCATION["properties"], "clientSecret": "rotated"}}
    assert id_of(transition="CREATE", deploymentLocation=fresh) == id_of()


def test_without_brents_id_it_is_random_but_tells_the_resource() -> None:
    first, second = id_of(request_id=None), id_of(request_id=None)
    assert first != second
    assert executions.of_same_resource([first, second, id_of()], first) == [second, id_of()]
    assert str(uuid.UUID(first)) == first


def test_without_a_resource_id_it_belongs_to_no_resource() -> None:
    anonymous = [executions.request_id(lifecycle_request(body(systemProperties={})), KEY) for _ in range(2)]
    assert executions.of_same_resource(anonymous[:1], anonymous[1]) == []


def test_another_resource_is_another() -> None:
    other = body()
    other["systemProperties"]["resourceId"]["value"] = "other"
    assert executions.of_same_resource([executions.request_id(lifecycle_request(other), KEY)], id_of()) == []
    assert VNET.id not in id_of()


def test_without_the_key_the_id_tells_nothing_of_a_value() -> None:
    assert id_of("other key", properties={"admin_password": NEEDLE}) != id_of(properties={"admin_password": NEEDLE})


EVENT = event("r", {"topology": {"a": {"id": "i", "type": "t"}}}, (FailureCode.INSUFFICIENT_CAPACITY, "full"))


@pytest.mark.parametrize("output", [EVENT, json.dumps(EVENT)], ids=["object", "text"])
def test_the_event_of_an_ended_execution(output: Any) -> None:
    ended = status(instanceId="r", runtimeStatus="Completed", output=output)
    assert executions.event_of(ended) == EVENT
    assert executions.topology(ended) == EVENT["associatedTopology"]


@pytest.mark.parametrize("output", [None, "Orchestrator function 'run_lifecycle' failed: x", [], 5, {}, "null"])
def test_an_execution_that_ended_without_an_event(output: Any) -> None:
    ended = status(instanceId="r", runtimeStatus="Failed", output=output)
    assert executions.event_of(ended) is None
    assert executions.topology(ended) == {}
    assert executions.report(ended)["status"] == "FAILED"


@pytest.mark.parametrize(
    ("runtime_status", "output", "told"),
    [
        ("Pending", None, "IN_PROGRESS"),
        ("Running", None, "IN_PROGRESS"),
        ("ContinuedAsNew", None, "IN_PROGRESS"),
        ("Completed", event("r", {}), "COMPLETE"),
        ("Completed", EVENT, "FAILED"),
        ("Terminated", None, "FAILED"),
    ],
)
def test_reports(runtime_status: str, output: Any, told: str) -> None:
    report = executions.report(
        status(
            instanceId="r",
            runtimeStatus=runtime_status,
            output=output,
            customStatus={"step": "watch_deployment"},
            createdTime="2026-01-01T00:00:00Z",
            lastUpdatedTime="2026-01-01T00:00:01Z",
        )
    )
    assert report["status"] == told
    assert report["runtimeStatus"] == runtime_status
    assert report["createdTime"] == "2026-01-01T00:00:00+00:00"
    assert report["customStatus"] == {"step": "watch_deployment"}
    assert ("failureDetails" in report) is (output is EVENT)


class Answering:
    """A task hub behind the SDK's client, which makes a status of whatever the host answers."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    async def get_status(self, instance_id: str) -> DurableOrchestrationStatus:
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer == "never":
            await asyncio.Event().wait()
        return DurableOrchestrationStatus.from_json(self.answer)


def find(answer: Any) -> Any:
    client: Any = Answering(answer)
    return asyncio.run(executions.find_execution(client, "r", 0.05))


def test_an_execution_that_is_known_and_one_that_is_not() -> None:
    assert executions.is_active(find({"instanceId": "r", "runtimeStatus": "Running"}))
    assert find("") is None


@pytest.mark.parametrize("answer", [{"Message": "m", "ExceptionMessage": "e"}, OSError("refused"), "never"], ids=str)
def test_a_task_hub_that_does_not_answer_knows_nothing(answer: Any) -> None:
    with pytest.raises(NotReady, match="the task hub"):
        find(answer)
