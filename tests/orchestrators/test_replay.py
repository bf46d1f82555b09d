"""What Durable demands of an orchestrator: the same actions at every replay, nothing secret where anyone can read."""

import json
from itertools import pairwise
from typing import Any

import pytest

import orchestrators.lifecycle as lifecycle
from driver.models import FailureCode, Outcome, failed, retry, running, succeeded
from emulators.functions_host.history import Event, EventType
from tests.support.orchestration import APP, MADE, REQUEST_ID, SEALED, STARTED, Answer, Run, complete, run_input

pytestmark = pytest.mark.filterwarnings("ignore:azure.functions df_loads")  # the SDK's own call, once a process
STATE = STARTED.state
MESSAGES = (EventType.ExecutionStarted, EventType.TaskCompleted, EventType.TaskFailed, EventType.TimerFired)
RUNS: dict[str, tuple[dict[str, Any], dict[str, list[Answer]]]] = {
    "deploy": (run_input(), {}),
    "remove after another": (run_input("remove", awaits=["x"]), {"await_executions": [running(2, {}), succeeded({})]}),
    "call": (run_input("call"), {"watch_action": [running(2, {"urls": []}), complete(**MADE)]}),
    "refused": (run_input(), {"start_deployment": [retry(2, "busy", {"existed": []}), STARTED]}),
    "failed": (run_input(), {"start_deployment": [failed(FailureCode.INTERNAL_ERROR, "bad", {"existed": []})]}),
    "bug": (run_input(), {"watch_deployment": [ValueError("a bug")]}),
    "worker killed": (run_input(), {"start_deployment": [RuntimeError("code 137"), RuntimeError("code 137"), STARTED]}),
    "timeout": (run_input(seconds=0), {"watch_deployment": [running(5, STATE)]}),
    "long": (run_input(), {"watch_deployment": [*[running(1, STATE)] * 30, complete(**MADE)]}),
    "no broker": (run_input(), {"publish_event": [*[retry(5, "no broker", {})] * 5, complete()]}),
}


@pytest.fixture(scope="module", params=list(RUNS.values()), ids=list(RUNS))
def done(request: pytest.FixtureRequest) -> Run:
    data, script = request.param
    return Run(data, script).execute()


def answer(data: str, history: list[Event]) -> dict[str, Any]:
    """What the SDK answers for a history."""
    context = {
        "history": history,
        "input": json.loads(data),
        "instanceId": REQUEST_ID,
        "isReplaying": len(history) > 2,
        "parentInstanceId": None,
        "upperSchemaVersion": 1,
        "upperSchemaVersionNew": 3,
        "longRunningTimerIntervalDuration": "3.00:00:00",
        "maximumShortTimerDuration": "6.00:00:00",
        "defaultHttpAsyncRequestSleepTimeMillseconds": 30000,
    }
    answered: dict[str, Any] = json.loads(APP.orchestrators["run_lifecycle"].handler(context=json.dumps(context)))
    return answered


def prefixes(history: list[Event]) -> list[list[Event]]:
    """The history up to each message."""
    return [history[: at + 1] for at, one in enumerate(history) if one["EventType"] in MESSAGES]


def actions(answered: dict[str, Any]) -> list[Any]:
    return [action for batch in answered["actions"] for action in batch]


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
        assert set(json.loads(status)) <= {"step", "deployment", "correlationId", "reason"}
        assert len(status) < 1_000


def test_the_blob_goes_only_to_activities_that_open_it(done: Run) -> None:
    holding = {name for name, payload in done.calls if SEALED in json.dumps(payload)}
    assert holding <= lifecycle.ACTIVITIES - {"publish_event", "await_executions"}


def test_the_status_tells_step_deployment_and_reason() -> None:
    found = Run(run_input(), {"watch_deployment": [retry(5, "preempted", STATE), complete(**MADE)]}).execute()
    told = [json.loads(status) for status in found.statuses]
    assert {"step": "watch_deployment", "deployment": "vnet-1-r", "correlationId": "c-1", "reason": ""} in told
    assert any(one["step"] == "start_deployment" and one["reason"] == "preempted" for one in told)


def test_a_status_of_a_very_long_reason_does_not_fail_the_run() -> None:
    found = Run(run_input(), {"start_deployment": [retry(1, "x" * 60_000, {"existed": []}), STARTED]}).execute()
    assert found.status == "Completed"


def test_only_what_is_plain_json_crosses_the_boundary(done: Run) -> None:
    for name, payload in done.calls:
        assert json.loads(json.dumps(payload)) == payload, name


def test_a_running_step_that_gives_no_wait_is_bounded_by_the_deadline() -> None:
    hasty = Outcome(kind="Running", after=0, state=STATE)
    found = Run(run_input(seconds=1), {"watch_deployment": [hasty]}, most=5_000).execute()
    assert found.output["failureDetails"]["failureCode"] == "INFRASTRUCTURE_ERROR"
