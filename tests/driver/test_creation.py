"""The steps of deploy, against a stub of ARM: when the deployment is started, and what is claimed afterwards."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
import time_machine

from driver.models.events import TopologyEntry
from driver.models.orders import AzureLocation, Order
from driver.resource_ids import ResourceId
from driver.steps import abandonment, creation, records
from driver.steps.ownership import Evidence
from driver.steps.states import DeployState
from tests.driver.test_looks import FRONT, GROUP, HUB, NETWORK, build_order
from tests.support.arm_stub import DROP, Asked, Reply, Stub
from tests.support.requests import SUBSCRIPTION

RECORD = f"{GROUP}/providers/Microsoft.Resources/deployments/d"
NESTED = f"{GROUP}/providers/Microsoft.Resources/deployments/nested"
OPERATIONS = "/operations"
NOT_FOUND = Reply(404, {"error": {"code": "DeploymentNotFound", "message": "..."}})
ABSENT = Reply(404, {"error": {"code": "ResourceNotFound", "message": "..."}})
INNER = {"type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": "nested"}


def provider(namespace: str, kind: str) -> tuple[str, Reply]:
    kinds = [{"resourceType": kind, "apiVersions": ["2024-05-01"]}]
    return f"GET /subscriptions/{SUBSCRIPTION}/providers/{namespace}", Reply(body={"resourceTypes": kinds})


PROVIDERS = dict(
    [provider("microsoft.network", "virtualNetworks"), provider("microsoft.authorization", "roleAssignments")]
)


def record(correlation: str = "r", state: str = "Succeeded", **properties: Any) -> Reply:
    told = {"provisioningState": state, "correlationId": correlation, "timestamp": "2026-01-01T12:00:05.5Z"}
    return Reply(body={"name": "d", "tags": properties.pop("tags", {}), "properties": told | properties})


def operations(*targets: str, kind: str = "Create") -> Reply:
    entries = [{"properties": {"provisioningOperation": kind, "targetResource": {"id": target}}} for target in targets]
    return Reply(body={"value": entries})


def serve(stub: Stub, answers: Mapping[str, Reply]) -> None:
    """Answers by `METHOD path`, without the scheme of versions; the path of operations has no provider segment."""

    def answer(asked: Asked) -> Reply:
        path = (
            asked.path.partition("?")[0].lower().replace("/providers/microsoft.resources/deployments", "/deployments")
        )
        return known.get(f"{asked.method} {path}", NOT_FOUND)

    known = {
        key.lower().replace("/providers/microsoft.resources/deployments", "/deployments"): reply
        for key, reply in answers.items()
    }
    known = PROVIDERS | {f"{key.split(' ')[0].upper()} {key.split(' ')[1]}": reply for key, reply in known.items()}
    stub.answer = answer


def looked(seconds_ago: float, **shown: Any) -> Evidence:
    ended_at = datetime.now(UTC) - timedelta(seconds=seconds_ago)
    return Evidence(looked_at="2026-01-01T12:00:00+00:00", ended_at=ended_at.isoformat(), **shown)


def started(order: Order, evidence: Evidence, **state: Any) -> Any:
    return creation.start_deployment(order, DeployState(evidence=evidence, **state), 0)


ACCEPTED = Reply(201, {"properties": {}}, {"Azure-AsyncOperation": "https://arm/poll"})


def test_the_put_carries_the_request_id_as_correlation_id(stub: Stub, location: AzureLocation) -> None:
    serve(stub, {f"PUT {RECORD}": ACCEPTED})
    outcome = started(build_order(location, NETWORK), looked(1))
    assert (outcome.kind, outcome.state.accepted) == ("Succeeded", True)
    headers = {name.lower(): value for name, value in stub.asked[0].headers.items()}
    assert headers["x-ms-correlation-request-id"] == "r"


def test_a_put_that_comes_late_looks_again(stub: Stub, location: AzureLocation) -> None:
    """It does not go back to the look: where much waits, the PUT would come late each time."""
    order = build_order(location, NETWORK)
    serve(stub, {f"PUT {RECORD}": ACCEPTED, f"GET {HUB}": ABSENT})
    outcome = started(order, looked(11, absent=(ResourceId.parse(HUB),)))
    assert (outcome.kind, outcome.restart, outcome.state.accepted) == ("Succeeded", False, True)
    assert [asked.method for asked in stub.asked if "providers/microsoft.network?" not in asked.path.lower()] == [
        "GET",  # of the record
        "GET",  # of the network
        "PUT",
    ]
    assert datetime.fromisoformat(outcome.state.evidence.ended_at) > datetime.now(UTC) - timedelta(seconds=5)


def test_a_put_that_comes_late_goes_back_to_the_look_if_something_has_come_meanwhile(
    stub: Stub, location: AzureLocation
) -> None:
    serve(stub, {f"PUT {RECORD}": ACCEPTED, f"GET {HUB}": Reply(body={"id": HUB})})
    outcome = started(build_order(location, NETWORK), looked(11, absent=(ResourceId.parse(HUB),)))
    assert (outcome.kind, outcome.restart, outcome.state) == ("Retry", True, DeployState())
    assert "PUT" not in [asked.method for asked in stub.asked]


def test_a_put_whose_answer_was_lost_is_sent_again(stub: Stub, location: AzureLocation) -> None:
    serve(stub, {f"PUT {RECORD}": ACCEPTED, f"GET {RECORD}": record(state="Running")})
    outcome = started(build_order(location, NETWORK), looked(11))
    assert outcome.kind == "Succeeded"


def test_the_record_of_an_earlier_run_of_the_request_is_no_lost_answer(stub: Stub, location: AzureLocation) -> None:
    serve(stub, {f"PUT {RECORD}": ACCEPTED, f"GET {RECORD}": record(state="Failed", timestamp="2026-01-01T11:59:00Z")})
    assert started(build_order(location, NETWORK), looked(11)).restart


def test_a_deployment_that_is_started_again_is_not_looked_for_again(stub: Stub, location: AzureLocation) -> None:
    serve(stub, {f"PUT {RECORD}": ACCEPTED})
    assert started(build_order(location, NETWORK), looked(600), accepted=True).kind == "Succeeded"


def test_before_a_deployment_is_started_again_it_looks_for_what_somebody_has_made_meanwhile(
    stub: Stub, location: AzureLocation
) -> None:
    evidence = looked(11, absent=(ResourceId.parse(HUB),))
    serve(
        stub,
        {f"PUT {RECORD}": ACCEPTED, f"GET {HUB}": Reply(body={"id": HUB}), f"GET {RECORD}": record(state="Failed")},
    )
    order = build_order(location, NETWORK)
    outcome = started(order, evidence, accepted=True, failures=1)
    assert (outcome.kind, outcome.state.evidence.present) == ("Succeeded", (ResourceId.parse(HUB),))
    assert outcome.state.evidence.absent == ()
    mine = {"hub": TopologyEntry(id=ResourceId.parse(HUB))}
    outcome = started(order, evidence, accepted=True, failures=1, topology=mine)
    assert (outcome.kind, outcome.state.evidence.present) == ("Succeeded", ())
    serve(
        stub,
        {f"PUT {RECORD}": ACCEPTED, f"GET {HUB}": Reply(body={"id": HUB}), f"GET {RECORD}": record(state="Running")},
    )
    outcome = started(order, evidence, accepted=True, failures=1)
    assert (outcome.kind, outcome.state.evidence) == ("Succeeded", evidence)  # the PUT's answer was lost


def test_another_try_whose_answer_was_lost_is_not_looked_for(stub: Stub, location: AzureLocation) -> None:
    """It may have failed by now, and what it has made is this resource's."""
    order, evidence = build_order(location, NETWORK), looked(11, absent=(ResourceId.parse(HUB),))
    broken = {"status": "Failed", "error": {"code": "InternalServerError", "message": "..."}}
    dated = {"Date": "Thu, 01 Jan 2026 12:00:06 GMT"}
    serve(stub, {"GET /poll": Reply(200, broken, dated), f"GET {RECORD}{OPERATIONS}": operations()})
    first: Any = creation.watch_deployment(
        order, DeployState(evidence=evidence, correlation_id="r", url=f"{stub.url}/poll", accepted=True), 0
    )
    assert (first.kind, first.state.failures) == ("Retry", 1)
    there = {f"PUT {RECORD}": ACCEPTED, f"GET {HUB}": Reply(body={"id": HUB})}
    serve(stub, {**there, f"GET {RECORD}": record(state="Failed", timestamp="2026-01-01T12:00:20Z")})
    second: Any = creation.start_deployment(order, first.state, 1)
    assert (second.kind, second.state.evidence) == ("Succeeded", evidence)
    serve(stub, {**there, f"GET {RECORD}": record(state="Failed")})
    second = creation.start_deployment(order, first.state, 1)
    assert (second.kind, second.state.evidence.absent) == ("Succeeded", ())


