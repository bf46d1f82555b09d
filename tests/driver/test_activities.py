"""Steps as activities: refusals become outcomes, and nothing secret comes out of them."""

import json
import logging
import re
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet

from driver import sealing, settings
from driver.errors import Bug
from driver.models.events import Topology, TopologyEntry
from driver.models.orders import AzureLocation, Deploy, Order, Remove
from driver.publication import build_failure
from driver.resource_ids import ResourceId
from driver.steps.passes import RemoveState
from driver.steps.states import DeployState
from tests.support.activities import take_step
from tests.support.arm_stub import DROP, Asked, Reply, Stub, location_of
from tests.support.events import make_event
from tests.support.executions import TaskHub
from tests.support.requests import NEEDLE, SUBSCRIPTION
from tests.support.sealed import seal_without_owner

KEY = Fernet.generate_key().decode()
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-1"
PASSWORD = "passw0rd'n33dle"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SEALING_KEYS", KEY)
    settings.current.cache_clear()
    yield
    settings.current.cache_clear()


def payload(
    location: AzureLocation,
    step: str,
    attempt: int = 0,
    state: Any = None,
    key: str = KEY,
    request_id: str = "r",
) -> dict[str, Any]:
    """A step of the deployment of a VNet, or of the removal of a resource group."""
    deploy = Deploy(
        package="AzureVNet",
        file="main.bicep",
        name="vnet-1-r",
        scope="resourceGroup",
        resource_group="rg-1",
        parameters={"vnet_name": "vnet-1", "password": PASSWORD},
        secure=("password",),
    )
    topology: Topology = {"rg": TopologyEntry(id=ResourceId.parse(GROUP), type="Microsoft.Resources/resourceGroups")}
    work: Deploy | Remove = Remove() if step == "remove_resources" else deploy
    order = Order(request_id=request_id, location=location, topology=topology, work=work)
    return {
        "requestId": request_id,
        "tenant": None,
        "trace": {"tracectx.transactionid": "t-1"},
        "acceptedAt": "2026-01-01T00:00:00+00:00",
        "step": step,
        "sealed": sealing.seal(order.model_dump(mode="json"), request_id, (key,)),
        "state": state or {},
        "attempt": attempt,
    }


def refuse(stub: Stub, status: int, code: str, message: str = "m", **headers: str) -> None:
    stub.answer = lambda asked: Reply(status, {"error": {"code": code, "message": message}}, headers)


@pytest.mark.parametrize(
    ("status", "code", "attempt", "kind", "failure"),
    [
        (404, "ResourceGroupNotFound", 0, "Retry", "RESOURCE_NOT_FOUND"),
        (404, "ResourceGroupNotFound", 1, "Failed", "RESOURCE_NOT_FOUND"),
        (403, "AuthorizationFailed", 5, "Retry", "INFRASTRUCTURE_ERROR"),
        (403, "AuthorizationFailed", 6, "Failed", "INFRASTRUCTURE_ERROR"),
        (503, "ServerTimeout", 500, "Retry", "INFRASTRUCTURE_ERROR"),
        (400, "InvalidTemplate", 0, "Failed", "INTERNAL_ERROR"),
        (409, "QuotaExceeded", 0, "Failed", "INSUFFICIENT_CAPACITY"),
    ],
)
def test_a_refusal_is_an_outcome(
    stub: Stub, location: AzureLocation, status: int, code: str, attempt: int, kind: str, failure: str | None
) -> None:
    refuse(stub, status, code)
    outcome = take_step(payload(location, "start_deployment", attempt, {"existed": ["x"]}))
    assert (outcome["kind"], outcome["code"]) == (kind, failure)
    assert outcome["state"]["existed"] == ["x"]
    assert f"{code}: m" in outcome["reason"]


def test_the_failures_of_a_deployment_do_not_use_up_the_tries_of_its_calls(stub: Stub, location: AzureLocation) -> None:
    """A subnet that has waited for its turn five times."""
    refuse(stub, 403, "AuthorizationFailed")
    kinds = [take_step(payload(location, "start_deployment", 5 + tries, {"failures": 5}))["kind"] for tries in (5, 6)]
    assert kinds == ["Retry", "Failed"]


