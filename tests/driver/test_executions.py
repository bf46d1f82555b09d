"""The ids of executions, and what is told of them."""

import asyncio
import json
import uuid
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from azure.durable_functions.models.DurableOrchestrationStatus import DurableOrchestrationStatus

from dev.brent import Resource
from driver import executions, plans, request_ids
from driver.errors import NotReady
from driver.models.answers import Execution
from driver.models.events import FailureCode
from driver.models.runs import ResourceShown, Run, TransitionShown
from driver.packages import catalogue
from tests.support.certificates import Identity, list_lines, make_identity
from tests.support.events import make_event
from tests.support.requests import LOCATION, NEEDLE, SETTINGS, VNET, body, lifecycle_request

HALF = 18  # characters of the first half of a requestId, with its dashes


def id_of(tenant: str | None = "tenant-1", /, **changes: Any) -> str:
    """The requestId of an execute request, made from its plan as in acceptance."""
    request = lifecycle_request(body(**changes))
    package = catalogue.find_package(request.read_system_property("resourceType"), request.driver_files, SETTINGS)
    return request_ids.make_request_id(request, plans.plan(request, package, SETTINGS).order, tenant)


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
        {"requestProperties": {"a": {"type": "string", "value": "b"}}},
        {"driverFiles": ""},
        {"deploymentLocation": {**LOCATION, "name": "elsewhere"}},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_what_makes_another_request(changes: dict[str, Any]) -> None:
    assert id_of(**changes) != id_of()
    assert id_of(**changes)[:HALF] == id_of()[:HALF]


def test_another_tenant_makes_another_request() -> None:
    assert len({id_of("tenant-1"), id_of("tenant-2"), id_of(None)}) == 3


def test_a_property_moved_to_the_request_makes_another_request() -> None:
    value = {"a": {"type": "string", "value": "b"}}
    usual = body()["resourceProperties"]
    assert id_of(resourceProperties={**usual, **value}, requestProperties={}) != id_of(
        resourceProperties=usual, requestProperties=value
    )


def test_case_of_the_transition_and_a_fresh_secret_make_none() -> None:
    fresh = {**LOCATION, "properties": {**LOCATION["properties"], "clientSecret": "rotated"}}
    assert id_of(transition="CREATE", deploymentLocation=fresh) == id_of()


def test_a_fresh_certificate_makes_none_and_hides_no_short_value() -> None:
    """Nearly every short text is part of a private key."""

    def id_with(identity: Identity, **changes: Any) -> str:
        given = {"authentication": "clientCertificate", "clientCertificate": identity.pem()}
        properties = {**LOCATION["properties"], "clientSecret": None, **given}
        return id_of(deploymentLocation={**LOCATION, "properties": properties}, **changes)

    assert id_with(make_identity()) == id_with(make_identity("another"))
    line = list_lines(make_identity().pem())[5]
    values = ({"a": {"type": "string", "value": value}} for value in (line[:1], line[1:2], line[:2], line[1:3]))
    ids = {id_with(make_identity(), requestProperties=value) for value in values}
    assert len(ids) == len({line[:1], line[1:2], line[:2], line[1:3]})


def test_without_brents_id_it_is_random_but_tells_the_resource() -> None:
    first, second = id_of(request_id=None), id_of(request_id=None)
    assert first != second
    assert first[:HALF] == second[:HALF] == id_of()[:HALF]
    assert str(uuid.UUID(first)) == first


def test_the_first_half_is_a_digest_of_the_resource_id_alone() -> None:
    assert id_of()[:HALF].replace("-", "") == sha256(VNET.id.encode()).hexdigest()[:16]
    assert VNET.id not in id_of()


def test_another_resource_is_another() -> None:
    assert id_of(resource=replace(VNET, id="other"))[:HALF] != id_of()[:HALF]


