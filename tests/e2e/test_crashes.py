"""kill -9 of the host: the next start finishes what was accepted, once."""

import os
import signal
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
import requests

from dev.brent import Resource, execute, vnet
from dev.stack import Stack
from tests.e2e.trial import BUG, Trial, eventually, ids, started

PRODUCED = "Produce MessageSet"  # what librdkafka says when it writes a record to the connection


@pytest.fixture(scope="module")
def crashing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    """A stack whose host may be killed, and whose broker, the test broker, may be halted."""
    settings = {"LOG_LEVEL": "DEBUG", "KAFKA_CONFIG_DEBUG": "msg"}
    with started(Stack(tmp_path_factory.mktemp("crashes"), provisioning_seconds=0.5, settings=settings)) as trial:
        yield trial
        assert BUG not in trial.log()
        assert trial.stack.deployment_location["properties"]["clientSecret"] not in trial.log()


def restart(trial: Trial) -> None:
    trial.kill_host()
    trial.stack.start_host()


def deployments(trial: Trial, group: str) -> set[str]:
    return {one for one in trial.in_azure(group) if "/deployments/" in one}


def answers_of(trial: Trial, method: str) -> int:
    return int(trial.counters()["arm"].get(method, 0))


def check(trial: Trial, group: str, created: Mapping[str, Resource]) -> None:
    """Each request has its COMPLETE, one deployment, and all that is in Azure stands in a topology."""
    made = [trial.completed(*one) for one in created.items()]
    assert len(deployments(trial, group)) == len(made)
    assert {one for one in trial.in_azure(group) if "/providers/" in one} == set().union(
        *(ids(one.topology) for one in made)
    )


def accepted(_trial: Trial, _group: str) -> None:
    """Killed as soon as the 202 was there."""


def put_on_its_way(trial: Trial, _group: str) -> None:
    """ARM has the PUT and has not answered yet: it will carry it out when nobody waits for the answer."""
    eventually(lambda: answers_of(trial, "PUT") > 0)


def deployment_running(trial: Trial, group: str) -> None:
    eventually(lambda: deployments(trial, group))


def deployment_over(trial: Trial, group: str) -> None:
    """The deployment has been made, the driver is about to read its outputs."""
    eventually(lambda: any(each.endswith("/subnets/default") for each in trial.in_azure(group)))
    before = answers_of(trial, "GET")
    eventually(lambda: answers_of(trial, "GET") > before)


DELAYS: dict[Callable[[Trial, str], None], dict[str, Any]] = {
    put_on_its_way: {"kind": "delay", "method": "PUT", "path": "/deployments/", "seconds": 1},
    deployment_over: {"kind": "delay", "method": "GET", "path": "/deployments/[^/]+$", "seconds": 1},
}


@pytest.mark.slow
@pytest.mark.parametrize("moment", [accepted, put_on_its_way, deployment_running, deployment_over])
def test_a_create_goes_on(crashing: Trial, moment: Callable[[Trial, str], None]) -> None:
    group = crashing.make_group(f"rg-{moment.__name__.replace('_', '-')}")
    crashing.reset_counters()
    networks = [vnet(f"vnet-{number}", group) for number in range(3)]
    delays = [DELAYS[moment]] if moment in DELAYS else []
    with crashing.faults(*delays):
        created = {crashing.begin(network): network for network in networks}
        moment(crashing, group)
        crashing.kill_host()
    crashing.stack.start_host()
    check(crashing, group, created)


@pytest.mark.slow
def test_an_event_that_kafka_has_and_the_hub_does_not_know_comes_again(crashing: Trial) -> None:
    """Killed between Kafka's acknowledgement and the commit that would have remembered it."""
    group = crashing.make_group("rg-published")
    crashing.run(vnet("vnet-0", group))  # now the producer is connected
    broker = crashing.stack.servers["kafka"].process.pid
    before = crashing.log().count(PRODUCED)
    os.kill(broker, signal.SIGSTOP)
    try:
        wanted = vnet("vnet-1", group)
        request_id = crashing.begin(wanted)
        eventually(lambda: crashing.log().count(PRODUCED) > before)
        crashing.kill_host()
    finally:
        os.kill(broker, signal.SIGCONT)
    first = crashing.event(request_id)  # nobody but the killed host has sent it
    # The step that published runs again. Azure now answers otherwise to all but the deployment's own record.
    away = {"kind": "error", "method": "GET", "status": 403, "code": "AuthorizationFailed", "message": "not any more"}
    with crashing.faults(
        {**away, "path": "^(?!.*/deployments/)(?!.*/operationStatuses/).*"},
        {**away, "path": ".*/deployments/[^/]+$", "times": 9},
    ):
        crashing.stack.start_host()
        second = crashing.event(request_id, 2)
    assert (first.value, first.headers) == (second.value, second.headers)
    assert first.value["status"] == "COMPLETE"
    assert len(deployments(crashing, group)) == 2
    assert crashing.ended(request_id)["status"] == "COMPLETE"


@pytest.mark.slow
def test_a_delete_goes_on(crashing: Trial) -> None:
    group = crashing.make_group("rg-deleted")
    made = crashing.run(vnet("vnet-1", group))
    request_id = crashing.begin(made, "Delete")
    eventually(lambda: not any(one.endswith("/subnets/default") for one in crashing.in_azure(group)))
    restart(crashing)
    assert crashing.completed(request_id, made).topology == {}
    assert len(crashing.in_azure(group)) == 1


@pytest.mark.slow
def test_many_creates_survive_three_kills(crashing: Trial) -> None:
    group = crashing.make_group("rg-many")
    created: dict[str, Resource] = {}
    for batch in range(3):
        for number in range(5):
            network = vnet(f"vnet-{batch}-{number}", group)
            created[crashing.begin(network)] = network
        crashing.kill_host()
        unanswered = vnet(f"vnet-{batch}-unanswered", group)
        body = crashing.body(unanswered)
        with pytest.raises(requests.ConnectionError):
            execute(crashing.stack.driver, body)
        crashing.stack.start_host()
        created[execute(crashing.stack.driver, body)] = unanswered
    check(crashing, group, created)