def test_retry_after_is_obeyed_and_waits_grow_to_a_bound(stub: Stub, location: AzureLocation) -> None:
    refuse(stub, 503, "ServerTimeout")
    waits = [take_step(payload(location, "start_deployment", attempt))["after"] for attempt in (0, 3, 50)]
    refuse(stub, 429, "TooManyRequests", **{"Retry-After": "77"})
    assert take_step(payload(location, "start_deployment"))["after"] == 77
    assert 0.5 <= waits[0] <= 1
    assert 4 <= waits[1] <= 8
    assert 15 <= waits[2] <= 30


def test_a_step_that_waits_says_when_it_ended(stub: Stub, location: AzureLocation) -> None:
    """The orchestrator may come to read the outcome much later."""
    refuse(stub, 503, "ServerTimeout")
    begun_at = datetime.now(UTC)
    outcome = take_step(payload(location, "start_deployment"))
    assert begun_at <= datetime.fromisoformat(outcome["ended_at"]) <= datetime.now(UTC)


def test_what_a_watching_step_cannot_see_is_looked_at_again(stub: Stub, location: AzureLocation) -> None:
    stub.answer = lambda asked: Reply(DROP)
    state = DeployState(url=f"{stub.url}/operations/1", since="2026-01-01T00:00:00+00:00").model_dump(mode="json")
    outcome = take_step(payload(location, "watch_deployment", 0, state))
    assert (outcome["kind"], outcome["state"]) == ("Running", state)
    assert "ConnectionFailed" in outcome["reason"]


def test_a_wrong_secret_fails_at_once(stub: Stub) -> None:
    outcome = take_step(payload(location_of(stub, "wrong-" + NEEDLE), "inspect_resources"))
    assert (outcome["kind"], outcome["code"]) == ("Failed", "INFRASTRUCTURE_ERROR")
    assert "AADSTS7000215" in outcome["reason"]
    assert NEEDLE not in json.dumps(outcome)


def test_a_key_that_is_not_here_is_waited_for(
    stub: Stub, location: AzureLocation, caplog: pytest.LogCaptureFixture
) -> None:
    deadline = (datetime.now(UTC) + timedelta(minutes=10)).isoformat()
    sealed = {**payload(location, "start_deployment", key=Fernet.generate_key().decode()), "deadline": deadline}
    outcome = take_step({**sealed, "state": {"correlation_id": "c-1"}})
    assert (outcome["kind"], outcome["code"], outcome["state"]["correlation_id"]) == (
        "Running",
        "INTERNAL_ERROR",
        "c-1",
    )
    assert (outcome["waiting"]["waits_for"], 1 <= outcome["after"] <= 2) == ("host", True)
    assert "r was sealed with key" in outcome["reason"]
    (line,) = [record.getMessage() for record in caplog.records if record.name == "driver.lifecycle"]
    assert "start_deployment waits for a host until " in line
    since = (datetime.now(UTC) - timedelta(minutes=3)).isoformat()
    later = take_step({**sealed, "waiting": {"for": "host", "reason": "", "since": since, "until": since}})
    assert 30 <= later["after"] <= 60
    assert [record.getMessage() for record in caplog.records if record.name == "driver.lifecycle"] == [line]
    assert stub.asked == []


def test_a_run_of_release_2_0_0_waits_without_a_kind_that_its_hosts_do_not_know(location: AzureLocation) -> None:
    outcome = take_step(payload(location, "start_deployment", key=Fernet.generate_key().decode()))
    assert (outcome["kind"], outcome["waiting"]) == ("Running", None)
    assert "r was sealed with key" in outcome["reason"]


def test_a_damaged_order_is_a_failure_at_once(stub: Stub, location: AzureLocation) -> None:
    sealed = payload(location, "start_deployment")
    for damaged in (sealed["sealed"][:-8], "", sealing.seal({}, "q", (KEY,))):
        outcome = take_step({**sealed, "sealed": damaged})
        assert (outcome["kind"], outcome["code"]) == ("Failed", "INTERNAL_ERROR")
        assert "damaged" in outcome["reason"]
    assert stub.asked == []


def test_an_order_of_release_2_0_0_is_not_taken_for_another_request(stub: Stub, location: AzureLocation) -> None:
    own = payload(location, "start_deployment")
    content = sealing.unseal(own["sealed"], "r", (KEY,))
    refuse(stub, 400, "InvalidTemplate")
    assert "InvalidTemplate" in take_step({**own, "sealed": seal_without_owner(content, KEY)})["reason"]
    other = take_step({**own, "sealed": seal_without_owner({**content, "request_id": "q"}, KEY)})
    assert (other["kind"], other["reason"]) == ("Failed", "what is sealed belongs to request q")


