"""Actions on several resources, against a stub of ARM: each is repeated by itself."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from driver.azure.deadlines import GRACE_SECONDS, limit_calls
from driver.models.orders import AzureLocation, Call, Order
from driver.models.outcomes import Outcome
from driver.resource_ids import ResourceId
from driver.steps.actions import CallState, call_action, watch_action
from driver.topology import name_entries
from tests.support.arm_stub import Asked, Reply, Stub
from tests.support.arm_world import GROUP, error
from tests.support.requests import SUBSCRIPTION

MACHINES = [f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm-{number}" for number in (1, 2)]
KIND = {"resourceType": "virtualMachines", "apiVersions": ["2024-07-01"]}
START = datetime(2026, 1, 1, 12, tzinfo=UTC)
DONE, RUNNING = Reply(body={"status": "Succeeded"}), Reply(body={"status": "InProgress"})


def failed(code: str, message: str = "m") -> Reply:
    return Reply(body={"status": "Failed", "error": {"code": code, "message": message}})


class Play:
    """A restart of two machines: scripts of answers by `METHOD machine`, the last one again and again."""

    def __init__(self, stub: Stub, location: AzureLocation, **script: list[Reply]) -> None:
        self.stub, self.script, self.posts = stub, script, list[str]()
        entries = name_entries(map(ResourceId.parse, MACHINES), home=ResourceId.parse(GROUP))
        work = Call(action="restart", on="Microsoft.Compute/virtualMachines")
        self.order = Order(request_id="r", location=location, topology={**entries}, work=work)
        stub.answer = self.answer

    def answer(self, asked: Asked) -> Reply:
        path = asked.path.partition("?")[0]
        if path == f"/subscriptions/{SUBSCRIPTION}/providers/microsoft.compute":
            return Reply(body={"resourceTypes": [KIND]})
        machine = path.removesuffix("/restart").rpartition("-")[2]
        if asked.method == "POST":
            self.posts.append(machine)
        accepted = Reply(202, None, {"Azure-AsyncOperation": f"{self.stub.url}/poll-{machine}"})
        replies = self.script.get(f"{asked.method.lower()}_{machine}", [accepted if asked.method == "POST" else DONE])
        return replies.pop(0) if len(replies) > 1 else replies[0]

    def run(self, traveller: Any, passes: int = 200) -> Outcome:
        outcome = call_action(self.order, CallState(), 0)
        for _ in range(passes):
            if outcome.kind not in ("Succeeded", "Running"):
                break
            traveller.shift(outcome.after)
            state = CallState.model_validate(outcome.model_dump(mode="json")["state"])
            outcome = watch_action(self.order, state, 0)
        return outcome


def stop(play: Play) -> None:
    """Make the action one of Stop, which what is gone does not need."""
    play.order = play.order.model_copy(update={"work": play.order.work.model_copy(update={"may_be_gone": True})})


@pytest.fixture
def traveller() -> Iterator[Any]:
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


def test_the_pass_at_the_deadline_polls_what_is_not_due_yet(
    stub: Stub, location: AzureLocation, traveller: Any
) -> None:
    play = Play(stub, location, get_1=[RUNNING, DONE], get_2=[RUNNING, DONE])
    outcome = call_action(play.order, CallState(), 0)
    traveller.shift(outcome.after + 5)
    outcome = watch_action(play.order, CallState.model_validate(outcome.model_dump(mode="json")["state"]), 0)
    state = CallState.model_validate(outcome.model_dump(mode="json")["state"])
    with limit_calls(time.monotonic() + 60):
        assert watch_action(play.order, state, 0).kind == "Running"
    with limit_calls(time.monotonic() + GRACE_SECONDS):
        assert watch_action(play.order, state, 0).kind == "Completed"
    assert play.posts == ["1", "2"]


def test_only_the_refused_one_is_posted_again(stub: Stub, location: AzureLocation, traveller: Any) -> None:
    busy = error(429, "NamespaceInTransition", **{"Retry-After": "1"})
    done = Reply(202, None, {"Azure-AsyncOperation": f"{stub.url}/poll-2"})
    play = Play(stub, location, post_2=[busy, busy, done])
    assert play.run(traveller).kind == "Completed"
    assert play.posts == ["1", "2", "2", "2"]


def test_polls_that_are_refused_post_nothing_again(stub: Stub, location: AzureLocation, traveller: Any) -> None:
    """A second restart would do harm."""
    play = Play(stub, location, get_1=[error(503, "ServerTimeout")] * 3 + [RUNNING, DONE])
    assert play.run(traveller).kind == "Completed"
    assert play.posts == ["1", "2"]


@pytest.mark.parametrize("status", [401, 403, 409])
def test_refused_polls_are_repeated_as_slowly_as_their_verdict_asks(
    stub: Stub, location: AzureLocation, traveller: Any, status: int
) -> None:
    """ARM has accepted the action, and a new role takes a minute or more."""
    code = {401: "ExpiredAuthenticationToken", 403: "AuthorizationFailed", 409: "Conflict"}[status]
    play = Play(stub, location, get_1=[error(status, code)] * 5 + [DONE])
    assert play.run(traveller).kind == "Completed"
    assert play.posts == ["1", "2"]
    assert (datetime.now(UTC) - START) >= timedelta(seconds=20)


@pytest.mark.parametrize("code", ["InternalServerError", "OperationPreempted", "RetryableError"])
def test_an_operation_that_ends_with_a_passing_code_is_begun_again(
    stub: Stub, location: AzureLocation, traveller: Any, code: str
) -> None:
    play = Play(stub, location, get_1=[RUNNING, failed(code), DONE])
    assert play.run(traveller).kind == "Completed"
    assert play.posts == ["1", "2", "1"]


def test_an_internal_error_is_tried_again_five_times_with_growing_pauses(
    stub: Stub, location: AzureLocation, traveller: Any
) -> None:
    causes = [failed("InternalServerError", "one"), failed("InternalServerError", "another")]
    play = Play(stub, location, get_1=causes)
    outcome = play.run(traveller)
    assert (outcome.kind, outcome.code) == ("Failed", "INFRASTRUCTURE_ERROR")
    assert play.posts.count("1") == 6
    assert "first: InternalServerError: one; last: InternalServerError: another" in outcome.reason
    assert f"done for {MACHINES[1]}" in outcome.reason
    assert 270 <= (datetime.now(UTC) - START).total_seconds() <= 330  # 10 + 20 + 40 + 80 + 160


def test_a_final_refusal_of_one_fails_once_the_others_are_over(
    stub: Stub, location: AzureLocation, traveller: Any
) -> None:
    play = Play(stub, location, post_1=[error(409, "OperationNotAllowed", "no quota")], get_2=[RUNNING, RUNNING, DONE])
    outcome = play.run(traveller)
    assert (outcome.kind, outcome.code) == ("Failed", "INSUFFICIENT_CAPACITY")
    assert f"{MACHINES[0]}: OperationNotAllowed: no quota" in outcome.reason
    assert play.posts == ["1", "2"]


@pytest.mark.parametrize("status", [404, 410])
@pytest.mark.parametrize(("times", "kind"), [(5, "Completed"), (500, "Failed")])
def test_an_operation_that_arm_does_not_find_is_looked_for_up_to_a_minute(
    stub: Stub, location: AzureLocation, traveller: Any, times: int, kind: str, status: int
) -> None:
    play = Play(stub, location, get_1=[error(status, "NotFound")] * times + [DONE])
    assert play.run(traveller).kind == kind
    assert play.posts == ["1", "2"]
    assert (datetime.now(UTC) - START) < timedelta(seconds=80)


def test_the_urls_of_release_2_0_0_are_polled(stub: Stub, location: AzureLocation) -> None:
    play = Play(stub, location, get_1=[RUNNING, failed("InternalServerError")])
    state = CallState.model_validate({"urls": [f"{stub.url}/poll-1", f"{stub.url}/poll-2"], "polls": 3})
    outcome = watch_action(play.order, state, 0)
    assert (outcome.kind, [action["phase"] for action in outcome.model_dump(mode="json")["state"]["actions"]]) == (
        "Running",
        ["running", "over"],
    )
    again = CallState.model_validate(outcome.model_dump(mode="json")["state"]).actions[0].model_copy(update={"due": ""})
    assert watch_action(play.order, CallState(actions=(again,)), 0).kind == "Failed"
    assert play.posts == []


@pytest.mark.parametrize("code", ["ResourceNotFound", "ResourceGroupNotFound"])
def test_what_is_gone_needs_no_stop(stub: Stub, location: AzureLocation, traveller: Any, code: str) -> None:
    play = Play(stub, location, post_1=[error(404, code)])
    stop(play)
    assert play.run(traveller).kind == "Completed"
    assert play.posts == ["1", "2"]
    started = Play(stub, location, post_1=[error(404, code)]).run(traveller)
    assert (started.kind, started.code) == ("Failed", "RESOURCE_NOT_FOUND")


def test_a_stop_of_nothing_completes(stub: Stub, location: AzureLocation, traveller: Any) -> None:
    play = Play(stub, location)
    stop(play)
    play.order = play.order.model_copy(update={"topology": {}})
    assert play.run(traveller).kind == "Completed"
    assert play.posts == []
