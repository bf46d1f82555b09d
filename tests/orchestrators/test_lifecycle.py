"""The way of a lifecycle through its steps, as the SDK runs it."""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from driver.models.events import FailureCode, build_event, find_earliest_event
from driver.models.outcomes import (
    DeploymentShown,
    NotOwned,
    OperationShown,
    Outcome,
    State,
    WaitingFor,
    fail,
    keep_running,
    retry,
    succeed,
)
from driver.models.runs import Run as RunInput
from driver.publication import build_failure
from driver.steps.passes import RemoveState
from driver.steps.prechecks import PrecheckState
from driver.steps.readiness import ReadinessState
from driver.steps.states import DeployState
from orchestrators.calls import RETRIES
from orchestrators.course import begin, find_wake_time
from orchestrators.lifecycle import STEPS_A_GENERATION
from tests.support.orchestration import (
    ACCEPTED_AT,
    MADE,
    REQUEST_ID,
    SEALED,
    STARTED,
    USUAL,
    Answer,
    Run,
    complete,
    entry,
    publish,
    run_input,
)

pytestmark = pytest.mark.filterwarnings("ignore:azure.functions df_loads")  # the SDK's own call, once a process
DEPLOY = ["inspect_resources", "start_deployment", "watch_deployment"]
FAILED_DEPLOY = [*DEPLOY, "publish_event"]
STATE = DeployState(correlation_id="c-1", url="https://arm/1")
EXISTED = DeployState(existed=("x",))
ATTEMPTS = RETRIES.max_number_of_attempts
FULL = fail(
    FailureCode.INSUFFICIENT_CAPACITY, "no cores left", DeployState(topology={"made": entry("m")}), collected=True
)


def polled(polls: int) -> DeployState:
    return STATE.model_copy(update={"looks": polls})


def run(verb: str = "deploy", seconds: int = 3600, /, most: int = 500, **script: Sequence[Answer]) -> Run:
    return Run(run_input(verb, seconds), script, most).execute()


def publish_failure() -> Outcome:
    """What `publish_event` answers for the run that ends with FULL."""
    failed = build_event(REQUEST_ID, {"made": entry("m")}, failure=(FailureCode.INSUFFICIENT_CAPACITY, "no cores left"))
    return Outcome(kind="Completed", event=failed, published=True)


def be_late(step: str, verb: str = "deploy", left: float = -1, **progress: Any) -> dict[str, Any]:
    """The input of a run of 100 s that is at a step, so many seconds before its deadline."""
    deadline = datetime.now(UTC) + timedelta(seconds=left)
    ends_at = deadline + timedelta(seconds=15 if verb == "deploy" else 5)
    times = {"deadline": deadline.isoformat(), "ends_at": ends_at.isoformat()}
    return run_input(verb, 100, deadline=ends_at.isoformat(), progress={"step": step, **times, **progress})


def failure(done: Run) -> dict[str, Any]:
    """The failure details of the one event that was published."""
    assert done.status == "Completed"
    (published,) = {json.dumps(publish(payload).event) for payload in done.payloads("publish_event")}
    event = json.loads(published)
    assert event["status"] == "FAILED"
    assert event == done.output
    return dict(event["failureDetails"])


@pytest.mark.parametrize("polls", [1, 2, 3])
def test_a_deployment_takes_two_activities_and_one_for_each_poll(polls: int) -> None:
    done = run(watch_deployment=[*[keep_running(1, STATE)] * (polls - 1), complete(**MADE)])
    assert done.names == [*DEPLOY[:2], *["watch_deployment"] * polls]
    assert len(done.timers) == polls
    assert done.episodes == 3 + 2 * polls


def test_a_removal_with_one_poll_takes_two_activities_and_four_episodes() -> None:
    done = run("remove", remove_resources=[keep_running(1, RemoveState()), complete(topology={"vnet": None})])
    assert done.names == ["remove_resources"] * 2
    assert done.episodes == 4


def test_the_output_is_the_event() -> None:
    done = run()
    assert len(done.histories) == 1
    expected = {
        "requestId": REQUEST_ID,
        "status": "COMPLETE",
        "outputs": MADE["outputs"],
        "associatedTopology": MADE["topology"],
        "version": "1.0.0",
    }
    assert (done.status, done.output) == ("Completed", expected)


TRACE = {
    "resource": "vnet-1",
    "resourceType": "resource::AzureVNet::1.0",
    "transition": "Create",
    "location": "azure-we",
    "tracectx.transactionid": "t-1",
}


def test_what_each_activity_is_given() -> None:
    done = run()
    common = {"requestId": REQUEST_ID, "trace": TRACE}
    accepted = {"tenant": "tenant-1", "acceptedAt": ACCEPTED_AT, "sealed": SEALED, "first": ""}
    inspect, start, watch = (payload for _, payload in done.calls)
    measured = {"type": "resource::AzureVNet::1.0", "verb": "deploy", "acceptedAt": ACCEPTED_AT, "endedAt": ""}
    first = {"step": "inspect_resources", "state": {}, "attempt": 0, "since": ACCEPTED_AT, "measured": measured}
    deadline = inspect.pop("deadline")
    assert inspect == {**common, **accepted, **first}
    assert watch["deadline"] == deadline
    assert "since" not in start
    assert start["state"] == DeployState().model_dump(mode="json")
    assert watch["state"] == STATE.model_dump(mode="json")


