"""The wait for the conditions of `readyWhen`, step by step, through the real SDK against a stub of ARM."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from dev.brent import Resource, request_body
from driver import telemetry
from driver.azure.deployments import Deployment
from driver.azure.operations import POLLS
from driver.errors import InvalidRequest
from driver.models.events import Topology
from driver.models.orders import AzureLocation, Call, Condition, Deploy, Order
from driver.models.outcomes import Outcome
from driver.models.requests import LifecycleRequest
from driver.packages.catalogue import load_own_package
from driver.plans import plan
from driver.resource_ids import ResourceId
from driver.steps.actions import CallState
from driver.steps.entries import Entry
from driver.steps.pruning import PruneState
from driver.steps.readiness import ReadinessState, await_readiness, begin_wait
from driver.topology import name_entries
from tests.driver.test_looks import NETWORK, build_order
from tests.support.arm_stub import Stub
from tests.support.arm_world import GROUP, World, error, name
from tests.support.requests import LOCATION, NEEDLE, SETTINGS

A, B = (name(f"Contoso.Play/things/{letter}") for letter in "ab")
OTHER = name("Contoso.Play/links/a")
ROUTED = Condition(on="contoso.play/Things", that="properties.routing == 'Provisioned'", seconds=600)
OUTPUTS = {"colour": "red"}
OWNED: Topology = {**name_entries(map(ResourceId.parse, (A, B)), home=ResourceId.parse(GROUP)), "old": None}


@pytest.fixture
def world(stub: Stub, location: AzureLocation) -> World:
    return World(stub, location)


def build(world: World, *conditions: Condition, **work: Any) -> tuple[Order, Deploy]:
    deploy = build_order(world.location, NETWORK).deploy
    assert deploy is not None
    deploy = deploy.model_copy(update={"ready_when": conditions or (ROUTED,), **work})
    return Order(request_id="r", location=world.location, topology={}, work=deploy), deploy


def begin(work: Deploy, *ids: str, obsolete: dict[str, Entry] | None = None) -> ReadinessState:
    """The state after a deployment that names these resources."""
    record = Deployment("Succeeded", {}, tuple(map(ResourceId.parse, ids or (A, B, OTHER))))
    begun = begin_wait(work, record, OUTPUTS, OWNED, obsolete or {})
    assert (begun.kind, begun.following) == ("Succeeded", "await_readiness")
    return read_state(begun)


def read_state(outcome: Outcome) -> ReadinessState:
    return ReadinessState.model_validate(outcome.model_dump(mode="json")["state"])


def later(seconds: float) -> Any:
    return time_machine.travel(datetime.now(UTC) + timedelta(seconds=seconds), tick=True)


def test_each_resource_of_the_type_is_waited_for_and_looked_at_until_it_meets_it(world: World) -> None:
    order, work = build(world)
    world.add(A, routing="Provisioning")
    world.add(B, routing="Provisioned")
    first = await_readiness(order, begin(work), 0)
    assert (first.kind, first.reason) == (
        "Running",
        "a: properties.routing is 'Provisioning', waits for properties.routing == 'Provisioned'",
    )
    assert first.waiting is not None
    assert (first.waiting.waits_for, POLLS.least <= first.after <= 1.2 * POLLS.least) == ("condition", True)
    assert [one.id for one in read_state(first).pending] == [ResourceId.parse(A)]
    with later(100):
        assert 20 <= await_readiness(order, read_state(first), 0).after <= 36  # a busy machine ages it further
    world.add(A, routing="Provisioned")
    done = await_readiness(order, read_state(first), 0)
    assert (done.kind, done.outputs, done.topology, done.repeatable) == ("Completed", OUTPUTS, OWNED, False)
    assert len(world.calls("GET", f"{B}\\?")) == 1
    assert not world.calls("GET", OTHER)
    assert not world.calls("PUT") + world.calls("POST") + world.calls("DELETE")


def test_what_was_to_follow_the_deployment_follows_the_wait(world: World) -> None:
    world.add(A, B, routing="Provisioned")
    order, work = build(world)
    obsolete = {"old": Entry(id=ResourceId.parse(OTHER))}
    pruning = await_readiness(order, begin(work, obsolete=obsolete), 0)
    assert (pruning.kind, pruning.following) == ("Succeeded", "")
    assert pruning.state == PruneState(begun=True, entries=obsolete, outputs=OUTPUTS, topology=OWNED)
    order, work = build(world, then=Call(action="start", on="Contoso.Play/things"))
    calling = await_readiness(order, begin(work), 0)
    assert (calling.kind, calling.following) == ("Succeeded", "call_action")
    assert calling.state == CallState(outputs=OUTPUTS, topology=OWNED)


def test_a_condition_for_which_the_deployment_has_no_resource_fails_with_its_name(world: World) -> None:
    none = Condition(on="Contoso.Play/none", that="id", seconds=60)
    order, work = build(world, ROUTED, none)
    outcome = await_readiness(order, begin(work), 0)
    assert (outcome.kind, outcome.code) == ("Failed", "RESOURCE_NOT_FOUND")
    assert outcome.reason.endswith("readyWhen Contoso.Play/none `id` (timeout 60 s)")
    assert read_state(outcome).report_topology() == OWNED
    assert not world.stub.asked


def test_at_its_timeout_it_fails_with_resource_condition_and_value(world: World) -> None:
    soon = Condition(on="Contoso.Play/things", that="properties.open", seconds=30)
    order, work = build(world, ROUTED, soon)
    world.add(A, routing="Provisioning", open=False)
    world.add(B, routing="Provisioning", open=True)
    first = await_readiness(order, begin(work), 0)
    with later(25):
        second = await_readiness(order, read_state(first), 0)
        assert (second.kind, second.after <= 5) == ("Running", True)  # no longer than until the timeout
    with later(31):
        outcome = await_readiness(order, read_state(second), 0)
    assert (outcome.kind, outcome.code) == ("Failed", "INFRASTRUCTURE_ERROR")
    told = f"{A}: properties.open is false, readyWhen Contoso.Play/things `properties.open` (timeout 30 s)"
    seconds = re.fullmatch(
        rf"not ready (\d+) seconds after deployment 'd' succeeded: {re.escape(told)}", outcome.reason
    )
    assert seconds is not None
    assert int(seconds[1]) >= 31
    assert read_state(outcome).report_topology() == OWNED


def test_values_are_cut_and_hide_secrets(world: World) -> None:
    order, work = build(world, Condition(on="Contoso.Play/things", that="properties.password == a", seconds=60))
    world.add(A, password="long forgotten")
    world.there[A]["a"] = f"{NEEDLE} {'x' * 5_000}"
    with telemetry.bind_fields({}, [NEEDLE]):
        outcome = await_readiness(order, begin(work, A), 0)
    text = outcome.model_dump_json()
    assert "properties.password is *** and a is '*** xxx" in outcome.reason
    assert NEEDLE not in text
    assert "forgotten" not in text
    assert len(outcome.reason) < 400


def test_it_is_read_with_the_api_version_of_the_template(world: World) -> None:
    order, work = build(world, ROUTED.model_copy(update={"versions": ("2020-01-01",)}))
    world.add(A, routing="Provisioned")
    await_readiness(order, begin(work, A), 0)
    assert world.calls("GET") == [f"{A}?api-version=2020-01-01"]


def test_what_is_not_found_and_a_refusal_that_passes_are_waited_for(world: World) -> None:
    order, work = build(world)
    world.add(A, routing="Provisioned")
    world.say("GET", f"{A}\\?", error(503, "ServiceUnavailable", "busy", **{"Retry-After": "77"}), times=1)
    first = await_readiness(order, begin(work, A, B), 0)
    assert (first.kind, first.refused, first.after) == ("Running", True, 77)
    assert first.waiting is not None
    assert first.waiting.waits_for == "azure"
    assert "a: it cannot be looked at: ServiceUnavailable: busy, waits for" in first.reason
    assert "b: it does not exist, waits for" in first.reason
    world.add(B, routing="Provisioned")
    assert await_readiness(order, read_state(first), 0).kind == "Completed"


def test_a_final_refusal_fails_and_one_that_may_pass_after_its_tries(world: World) -> None:
    order, work = build(world)
    world.say("GET", f"{A}\\?", error(403, "RequestDisallowedByPolicy", "never"), times=1)
    failed = await_readiness(order, begin(work, A), 0)
    assert (failed.kind, failed.code) == ("Failed", "INFRASTRUCTURE_ERROR")
    assert f"{A}: it cannot be looked at: RequestDisallowedByPolicy: never, readyWhen " in failed.reason
    world.say("GET", f"{A}\\?", error(403, "AuthorizationFailed"))
    outcome, waits = await_readiness(order, begin(work, A), 0), list[float]()
    while outcome.kind == "Running":
        waits.append(outcome.after)
        outcome = await_readiness(order, read_state(outcome), 0)
    assert (outcome.kind, len(waits)) == ("Failed", 6)
    assert min(waits) >= 10  # a role assignment takes minutes to be known everywhere


def test_a_state_of_many_resources_is_read_again(world: World) -> None:
    order, work = build(world)
    ids = [name(f"Contoso.Play/things/t{number}") for number in range(30)]
    world.add(*ids, routing="None")
    outcome = await_readiness(order, begin(work, *ids), 0)
    assert len(read_state(outcome).pending) == 30
    assert outcome.reason.endswith("; and 25 more")


MANIFEST = """
version: 1
resourceGroup: rg
transitions:
  Create:
    deploy: main.json
    readyWhen:
      - {on: microsoft.network/VirtualNetworks, that: "tags.ready == 'yes'", timeout: 90s}
      - {on: %s, that: id}