def test_a_look_before_another_try_ends_where_what_contains_a_resource_is_missing(
    stub: Stub, location: AzureLocation
) -> None:
    missing = Reply(404, {"error": {"code": "ResourceGroupNotFound", "message": "Resource group 'g' was not found."}})
    serve(stub, {f"PUT {RECORD}": ACCEPTED, f"GET {HUB}": missing, f"GET {RECORD}": record(state="Failed")})
    order = build_order(location, NETWORK)
    outcome = started(order, looked(11, absent=(ResourceId.parse(HUB),)), accepted=True, failures=1)
    pauses = 0
    while outcome.kind == "Running" and pauses < 20:
        pauses += 1
        outcome = creation.start_deployment(order, outcome.state, 0)
    assert (outcome.kind, outcome.state.search) == ("Succeeded", None)
    assert 1 <= pauses <= 5


def finish(order: Order, evidence: Evidence, **state: Any) -> Any:
    """The outcome of the watch of a deployment whose operation has succeeded."""
    return creation.watch_deployment(order, DeployState(evidence=evidence, correlation_id="r", over=True, **state), 0)


def list_owned(outcome: Any) -> set[str]:
    return {entry.id.text for entry in outcome.topology.values() if entry is not None}


def test_what_a_sibling_has_written_through_a_nested_deployment_of_the_same_name(
    stub: Stub, location: AzureLocation
) -> None:
    """ARM lists the sibling's subnet for our deployment, whose nested record it has overwritten."""
    serve(
        stub,
        {
            f"GET {RECORD}": record(outputResources=[{"id": HUB}, {"id": FRONT}]),
            f"GET {RECORD}{OPERATIONS}": operations(HUB, NESTED),
            f"GET {NESTED}": record(correlation="another"),
            f"GET {NESTED}{OPERATIONS}": operations(FRONT),
        },
    )
    outcome = finish(
        build_order(location, NETWORK, INNER), looked(60, absent=tuple(map(ResourceId.parse, (HUB, FRONT))))
    )
    assert list_owned(outcome) == {HUB, RECORD}
    assert {one.id for one in outcome.not_owned} == {FRONT, NESTED}
    assert outcome.not_owned_total == 2