def test_an_event_that_kafka_has_not_acknowledged_is_published_by_an_activity() -> None:
    unpublished = complete(**MADE).model_copy(update={"published": False, "sent": True})
    done = run(watch_deployment=[unpublished])
    assert done.names == [*DEPLOY, "publish_event"]
    (payload,) = done.payloads("publish_event")
    measured = payload.pop("measured")
    assert measured.pop("endedAt") > ACCEPTED_AT
    assert measured == {"type": "resource::AzureVNet::1.0", "verb": "deploy", "acceptedAt": ACCEPTED_AT}
    assert payload == {
        "requestId": REQUEST_ID,
        "trace": TRACE,
        "step": "publish_event",
        "tenant": "tenant-1",
        "state": {},
        "event": unpublished.event,
        "failure": None,
        "of": "watch_deployment",
        "sent": True,
        "attempt": 0,
        "isWoken": True,
    }
    assert done.output == unpublished.event


def test_the_event_that_was_published_is_the_output() -> None:
    """Kafka may take no more than a smaller one."""
    smaller = build_event(REQUEST_ID, {}, failure=(FailureCode.INTERNAL_ERROR, "too large"))
    published = Outcome(kind="Completed", event=smaller, published=True)
    done = run(watch_deployment=[complete(**MADE).model_copy(update={"published": False})], publish_event=[published])
    assert done.output == smaller


@pytest.mark.parametrize("step", ["watch_deployment", "inspect_resources"])
def test_no_event_comes_sooner_than_two_seconds_after_the_acceptance(step: str) -> None:
    """Brent must have read the 202 before."""
    now = datetime.now(UTC).isoformat()
    ended = FULL if step == "inspect_resources" else complete(**MADE).model_copy(update={"published": False})
    done = Run(run_input(acceptedAt=now), {step: [ended]}).execute()
    assert done.names[-1] == "publish_event"
    assert datetime.fromisoformat(done.timers[-1]) == find_earliest_event(now)


READING = keep_running(5, STATE, "busy", settled=True)


def test_a_run_of_version_1_reports_past_the_deadline_what_has_succeeded() -> None:
    done = Run(run_input(seconds=0, version=1), {"watch_deployment": [*[READING] * 10, complete(**MADE)]}).execute()
    assert done.output["status"] == "COMPLETE"
    assert len(set(done.timers)) > 1  # it is waited for, not looked at without a pause


def test_what_has_succeeded_and_cannot_be_read_until_the_deadline_is_collected_from_the_operations() -> None:
    done = Run(be_late("watch_deployment"), {"watch_deployment": [READING]}).execute()
    assert failure(done)["description"].endswith("in step watch_deployment: busy")
    assert done.output["associatedTopology"] == {"half": {"id": "half", "type": "t"}}


@pytest.mark.parametrize(
    ("verb", "names"),
    [
        ("deploy", DEPLOY),
        ("remove", ["remove_resources"]),
        ("call", ["call_action", "watch_action"]),
    ],
)
def test_the_steps_of_a_verb(verb: str, names: list[str]) -> None:
    assert run(verb).names == names


def test_conditions_are_waited_for_between_the_deployment_and_pruning() -> None:
    waited = keep_running(1, ReadinessState(since=ACCEPTED_AT), "a: b is null, waits for b")
    begun = succeed(ReadinessState()).model_copy(update={"following": "await_readiness"})
    met = succeed(ReadinessState())
    done = run(watch_deployment=[begun], await_readiness=[waited, met], prune_resources=[complete(**MADE)])
    assert done.names == [*DEPLOY, "await_readiness", "await_readiness", "prune_resources"]
    failed = fail(FailureCode.INFRASTRUCTURE_ERROR, "not ready", ReadinessState(topology={"made": entry("m")}))
    done = run(watch_deployment=[begun], await_readiness=[failed])
    assert failure(done)["description"] == "not ready"
    assert done.names == [*DEPLOY, "await_readiness", "publish_event"]
    assert done.output["associatedTopology"] == {"made": {"id": "m", "type": "t"}}


def test_a_removal_of_version_1_first_awaits_what_still_runs_for_the_resource() -> None:
    found = RemoveState(found={"vnet": entry("id")})
    script: dict[str, list[Answer]] = {"await_executions": [keep_running(2, RemoveState()), succeed(found)]}
    done = Run(run_input("remove", version=1, awaits=["other"]), script).execute()
    assert done.names == ["await_executions", "await_executions", "remove_resources"]
    assert done.payloads("await_executions")[0]["awaits"] == ["other"]
    assert done.payloads("remove_resources")[0]["state"] == found.model_dump(mode="json")


