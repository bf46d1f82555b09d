"""Integrity, step by step, through the real SDK against a stub of ARM."""

import pytest

from driver.models.events import Topology
from driver.models.orders import AzureLocation, Check, Order
from driver.models.outcomes import Outcome
from driver.resource_ids import ResourceId
from driver.steps.integrity import CheckState, check_integrity
from driver.topology import name_entries
from tests.support.arm_stub import Reply, Stub
from tests.support.arm_world import GROUP, World, error, name

A, B = (name(f"Contoso.Play/things/{letter}") for letter in "ab")
RECORD = name("Microsoft.Resources/deployments/d")
MACHINE = name("Microsoft.Compute/virtualMachines/vm")


@pytest.fixture
def world(stub: Stub, location: AzureLocation) -> World:
    return World(stub, location)


def check(world: World, *ids: str, state: CheckState | None = None) -> Outcome:
    topology: Topology = {**name_entries(map(ResourceId.parse, ids), home=ResourceId.parse(GROUP))}
    order = Order(request_id="r", location=world.location, topology=topology, work=Check())
    return check_integrity(order, state or CheckState(), 0)


def read_state(outcome: Outcome) -> CheckState:
    return CheckState.model_validate(outcome.model_dump(mode="json")["state"])


def show_power(world: World, *codes: str) -> None:
    view = {"statuses": [{"code": "ProvisioningState/succeeded"}, *({"code": code} for code in codes)]}
    world.say("GET", f"{MACHINE}\\?.*instanceView", Reply(body={"id": MACHINE, "properties": {"instanceView": view}}))


def test_all_that_is_owned_is_there_and_provisioned(world: World) -> None:
    world.add(A, B, provisioningState="Succeeded")
    outcome = check(world, A, B, RECORD)
    assert (outcome.kind, outcome.topology, outcome.outputs) == ("Completed", {}, {})
    assert not world.calls("GET", "/deployments/")
    assert not world.calls("PUT") + world.calls("POST") + world.calls("DELETE")


def test_everything_that_is_broken_is_named(world: World) -> None:
    world.add(A, provisioningState="Failed")
    outcome = check(world, A, B)
    assert (outcome.kind, outcome.code) == ("Failed", "INFRASTRUCTURE_ERROR")
    assert outcome.reason == f"2 of 2 resources are broken: {A} has failed; {B} does not exist"


def test_what_is_being_changed_is_waited_for(world: World) -> None:
    world.add(A, provisioningState="Updating")
    world.add(B)
    first = check(world, A, B)
    assert (first.kind, read_state(first).pending) == ("Running", (ResourceId.parse(A),))
    assert A in first.reason
    world.add(A, provisioningState="Succeeded")
    assert check(world, A, B, state=read_state(first)).kind == "Completed"
    assert len(world.calls("GET", f"{B}\\?")) == 1


@pytest.mark.parametrize(
    ("codes", "kind", "told"),
    [
        (["PowerState/running"], "Completed", ""),
        (["PowerState/deallocated"], "Failed", "vm does not run: deallocated"),
        (["PowerState/stopped"], "Failed", "vm does not run: stopped"),
        ([], "Failed", "vm does not run: its power state is not known"),
        (["PowerState/starting"], "Running", "something is going on"),
    ],
)
def test_a_machine_has_to_run(world: World, codes: list[str], kind: str, told: str) -> None:
    world.add(MACHINE, provisioningState="Succeeded")
    show_power(world, *codes)
    outcome = check(world, MACHINE)
    assert outcome.kind == kind
    assert told in outcome.reason


def test_what_nobody_may_read_is_broken_and_a_type_without_get_is_not(world: World) -> None:
    world.add(A, B)
    world.say("GET", f"{A}\\?", error(403, "RequestDisallowedByPolicy", "not you"))
    world.say("GET", f"{B}\\?", error(405, "MethodNotAllowed"))
    outcome = check(world, A, B)
    assert outcome.reason.startswith(f"1 of 2 resources are broken: {A} cannot be looked at: RequestDisallowedByPolicy")
