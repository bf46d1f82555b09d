"""`python -m tests.properties.run [--minutes 60] [--seed N]`: random worlds until the time is over. The first world in
which a rule does not hold ends it, with the smallest one found and the seed that gives it.
"""

import argparse
import random
import time

from hypothesis import given, seed, settings

from tests.properties.scenarios import Scenario, scenarios
from tests.properties.test_ownership_model import WORLDS, play

_BATCH = 100  # worlds of one seed


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.properties.run", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    options = parser.parse_args()
    until, worlds, number = time.monotonic() + 60 * options.minutes, 0, options.seed
    while time.monotonic() < until:
        print(f"{worlds} worlds; the next {_BATCH} have the seed {number}", flush=True)
        worlds += play_batch(number)
        number += 1
    print(f"{worlds} worlds in {options.minutes:g} minutes, seeds {options.seed} to {number - 1}: all rules hold")


def play_batch(number: int) -> int:
    """Play the worlds of a seed. Returns how many."""
    played = 0

    @seed(number)
    @settings(WORLDS, derandomize=False, max_examples=_BATCH)
    @given(scenarios())
    def play_one(scenario: Scenario) -> None:
        nonlocal played
        played += 1
        play(scenario)

    play_one()
    return played


if __name__ == "__main__":
    main()