@pytest.mark.parametrize(
    ("verb", "name", "version", "looks"),
    [
        ("deploy", "Create", 2, True),
        ("remove", "Delete", 2, True),
        ("call", "Start", 2, True),
        ("call", "Integrity", 2, False),
        ("call", "Precheck", 2, False),
        ("preview", "WhatIf", 2, False),
        ("precheck", "Precheck", 2, False),
        ("remove", "Delete", 1, False),
        ("remove", "Delete", 0, False),
    ],
)
def test_which_first_steps_look_for_other_executions(verb: str, name: str, version: int, looks: bool) -> None:
    transition = {"name": name, "verb": verb, "seconds": 60}
    started = Run(run_input(transition=transition, version=version, since="2025-01-01T00:00:00+00:00"), most=1)
    ((_, payload),) = started.execute().calls[:1]
    assert payload.get("since") == ("2025-01-01T00:00:00+00:00" if looks else None)


CHECKED = {"name": "Create", "verb": "deploy", "seconds": 3600, "precheck": True}


def test_a_precheck_goes_before_a_deployment_and_is_not_done_again() -> None:
    """Neither when the look is too old, nor when the deployment is started again."""
    passing = keep_running(0, DeployState()).model_copy(update={"kind": "Retry"})
    script: dict[str, list[Answer]] = {
        "start_deployment": [passing.model_copy(update={"restart": True}), STARTED, STARTED],
        "watch_deployment": [passing, complete(**MADE)],
    }
    done = Run(run_input(transition=CHECKED, since="2025-01-01T00:00:00+00:00"), script).execute()
    assert done.names[:4] == ["precheck_deployment", "inspect_resources", "start_deployment", "inspect_resources"]
    assert done.names.count("precheck_deployment") == 1
    assert done.payloads("precheck_deployment")[0]["since"] == "2025-01-01T00:00:00+00:00"


def test_a_deployment_without_a_precheck_has_no_step_more() -> None:
    assert Run(run_input()).execute().names == ["inspect_resources", "start_deployment", "watch_deployment"]


def test_a_precheck_that_fails_ends_the_transition_before_anything_is_written() -> None:
    refused = fail(FailureCode.INSUFFICIENT_CAPACITY, "the precheck has found QuotaExceeded", PrecheckState())
    done = Run(run_input(transition=CHECKED), {"precheck_deployment": [refused]}).execute()
    assert done.names == ["precheck_deployment", "publish_event"]
    assert done.output["failureDetails"]["failureCode"] == "INSUFFICIENT_CAPACITY"


def test_an_execution_shows_the_warnings_of_its_precheck_until_its_end() -> None:
    warned = succeed(DeployState()).model_copy(update={"warnings": ("x" * 2_000, *["w"] * 20)})
    done = Run(run_input(transition=CHECKED), {"precheck_deployment": [warned]}).execute()
    shown = [json.loads(status)["warnings"] for status in dict.fromkeys(done.statuses)]
    assert shown[0] == []
    assert {(len(one), len(one[0])) for one in shown[1:]} == {(10, 1_000)}


def test_an_execution_shows_which_request_it_waits_for() -> None:
    """And the next look does not wait until the event may be sent."""
    now = datetime.now(UTC)
    other = WaitingFor(waits_for="request", request_id="another")
    look = keep_running(0.3, RemoveState(looks=1, awaited=("another",)), "it has not ended")
    looks = [look.model_copy(update={"waiting": other})] * 2
    done = Run(
        run_input("remove", acceptedAt=now.isoformat()),
        {"remove_resources": [*looks, keep_running(1, RemoveState(has_turn=True)), complete()]},
    ).execute()
    shown = [json.loads(status)["waiting"] for status in dict.fromkeys(done.statuses)]
    assert [waiting and (waiting["for"], waiting["requestId"]) for waiting in shown] == [
        None,
        *[("request", "another")] * 2,
        None,
    ]
    first, second, third = map(datetime.fromisoformat, done.timers)
    assert second < find_earliest_event(now.isoformat()) == third
    assert [datetime.fromisoformat(waiting["until"]) for waiting in shown[1:3]] == [first, second]
    assert done.payloads("remove_resources")[1]["state"]["awaited"] == ["another"]


AWAY = retry(5, "no broker", State())
UNPUBLISHED = complete(**MADE).model_copy(update={"published": False})
TRIED = UNPUBLISHED.model_copy(
    update={"sent": True, "after": 7, "waiting": WaitingFor(waits_for="kafka", reason="away")}
)


def list_inputs(done: Run) -> list[dict[str, Any]]:
    """The progress in the input of each generation after the first."""
    return [plain(data)["progress"] for data, _ in done.histories[1:]]


