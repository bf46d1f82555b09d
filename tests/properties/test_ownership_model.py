"""Ownership and removal in random worlds: the real orchestrator and the real activities over the model of ARM.

The rules are those of `trial.py`. CI plays the same worlds each time. `WORLDS=2000 SEED=7` in the environment plays so
many others; `python -m tests.properties.run` plays them until its time is over.
"""

import os
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings

from tests.properties.host import host
from tests.properties.scenarios import Scenario, scenarios
from tests.properties.trial import Trial
from tests.properties.world import World

START = 1767225600.0  # seconds since the epoch
PROVISIONING = 3.0
SEED = os.environ.get("SEED")
WORLDS = settings(
    deadline=None, database=None, derandomize=SEED is None, print_blob=False, suppress_health_check=list(HealthCheck)
)


def play(scenario: Scenario) -> None:
    """Play a scenario in a world of its own."""
    with host(World(START, PROVISIONING)) as running:
        Trial(scenario, running).play()


def use_seed(test: Callable[..., Any]) -> Callable[..., Any]:
    """Give a test the seed of the environment."""
    return test if SEED is None else seed(int(SEED))(test)


@pytest.mark.timeout(600)  # a failure is made smaller for up to five minutes
@use_seed
@settings(WORLDS, max_examples=8)
@given(scenarios())
def test_the_rules_hold_in_a_few_worlds(scenario: Scenario) -> None:
    play(scenario)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@use_seed
@settings(WORLDS, max_examples=int(os.environ.get("WORLDS", "500")))
@given(scenarios())
def test_the_rules_hold_in_many_worlds(scenario: Scenario) -> None:
    play(scenario)