@pytest.mark.parametrize(("created", "is_owned"), [("12:00:01.5Z", True), ("12:00:00.9Z", False), ("11:00:00Z", False)])
def test_what_a_nested_deployment_wrote_is_owned_by_its_time_of_creation(
    stub: Stub, location: AzureLocation, created: str, is_owned: bool
) -> None:
    serve(
        stub,
        {
            f"GET {RECORD}": record(outputResources=[{"id": HUB}]),
            f"GET {RECORD}{OPERATIONS}": operations(NESTED),
            f"GET {NESTED}": record(),
            f"GET {NESTED}{OPERATIONS}": operations(HUB),
            f"GET {HUB}": Reply(body={"id": HUB, "systemData": {"createdAt": f"2026-01-01T{created}"}}),
        },
    )
    inner = {**INNER, "properties": {"template": {"resources": [NETWORK]}}}
    outcome = finish(build_order(location, inner), looked(60))
    assert (HUB in list_owned(outcome)) is is_owned
    assert NESTED in list_owned(outcome)
    assert outcome.repeatable is False


def test_the_time_of_creation_in_the_list_of_the_group(stub: Stub, location: AzureLocation) -> None:
    listed = {"value": [{"id": HUB, "createdTime": "2026-01-01T12:00:03.1234567Z"}]}
    serve(
        stub,
        {
            f"GET {RECORD}": record(outputResources=[{"id": HUB}]),
            f"GET {RECORD}{OPERATIONS}": operations(HUB),
            f"GET {HUB}": Reply(body={"id": HUB}),
            f"GET {GROUP}/resources": Reply(body=listed),
        },
    )
    outcome = finish(build_order(location, NETWORK), looked(60, unknown={HUB: "GET was refused"}))
    assert HUB in list_owned(outcome)
    assert any("createdTime" in asked.path for asked in stub.asked)