@pytest.mark.parametrize(
    ("script", "tries"),
    [
        ({"watch_deployment": [UNPUBLISHED], "publish_event": [AWAY, AWAY, complete()]}, 1),
        ({"watch_deployment": [TRIED], "publish_event": [AWAY, AWAY, complete()]}, 0),
    ],
    ids=["the activity tried", "the last step tried"],
)
def test_before_a_run_waits_for_kafka_it_continues_as_new_with_its_event(
    script: dict[str, list[Answer]], tries: int
) -> None:
    """Other executions of the resource read the event there, and go on."""
    done = Run(run_input(), script).execute()
    assert done.output["status"] == "COMPLETE"
    progresses = list_inputs(done)
    assert {(one["step"], one["event"]["status"]) for one in progresses} == {("publish_event", "COMPLETE")}
    assert [one["event"] for one in progresses] == [UNPUBLISHED.event] * (3 - tries)
    tried = [[one.get("Name") for one in events].count("publish_event") for _, events in done.histories]
    assert tried == [tries, *[1] * (3 - tries)]
    ended = {json.loads(status).get("endedAt") for status in done.statuses} - {None}
    assert ended == {progresses[0]["ended_at"]}


@pytest.mark.parametrize("wakes", [1, 2, 3])
def test_an_event_that_tells_that_kafka_answers_ends_the_wait(wakes: int) -> None:
    """The next generation tries at once: what comes between two waits is lost, and need not come again."""
    script: dict[str, list[Answer]] = {"watch_deployment": [TRIED], "publish_event": [AWAY, AWAY, complete()]}
    woken, waited = Run(run_input(), script, wakes=wakes).execute(), Run(run_input(), script).execute()
    assert woken.output == waited.output
    assert woken.names == waited.names
    assert len(woken.timers) == len(waited.timers) - wakes
    ends = [(one["waiting"]["since"], one["attempt"]) for one in list_inputs(woken)]
    assert len({since for since, _ in ends}) == 1
    assert [attempt for _, attempt in ends] == sorted(attempt for _, attempt in ends)


def test_the_wait_for_kafka_is_kept_by_the_next_generation() -> None:
    done = run(watch_deployment=[UNPUBLISHED], publish_event=[AWAY, complete()])
    (progress,) = list_inputs(done)
    assert datetime.fromisoformat(done.timers[-1]) == datetime.fromisoformat(progress["waiting"]["until"])
    assert len(done.timers) == 2  # the first one is before watch_deployment


def test_a_run_that_has_failed_continues_as_new_with_failure_and_state() -> None:
    done = run(watch_deployment=[FULL], publish_event=[AWAY, publish_failure()])
    (progress,) = list_inputs(done)
    assert progress["event"] is None
    assert build_failure({**progress, "requestId": REQUEST_ID}) == done.output
    assert done.output["associatedTopology"] == {"made": {"id": "m", "type": "t"}}


def test_once_the_event_of_a_failed_run_is_built_it_stays_as_it_is() -> None:
    event = publish_failure().event
    done = run(watch_deployment=[FULL], publish_event=[AWAY.model_copy(update={"event": event}), publish_failure()])
    (progress,) = list_inputs(done)
    assert (progress["event"], progress["state"]) == (event, {})
    assert done.payloads("publish_event")[-1]["event"] == event


def test_while_a_run_waits_for_kafka_nothing_sealed_is_in_its_input() -> None:
    done = run(watch_deployment=[TRIED], publish_event=[AWAY, complete()])
    assert [plain(data)["sealed"] for data, _ in done.histories] == [SEALED, "", ""]


def test_where_the_last_step_knows_that_kafka_is_away_the_first_try_is_later() -> None:
    done = run(watch_deployment=[TRIED], publish_event=[complete()])
    (progress,) = list_inputs(done)
    waiting = progress["waiting"]
    pause = datetime.fromisoformat(waiting["until"]) - datetime.fromisoformat(waiting["since"])
    assert (pause.total_seconds(), waiting["reason"], progress["attempt"]) == (7, "away", 1)
    assert datetime.fromisoformat(done.timers[-1]) == datetime.fromisoformat(waiting["until"])


@pytest.mark.parametrize("version", [0, 1])
def test_runs_of_earlier_versions_wait_for_kafka_in_one_generation(version: int) -> None:
    script: dict[str, list[Answer]] = {"watch_deployment": [UNPUBLISHED], "publish_event": [AWAY, complete()]}
    assert len(Run(run_input(version=version), script).execute().histories) == 1


def test_running_looks_again_with_the_new_state_after_a_timer() -> None:
    done = run(watch_deployment=[keep_running(5, polled(2)), keep_running(6, polled(3)), complete(**MADE)])
    assert done.names == [*DEPLOY[:2], *["watch_deployment"] * 3]
    assert [payload["state"]["looks"] for payload in done.payloads("watch_deployment")] == [0, 2, 3]
    assert len(done.timers) == 3


