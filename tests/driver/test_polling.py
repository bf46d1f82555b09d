"""How often a deployment is polled."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from driver.azure.crowds import Crowd
from driver.models.orders import AzureLocation
from driver.steps import creation
from driver.steps.ownership import Evidence
from driver.steps.states import DeployState
from driver.waiting import Polling
from tests.driver.test_creation import RECORD, record
from tests.driver.test_looks import NETWORK, build_order
from tests.support.arm_stub import Asked, Reply, Stub

START = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(("seconds", "least", "most"), [(2, 1, 1), (60, 16, 19), (600, 30, 35)])
@pytest.mark.parametrize("has_url", [True, False], ids=["operation", "record"])
def test_the_polls_of_a_deployment_follow_its_age(
    stub: Stub, location: AzureLocation, seconds: int, least: int, most: int, has_url: bool
) -> None:
    """Of 60 s 18, of 10 min 34; 16.5 and 31 with the scatter. Without an operation's URL the record is polled."""
    polls: list[datetime] = []

    def answer(asked: Asked) -> Reply:
        state = "Succeeded" if datetime.now(UTC) >= START + timedelta(seconds=seconds) else "Running"
        if asked.method == "PUT":
            return Reply(201, {}, {"Azure-AsyncOperation": f"{stub.url}/poll"} if has_url else {})
        if asked.path.startswith("/poll") or (not has_url and asked.path.partition("?")[0] == RECORD):
            polls.append(datetime.now(UTC))
        return record(state=state) if not asked.path.startswith("/poll") else Reply(body={"status": state})

    stub.answer = answer
    order = build_order(location, NETWORK)
    with time_machine.travel(START, tick=False) as traveller:
        outcome = creation.start_deployment(order, DeployState(evidence=Evidence(ended_at=START.isoformat())), 0)
        while outcome.kind != "Completed" and len(polls) < 100:
            traveller.shift(outcome.after)
            outcome = creation.watch_deployment(order, DeployState.model_validate(outcome.state), 0)
    polls = [time for time in polls if time < START + timedelta(seconds=seconds)] + [START]  # the one that sees the end
    assert outcome.kind == "Completed"
    assert least <= len(polls) <= most


def test_a_poll_that_azure_gives_a_time_for_comes_then() -> None:
    polling = Polling(share=0.2, least=1, most=45, jitter=0.2)
    assert [polling.compute_seconds(age, 7) for age in (0, 60, 600)] == [7, 7, 7]
    assert 45 <= polling.compute_seconds(10, shortage=1) <= 54


def test_a_process_that_polls_six_times_a_second_waits_longer() -> None:
    crowd = Crowd()
    crowding = [crowd.note_poll() for _ in range(700)]
    assert crowding[:180] == [0.0] * 180
    assert 0.4 < crowding[270] < 0.6
    assert crowding[359:] == [1.0] * 341
    polling = Polling(share=0.2, least=1, most=45, jitter=0.2)
    assert [polling.compute_seconds(age, crowding=1) for age in (0, 30, 600)] == [2.5, 30, 112.5]
    assert polling.compute_seconds(600, shortage=1, crowding=1) == 112.5


def test_polls_are_forgotten_after_a_minute() -> None:
    moments = iter([0.0] * 200 + [60.5])
    crowd = Crowd(lambda: next(moments))
    assert [crowd.note_poll() for _ in range(200)][-1] > 0
    assert crowd.note_poll() == 0