def test_the_time_of_creation_of_a_role_assignment(stub: Stub, location: AzureLocation) -> None:
    role = f"{GROUP}/providers/Microsoft.Authorization/roleAssignments/5a"
    times = {"createdOn": "2026-01-01T12:00:03.1234567Z"}
    serve(
        stub,
        {
            f"GET {RECORD}": record(outputResources=[{"id": role}]),
            f"GET {RECORD}{OPERATIONS}": operations(role),
            f"GET {role}": Reply(body={"id": role, "properties": times}),
        },
    )
    assert role in list_owned(finish(build_order(location, NETWORK), looked(60)))


def test_what_a_failed_deployment_only_used_is_not_claimed(stub: Stub, location: AzureLocation) -> None:
    serve(
        stub,
        {
            f"POST {RECORD}/cancel": Reply(204),
            f"GET {RECORD}{OPERATIONS}": operations(HUB, kind="Action"),
        },
    )
    state = DeployState(evidence=looked(60, absent=(ResourceId.parse(HUB),)), correlation_id="r")
    outcome: Any = abandonment.abandon_deployment(build_order(location, NETWORK), state, 0)
    assert {entry.id.text for entry in outcome.state.topology.values()} == {RECORD}


def test_a_run_of_release_2_0_0_keeps_its_rule(stub: Stub, location: AzureLocation) -> None:
    serve(stub, {f"GET {RECORD}": record(outputResources=[{"id": HUB}, {"id": FRONT}])})
    state = DeployState(existed=(ResourceId.parse(FRONT).fingerprint,), over=True)
    outcome = creation.watch_deployment(build_order(location, NETWORK), state, 0)
    assert list_owned(outcome) == {HUB, RECORD}


def test_the_record_of_an_earlier_deployment_of_the_transition_is_replaced(stub: Stub, location: AzureLocation) -> None:
    names = ("old", "adopted", "other", "canceled", "hidden", "groomed", "inner")
    ids = {name: ResourceId.parse(f"{GROUP}/providers/Microsoft.Resources/deployments/{name}") for name in names}
    tags = {"tnco-transition": "AddRoute", "tnco-resource-id": "5a"}
    serve(
        stub,
        {
            f"GET {ids['old']}": record("1", tags=tags),
            f"GET {ids['inner']}": record("1"),
            f"GET {ids['adopted']}": record("4", tags={**tags, "tnco-resource-id": "another"}),
            f"GET {ids['other']}": record("2", tags={"tnco-transition": "Create"}),
            f"GET {ids['canceled']}": record("3", "Canceled", tags=tags),
            f"GET {ids['hidden']}": Reply(403, {"error": {"code": "AuthorizationFailed", "message": "..."}}),
        },
    )
    topology = {name: TopologyEntry(id=one, type=one.type) for name, one in ids.items()}
    order = build_order(location, NETWORK, topology=topology).model_copy(
        update={"transition": "addroute", "resource_id": "5a"}
    )
    assert set(records.find_superseded_records(order)) == {"old", "inner", "groomed"}
    mine = order.model_copy(update={"request_id": "1"})
    assert set(records.find_superseded_records(mine)) == {"groomed"}