@pytest.mark.parametrize(
    ("late", "seconds"),
    [(0.5, 7.5), (0, 8), (7, 4), (3600, 4), (-3600, 8)],
    ids=["0.5 s late", "at once", "7 s late", "its clock is behind", "its clock is ahead"],
)
def test_a_wait_counts_from_the_end_of_the_step(late: float, seconds: float) -> None:
    """Where workers are busy, an orchestrator reads an outcome late; the next step must not be later by as much."""
    data, now = RunInput.model_validate(run_input()), datetime(2026, 1, 1, 0, 1, tzinfo=UTC)
    ended_at = (now - timedelta(seconds=late)).isoformat()
    outcome = keep_running(8, DeployState()).model_copy(update={"ended_at": ended_at})
    wake = find_wake_time(data, "watch_deployment", begin(data, now), outcome, now)
    assert wake == now + timedelta(seconds=seconds)


def test_a_refused_step_is_tried_again_and_told_which_attempt_it_is() -> None:
    done = run(start_deployment=[retry(2, "busy", EXISTED), retry(4, "busy", EXISTED), STARTED])
    assert [payload["attempt"] for payload in done.payloads("start_deployment")] == [0, 1, 2]
    assert done.output["status"] == "COMPLETE"


def test_tries_are_counted_for_a_step_and_on_for_a_deployment_that_is_started_again() -> None:
    busy = retry(1, "busy", EXISTED)
    done = run(
        inspect_resources=[retry(1, "busy", DeployState())] * 6 + [succeed(DeployState())],
        start_deployment=[busy, STARTED],
        watch_deployment=[busy, complete(**MADE)],
    )
    assert [payload["attempt"] for payload in done.payloads("inspect_resources")] == list(range(7))
    assert [payload["attempt"] for payload in done.payloads("start_deployment")] == [0, 1, 2]


def test_a_deployment_that_failed_for_a_passing_reason_is_started_again() -> None:
    kept = DeployState(existed=("x",), topology={"made": entry("m")})
    done = run(watch_deployment=[retry(5, "preempted", kept), complete(**MADE)])
    assert done.names == [*DEPLOY, *DEPLOY[1:]]
    again = done.payloads("start_deployment")[1]
    assert (again["attempt"], again["state"]) == (1, kept.model_dump(mode="json"))


def test_a_step_may_send_its_verb_back_to_the_first_step() -> None:
    """The state is kept, and the tries of the step that sent it back are counted on."""
    kept = DeployState(existed=("x",), topology={"made": entry("m")})
    stale = retry(0, "the look is too old", kept).model_copy(update={"restart": True})
    done = run(start_deployment=[retry(1, "busy", EXISTED), stale, STARTED])
    assert done.names == [*DEPLOY[:2], "start_deployment", *DEPLOY]
    inspected, started = done.payloads("inspect_resources")[1], done.payloads("start_deployment")
    assert (inspected["attempt"], inspected["state"]) == (0, kept.model_dump(mode="json"))
    assert [payload["attempt"] for payload in started] == [0, 1, 1]


def shown(done: Run) -> list[tuple[list[str], int]]:
    """The ids in notOwned and their total, in each custom status."""
    statuses = [json.loads(text) for text in done.statuses]
    return [([entry["id"] for entry in status["notOwned"]], status["notOwnedTotal"]) for status in statuses]


def refer(*ids: str) -> tuple[NotOwned, ...]:
    return tuple(NotOwned(id=text, reason="it existed before") for text in ids)


def test_what_is_not_owned_is_shown_to_the_end_and_across_generations() -> None:
    first = succeed(DeployState()).model_copy(update={"not_owned": refer("a")})
    looks = [keep_running(1, polled(number)) for number in range(30)]
    ended = complete(**MADE).model_copy(update={"not_owned": refer("a", "b"), "published": False})
    done = run(inspect_resources=[first], watch_deployment=[*looks, ended])
    assert len(done.histories) > 1
    before, *during, published = shown(done)
    assert before == ([], 0)
    assert [each for each in during if each != (["a"], 1)] == [(["a", "b"], 2)]
    assert published == (["a", "b"], 2)


def test_the_time_of_acceptance_is_shown_across_generations() -> None:
    looks = [keep_running(1, polled(number)) for number in range(60)]
    done = run(watch_deployment=[*looks, complete(**MADE)])
    assert len(done.histories) > 1
    assert {json.loads(text)["acceptedAt"] for text in done.statuses} == {ACCEPTED_AT}


def test_the_first_20_that_are_not_owned_are_shown() -> None:
    many = refer(*map(str, range(30)))
    done = run(inspect_resources=[succeed(DeployState()).model_copy(update={"not_owned": many})])
    assert shown(done)[-1] == ([entry.id for entry in many[:20]], 30)
    counted = succeed(DeployState()).model_copy(update={"not_owned": many[:20], "not_owned_total": 700})
    assert shown(run(inspect_resources=[counted]))[-1] == ([entry.id for entry in many[:20]], 700)


RUNNING = OperationShown(resource="/vnet", state="Running", since="2026-01-01T00:00:02+00:00")
ENDED = OperationShown(resource="/vnet", state="Succeeded")


