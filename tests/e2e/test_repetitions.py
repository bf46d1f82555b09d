"""A POST that is sent again: one execution, one deployment, an event for whoever asks again."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from dev.brent import execute, vnet
from tests.e2e.trial import Trial, eventually, ids


def deployments(trial: Trial, group: str) -> list[str]:
    return [one for one in trial.in_azure(group) if "/deployments/" in one]


def test_while_it_runs_nothing_is_started(trial: Trial, group: str) -> None:
    wanted = vnet("vnet-1", group)
    first = trial.begin(wanted, request_id="again-1")
    assert {trial.begin(wanted, request_id="again-1") for _ in range(3)} == {first}
    trial.completed(first, wanted)
    trial.run(vnet("vnet-2", group))  # whatever else would come for the first has come by then
    assert len(trial.events_of(first)) == 1
    assert len(deployments(trial, group)) == 2


@pytest.mark.slow
def test_at_the_same_moment_one_is_started(trial: Trial, group: str) -> None:
    body = trial.body(vnet("vnet-1", group), request_id="again-5")
    with ThreadPoolExecutor(8) as senders:
        sent = list(senders.map(lambda _: execute(trial.stack.driver, body), range(8)))
    assert len(set(sent)) == 1
    assert trial.event(sent[0]).value["status"] == "COMPLETE"
    assert len(deployments(trial, group)) == 1


@pytest.mark.slow
def test_after_complete_its_event_comes_again(trial: Trial, group: str) -> None:
    wanted = vnet("vnet-1", group)
    first = trial.begin(wanted, request_id="again-2")
    trial.completed(first, wanted)
    trial.ended(first)
    before = trial.count_calls(group)
    for number in (2, 3):
        assert trial.begin(wanted, request_id="again-2") == first
        again = trial.event(first, number)
        eventually(lambda: trial.execution(f"{first}-again")["endedAt"])
        assert (again.value, again.headers) == (trial.event(first).value, trial.event(first).headers)
    assert trial.count_calls(group) == before
    assert trial.execution(first)["status"] == "COMPLETE"


@pytest.mark.slow
def test_after_failed_it_runs_again_and_keeps_its_inventory(trial: Trial, group: str) -> None:
    wanted = vnet("vnet-1", group)
    with trial.faults({"kind": "fail", "type": ".*/subnets", "code": "SubnetBroken", "status": 400, "path": group}):
        first = trial.begin(wanted, request_id="again-3")
        _, half = trial.failed(first, wanted)
        trial.ended(first)
    assert any(one.endswith("/virtualnetworks/vnet-1") for one in ids(half.topology))

    # Brent repeats the very same request: the topology in it is still empty.
    assert trial.begin(wanted, request_id="again-3") == first
    again = trial.event(first, 2)
    assert again.value["status"] == "COMPLETE"
    made = replace(wanted, topology=again.value["associatedTopology"])
    assert ids(made.topology) == {one for one in trial.in_azure(group) if "/providers/" in one}

    trial.run(made, "Delete")
    assert len(trial.in_azure(group)) == 1


@pytest.mark.slow
def test_other_properties_are_another_request(trial: Trial, group: str) -> None:
    wanted = vnet("vnet-1", group)
    first = trial.begin(wanted, request_id="again-4")
    trial.completed(first, wanted)
    other = trial.begin(replace(wanted, properties={**wanted.properties, "vnet_name": "vnet-2"}), request_id="again-4")
    assert other != first
    assert trial.event(other).value["status"] == "COMPLETE"