def test_records_are_read_before_the_look(stub: Stub, location: AzureLocation) -> None:
    """ARM may be slow, and the PUT has to follow the look at once."""
    old = ResourceId.parse(f"{GROUP}/providers/Microsoft.Resources/deployments/old")
    absent = Reply(404, {"error": {"code": "ResourceNotFound", "message": "..."}})
    tags = {"tnco-transition": "Create", "tnco-resource-id": "5a"}
    serve(stub, {f"GET {old}": record("1", tags=tags), f"GET {HUB}": absent})
    order = build_order(location, NETWORK, topology={"old": TopologyEntry(id=old, type=old.type)})
    outcome: Any = creation.inspect_resources(
        order.model_copy(update={"transition": "Create", "resource_id": "5a"}), DeployState(), 0
    )
    assert [asked.path.partition("?")[0].rsplit("/", 1)[-1] for asked in stub.asked] == ["old", "hub"]
    assert outcome.state.superseded == ("old",)


def test_a_failed_start_replaces_no_record() -> None:
    assert DeployState(superseded=("old",)).report_topology() == {}
    assert DeployState(superseded=("old",), replaced=("old",)).report_topology() == {"old": None}


def watch(order: Order, stub: Stub, seconds: float, /, **state: Any) -> tuple[Any, float]:
    """The watch of a deployment to its end, and the seconds that it took; at most `seconds` of them."""
    start = datetime.now(UTC)
    with time_machine.travel(start, tick=False) as traveller:
        known = DeployState(evidence=looked(1), correlation_id="r", url=f"{stub.url}/poll", since=start.isoformat())
        outcome: Any = creation.watch_deployment(order, known.model_copy(update=state), 0)
        while outcome.kind == "Running" and (datetime.now(UTC) - start).total_seconds() < seconds:
            traveller.shift(outcome.after)
            read = DeployState.model_validate(outcome.model_dump(mode="json")["state"])
            outcome = creation.watch_deployment(order, read, 0)
        return outcome, (datetime.now(UTC) - start).total_seconds()


def serve_late(stub: Stub, seconds: float, answers: Mapping[str, Reply]) -> None:
    """Answers that ARM gives after some seconds; until then it answers 404."""
    serve(stub, answers)
    late, start = stub.answer, datetime.now(UTC)

    def answer(asked: Asked) -> Reply:
        return late(asked) if datetime.now(UTC) > start + timedelta(seconds=seconds) else NOT_FOUND

    stub.answer = answer


DONE = Reply(body={"status": "Succeeded"})


@pytest.mark.parametrize("seconds", [14, 40])
def test_a_deployment_that_arm_does_not_find_yet_is_waited_for(
    stub: Stub, location: AzureLocation, seconds: float
) -> None:
    answers = {"GET /poll": DONE, f"GET {RECORD}": record(outputResources=[])}
    serve_late(stub, seconds, answers)
    outcome, took = watch(build_order(location), stub, 300)
    assert outcome.kind == "Completed"
    assert seconds < took < 1.3 * seconds


def test_a_deployment_that_is_not_found_for_a_minute_is_gone(stub: Stub, location: AzureLocation) -> None:
    serve(stub, {})
    outcome, took = watch(build_order(location), stub, 300)
    assert (outcome.kind, outcome.code) == ("Failed", "RESOURCE_NOT_FOUND")
    assert "has not found the deployment for" in outcome.reason
    assert 60 <= took <= 75


def test_where_only_the_operation_is_not_found_the_record_is_read(stub: Stub, location: AzureLocation) -> None:
    serve(stub, {f"GET {RECORD}": record(outputResources=[])})
    outcome, took = watch(build_order(location), stub, 300)
    assert (outcome.kind, took) == ("Completed", 0)