def test_operations_are_shown_as_they_were_seen_last_with_the_times_that_are_known() -> None:
    seen = keep_running(1, polled(1)).model_copy(update={"operations": (RUNNING,), "operations_total": 30})
    ended = complete(**MADE).model_copy(update={"operations": (ENDED,), "operations_total": 1})
    looks = [keep_running(1, polled(number)) for number in range(30)]
    done = run(watch_deployment=[seen, *looks, ended])
    assert len(done.histories) > 1
    statuses = [(status["operations"], status["operationsTotal"]) for status in map(json.loads, done.statuses)]
    running, succeeded = RUNNING.model_dump(), {**RUNNING.model_dump(), "state": "Succeeded"}
    assert statuses[0] == ([], 0)
    seen_last = [one for one in statuses if one[0]]
    assert {json.dumps(one) for one in seen_last[:-1]} == {json.dumps(([running], 30))}
    assert seen_last[-1] == statuses[-1] == ([succeeded], 1)


TEXTS = ["x", "\u00e9", "\u4e2d", "\U0001f600", '"', "\x01", "\n"]


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
@pytest.mark.parametrize("entries", [0, 1, 25])
def test_a_custom_status_is_never_too_large(text: str, entries: int) -> None:
    """The host fails an orchestration whose custom status has more than 16 KB, as UTF-16 on the real one."""
    long = text * 5_000
    resource = {"id": long, "name": long, "type": long}
    names: dict[str, Any] = {
        "tenant": long,
        "deploymentLocation": long,
        "transition": {"name": long, "verb": "deploy", "seconds": 60},
    }
    started = succeed(STATE).model_copy(
        update={"deployment": DeploymentShown(name=long[:100], id=long[:900], correlation_id=long[:100])}
    )
    busy = keep_running(1, STATE, long).model_copy(
        update={
            "not_owned": tuple(NotOwned(id=long[:700], reason=long) for _ in range(entries)),
            "operations": tuple(OperationShown(resource=long[:700], state="Running") for _ in range(min(entries, 20))),
        }
    )
    done = Run(
        run_input(resource=resource, **names), {"start_deployment": [started], "watch_deployment": [busy, complete()]}
    ).execute()
    assert (done.status, done.output["status"]) == ("Completed", "COMPLETE")
    last = json.loads(done.statuses[-1])
    assert last["notOwnedTotal"] == entries
    for status in map(json.loads, done.statuses):
        for encoding in ("utf-8", "utf-16-le"):
            assert len(json.dumps(status, ensure_ascii=False, separators=(",", ":")).encode(encoding)) < 16 * 1024


def test_of_a_status_that_is_too_large_reasons_are_cut_before_entries() -> None:
    many = tuple(NotOwned(id=f"/subscriptions/s/{number:0200}", reason="r" * 900) for number in range(20))
    done = run(inspect_resources=[succeed(DeployState()).model_copy(update={"not_owned": many})])
    entries = json.loads(done.statuses[-1])["notOwned"]
    assert [entry["id"] for entry in entries] == [entry.id for entry in many]
    assert {len(entry["reason"]) for entry in entries} == {60}


def test_a_failed_deployment_whose_inventory_is_known_is_published_at_once() -> None:
    done = run(watch_deployment=[FULL])
    assert failure(done) == {"failureCode": "INSUFFICIENT_CAPACITY", "description": "no cores left"}
    assert done.output["associatedTopology"] == {"made": {"id": "m", "type": "t"}}
    assert done.output["outputs"] == {}
    assert done.names == FAILED_DEPLOY


@pytest.mark.parametrize("step", ["start_deployment", "watch_deployment"])
def test_after_the_put_what_was_made_is_collected_and_the_first_failure_kept(step: str) -> None:
    first = fail(FailureCode.INFRASTRUCTURE_ERROR, "the first", DeployState())
    second = fail(FailureCode.INTERNAL_ERROR, "the second", DeployState())
    done = Run(run_input(), {step: [first], "abandon_deployment": [retry(1, "busy", EXISTED), second]}).execute()
    assert failure(done) == {"failureCode": "INFRASTRUCTURE_ERROR", "description": "the first"}
    done = Run(run_input(), {step: [first]}).execute()
    assert done.names[-2:] == ["abandon_deployment", "publish_event"]
    assert failure(done)["description"] == "the first"
    assert done.output["associatedTopology"] == {"half": {"id": "half", "type": "t"}}


def test_before_the_put_nothing_is_collected() -> None:
    done = run(inspect_resources=[fail(FailureCode.RESOURCE_NOT_FOUND, "no group", DeployState())])
    assert done.names == ["inspect_resources", "publish_event"]
    assert failure(done)["failureCode"] == "RESOURCE_NOT_FOUND"
    assert done.output["associatedTopology"] == {}


def test_a_removal_that_fails_reports_what_it_removed() -> None:
    done = run(
        "remove",
        remove_resources=[
            fail(FailureCode.INFRASTRUCTURE_ERROR, "in use", RemoveState(begun=True, removed=("a", "b")))
        ],
    )
    failure(done)
    assert done.output["associatedTopology"] == {"a": None, "b": None}


