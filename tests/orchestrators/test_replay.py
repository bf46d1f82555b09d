"""What Durable demands of an orchestrator: the same actions at every replay, nothing secret where anyone can read."""

import json
import re
from itertools import pairwise
from typing import Any

import pytest

import orchestrators.lifecycle as lifecycle
from driver.models.events import FailureCode
from driver.models.outcomes import Outcome, State, fail, keep_running, retry, succeed
from driver.steps.actions import CallState
from driver.steps.passes import RemoveState
from driver.steps.states import DeployState
from emulators.functions_host.history import Event, EventType
from tests.support.orchestration import (
    ACCEPTED_AT,
    MADE,
    SEALED,
    STARTED,
    Answer,
    Run,
    answer_history,
    complete,
    run_input,
)

pytestmark = pytest.mark.filterwarnings("ignore:azure.functions df_loads")  # the SDK's own call, once a process
STATE = DeployState(correlation_id="c-1", url="https://arm/1")
MESSAGES = (EventType.ExecutionStarted, EventType.TaskCompleted, EventType.TaskFailed, EventType.TimerFired)
RUNS: dict[str, tuple[dict[str, Any], dict[str, list[Answer]]]] = {
    "deploy": (run_input(), {}),
    "remove after another": (
        run_input("remove", version=1, awaits=["x"]),
        {"await_executions": [keep_running(2, RemoveState()), succeed(RemoveState())]},
    ),
    "call": (run_input("call"), {"watch_action": [keep_running(2, CallState()), complete(**MADE)]}),
    "refused": (run_input(), {"start_deployment": [retry(2, "busy", DeployState()), STARTED]}),
    "failed": (run_input(), {"start_deployment": [fail(FailureCode.INTERNAL_ERROR, "bad", DeployState())]}),
    "bug": (run_input(), {"watch_deployment": [ValueError("a bug")]}),
    "worker killed": (run_input(), {"start_deployment": [RuntimeError("code 137"), RuntimeError("code 137"), STARTED]}),
    "timeout": (run_input(seconds=1), {"watch_deployment": [keep_running(5, STATE)]}),
    "hangs": (run_input(seconds=1), {"watch_deployment": [None]}),
    "late and killed": (
        run_input(seconds=20),
        {"watch_deployment": [RuntimeError("code 137"), keep_running(1, STATE), complete(**MADE)]},
    ),
    "long": (run_input(), {"watch_deployment": [*[keep_running(1, STATE)] * 30, complete(**MADE)]}),
    "no broker, version 1": (
        run_input(version=1),
        {"publish_event": [*[retry(5, "no broker", State())] * 5, complete()]},
    ),
    "remove in turn": (
        run_input("remove"),
        {"remove_resources": [keep_running(0.3, RemoveState(looks=1)), complete(topology={"vnet": None})]},
    ),
    "no broker": (run_input(), {"publish_event": [*[retry(5, "no broker", State())] * 5, complete()]}),
}


@pytest.fixture(scope="module", params=list(RUNS.values()), ids=list(RUNS))
def done(request: pytest.FixtureRequest) -> Run:
    data, script = request.param
    return Run(data, script).execute()


def answer(data: str, history: list[Event]) -> dict[str, Any]:
    """What the SDK answers for a history."""
    return answer_history(json.loads(data), history)


def prefixes(history: list[Event]) -> list[list[Event]]:
    """The history up to each message."""
    return [history[: at + 1] for at, one in enumerate(history) if one["EventType"] in MESSAGES]


def actions(answered: dict[str, Any]) -> list[Any]:
    """All actions; whether a timer is cancelled later is left out."""
    flat = [action for batch in answered["actions"] for action in batch]
    return json.loads(re.sub(r'"isCanceled": (true|false)', '"isCanceled": null', json.dumps(flat)))  # type: ignore[no-any-return]


def test_every_prefix_of_a_history_gives_the_same_actions_again(done: Run) -> None:
    assert done.status == "Completed"
    for data, history in done.histories:
        answers = [answer(data, prefix) for prefix in prefixes(history)]
        assert answers == [answer(data, prefix) for prefix in prefixes(history)]
        for shorter, longer in pairwise(map(actions, answers)):
            assert longer[: len(shorter)] == shorter


def test_no_secret_in_status_output_or_activity_names(done: Run) -> None:
    shown = json.dumps([done.statuses, done.output])
    assert SEALED not in shown
    for status in done.statuses:
        assert len(status) < 1_500


def test_the_blob_goes_only_to_activities_that_open_it(done: Run) -> None:
    holding = {name for name, payload in done.calls if SEALED in json.dumps(payload)}
    assert holding <= lifecycle.ACTIVITIES - {"publish_event", "await_executions"}


def test_the_status_tells_step_deployment_and_what_is_waited_for() -> None:
    found = Run(run_input(), {"watch_deployment": [retry(5, "preempted", STATE), complete(**MADE)]}).execute()
    shown = [json.loads(status) for status in dict.fromkeys(found.statuses)]
    first, last = shown[0], shown[-1]
    assert (first["step"], first["attempt"], first["waiting"], first["deployment"]) == (
        "inspect_resources",
        0,
        None,
        None,
    )
    accepted = {
        "acceptedAt": ACCEPTED_AT,
        "tenantId": "tenant-1",
        "transition": "Create",
        "deploymentLocation": "azure-we",
    }
    assert all({name: one[name] for name in accepted} == accepted for one in shown)
    (waiting,) = [one for one in shown if one["waiting"]]
    assert (waiting["step"], waiting["attempt"]) == ("start_deployment", 1)
    assert (waiting["waiting"]["for"], waiting["waiting"]["reason"]) == ("azure", "preempted")
    assert waiting["deployment"] == {"name": "vnet-1-r", "id": "/subscriptions/s/d", "correlationId": "c-1"}
    assert (last["step"], last["attempt"], last["waiting"]) == (None, None, None)


def test_a_wait_that_goes_on_keeps_its_beginning() -> None:
    busy = keep_running(5, STATE, "busy")
    found = Run(run_input(), {"watch_deployment": [busy, busy, busy, complete(**MADE)]}).execute()
    waits = [one["waiting"] for one in map(json.loads, found.statuses) if one["waiting"]]
    assert len({one["since"] for one in waits}) == 1
    assert len({one["until"] for one in waits}) == 3


def test_a_status_of_a_very_long_reason_does_not_fail_the_run() -> None:
    found = Run(run_input(), {"start_deployment": [retry(1, "x" * 60_000, DeployState()), STARTED]}).execute()
    assert found.status == "Completed"


def test_only_what_is_plain_json_crosses_the_boundary(done: Run) -> None:
    for name, payload in done.calls:
        assert json.loads(json.dumps(payload)) == payload, name


def test_a_running_step_that_gives_no_wait_is_bounded_by_the_deadline() -> None:
    hasty = Outcome(kind="Running", after=0, state=STATE)
    found = Run(run_input(seconds=1), {"watch_deployment": [hasty]}, most=5_000).execute()
    assert found.output["failureDetails"]["failureCode"] == "INFRASTRUCTURE_ERROR"