"""
TEMPLATE = """{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
"resources": [
{"type": "Microsoft.Network/virtualNetworks", "apiVersion": "2024-05-01", "name": "a"}, %s]}"""
LINKED = (
    '{"type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": "d", "properties": '
    '{"templateLink": {"uri": "https://example.com"}}}'
)
REFERRED = '{"type": "Contoso.Play/things", "apiVersion": "2024-05-01", "name": "b", "existing": true}'


def plan_create(kind: str, more: str) -> Deploy:
    files = {"lifecycle.yaml": (MANIFEST % kind).encode(), "main.json": (TEMPLATE % more).encode()}
    package = load_own_package(files, SETTINGS)
    assert package is not None
    request = LifecycleRequest.model_validate(request_body(Resource("own", "own", {}), "Create", LOCATION))
    work = plan(request, package, SETTINGS).order.work
    assert isinstance(work, Deploy)
    return work


def test_the_conditions_of_a_package_with_the_versions_of_its_template() -> None:
    work = plan_create("Contoso.Play/things", LINKED)
    assert work.ready_when == (
        Condition(
            on="microsoft.network/VirtualNetworks", that="tags.ready == 'yes'", seconds=90, versions=("2024-05-01",)
        ),
        Condition(on="Contoso.Play/things", that="id", seconds=600),
    )
    assert Deploy.model_validate(work.model_dump(mode="json")) == work


def test_a_condition_whose_type_the_template_does_not_deploy_is_refused() -> None:
    with pytest.raises(InvalidRequest) as caught:
        plan_create("Contoso.Play/things", REFERRED)
    told = "lifecycle.yaml line 9, transitions.Create.readyWhen.1: 'main.json' deploys no Contoso.Play/things"
    assert str(caught.value) == f"{told}, so nothing could meet it"