@pytest.mark.parametrize(
    ("verb", "step", "abandoned"),
    [
        ("deploy", "inspect_resources", False),
        ("deploy", "start_deployment", True),
        ("deploy", "watch_deployment", True),
        ("deploy", "await_readiness", False),
        ("remove", "remove_resources", False),
        ("call", "call_action", False),
        ("call", "watch_action", False),
    ],
)
@pytest.mark.parametrize("kind", ["Running", "Retry"])
def test_a_timeout_at_each_step(verb: str, step: str, abandoned: bool, kind: str) -> None:
    going = Outcome.model_validate({"kind": kind, "after": 5, "reason": "busy", "state": {"looks": 1}})
    done = Run(be_late(step, verb), {step: [going]}).execute()
    told = failure(done)
    assert told["failureCode"] == "INFRASTRUCTURE_ERROR"
    assert re.fullmatch(rf"not over after \d+ seconds of 100, in step {step}: busy", told["description"])
    assert ("abandon_deployment" in done.names) is abandoned
    assert done.names.count(step) == 1


@pytest.mark.parametrize(
    "answer", [keep_running(2, RemoveState(), "it runs"), ValueError("a bug")], ids=["timeout", "bug"]
)
def test_a_removal_whose_wait_for_others_fails_says_so(answer: Answer) -> None:
    done = Run(run_input("remove", 0, version=1, awaits=["other"]), {"await_executions": [answer]}).execute()
    assert "await_executions" in failure(done)["description"]
    assert done.payloads("publish_event")[0]["of"] == "await_executions"


def test_a_wait_ends_with_the_deadline() -> None:
    done = run("deploy", 30, most=4, watch_deployment=[keep_running(3600, STATE)])
    started = done.histories[0][1][0]["Timestamp"]
    waited = datetime.fromisoformat(done.timers[-1]) - datetime.fromisoformat(started)
    assert waited.total_seconds() == pytest.approx(30 * 0.85, abs=1)


@pytest.mark.parametrize(
    ("verb", "step"),
    [
        ("deploy", "inspect_resources"),
        ("deploy", "start_deployment"),
        ("deploy", "watch_deployment"),
        ("remove", "remove_resources"),
        ("call", "call_action"),
        ("call", "watch_action"),
    ],
)
def test_a_bug_in_each_step_is_tried_again_and_then_published(verb: str, step: str) -> None:
    done = Run(run_input(verb), {step: [ValueError("a bug")]}).execute()
    told = failure(done)
    assert told["failureCode"] == "INTERNAL_ERROR"
    assert told["description"].startswith(f"the driver failed in step {step}: ")
    assert told["description"].endswith("ValueError: a bug")  # no stack trace
    assert done.names.count(step) == ATTEMPTS
    assert ("abandon_deployment" in done.names) is (step in ("start_deployment", "watch_deployment"))


def test_a_bug_in_collecting_keeps_the_first_failure() -> None:
    first = fail(FailureCode.INFRASTRUCTURE_ERROR, "the first", DeployState())
    done = run(start_deployment=[first], abandon_deployment=[ValueError("a bug")])
    assert failure(done) == {"failureCode": "INFRASTRUCTURE_ERROR", "description": "the first"}


@pytest.mark.parametrize("step", DEPLOY)
def test_a_step_that_a_host_of_an_earlier_release_took_is_taken_again(step: str) -> None:
    old = fail(FailureCode.INTERNAL_ERROR, "none of the keys opens this", DeployState(correlation_id="lost"))
    done = Run(run_input(), {step: [old.model_copy(update={"version": 1}), USUAL[step]]}).execute()
    assert done.output["status"] == "COMPLETE"
    first, second = done.payloads(step)
    assert (second["state"], second["attempt"]) == (first["state"], first["attempt"])
    shown = next(shown["waiting"] for shown in map(json.loads, done.statuses) if shown["waiting"])
    assert (shown["for"], shown["reason"].split(" took ")[0]) == ("host", "a host of an earlier release")


def test_a_run_of_version_1_takes_the_answers_of_every_release() -> None:
    full = FULL.model_copy(update={"version": 1})
    assert Run(run_input(version=1), {"start_deployment": [full]}).execute().output["status"] == "FAILED"


def test_a_run_whose_key_no_host_has_fails_at_its_deadline_with_the_reason() -> None:
    reason = "r was sealed with key 1, and the sealing keys of this host are 2"
    waiting = WaitingFor(waits_for="host", reason=reason)
    wait = keep_running(5, DeployState(), reason).model_copy(
        update={"waiting": waiting, "code": FailureCode.INTERNAL_ERROR}
    )
    done = run("deploy", 0, inspect_resources=[wait])
    details = done.output["failureDetails"]
    assert details["failureCode"] == "INTERNAL_ERROR"
    assert reason in details["description"]
    assert "not over after" in details["description"]