MACHINE = Resource(
    "vm-1",
    "resource::AzureVirtualMachine::1.0",
    {
        "resourcegroup_name": "rg-1",
        "vm_name": "vm-1",
        "vm_network_interface_name": "nic-1",
        "vm_admin_username": "operator",
        "vm_admin_public_key": "ssh-rsa AAAA",
    },
)
SECRET = {"vm_admin_password": {"type": "string", "value": NEEDLE}}
ANOTHER = {"vm_admin_password": {"type": "string", "value": "another-Passw0rd"}}


def test_a_fresh_secret_makes_no_other_request() -> None:
    """The id is no place to guess a password at; and a request that differs in a secret only is the same."""
    usual = body(resource=MACHINE)["resourceProperties"]
    ids = {id_of(resource=MACHINE, resourceProperties={**usual, **secret}) for secret in (SECRET, ANOTHER)}
    assert len(ids) == 1


@pytest.mark.parametrize("transition", ["Delete", "Start"])
def test_of_a_transition_without_a_template_no_property_counts(transition: str) -> None:
    usual = body(resource=MACHINE)["resourceProperties"]
    ids = {
        id_of(resource=MACHINE, transition=transition, resourceProperties={**usual, **one}) for one in (SECRET, ANOTHER)
    }
    assert len(ids) == 1


@pytest.mark.parametrize("key", ["ssh-rsa AAAA", "ssh-rsa BBBB"])
def test_a_key_does_not_count(key: str) -> None:
    usual = body(resource=MACHINE)["resourceProperties"]
    property_ = {"type": "key", "keyName": "k", "publicKey": key, "privateKey": NEEDLE}
    assert id_of(resource=MACHINE, resourceProperties={**usual, "a_key": property_}) == id_of(
        resource=MACHINE, resourceProperties={**usual, "a_key": {**property_, "publicKey": "ssh-rsa CCCC"}}
    )


EVENT = make_event({"a": {"id": "i", "type": "t"}}, failure=(FailureCode.INSUFFICIENT_CAPACITY, "full"))


@pytest.mark.parametrize("output", [EVENT, json.dumps(EVENT)], ids=["object", "text"])
def test_the_event_of_an_ended_execution(output: Any) -> None:
    ended = status(instanceId="r", runtimeStatus="Completed", output=output)
    assert executions.read_event(ended) == EVENT
    assert executions.read_topology(ended) == EVENT["associatedTopology"]


@pytest.mark.parametrize("output", [None, "Orchestrator function 'run_lifecycle' failed: x", [], 5, {}, "null"])
def test_an_execution_that_ended_without_an_event(output: Any) -> None:
    ended = status(instanceId="r", runtimeStatus="Failed", output=output)
    assert executions.read_event(ended) is None
    assert executions.read_topology(ended) == {}
    assert executions.describe_execution(ended)["status"] == "FAILED"


RUN = Run(
    request_id="r",
    tenant="tenant-1",
    accepted_at="2026-01-01T00:00:00+00:00",
    deadline="2026-01-01T00:14:00+00:00",
    resource=ResourceShown(id="i", name="n", type="resource::AzureVNet::1.0"),
    transition=TransitionShown(name="Create", verb="deploy", seconds=840),
    deployment_location="azure-we",
    sealed=NEEDLE,
)
SHOWN = {
    "resource": {"id": "i", "name": "n", "type": "resource::AzureVNet::1.0"},
    "transition": "Create",
    "deploymentLocation": "azure-we",
    "tenantId": "tenant-1",
    "acceptedAt": "2026-01-01T00:00:00+00:00",
    "deadline": "2026-01-01T00:14:00+00:00",
}
DEPLOYMENT = {"name": "n-r", "id": "/subscriptions/s/x", "correlationId": "c-1"}
WAITING = {"for": "request", "reason": "busy", "since": "t", "until": "u", "requestId": "another"}
CUSTOM = {
    **SHOWN,
    "step": "watch_deployment",
    "attempt": 2,
    "waiting": WAITING,
    "deployment": DEPLOYMENT,
    "operations": [],
    "operationsTotal": 0,
    "notOwned": [{"id": "/subscriptions/s/y", "reason": "it existed before"}],
    "notOwnedTotal": 30,
    "warnings": [],
}


