"""The look before a deployment, against a stub of ARM."""

from collections.abc import Mapping
from typing import Any

import pytest

from driver.azure.refusals import Refusal
from driver.models.events import TopologyEntry
from driver.models.orders import AzureLocation, Deploy, Order
from driver.resource_ids import ResourceId
from driver.steps import looks
from driver.steps.looks import Pause, Search
from driver.steps.ownership import Evidence
from tests.support.arm_stub import Asked, Reply, Stub
from tests.support.requests import SUBSCRIPTION

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
HUB = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/hub"
FRONT = f"{HUB}/subnets/front"
NETWORK = {"type": "Microsoft.Network/virtualNetworks", "apiVersion": "2024-05-01", "name": "hub"}
SUBNET = {"type": "Microsoft.Network/virtualNetworks/subnets", "apiVersion": "2024-05-01", "name": "hub/front"}
MANY = [{**NETWORK, "name": f"net-{number}"} for number in range(20)]
DATE = "Thu, 01 Jan 2026 12:00:00 GMT"


def build_order(location: AzureLocation, *resources: Mapping[str, Any], topology: Any = None) -> Order:
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    template = {"$schema": schema, "resources": list(resources)}
    work = Deploy(
        package="driverFiles",
        file="main.json",
        template=template,
        name="d",
        scope="resourceGroup",
        resource_group="rg",
        parameters={},
    )
    return Order(request_id="r", location=location, topology=topology or {}, work=work)


def absent(code: str, message: str = "...") -> Reply:
    return Reply(404, {"error": {"code": code, "message": message}}, {"Date": DATE})


def serve(stub: Stub, answers: Mapping[str, Reply | list[Reply]], otherwise: Reply | None = None) -> None:
    """Answers by path; of a list each one once, the last one from then on."""
    left = {path: list(reply) if isinstance(reply, list) else [reply] for path, reply in answers.items()}

    def answer(asked: Asked) -> Reply:
        replies = left.get(asked.path.partition("?")[0])
        if replies is None:
            return otherwise or absent("ResourceNotFound")
        return replies.pop(0) if len(replies) > 1 else replies[0]

    stub.answer = answer


def search_to_end(order: Order, attempt: int = 0) -> tuple[Evidence, list[Pause]]:
    """The evidence, and the pauses of the look."""
    assert isinstance(order.work, Deploy)
    search = looks.begin_search(order, order.work)
    pauses: list[Pause] = []
    while True:
        found = looks.continue_search(order, order.work, search, attempt)
        if isinstance(found, Evidence):
            return found, pauses
        pauses.append(found)
        search = Search.model_validate(found.search.model_dump(mode="json"))  # as it goes through the task hub


def ids(*texts: str) -> tuple[ResourceId, ...]:
    return tuple(map(ResourceId.parse, texts))


def test_a_new_network_costs_one_get_with_the_templates_api_version(stub: Stub, location: AzureLocation) -> None:
    serve(stub, {HUB: absent("ResourceNotFound")})
    evidence, pauses = search_to_end(build_order(location, NETWORK, SUBNET))
    assert (evidence.absent, evidence.present, pauses) == (ids(HUB), (), [])
    assert [asked.path for asked in stub.asked] == [f"{HUB}?api-version=2024-05-01"]
    assert evidence.looked_at == "2026-01-01T12:00:00+00:00"


def test_the_children_of_a_network_that_exists_are_looked_at(stub: Stub, location: AzureLocation) -> None:
    serve(stub, {HUB: Reply(body={"id": HUB}), FRONT: absent("NotFound", f"Resource {FRONT} not found.")})
    evidence, _ = search_to_end(build_order(location, NETWORK, SUBNET))
    assert (evidence.absent, evidence.present) == (ids(FRONT), ids(HUB))


def test_children_whose_names_only_arm_knows(stub: Stub, location: AzureLocation) -> None:
    child = {**SUBNET, "name": "[format('{0}/{1}', 'hub', copyIndex())]"}
    validated = Reply(body={"properties": {"validatedResources": [{"id": HUB}, {"id": FRONT}]}})
    path = f"{GROUP}/providers/Microsoft.Resources/deployments/d/validate"
    serve(stub, {HUB: Reply(body={"id": HUB}), FRONT: Reply(body={"id": FRONT}), path: validated})
    evidence, _ = search_to_end(build_order(location, NETWORK, child))
    assert evidence.present == ids(HUB, FRONT)
    assert [asked.method for asked in stub.asked] == ["GET", "POST", "GET"]


def test_what_is_owned_already_is_not_looked_at(stub: Stub, location: AzureLocation) -> None:
    topology = {"hub": TopologyEntry(id=ResourceId.parse(HUB), type="Microsoft.Network/virtualNetworks")}
    evidence, _ = search_to_end(build_order(location, NETWORK, topology=topology))
    assert evidence.absent == evidence.present == ()
    assert stub.asked == []


@pytest.mark.parametrize("state", ["Deleting", "ScheduledForDelete"])
def test_what_is_being_deleted_is_waited_for(stub: Stub, location: AzureLocation, state: str) -> None:
    deleting = Reply(body={"id": HUB, "properties": {"provisioningState": state}})
    serve(stub, {HUB: [deleting, deleting, absent("ResourceNotFound")]})
    evidence, pauses = search_to_end(build_order(location, NETWORK))
    assert evidence.absent == ids(HUB)
    assert [pause.reason for pause in pauses] == [f"{HUB} is being deleted"] * 2
    assert pauses[0].after < pauses[1].after