def test_a_killed_worker_costs_one_attempt() -> None:
    done = run(start_deployment=[RuntimeError("exited with code 137 (0x89)"), STARTED])
    assert done.output["status"] == "COMPLETE"
    assert done.names.count("start_deployment") == 2


@pytest.mark.parametrize(
    "trouble", [retry(5, "no broker", State()), ValueError("a bug")], ids=["unacknowledged", "bug"]
)
def test_publishing_goes_on_for_ever_past_the_deadline(trouble: Answer) -> None:
    script: dict[str, list[Answer]] = {"watch_deployment": [FULL], "publish_event": [trouble] * 40 + [complete()]}
    done = Run(be_late("watch_deployment"), script).execute()
    assert done.status == "Completed"
    assert done.names.count("publish_event") == 41
    payloads = done.payloads("publish_event")
    assert len({json.dumps({**payload, "attempt": 0}) for payload in payloads}) == 1
    assert payloads[-1]["attempt"] == (40 if isinstance(trouble, Outcome) else 8)  # 5 tries of each that is a bug
    # A run that waits for Kafka continues as new before each wait. A bug shows that Kafka is not reached, too.
    assert len(done.histories) == (41 if isinstance(trouble, Outcome) else 9)


def test_a_run_that_only_repeats_an_event() -> None:
    reported = {
        "requestId": REQUEST_ID,
        "status": "COMPLETE",
        "outputs": {},
        "associatedTopology": {},
        "version": "1.0.0",
    }
    accepted_at = datetime.now(UTC).isoformat()
    data = {"requestId": REQUEST_ID, "tenant": None, "trace": {}, "acceptedAt": accepted_at, "event": reported}
    done = Run(data).execute()
    assert done.names == ["publish_event"]
    assert done.payloads("publish_event")[0]["event"] == reported
    assert [datetime.fromisoformat(timer) for timer in done.timers] == [find_earliest_event(accepted_at)]
    assert done.output == reported


def test_long_runs_continue_as_new_and_keep_their_progress() -> None:
    looks = [keep_running(1, polled(number)) for number in range(2, 62)]
    done = run(watch_deployment=[*looks, complete(**MADE)])
    assert done.output["status"] == "COMPLETE"
    assert [payload["state"]["looks"] for payload in done.payloads("watch_deployment")] == [0, *range(2, 62)]
    assert len(done.histories) == 1 + (len(done.calls) - 1) // STEPS_A_GENERATION
    deadlines = {plain(data)["progress"]["deadline"] for data, _ in done.histories[1:]}
    assert len(deadlines) == 1


def test_a_long_wait_begins_a_generation() -> None:
    """Then the step after it replays nothing."""
    looks = [keep_running(seconds, polled(number)) for number, seconds in enumerate((2, 30, 14, 90), 2)]
    done = run(watch_deployment=[*looks, complete(**MADE)])
    assert done.output["status"] == "COMPLETE"
    assert [payload["state"]["looks"] for payload in done.payloads("watch_deployment")] == [0, 2, 3, 4, 5]
    inputs = [plain(data) for data, _ in done.histories]
    assert [data["progress"]["state"]["looks"] for data in inputs[1:]] == [3, 5]
    wakes = [events[2]["FireAt"] for _, events in done.histories[1:]]
    assert [datetime.fromisoformat(wake) for wake in wakes] == [
        datetime.fromisoformat(data["progress"]["wakes_at"]) for data in inputs[1:]
    ]


@pytest.mark.parametrize("version", [0, 1])
def test_earlier_versions_wait_in_one_generation(version: int) -> None:
    looks = [keep_running(90, polled(number)) for number in range(4)]
    done = Run(run_input(version=version), {"watch_deployment": [*looks, complete(**MADE)]}).execute()
    assert len(done.histories) == 1


@pytest.mark.parametrize("version", [0, 1])
def test_generations_of_earlier_versions_are_as_long_as_they_were(version: int) -> None:
    """A history that was written by 25 steps a generation must replay."""
    looks = [keep_running(1, polled(number)) for number in range(60)]
    done = Run(run_input(version=version), {"watch_deployment": [*looks, complete(**MADE)]}).execute()
    assert len(done.histories) == 1 + (len(done.calls) - 1) // 25


def plain(data: Any) -> Any:
    """The input of a generation, however often it was encoded."""
    while isinstance(data, str):
        data = json.loads(data)
    return data


def test_a_collection_that_takes_too_long_is_given_up() -> None:
    progress = {
        "step": "abandon_deployment",
        "state": {"existed": []},
        "attempt": 0,
        "deadline": "2020-01-01T00:00:00+00:00",
        "failure": ["INFRASTRUCTURE_ERROR", "the first"],
    }
    busy = keep_running(5, DeployState(), "it is not cancelled yet")
    script: dict[str, list[Answer]] = {"abandon_deployment": [busy]}
    done = Run(run_input(progress=progress), script).execute()
    assert done.names == ["abandon_deployment", "publish_event"]
    assert failure(done)["description"] == "the first; it is not cancelled yet"
