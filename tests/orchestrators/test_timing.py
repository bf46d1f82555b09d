"""When a run gives up, what it says then, and what the activities are told of its waits."""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from driver.models.events import FailureCode
from driver.models.outcomes import Outcome, State, WaitingFor, fail, keep_running, retry, succeed
from driver.models.runs import Run as RunInput
from driver.steps.passes import RemoveState
from driver.steps.states import DeployState
from orchestrators.timing import find_abandon_deadline, find_deadline
from tests.orchestrators.test_lifecycle import STATE, be_late, failure
from tests.support.orchestration import MADE, Answer, Run, complete, entry, run_input

pytestmark = pytest.mark.filterwarnings("ignore:azure.functions df_loads")  # the SDK's own call, once a process
END = datetime(2026, 1, 1, 12, 14, tzinfo=UTC)


def refuse(outcome: Outcome, **changes: Any) -> Outcome:
    return outcome.model_copy(update={"refused": True, **changes})


def play(data: dict[str, Any], /, **script: Sequence[Answer]) -> Run:
    return Run(data, script).execute()


@pytest.mark.parametrize(
    ("verb", "seconds", "before", "abandoned"),
    [
        ("deploy", 840, 90, 10),
        ("deploy", 600, 90, 10),
        ("deploy", 100, 15, 5),
        ("remove", 840, 10, 10),
        ("call", 100, 5, 5),
    ],
)
def test_what_is_left_of_the_timeout(verb: str, seconds: int, before: float, abandoned: float) -> None:
    run = RunInput.model_validate(run_input(verb, seconds, deadline=END.isoformat()))
    assert find_deadline(run, END) == END - timedelta(seconds=before)
    assert find_abandon_deadline(run, END, END) == END - timedelta(seconds=abandoned)


def test_runs_of_version_1_use_the_whole_timeout_and_collect_after_it() -> None:
    run = RunInput.model_validate(run_input("deploy", 840, deadline=END.isoformat(), version=1))
    assert find_deadline(run, END) == END
    assert find_abandon_deadline(run, END, END) == END + timedelta(seconds=900)


@pytest.mark.parametrize(("verb", "step"), [("remove", "remove_resources"), ("call", "watch_action")])
def test_a_step_that_does_not_answer_is_given_up(verb: str, step: str) -> None:
    """An ARM that hangs must not keep the event back."""
    data = be_late(step, verb, left=40)
    done = play(data, **{step: [None]})
    assert failure(done)["description"].endswith(f"in step {step}: Azure has not answered the calls of this step")
    assert datetime.fromisoformat(done.timers[0]) == datetime.fromisoformat(data["deadline"])
    assert done.names == [step, "publish_event"]


def test_a_deployment_whose_poll_and_cancellation_hang_is_reported_at_the_timeout() -> None:
    data = be_late("watch_deployment", left=-1)
    done = play(data, watch_deployment=[None], abandon_deployment=[None])
    assert done.names == ["watch_deployment", "abandon_deployment", "publish_event"]
    assert "in step watch_deployment: Azure has not answered" in failure(done)["description"]
    first, last = map(datetime.fromisoformat, done.timers)
    assert first < last <= datetime.fromisoformat(data["deadline"]) + timedelta(seconds=1)


def test_the_answer_of_a_step_that_was_given_up_is_ignored() -> None:
    """What it might report was not published: a step publishes nothing itself after its deadline."""
    done = play(be_late("watch_deployment"), watch_deployment=[None])
    assert done.output["status"] == "FAILED"
    assert done.status == "Completed"


def test_a_worker_that_dies_near_the_deadline_costs_one_attempt() -> None:
    done = play(
        be_late("watch_deployment", left=60), watch_deployment=[RuntimeError("code 137"), None, complete(**MADE)]
    )
    assert done.names[:2] == ["watch_deployment"] * 2


def test_a_bug_near_the_deadline_is_published() -> None:
    done = play(be_late("remove_resources", "remove", left=60), remove_resources=[ValueError("a bug")])
    assert failure(done)["description"].endswith("ValueError: a bug")
    assert done.names.count("remove_resources") == 5


@pytest.mark.parametrize("verb", ["deploy", "call", "remove"])
def test_a_far_deadline_costs_no_timer(verb: str) -> None:
    """Each one would be a message in the task hub until it is due."""
    timers = play(run_input(verb, 3600)).timers
    end = datetime.now(UTC) + timedelta(seconds=60)
    assert all(datetime.fromisoformat(timer) < end for timer in timers)


def test_a_try_that_would_come_too_late_is_not_waited_for_and_the_cause_is_the_failure() -> None:
    full = refuse(retry(40, "AllocationFailed: high demand", STATE), code=FailureCode.INSUFFICIENT_CAPACITY)
    collected = full.model_copy(update={"collected": True})
    done = play(be_late("watch_deployment", left=30), watch_deployment=[collected])
    assert failure(done)["failureCode"] == "INSUFFICIENT_CAPACITY"
    assert failure(done)["description"].endswith("in step watch_deployment: AllocationFailed: high demand")
    assert done.names == ["watch_deployment", "publish_event"]