@pytest.mark.parametrize(
    "once", [Reply(503, {"error": {"code": "ServiceUnavailable", "message": "..."}}), absent("ResourceGroupNotFound")]
)
def test_one_doubtful_answer_after_a_long_wait_is_no_reason_to_give_up(
    stub: Stub, location: AzureLocation, once: Reply
) -> None:
    """A resource group takes ten minutes to be deleted. Who gives up does not own the one that is made then."""
    deleting = Reply(body={"id": HUB, "properties": {"provisioningState": "Deleting"}})
    serve(stub, {HUB: [*[deleting] * 60, once, deleting, once, absent("ResourceNotFound")]})
    evidence, pauses = search_to_end(build_order(location, NETWORK))
    assert (evidence.absent, evidence.unknown) == (ids(HUB), {})
    assert len(pauses) == 63


@pytest.mark.parametrize(
    "answer",
    [
        absent("ResourceGroupNotFound", "Resource group 'rg' could not be found."),
        Reply(404, "<html>no such page</html>"),
    ],
)
def test_a_group_that_is_not_found_shows_nothing(stub: Stub, location: AzureLocation, answer: Reply) -> None:
    """ARM does not know everywhere of a group that was made a moment ago."""
    serve(stub, {HUB: answer})
    evidence, pauses = search_to_end(build_order(location, NETWORK))
    assert evidence.absent == ()
    assert HUB in evidence.unknown
    assert 20 < sum(pause.after for pause in pauses) < 30


def test_a_group_that_appears_while_it_is_looked_for(stub: Stub, location: AzureLocation) -> None:
    serve(stub, {HUB: [absent("ResourceGroupNotFound"), absent("ResourceNotFound")]})
    assert search_to_end(build_order(location, NETWORK))[0].absent == ids(HUB)


@pytest.mark.parametrize("code", ["ResourceNotFound", "ParentResourceNotFound"])
def test_an_error_about_the_parent_shows_nothing_of_a_child(stub: Stub, location: AzureLocation, code: str) -> None:
    text = "The Resource 'Microsoft.Network/virtualNetworks/hub' under resource group 'rg' was not found."
    serve(stub, {FRONT: absent(code, text)})
    evidence, _ = search_to_end(build_order(location, SUBNET))
    assert evidence.absent == ()
    assert FRONT in evidence.unknown


@pytest.mark.parametrize(
    ("status", "code"),
    [(405, "MethodNotAllowed"), (404, "SubscriptionNotFound"), (400, "BadRequest"), (501, "NotImplemented")],
)
def test_a_get_that_is_refused_shows_nothing(stub: Stub, location: AzureLocation, status: int, code: str) -> None:
    serve(stub, {HUB: Reply(status, {"error": {"code": code, "message": "..."}})})
    evidence, _ = search_to_end(build_order(location, NETWORK))
    assert code in evidence.unknown[HUB]


def test_a_role_that_has_not_spread_yet_is_waited_for(stub: Stub, location: AzureLocation) -> None:
    serve(stub, {HUB: Reply(403, {"error": {"code": "AuthorizationFailed", "message": "..."}})})
    order = build_order(location, NETWORK)
    with pytest.raises(Refusal) as caught:
        search_to_end(order)
    assert "AuthorizationFailed" in search_to_end(order, attempt=caught.value.verdict.tries)[0].unknown[HUB]


def test_a_throttled_look_keeps_what_it_has_seen(stub: Stub, location: AzureLocation) -> None:
    last = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/net-19"
    busy = Reply(429, {"error": {"code": "NamespaceInTransition", "message": "..."}}, {"Retry-After": "17"})
    serve(stub, {last: [busy, absent("ResourceNotFound")]})
    evidence, pauses = search_to_end(build_order(location, *MANY))
    assert len(evidence.absent) == 20
    assert [pause.after for pause in pauses] == [17]
    assert len(stub.asked) == 21


def test_a_long_look_goes_on_in_the_next_step(
    stub: Stub, location: AzureLocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looks, "STEP_SECONDS", 0.0)
    serve(stub, {})
    order = build_order(location, *MANY)
    assert isinstance(order.work, Deploy)
    found = looks.continue_search(order, order.work, looks.begin_search(order, order.work), 0)
    assert isinstance(found, Pause)
    assert "20 resources" in found.reason
    monkeypatch.undo()


def test_a_group_of_this_deployment_covers_what_is_in_it(stub: Stub, location: AzureLocation) -> None:
    nested = {"type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": "inner"}
    validated = [{"id": one} for one in (FRONT, HUB, GROUP)]
    path = f"{GROUP}/providers/Microsoft.Resources/deployments/d/validate"
    reply = Reply(body={"properties": {"validatedResources": validated}})
    serve(stub, {path: reply, GROUP: absent("ResourceGroupNotFound")})
    evidence, pauses = search_to_end(build_order(location, nested))
    assert (evidence.absent, pauses) == (ids(GROUP), [])
    assert len(stub.asked) == 2