@pytest.mark.parametrize("answer", [Reply(200), Reply(body={"message": "Welcome"}), Reply(410)])
def test_where_the_operation_has_no_state_the_record_is_read(
    stub: Stub, location: AzureLocation, answer: Reply
) -> None:
    """A deployment that goes on, or fails, must not be taken for one that has succeeded."""
    order = build_order(location, NETWORK)
    state = DeployState(evidence=looked(1), correlation_id="r", url=f"{stub.url}/poll")
    serve(stub, {"GET /poll": answer, f"GET {RECORD}": record(state="Running")})
    going = creation.watch_deployment(order, state, 0)
    assert (going.kind, going.settled) == ("Running", False)
    failed = record(state="Failed", error={"code": "QuotaExceeded", "message": "full"})
    serve(stub, {"GET /poll": answer, f"GET {RECORD}": failed, f"GET {RECORD}{OPERATIONS}": operations(HUB)})
    outcome = creation.watch_deployment(order, state, 0)
    assert (outcome.kind, outcome.code) == ("Failed", "INSUFFICIENT_CAPACITY")


def test_the_record_of_another_deployment_is_not_taken_for_the_one_that_is_asked_for(
    stub: Stub, location: AzureLocation
) -> None:
    other = record(outputResources=[{"id": HUB}])
    serve(stub, {"GET /poll": DONE, f"GET {RECORD}": Reply(body={**other.body, "id": NESTED})})
    outcome, _ = watch(build_order(location, NETWORK), stub, 20)
    assert (outcome.kind, outcome.settled) == ("Running", True)
    assert "was answered with something that is no record" in outcome.reason


def test_a_record_that_lags_behind_its_operation_is_waited_for(stub: Stub, location: AzureLocation) -> None:
    """While it is Running it names no resource."""
    serve(stub, {"GET /poll": DONE, f"GET {RECORD}": record(state="Running")})
    outcome, took = watch(build_order(location, NETWORK), stub, 100)
    assert (outcome.kind, outcome.settled) == ("Running", True)
    assert took >= 100
    assert "its record still says Running" in outcome.reason


def fail_each_time(stub: Stub, order: Order, *codes: str) -> tuple[Any, list[float]]:
    """The end of a deployment that fails with these codes, the last one again and again; and the pauses."""
    left, pauses = list(codes), list[float]()
    outcome: Any = None
    state: Any = DeployState(evidence=looked(1), accepted=True, correlation_id="r", url=f"{stub.url}/poll")
    for _ in range(20):
        error = {"code": left[0], "message": f"{left[0]} in region"}
        left = left[1:] or left
        failed = Reply(body={"status": "Failed", "error": {"code": "DeploymentFailed", "details": [error]}})
        serve(stub, {"GET /poll": failed, f"GET {RECORD}{OPERATIONS}": operations(HUB), f"PUT {RECORD}": ACCEPTED})
        outcome = creation.watch_deployment(order, state, 0)
        if outcome.kind != "Retry":
            break
        pauses.append(outcome.after)
        read = DeployState.model_validate(outcome.model_dump(mode="json")["state"])
        begun: Any = creation.start_deployment(order, read, 0)
        state = begun.state.model_copy(update={"url": f"{stub.url}/poll"})
    return outcome, pauses


@pytest.mark.parametrize(
    ("code", "failure", "tries"),
    [("InternalServerError", "INFRASTRUCTURE_ERROR", 5), ("AllocationFailed", "INSUFFICIENT_CAPACITY", 5)],
)
def test_a_deployment_that_fails_each_time_is_started_again_at_most_five_times(
    stub: Stub, location: AzureLocation, code: str, failure: str, tries: int
) -> None:
    outcome, pauses = fail_each_time(stub, build_order(location, NETWORK), code)
    assert (outcome.kind, outcome.code, outcome.collected) == ("Failed", failure, True)
    assert len(pauses) == tries
    assert all(later > 1.2 * earlier for earlier, later in pairwise(pauses[:4]))
    assert f"times: {code}: {code} in region (correlation id" in outcome.reason
    assert {entry.id.text for entry in outcome.state.topology.values()} >= {RECORD}


def test_the_first_cause_stays_beside_the_last(stub: Stub, location: AzureLocation) -> None:
    outcome, pauses = fail_each_time(stub, build_order(location, NETWORK), "RetryableError", "QuotaExceeded")
    assert len(pauses) == 1
    assert 9 <= pauses[0] <= 20
    assert "failed 2 times: first: RetryableError: " in outcome.reason
    assert "; last: QuotaExceeded: QuotaExceeded in region" in outcome.reason


