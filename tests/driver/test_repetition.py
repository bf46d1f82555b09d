"""When a failure is repeated, and what is said of it."""

import heapq
import random

import pytest

from driver.azure.refusals import Refused
from driver.azure.verdicts import Cause
from driver.steps.repetition import compute_restart, join_causes

TRACKED = "InternalServerError: tracking id '{}', at 2026-01-01T00:00:0{}Z"
ONE = TRACKED.format("0a1b2c3d-0000-4000-8000-000000000001", 1)
ANOTHER = TRACKED.format("0a1b2c3d-0000-4000-8000-000000000002", 2)


@pytest.mark.parametrize(
    ("first", "last", "joined"),
    [
        ("", "a", "a"),
        ("a", "a", "a"),
        ("a", "b", "first: a; last: b"),
        (ONE, ANOTHER, ANOTHER),  # only ids and times differ
    ],
)
def test_the_first_cause_is_named_beside_the_last_unless_they_say_the_same(first: str, last: str, joined: str) -> None:
    assert join_causes(first, last) == joined


@pytest.mark.parametrize("seed", range(20))
def test_many_that_azure_does_one_at_a_time_do_not_wait_for_their_turn_in_vain(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty subnets of one network, at once: each write takes four seconds, in which Azure refuses the others. One
    after another they take 80 s.
    """
    monkeypatch.setattr(random, "uniform", random.Random(seed).uniform)
    busy = Refused(200, Cause("AnotherOperationInProgress", "Another operation is in progress."))
    tries = [(0.01 * number, 0) for number in range(20)]
    free_at = 0.0
    while tries:
        now, failures = heapq.heappop(tries)
        if now >= free_at:
            free_at = now + 4
            continue
        pause = compute_restart(busy, failures)
        assert pause is not None
        heapq.heappush(tries, (now + 2 + pause, failures + 1))  # two seconds until the failure is seen
    assert free_at < 250


def test_what_fails_without_a_reason_is_begun_again_after_longer_and_longer_pauses() -> None:
    broken = Refused(200, Cause("InternalServerError", "An error."))
    pauses = [compute_restart(broken, failures) for failures in range(6)]
    for pause, longest in zip(pauses[:5], (10, 20, 40, 80, 160), strict=True):
        assert pause is not None
        assert 0.9 * longest <= pause <= longest
    assert pauses[5] is None