def test_secrets_that_azure_repeats_are_hidden(stub: Stub, location: AzureLocation) -> None:
    refuse(stub, 400, "InvalidParameter", f"'{PASSWORD}' and {NEEDLE} and {json.dumps(PASSWORD)} are bad")
    outcome = take_step(payload(location, "start_deployment"))
    assert "n33dle" not in json.dumps(outcome)
    assert "are bad" in outcome["reason"]


def test_a_bug_raises_without_secrets(stub: Stub, location: AzureLocation, caplog: pytest.LogCaptureFixture) -> None:
    stub.answer = lambda asked: Reply(200, {"value": [{"id": 5, "type": {"a": NEEDLE}}]})
    with pytest.raises(Bug) as caught:
        take_step(payload(location, "start_preview"))
    assert str(caught.value) == "TypeError: a step of preview was called for a deploy"
    assert "failed unexpectedly" in caplog.text


def test_a_step_of_another_verb_is_a_bug(location: AzureLocation) -> None:
    wrong = {**payload(location, "remove_resources"), "step": "start_deployment"}
    with pytest.raises(Bug, match="called for a remove"):
        take_step(wrong)


def test_at_debug_no_line_holds_a_secret(stub: Stub, location: AzureLocation, caplog: pytest.LogCaptureFixture) -> None:
    refuse(stub, 400, "InvalidParameter")
    with caplog.at_level(logging.DEBUG):
        take_step(payload(location, "start_deployment"))
    assert caplog.records
    assert NEEDLE not in caplog.text
    assert "token-1" not in caplog.text


OWN, OTHER = "0a1b2c3d-0000-4000-8000-00000000000a", "0a1b2c3d-0000-4000-8000-00000000000b"
OTHER_GROUP = GROUP.replace("rg-1", "rg-2")


@pytest.fixture
def hub() -> Iterator[TaskHub]:
    hub = TaskHub()
    hub.put(OWN, "Running")
    yield hub
    hub.close()


def first_payload(location: AzureLocation, step: str, state: Any = None) -> dict[str, Any]:
    """A first step that takes turns."""
    now = datetime.now(UTC).isoformat()
    return {**payload(location, step, state=state, request_id=OWN), "acceptedAt": now, "since": now}


def test_a_first_step_does_nothing_before_its_turn(hub: TaskHub, stub: Stub, location: AzureLocation) -> None:
    hub.put(OTHER, "Running")
    outcome = take_step(first_payload(location, "remove_resources"), hub)
    assert (outcome["kind"], outcome["after"], outcome["waiting"]["request_id"]) == ("Running", 0.3, OTHER)
    assert stub.asked == []


def begin_deletion(stub: Stub, asked: Asked) -> Reply:
    """ARM accepts every DELETE; its lists are empty."""
    if asked.method == "DELETE":
        return Reply(202, {}, {"Location": f"{stub.url}/operations/1"})
    return Reply(body={"value": []})


def test_what_others_reported_is_added_to_the_topology_before_the_step(
    hub: TaskHub, stub: Stub, location: AzureLocation
) -> None:
    group = {"id": OTHER_GROUP, "type": "Microsoft.Resources/resourceGroups"}
    hub.put(OTHER, "Completed", make_event({"rg-2": group, "rg": None}))
    stub.answer = lambda asked: begin_deletion(stub, asked)
    outcome = take_step(first_payload(location, "remove_resources"), hub)
    assert [asked.path.split("?")[0] for asked in stub.asked if asked.method == "DELETE"] == [OTHER_GROUP]
    state = outcome["state"]
    assert (state["has_turn"], state["found"]) == (True, {"rg-2": group, "rg": None})
    assert state["entries"]["rg-2"]["phase"] == "deleting"


def test_an_execution_that_has_its_turn_does_not_look_again(hub: TaskHub, stub: Stub, location: AzureLocation) -> None:
    hub.put(OTHER, "Running")
    state = RemoveState(has_turn=True).model_dump(mode="json")
    take_step(first_payload(location, "remove_resources", state), hub)
    assert stub.asked
    assert hub.server is None


def test_a_first_step_of_a_run_that_does_not_take_turns_does_not_look(
    hub: TaskHub, stub: Stub, location: AzureLocation
) -> None:
    hub.put(OTHER, "Running")
    take_step(payload(location, "remove_resources"), hub)
    assert stub.asked
    assert hub.server is None