def test_the_terms_that_were_not_accepted_are_named_with_the_plan_of_the_template(
    stub: Stub, location: AzureLocation
) -> None:
    plan = {"publisher": "contoso", "product": "router", "name": "byol"}
    message = (
        "Offer with PublisherId: contoso, OfferId: router cannot be purchased: legal terms have not been accepted."
    )
    error = {"code": "MarketplacePurchaseEligibilityFailed", "message": message}
    failed = Reply(body={"status": "Failed", "error": error})
    serve(stub, {"GET /poll": failed, f"GET {RECORD}{OPERATIONS}": operations(HUB)})
    order = build_order(location, {**NETWORK, "plan": plan})
    outcome = creation.watch_deployment(order, DeployState(evidence=looked(1), url=f"{stub.url}/poll"), 0)
    assert "az vm image terms accept --publisher contoso --offer router --plan byol)" in outcome.reason


def test_operations_that_lag_behind_a_failed_deployment_are_waited_for(stub: Stub, location: AzureLocation) -> None:
    """They alone tell what it made."""
    failed = Reply(body={"status": "Failed", "error": {"code": "InvalidTemplate", "message": "m"}})
    serve(stub, {"GET /poll": failed})
    lagging = creation.watch_deployment(
        build_order(location, NETWORK), DeployState(evidence=looked(1), url=f"{stub.url}/poll"), 0
    )
    assert lagging.kind == "Running"
    serve(stub, {"GET /poll": failed, f"GET {RECORD}{OPERATIONS}": operations(HUB)})
    outcome: Any = creation.watch_deployment(
        build_order(location, NETWORK), DeployState.model_validate(lagging.model_dump(mode="json")["state"]), 0
    )
    assert (outcome.kind, outcome.collected) == ("Failed", True)


def abandon(stub: Stub, order: Order, **state: Any) -> Any:
    return abandonment.abandon_deployment(order, DeployState(evidence=looked(1), correlation_id="r", **state), 0)


@pytest.mark.parametrize("field", ["since", "unsure_since"])
def test_a_deployment_that_may_just_have_begun_is_cancelled_once_arm_finds_it(
    stub: Stub, location: AzureLocation, field: str
) -> None:
    """Else it would go on, and nobody would own what it makes."""
    order, now = build_order(location, NETWORK), datetime.now(UTC).isoformat()
    serve(stub, {})
    assert abandon(stub, order, **{field: now}).kind == "Running"
    old = (datetime.now(UTC) - timedelta(seconds=61)).isoformat()
    assert abandon(stub, order, **{field: old}).kind == "Succeeded"
    serve(stub, {f"POST {RECORD}/cancel": Reply(204)})
    assert abandon(stub, order, **{field: now}).kind == "Running"  # its operations lag behind
    serve(stub, {f"POST {RECORD}/cancel": Reply(204), f"GET {RECORD}{OPERATIONS}": operations(HUB)})
    outcome = abandon(stub, order, **{field: now})
    assert outcome.kind == "Succeeded"
    assert {entry.id.text for entry in outcome.state.topology.values()} >= {RECORD}


def test_nested_deployments_are_canceled_with_their_parent(stub: Stub, location: AzureLocation) -> None:
    answers = {
        f"POST {RECORD}/cancel": Reply(204),
        f"POST {NESTED}/cancel": Reply(204),
        f"GET {RECORD}{OPERATIONS}": operations(NESTED),
        f"GET {NESTED}{OPERATIONS}": operations(HUB),
        f"GET {NESTED}": record(state="Running"),
    }
    inner = {**INNER, "properties": {"mode": "Incremental", "template": {"resources": [NETWORK]}}}
    serve(stub, answers)
    outcome = abandon(stub, build_order(location, inner))
    assert outcome.kind == "Succeeded"
    canceled = [asked.path.partition("?")[0].lower() for asked in stub.asked if asked.method == "POST"]
    assert [path for path in canceled if path.endswith("/cancel")] == [
        f"{RECORD}/cancel".lower(),
        f"{NESTED}/cancel".lower(),
    ]
    refused = Reply(403, {"error": {"code": "AuthorizationFailed", "message": "..."}})
    serve(stub, {**answers, f"POST {NESTED}/cancel": refused})
    assert abandon(stub, build_order(location, inner)).kind == "Succeeded"


