"""What is said of a failure that was repeated."""

import pytest

from driver.steps.repetition import join_causes

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
