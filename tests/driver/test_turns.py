"""Whose turn it is, decided on lists of a task hub as its HTTP API shows them."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from driver import turns
from driver.models.events import FailureCode, TopologyEntry
from driver.models.outcomes import Outcome, State
from driver.models.runs import ResourceShown, Run, TransitionShown, show_run
from driver.resource_ids import ResourceId
from driver.steps.passes import RemoveState
from driver.steps.states import DeployState
from driver.turns import Contender, Turn
from tests.support.events import make_event
from tests.support.executions import TaskHub

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
HEAD = "0a1b2c3d-0000-4000-8000-0000000000"
A, B, C = f"{HEAD}0a", f"{HEAD}0b", f"{HEAD}0c"  # in the order of their acceptance
ACCEPTED = {request_id: NOW + timedelta(seconds=number) for number, request_id in enumerate((A, B, C))}
RECORD = f"/subscriptions/s/resourceGroups/g/providers/Microsoft.Resources/deployments/vnet-1-{B}"
NETWORK = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v"
VNET = TopologyEntry(id=ResourceId.parse(NETWORK), type="t")


def describe_run(request_id: str, name: str = "Create", verb: str = "deploy", **more: Any) -> Run:
    return Run(
        version=2,
        request_id=request_id,
        accepted_at=ACCEPTED[request_id].isoformat(),
        resource=ResourceShown(id="r"),
        transition=TransitionShown(name=name, verb=verb, seconds=60),
        **more,
    )


def list_instance(
    request_id: str,
    status: str = "Running",
    *,
    waits_for: str | None = None,
    custom: bool = True,
    name: str = "Create",
    verb: str = "deploy",
    ended_after: float = 5,
    output: Any = None,
    **shown: Any,
) -> dict[str, Any]:
    """An instance in the list; it was updated `ended_after` seconds after A was accepted."""
    status_shown = show_run(describe_run(request_id, name, verb)).model_dump(mode="json", by_alias=True)
    if waits_for:
        status_shown["waiting"] = {"for": "request", "requestId": waits_for}
    return {
        "instanceId": request_id,
        "runtimeStatus": status,
        "customStatus": {**status_shown, **shown} if custom else None,
        "input": None,
        "output": output,
        "createdTime": ACCEPTED[request_id].strftime("%Y-%m-%dT%H:%M:%SZ"),
        "lastUpdatedTime": (NOW + timedelta(seconds=ended_after)).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def find_turn(
    request_id: str,
    *others: Mapping[str, Any],
    whole: Mapping[str, Any] | None = None,
    topology: Mapping[str, str] | None = None,
    awaited: tuple[str, ...] = (),
) -> Turn:
    """What an execution finds that looks. `whole` is what reading an instance with its input gives."""

    def read_instance(asked: str) -> Mapping[str, Any]:
        assert whole is not None, f"{asked} is read"
        assert asked == whole["instanceId"]
        return whole

    entries = {key: TopologyEntry(id=ResourceId.parse(text)) for key, text in (topology or {}).items()}
    accepted_at = ACCEPTED[request_id]
    own = Contender(request_id, accepted_at, accepted_at, dict(entries), awaited)
    return turns.find_turn(own, [list_instance(request_id), *others], read_instance)


GO = Turn()


def test_an_execution_that_is_alone_goes_on() -> None:
    assert find_turn(A) == GO


@pytest.mark.parametrize("status", ["Pending", "Running", "ContinuedAsNew", "Suspended"])
@pytest.mark.parametrize("own", [A, B])
def test_an_active_execution_is_waited_for_whoever_was_accepted_first(status: str, own: str) -> None:
    other = B if own == A else A
    assert find_turn(own, list_instance(other, status)) == Turn(blocked_by=(other,))


def test_of_two_that_wait_for_each_other_the_first_accepted_goes_on() -> None:
    assert find_turn(A, list_instance(B, waits_for=A)) == GO
    assert find_turn(B, list_instance(A, waits_for=B)).blocked_by == (A,)


def test_one_that_waits_for_somebody_else_is_waited_for() -> None:
    assert find_turn(A, list_instance(B, waits_for=C)).blocked_by == (B,)


def test_of_two_accepted_at_the_same_moment_the_id_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ACCEPTED, B, ACCEPTED[A])
    assert find_turn(A, list_instance(B, waits_for=A)) == GO
    assert find_turn(B, list_instance(A, waits_for=B)).blocked_by == (A,)


def test_one_without_a_custom_status_is_waited_for() -> None:
    """It has been accepted and not begun yet; neither its place nor what it waits for is known."""
    assert find_turn(A, list_instance(B, "Pending", custom=False)).blocked_by == (B,)


def test_one_of_the_first_release_is_waited_for() -> None:
    other = {**list_instance(A), "customStatus": {"step": "watch_deployment", "attempt": 0}}
    assert find_turn(B, other).blocked_by == (A,)


@pytest.mark.parametrize("order", list(permutations((A, B, C))))
def test_of_three_the_first_accepted_goes_on_and_all_wait_for_it(order: tuple[str, ...]) -> None:
    before = {key: find_turn(key, *(list_instance(other) for other in order if other != key)) for key in order}
    assert {key: turn.blocked_by[0] for key, turn in before.items()} == {A: B, B: A, C: A}
    waiting = {key: turn.blocked_by[0] for key, turn in before.items()}
    after = {
        key: find_turn(key, *(list_instance(other, waits_for=waiting[other]) for other in order if other != key))
        for key in order
    }
    assert after[A] == GO
    assert (after[B].blocked_by[0], after[C].blocked_by[0]) == (A, A)


def test_longer_ids_and_other_ids_of_the_list_do_not_count() -> None:
    again = {**list_instance(A), "instanceId": f"{A}-again"}
    lost = {**list_instance(A), "instanceId": f"{A}-lost"}
    assert find_turn(B, again, lost) == GO


@pytest.mark.parametrize(
    ("name", "verb", "waited_for"),
    [
        ("WhatIf", "preview", False),
        ("CheckDrift", "preview", False),
        ("Precheck", "precheck", False),
        ("Integrity", "call", False),
        ("precheck", "call", False),
        ("Precheck", "deploy", True),
        ("Start", "call", True),
    ],
)
def test_what_only_reads_is_not_waited_for(name: str, verb: str, waited_for: bool) -> None:
    assert bool(find_turn(B, list_instance(A, name=name, verb=verb)).blocked_by) is waited_for


def test_while_the_hub_does_not_list_the_execution_itself_it_waits() -> None:
    own = Contender(A, NOW, NOW)
    assert turns.find_turn(own, [], lambda asked: None) == Turn(blocked_by=(A,))


def end(request_id: str, topology: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return list_instance(request_id, "Completed", output=make_event(dict(topology)), **more)


def test_what_an_ended_execution_reported_is_found() -> None:
    before = {"gone": NETWORK, "kept": NETWORK}
    kept = TopologyEntry(id=ResourceId.parse(NETWORK))
    reported = end(A, {"vnet": VNET, "gone": None, "kept": kept, "unknown": None})
    assert find_turn(B, reported, topology=before) == Turn(found={"vnet": VNET, "gone": None})


def test_what_brent_has_read_before_it_sent_the_request_is_left_out_unless_it_was_awaited() -> None:
    assert find_turn(C, end(A, {"vnet": VNET}, ended_after=-60)) == GO
    assert find_turn(C, end(A, {"vnet": VNET}, ended_after=-60), awaited=(A,)).found == {"vnet": VNET}


@pytest.mark.parametrize("status", ["Terminated", "Failed", "Canceled"])
def test_an_execution_that_ended_without_an_event_reported_nothing(status: str) -> None:
    assert find_turn(B, list_instance(A, status)) == GO


def test_an_output_that_the_list_does_not_show_is_read() -> None:
    listed = list_instance(A, "Completed")
    assert find_turn(B, listed, whole=end(A, {"vnet": VNET})).found == {"vnet": VNET}


@pytest.mark.parametrize("reverse", [False, True])
def test_reports_are_applied_in_the_order_in_which_the_transitions_ended(reverse: bool) -> None:
    """The event of the first may have been acknowledged last."""
    first = end(A, {"a": VNET, "b": VNET}, endedAt=NOW.isoformat(), ended_after=50)
    second = end(B, {"a": None}, endedAt=(NOW + timedelta(seconds=9)).isoformat(), ended_after=20)
    listed = [second, first] if reverse else [first, second]
    assert find_turn(C, *listed, topology={"a": NETWORK}).found == {"a": None, "b": VNET}


def build_whole(request_id: str, progress: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """An instance with its input, which the SDK has encoded twice."""
    content = {**describe_run(request_id, **more).model_dump(mode="json", by_alias=True), "progress": progress}
    return {**list_instance(request_id, step="publish_event"), "input": json.dumps(json.dumps(content))}


def test_one_that_only_publishes_counts_as_ended_and_its_event_is_read_from_its_input() -> None:
    progress = {"step": "publish_event", "event": make_event({"vnet": VNET})}
    listed = list_instance(A, step="publish_event")
    assert find_turn(B, listed, whole=build_whole(A, progress)) == Turn(found={"vnet": VNET})


@pytest.mark.parametrize("of", ["watch_deployment", ""])
def test_one_that_has_failed_and_only_publishes_reports_what_its_state_says(of: str) -> None:
    state = DeployState(topology={"vnet": VNET}).model_dump(mode="json")
    failure = [str(FailureCode.INFRASTRUCTURE_ERROR), "the first"]
    progress = {"step": "publish_event", "event": None, "failure": failure, "of": of, "state": state}
    listed = list_instance(A, step="publish_event")
    assert find_turn(B, listed, whole=build_whole(A, progress)).found == {"vnet": VNET}


def test_one_that_tries_to_publish_for_the_first_time_is_waited_for() -> None:
    listed = list_instance(A, step="publish_event")
    assert find_turn(B, listed, whole=build_whole(A, {"step": "watch_deployment"})).blocked_by == (A,)
    assert find_turn(B, listed, whole={**listed, "input": "{}"}).blocked_by == (A,)


def test_one_that_ended_after_the_list_was_made_has_ended() -> None:
    listed = list_instance(A, step="publish_event")
    assert find_turn(B, listed, whole=end(A, {"vnet": VNET})).found == {"vnet": VNET}


def test_one_whose_record_is_in_the_topology_has_reported() -> None:
    whole = {**list_instance(B), "input": json.dumps(describe_run(B).model_dump(mode="json", by_alias=True))}
    assert find_turn(C, list_instance(B), topology={"record": RECORD}, whole=whole) == GO
    assert find_turn(C, list_instance(A), topology={"record": RECORD}).blocked_by == (A,)


def test_one_that_had_failed_and_runs_again_has_not_reported_though_its_record_is_in_the_topology() -> None:
    content = describe_run(B, since=NOW.isoformat()).model_dump(mode="json", by_alias=True)
    whole = {**list_instance(B), "input": json.dumps(content)}
    assert find_turn(C, list_instance(B), topology={"record": RECORD}, whole=whole).blocked_by == (B,)


# with a task hub behind HTTP


@pytest.fixture
def hub() -> Iterator[TaskHub]:
    hub = TaskHub()
    yield hub
    hub.close()


PAYLOAD = {"requestId": B, "acceptedAt": ACCEPTED[B].isoformat(), "since": ACCEPTED[B].isoformat()}


def take_turn(hub: TaskHub, state: State) -> State | Outcome:
    return turns.take_turn(PAYLOAD, {}, state, hub)


def test_an_execution_waits_and_says_for_whom(hub: TaskHub) -> None:
    hub.instances = {A: list_instance(A), B: list_instance(B), C: list_instance(C)}
    waits, state = [], State()
    for _ in range(12):
        outcome = take_turn(hub, state)
        assert isinstance(outcome, Outcome)
        assert isinstance(outcome.state, State)
        assert outcome.waiting is not None
        assert (outcome.kind, outcome.waiting.waits_for, outcome.waiting.request_id) == ("Running", "request", A)
        waits.append(outcome.after)
        state = outcome.state
    assert waits[:3] == pytest.approx([0.3, 0.48, 0.768])
    assert max(waits) == 15
    assert (state.looks, state.awaited, state.has_turn) == (12, (A, C), False)
    hub.instances[A] = end(A, {"vnet": VNET}, ended_after=-60)
    hub.instances[C] = list_instance(C, waits_for=B)
    following = take_turn(hub, state)
    assert isinstance(following, State)
    assert (following.has_turn, following.found) == (True, {"vnet": VNET})


def test_all_pages_of_the_list_are_read(hub: TaskHub) -> None:
    """O14 of the cases."""
    many = [f"{HEAD[:-4]}{number:06x}" for number in range(250)]
    assert len(many[0]) == len(A)
    for request_id in many:
        hub.put(request_id, "Completed", make_event())
    hub.instances |= {B: list_instance(B), C: list_instance(C)}
    outcome = take_turn(hub, State())
    assert isinstance(outcome, Outcome)
    assert outcome.waiting is not None
    assert outcome.waiting.request_id == C


def test_a_hub_that_does_not_answer_is_waited_for(hub: TaskHub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.rpc_base_url  # noqa: B018 - it starts the server
    hub.close()
    outcome = take_turn(hub, RemoveState())
    assert isinstance(outcome, Outcome)
    assert outcome.waiting is not None
    assert (outcome.kind, outcome.waiting.waits_for, outcome.waiting.request_id) == ("Running", "request", None)
    assert outcome.reason.startswith("the task hub does not list its executions")
