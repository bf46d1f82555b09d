"""Small worlds for what random ones seldom hit: one thing happens at each moment in turn, or in the look's second."""

from typing import Any

import pytest

from tests.properties.generation import BOX, HOME, Entry, build_nested, build_template, build_top
from tests.properties.scenarios import Move, Scenario, Visit
from tests.properties.test_ownership_model import play
from tests.properties.views import VERSION

A, X = f"{HOME}/providers/{BOX}/a", f"{HOME}/providers/{BOX}/x"
VALUE_OF_A = f"[reference('{A}', '{VERSION}').value]"


@pytest.mark.slow
@pytest.mark.parametrize("moment", range(1, 25))
def test_a_nested_record_may_be_overwritten_at_any_moment(moment: int) -> None:
    """The first try fails, so the operations are read twice."""
    asks = build_top(BOX, "asks", VALUE_OF_A)
    template = build_template([asks, build_nested_box("inner", "a"), build_nested_box("other", "a")])
    play(build_scenario(template, (HOME,), Move(0, "Create", visits=(Visit(moment, "inner", HOME),))))


def test_what_somebody_made_in_the_second_of_the_look_is_not_owned() -> None:
    """Only the run knows that the nested deployment writes `x`: the value of `a`."""
    nested = {**build_nested_box("inner", VALUE_OF_A), "dependsOn": [A]}
    template = build_template([build_top(BOX, "a"), nested])
    play(build_scenario(template, (HOME, X), Move(0, "Create")))


def build_nested_box(name: str, value: str) -> Entry:
    template = build_template([build_top(BOX, "[parameters('x')]")], parameters=("x",))
    return build_nested(template, HOME, name, {"x": value})


def build_scenario(template: dict[str, Any], existing: tuple[str, ...], *moves: Move) -> Scenario:
    return Scenario(
        existing=existing,
        age=0.0,
        list_lag=0.0,
        latency=0.05,
        groups=(HOME,),
        templates=({"Create": template, "Grow": build_template([])},),
        moves=moves,
    )
