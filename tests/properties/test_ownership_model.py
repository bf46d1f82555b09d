"""Ownership and removal in random worlds: the real orchestrator and the real activities over the model of ARM.

The rules are those of `trial.py`. `WORLDS` is the number of worlds, `--hypothesis-seed` makes others than CI's.
"""

import os

import pytest
from hypothesis import HealthCheck, given, settings

from tests.properties.host import host
from tests.properties.scenarios import Scenario, scenarios
from tests.properties.trial import Trial
from tests.properties.world import World

START = 1767225600.0  # seconds since the epoch
PROVISIONING = 3.0
WORLDS = settings(
    deadline=None, database=None, derandomize=True, print_blob=False, suppress_health_check=list(HealthCheck)
)


def play(scenario: Scenario) -> None:
    """Play a scenario in a world of its own."""
    with host(World(START, PROVISIONING)) as running:
        Trial(scenario, running).play()


@settings(WORLDS, max_examples=20)
@given(scenarios())
def test_the_rules_hold_in_a_few_worlds(scenario: Scenario) -> None:
    play(scenario)


@pytest.mark.slow
@pytest.mark.timeout(600)
@settings(WORLDS, max_examples=int(os.environ.get("WORLDS", "500")))
@given(scenarios())
def test_the_rules_hold_in_many_worlds(scenario: Scenario) -> None:
    play(scenario)
