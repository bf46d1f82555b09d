"""Requests that hang hold up no others."""

import pytest
import requests

from benchmarks import health
from tests.e2e.trial import Trial
from tests.support.shared import needs_shared


@pytest.mark.slow
@needs_shared  # the Bicep compiler
def test_health_answers_while_finds_hang_and_packages_compile(trial: Trial) -> None:
    with trial.faults():  # removes the one that is made below
        figures = health.measure(trial.stack.endpoints(), finds=50, packages=20)
    assert figures.finds == {503: 50}
    assert set(figures.packages) <= {202, 503}
    assert figures.packages[202] >= 1
    assert len(figures.health) > 10
    assert sorted(figures.health)[len(figures.health) * 9 // 10] < 1.0


@pytest.mark.slow
def test_more_finds_than_the_queue_takes_are_refused_at_once_and_the_others_in_time(trial: Trial) -> None:
    body = health.build_find(trial.stack.endpoints())
    with trial.faults():
        figures = health.measure(trial.stack.endpoints(), finds=80, packages=0)
    assert figures.finds == {503: 80}
    assert "searches in Azure are under way and 48 wait" in trial.log()
    found = trial.post({**body, "instanceName": "tag:nobody=has-it"}, path=health.FIND)
    assert (found.status_code, found.json()) == (requests.codes.ok, {"result": None})