IN_HUB = {**CUSTOM, "verb": "deploy"}


def describe(runtime_status: str, output: Any = None, custom: Any = IN_HUB) -> dict[str, Any]:
    return executions.describe_execution(
        status(
            instanceId="r",
            runtimeStatus=runtime_status,
            input=json.dumps(RUN.model_dump(mode="json", by_alias=True)),
            output=output,
            customStatus=custom,
            createdTime="2026-01-01T00:00:00Z",
            lastUpdatedTime="2026-01-01T00:00:01Z",
        )
    )


@pytest.mark.parametrize("runtime_status", ["Running", "ContinuedAsNew"])
def test_an_execution_that_runs(runtime_status: str) -> None:
    running = {"requestId": "r", "status": "IN_PROGRESS", **CUSTOM}
    assert describe(runtime_status) == {**running, "endedAt": None, "event": None, "failureDetails": None}


def test_one_that_is_suspended_waits_for_an_operator() -> None:
    """It goes on showing what it waited for before; nobody learned why nothing happens."""
    shown = describe("Suspended")
    assert (shown["status"], shown["step"]) == ("IN_PROGRESS", "watch_deployment")
    assert shown["waiting"] == {
        "for": "operator",
        "reason": "it was suspended with the Durable management API, and goes on when it is resumed there",
        "requestId": None,
        "since": "2026-01-01T00:00:01+00:00",
        "until": "",
    }


@pytest.mark.parametrize(
    "content", [None, "text", {"requestId": "r"}, {"requestId": 5}, {"requestId": "r", "awaits": 1}]
)
@pytest.mark.parametrize("runtime_status", ["Pending", "Terminated"])
def test_one_whose_input_says_nothing_has_every_field(runtime_status: str, content: Any) -> None:
    times = {"createdTime": "2026-01-01T00:00:00Z", "lastUpdatedTime": "2026-01-01T00:00:01Z"}
    found = status(instanceId="r", runtimeStatus=runtime_status, input=json.dumps(content), **times)
    shown = executions.describe_execution(found)
    assert set(shown) == set(describe("Running"))
    assert Execution.model_validate(shown).resource == ResourceShown()


def test_one_that_waits_names_the_request_that_it_waits_for() -> None:
    assert describe("Running")["waiting"]["requestId"] == "another"


def test_one_that_has_not_taken_a_step_is_described_from_its_input() -> None:
    shown = describe("Pending", custom=None)
    assert {name: shown[name] for name in SHOWN} == SHOWN
    assert (shown["status"], shown["step"]) == ("IN_PROGRESS", None)
    assert NEEDLE not in json.dumps(shown)


@pytest.mark.parametrize("event", [make_event({}), EVENT], ids=["complete", "failed"])
def test_of_one_that_has_ended_nothing_is_stale(event: dict[str, Any]) -> None:
    shown = describe("Completed", event)
    assert (shown["status"], shown["event"]) == (event["status"], event)
    assert (shown["step"], shown["attempt"], shown["waiting"]) == (None, None, None)
    assert shown["deployment"] == DEPLOYMENT
    assert (shown["notOwned"], shown["notOwnedTotal"]) == (CUSTOM["notOwned"], 30)
    assert shown["endedAt"] == "2026-01-01T00:00:01+00:00"
    assert shown["failureDetails"] == event.get("failureDetails")


def test_one_that_was_terminated_says_so() -> None:
    shown = describe("Terminated")
    assert (shown["status"], shown["event"]) == ("FAILED", None)
    assert "Terminated" in shown["failureDetails"]["description"]


class Answering:
    """A task hub behind the SDK's client, which makes a status of whatever the host answers."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    async def get_status(self, instance_id: str, **options: Any) -> DurableOrchestrationStatus:
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