def test_nothing_is_begun_at_the_deadline() -> None:
    done = play(be_late("inspect_resources"), inspect_resources=[succeed(DeployState())])
    assert done.names == ["inspect_resources", "publish_event"]


def test_the_failure_names_the_deployment_what_it_is_at_work_on_and_the_last_refusal() -> None:
    busy = refuse(keep_running(1, STATE, "TooManyRequests: slow down"))
    abandoned = succeed(DeployState(topology={"half": entry("half")})).model_copy(
        update={"reason": "Microsoft.Network/virtualNetworkGateways/gw is Running since 2026-01-01T12:00:01+00:00"}
    )
    shown = {"name": "gw-1-r", "id": "/subscriptions/s/d", "correlation_id": "c-1"}
    data = be_late("watch_deployment", left=0.5, deployment=shown)
    done = play(data, watch_deployment=[busy, keep_running(1, STATE)], abandon_deployment=[abandoned])
    assert re.fullmatch(
        r"not over after \d+ seconds of 100, in step watch_deployment: still under way; deployment 'gw-1-r' "
        r"\(correlation id c-1\); last refusal: TooManyRequests: slow down; "
        r"Microsoft.Network/virtualNetworkGateways/gw is Running since 2026-01-01T12:00:01\+00:00",
        failure(done)["description"],
    )


def tell_waits(done: Run, step: str) -> list[str | None]:
    return [payload.get("waiting", {}).get("for") for payload in done.payloads(step)]


def test_an_activity_is_told_of_the_wait_before_it() -> None:
    entra = WaitingFor(waits_for="entra")
    away = refuse(keep_running(1, STATE, "no connection"), waiting=entra)
    done = play(run_input(), watch_deployment=[away, away, keep_running(1, STATE), complete(**MADE)])
    assert tell_waits(done, "watch_deployment") == [None, "entra", "entra", None]
    (first, second) = [payload["waiting"] for payload in done.payloads("watch_deployment")[1:3]]
    assert first["since"] == second["since"]
    statuses = [json.loads(status)["waiting"] for status in done.statuses]
    assert {one["for"] for one in statuses if one} == {"entra"}


def test_the_activity_after_a_wait_that_a_timeout_has_ended_is_told_of_it() -> None:
    busy = refuse(retry(5, "busy", STATE))
    done = play(be_late("watch_deployment", left=5.6), watch_deployment=[busy], start_deployment=[busy])
    assert tell_waits(done, "abandon_deployment") == ["azure"]
    assert tell_waits(done, "publish_event") == [None]
    removal = refuse(retry(5, "busy", RemoveState()))
    done = play(be_late("remove_resources", "remove", left=5.6), remove_resources=[removal])
    assert tell_waits(done, "publish_event") == ["azure"]
    assert all((json.loads(status)["waiting"] or {}).get("for") != "kafka" for status in done.statuses)


def test_the_first_of_refusals_in_a_row_is_kept_for_the_step() -> None:
    answers = [refuse(retry(1, text, DeployState())) for text in ("one", "first: one; last: two")]
    again = refuse(retry(1, "three", DeployState()))
    done = play(run_input(), inspect_resources=[*answers, keep_running(1, DeployState()), again, again, complete()])
    assert [payload["first"] for payload in done.payloads("inspect_resources")] == [
        "",
        "one",
        "one",
        "",
        "three",
        "three",
    ]


@pytest.mark.parametrize(("left", "told"), [(30, 0), (9, 1)])
def test_once_in_the_last_quarter_the_log_is_told(left: float, told: int) -> None:
    """Of 100 s that is 25 s before the end, and 10 s before the deadline of a deployment."""
    looks = [keep_running(0.5, STATE)] * 5
    done = play(be_late("watch_deployment", left=left), watch_deployment=[*looks, complete(**MADE)])
    late = [payload["late"] for payload in done.payloads("watch_deployment") if "late" in payload]
    assert [one["seconds"] for one in late] == [100] * told


def test_a_failure_without_an_answer_in_time_is_no_bug() -> None:
    failed = fail(FailureCode.RESOURCE_NOT_FOUND, "gone", State())
    assert failure(play(be_late("remove_resources", "remove"), remove_resources=[failed]))["description"] == "gone"


@pytest.mark.parametrize(("verb", "step"), [("deploy", "start_deployment"), ("call", "call_action")])
def test_a_step_that_begins_something_is_never_given_up(verb: str, step: str) -> None:
    """It might begin it after it was cancelled."""
    done = play(be_late(step, verb, left=40), **{step: [None]})
    assert done.names == [step]
    assert done.timers == []