def test_what_was_made_is_known_also_while_a_nested_deployment_is_not_cancelled(
    stub: Stub, location: AzureLocation
) -> None:
    """Else the run, once its time is over, reports nothing that it has made."""
    answers = {
        f"POST {RECORD}/cancel": Reply(204),
        f"POST {NESTED}/cancel": Reply(503, {"error": {"code": "ServerBusy", "message": "..."}}),
        f"GET {RECORD}{OPERATIONS}": operations(HUB, NESTED),
        f"GET {NESTED}{OPERATIONS}": operations(),
        f"GET {NESTED}": record(state="Running"),
    }
    inner = {**INNER, "properties": {"mode": "Incremental", "template": {"resources": [NETWORK]}}}
    order = build_order(location, NETWORK, inner)
    state = DeployState(evidence=looked(1, absent=(ResourceId.parse(HUB),)), correlation_id="r")
    serve(stub, answers)
    busy: Any = abandonment.abandon_deployment(order, state, 0)
    assert (busy.kind, busy.refused, busy.after >= 2) == ("Running", True, True)
    assert "the deployment is not cancelled yet: ServerBusy" in busy.reason
    assert {entry.id.text for entry in busy.state.topology.values()} == {HUB, NESTED, RECORD}
    serve(stub, {**answers, f"POST {NESTED}/cancel": Reply(204)})
    over: Any = abandonment.abandon_deployment(order, busy.state, 0)
    assert (over.kind, over.state.topology) == ("Succeeded", busy.state.topology)


def test_what_was_made_is_known_also_while_its_cancellation_is_throttled(stub: Stub, location: AzureLocation) -> None:
    throttled = Reply(429, {"error": {"code": "TooManyRequests", "message": "..."}}, {"Retry-After": "90"})
    serve(stub, {f"POST {RECORD}/cancel": throttled, f"GET {RECORD}{OPERATIONS}": operations(HUB)})
    state = DeployState(evidence=looked(1, absent=(ResourceId.parse(HUB),)), correlation_id="r")
    busy: Any = abandonment.abandon_deployment(build_order(location, NETWORK), state, 0)
    assert (busy.kind, busy.refused, busy.after) == ("Running", True, 90)
    assert busy.reason == "the deployment is not cancelled yet: TooManyRequests: ..."
    assert {entry.id.text for entry in busy.state.topology.values()} == {HUB, RECORD}


def test_a_put_without_an_answer_is_remembered(stub: Stub, location: AzureLocation) -> None:
    serve(stub, {f"PUT {RECORD}": Reply(DROP)})
    outcome = started(build_order(location, NETWORK), looked(1))
    assert (outcome.kind, outcome.refused, outcome.state.accepted) == ("Retry", True, False)
    assert outcome.state.unsure_since


def test_what_a_deployment_is_at_work_on_is_told(stub: Stub, location: AzureLocation) -> None:
    entry = {
        "provisioningOperation": "Create",
        "provisioningState": "Running",
        "timestamp": "2026-01-01T12:00:01.5Z",
        "targetResource": {"id": HUB},
    }
    done = {**entry, "provisioningState": "Succeeded", "targetResource": {"id": FRONT}}
    listed = Reply(body={"value": [{"properties": entry}, {"properties": done}]})
    serve(stub, {f"POST {RECORD}/cancel": Reply(204), f"GET {RECORD}{OPERATIONS}": listed})
    outcome = abandon(stub, build_order(location, NETWORK))
    assert outcome.reason == "Microsoft.Network/virtualNetworks/hub is Running since 2026-01-01T12:00:01+00:00"