@pytest.mark.parametrize("begun", [{}, {"version": 1, "begun": False}], ids=["version 0", "version 1"])
def test_what_a_removal_of_an_earlier_version_has_found_is_removed(
    stub: Stub, location: AzureLocation, begun: dict[str, Any]
) -> None:
    group = {"id": OTHER_GROUP, "type": "Microsoft.Resources/resourceGroups"}
    stub.answer = lambda asked: begin_deletion(stub, asked)
    outcome = take_step(payload(location, "remove_resources", state={**begun, "found": {"rg-2": group}}))
    assert {key: entry["phase"] for key, entry in outcome["state"]["entries"].items()} == dict.fromkeys(
        ("rg", "rg-2"), "deleting"
    )


def test_a_refused_first_step_keeps_its_turn(hub: TaskHub, stub: Stub, location: AzureLocation) -> None:
    refuse(stub, 503, "ServerTimeout")
    outcome = take_step(first_payload(location, "inspect_resources"), hub)
    assert (outcome["kind"], outcome["state"]["has_turn"]) == ("Running", True)


def test_the_event_repeats_what_others_reported(hub: TaskHub, stub: Stub, location: AzureLocation) -> None:
    """A Delete of what another Delete has removed: if Brent has lost the first event, the second one tells it."""
    hub.put(OTHER, "Completed", make_event({"rg": None}))
    outcome = take_step(first_payload(location, "remove_resources"), hub)
    assert stub.asked == []
    assert (outcome["kind"], outcome["published"]) == ("Completed", False)  # it may find more when it runs again
    assert outcome["event"]["associatedTopology"] == {"rg": None}


def test_the_event_of_a_failure_repeats_what_others_reported() -> None:
    group = TopologyEntry(id=ResourceId.parse(OTHER_GROUP), type="t")
    state = RemoveState(begun=True, found={"rg-2": group, "rg-3": group, "rg": None}, removed=("rg-3",))
    failure = ["INFRASTRUCTURE_ERROR", "in use"]
    reported = build_failure(
        {"requestId": OWN, "of": "remove_resources", "failure": failure, "state": state.model_dump(mode="json")}
    )
    shown = {"id": OTHER_GROUP, "type": "t"}
    assert reported["associatedTopology"] == {"rg-2": shown, "rg-3": None, "rg": None}


def wait_since(seconds: float, waits_for: str = "azure") -> dict[str, Any]:
    """The wait in a payload, which began so many seconds ago."""
    since = datetime.now(UTC) - timedelta(seconds=seconds)
    return {"for": waits_for, "reason": "busy", "requestId": None, "since": since.isoformat(), "until": ""}


def read_lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    lines = [record.getMessage() for record in caplog.records if record.name == "driver.lifecycle"]
    caplog.clear()
    return lines


