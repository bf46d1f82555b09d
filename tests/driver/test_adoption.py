"""Adoption: what a request may name, and what is checked of it, through the real SDK against a stub of ARM."""

from typing import Any

import pytest

from dev.brent import Resource, request_body
from driver.errors import InvalidRequest
from driver.models.events import Topology, TopologyEntry
from driver.models.orders import Adopt, AzureLocation, Order
from driver.models.outcomes import Outcome
from driver.models.requests import LifecycleRequest
from driver.packages.catalogue import find_package
from driver.plans import plan
from driver.resource_ids import ResourceId
from driver.steps.adoption import AdoptState, adopt_resource
from tests.support.arm_stub import Stub
from tests.support.arm_world import World, name
from tests.support.requests import LOCATION, SETTINGS, SUBSCRIPTION

THING = name("Contoso.Play/things/a")
NETWORK = name("Microsoft.Network/virtualNetworks/net")


@pytest.fixture
def world(stub: Stub, location: AzureLocation) -> World:
    return World(stub, location)


def planned(topology: dict[str, Any], resource_type: str = "resource::AzureVNet::1.0") -> Adopt:
    resource = Resource("own", resource_type, {}, topology=topology)
    request = LifecycleRequest.model_validate(request_body(resource, "adopt", LOCATION))
    work = plan(request, find_package(resource_type, "", SETTINGS), SETTINGS).order.work
    assert isinstance(work, Adopt)
    return work


def adopt(world: World, **work: Any) -> Outcome:
    given: Topology = {"it": TopologyEntry(id=ResourceId.parse("it"))}
    order = Order(request_id="r", location=world.location, topology=given, work=Adopt(given="it", **work))
    return adopt_resource(order, AdoptState(), 0)


def test_the_id_is_taken_if_it_is_an_arm_id_else_the_key() -> None:
    assert planned({"it": {"id": NETWORK, "type": "azure"}}).id == ResourceId.parse(NETWORK)
    found = planned({NETWORK: {"id": "0", "type": "azure"}})
    assert (found.id, found.given) == (ResourceId.parse(NETWORK), NETWORK)
    assert "vnet_id" in found.queries


@pytest.mark.parametrize(
    ("topology", "told"),
    [
        ({}, "it has 0 entries; Adopt takes exactly one"),
        ({"a": {"id": NETWORK}, "b": {"id": THING}}, "it has 2 entries"),
        ({"a": {"id": "net"}}, "neither the id 'net' nor the key 'a' is the ARM id"),
        ({"a": None}, "neither the id 'a' nor the key 'a'"),
        ({"a": {"id": f"/subscriptions/{SUBSCRIPTION}"}}, "neither the id"),
        ({"a": {"id": f"{NETWORK}?x=1"}}, "neither the id"),
        ({"a": {"id": THING}}, "this resource type adopts Microsoft.Network/virtualNetworks"),
        ({"a": {"id": NETWORK.partition("/providers")[0]}}, "is a resource group"),
    ],
)
def test_what_cannot_be_adopted_is_refused(topology: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidRequest, match="associatedTopology: ") as caught:
        planned(topology)
    assert told in str(caught.value)


def test_the_entry_of_the_request_is_replaced_and_outputs_come_from_the_queries(world: World) -> None:
    world.add(THING, provisioningState="Succeeded", colour="red")
    outcome = adopt(world, id=THING, queries={"colour": "properties.colour"})
    assert (outcome.kind, outcome.outputs) == ("Completed", {"colour": "red"})
    assert outcome.topology == {
        "it": None,
        "Contoso.Play/things/a": TopologyEntry(id=ResourceId.parse(THING), type="Contoso.Play/things"),
    }


@pytest.mark.parametrize(("state", "kind"), [("Failed", "Failed"), ("Canceled", "Failed"), ("Updating", "Running")])
def test_only_what_is_provisioned_is_adopted_unless_the_check_is_skipped(world: World, state: str, kind: str) -> None:
    world.add(THING, provisioningState=state)
    outcome = adopt(world, id=THING)
    assert (outcome.kind, state.lower() in outcome.reason) == (kind, True)
    assert adopt(world, id=THING, skip_status_check=True).kind == "Completed"


def test_a_query_that_is_wrong_fails_with_its_name(world: World) -> None:
    world.add(THING)
    outcome = adopt(world, id=THING, queries={"colour": "["})
    assert (outcome.kind, outcome.code) == ("Failed", "INTERNAL_ERROR")
    assert "reference.outputs.colour" in outcome.reason


def test_an_order_of_release_2_0_0_is_read() -> None:
    order = Adopt.model_validate({"verb": "adopt", "deployment_id": THING, "outputs": ["a"]})
    assert (order.id, order.outputs) == (ResourceId.parse(THING), ("a",))
    assert Adopt.model_validate(order.model_dump(mode="json")) == order