def test_a_wait_is_logged_when_it_begins_and_when_it_ends(
    stub: Stub, location: AzureLocation, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    state = DeployState(url=f"{stub.url}/operations/1", since=datetime.now(UTC).isoformat()).model_dump(mode="json")
    watch = payload(location, "watch_deployment", 0, state)
    refuse(stub, 429, "NamespaceInTransition", "slow down", **{"Retry-After": "10"})
    outcome = take_step(watch)
    assert (outcome["kind"], outcome["after"], outcome["waiting"]["waits_for"]) == ("Running", 10, "azure")
    (begun,) = read_lines(caplog)
    until = re.search(r"waits for Azure until (\S+) or longer: NamespaceInTransition: slow down", begun)
    assert until
    assert 8 <= (datetime.fromisoformat(until[1]) - datetime.now(UTC)).total_seconds() <= 10
    take_step({**watch, "waiting": wait_since(10)})
    assert read_lines(caplog) == []
    stub.answer = lambda asked: Reply(body={"status": "Running"})
    assert take_step({**watch, "waiting": wait_since(20)})["reason"] == ""
    (ended,) = read_lines(caplog)
    assert re.search(r"watch_deployment has waited for Azure for 2\d s$", ended)
    assert take_step(watch)["kind"] == "Running"
    assert read_lines(caplog) == []


def test_of_many_lifecycles_that_wait_for_the_same_cause_few_write_lines(
    stub: Stub, location: AzureLocation, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    state = DeployState(url=f"{stub.url}/operations/1", since=datetime.now(UTC).isoformat()).model_dump(mode="json")
    for code in ("ServerBusy", "OperationNotAllowed"):
        refuse(stub, 429, code)
        for number in range(20):
            take_step(payload(location, "watch_deployment", 0, state, request_id=f"r-{number}"))
        assert [code in line for line in read_lines(caplog)] == [True] * 3
    stub.answer = lambda asked: Reply(body={"status": "Running"})
    waiting = {**wait_since(20), "reason": "ServerBusy: m"}
    for number in range(20):
        watch = payload(location, "watch_deployment", 0, state, request_id=f"r-{number}")
        take_step({**watch, "waiting": waiting})
    assert [line.endswith("has waited for Azure for 20 s") for line in read_lines(caplog)] == [True] * 3


def test_polls_that_are_refused_follow_the_time_of_the_wait(stub: Stub, location: AzureLocation) -> None:
    stub.answer = lambda asked: Reply(DROP)
    state = DeployState(url=f"{stub.url}/operations/1").model_dump(mode="json")
    watch = payload(location, "watch_deployment", 0, state)
    waits = [take_step({**watch, "waiting": wait_since(seconds)})["after"] for seconds in (0, 60, 6000)]
    for wait, least in zip(waits, (1, 12, 45), strict=True):
        assert least <= wait <= 1.25 * least


def test_of_refusals_in_a_row_the_first_cause_is_told_beside_the_last(stub: Stub, location: AzureLocation) -> None:
    refuse(stub, 404, "ResourceGroupNotFound", "gone")
    start = {**payload(location, "start_deployment", 1), "first": "AuthorizationFailed: no role yet"}
    outcome = take_step(start)
    assert outcome["kind"] == "Failed"
    assert outcome["reason"].startswith("first: AuthorizationFailed: no role yet; last: ResourceGroupNotFound: gone")


def test_an_entra_id_that_is_away_is_what_is_waited_for(location: AzureLocation) -> None:
    away = location.model_copy(update={"authority_host": "https://127.0.0.1:9", "client_id": "another"})
    state = DeployState(url=f"{location.resource_manager_url}/operations/1").model_dump(mode="json")
    outcome = take_step(payload(away, "watch_deployment", 0, state))
    assert (outcome["kind"], outcome["refused"], outcome["waiting"]["waits_for"]) == ("Running", True, "entra")


def test_a_transition_that_has_used_three_quarters_of_its_time_is_logged_as_a_warning(
    stub: Stub, location: AzureLocation, caplog: pytest.LogCaptureFixture
) -> None:
    stub.answer = lambda asked: Reply(body={"status": "Running"})
    state = DeployState(url=f"{stub.url}/operations/1").model_dump(mode="json")
    late = {"seconds": 840, "endsAt": "2026-01-01T00:14:00+00:00"}
    take_step({**payload(location, "watch_deployment", 0, state), "late": late})
    lines = [record for record in caplog.records if record.name == "driver.lifecycle"]  # other tests may talk to Kafka
    (warning,) = [line.getMessage() for line in lines if line.levelno == logging.WARNING]
    assert "watch_deployment has used three quarters of its 840 s" in warning
    assert "2026-01-01T00:14:00" in warning


def test_a_call_that_hangs_ends_soon_after_the_deadline_of_its_step(stub: Stub, location: AzureLocation) -> None:
    """The orchestrator has given the step up then, and its execution cannot end before it."""
    hanging = threading.Event()

    def hang(asked: Asked) -> Reply:
        hanging.wait(30)
        return Reply(DROP)

    take_step(payload(location, "watch_deployment", 0, DeployState(url=f"{stub.url}/x").model_dump(mode="json")))
    stub.answer = hang
    state = DeployState(url=f"{stub.url}/operations/1").model_dump(mode="json")
    begun = time.monotonic()
    outcome = take_step({**payload(location, "watch_deployment", 0, state), "deadline": datetime.now(UTC).isoformat()})
    took = time.monotonic() - begun
    hanging.set()
    assert (outcome["kind"], outcome["refused"]) == ("Running", True)
    assert took < 10


@pytest.mark.parametrize(("step", "calls"), [("start_deployment", 0), ("abandon_deployment", 1)])
def test_a_step_that_begins_long_after_its_deadline_begins_nothing(
    stub: Stub, location: AzureLocation, step: str, calls: int
) -> None:
    """The orchestrator may have cancelled the deployment already. Only to cancel it is never too late."""
    late = (datetime.now(UTC) - timedelta(seconds=10)).isoformat()
    outcome = take_step({**payload(location, step), "deadline": late})
    assert outcome["kind"] == ("Succeeded" if calls else "Running")
    assert min(len(stub.asked), 1) == calls
