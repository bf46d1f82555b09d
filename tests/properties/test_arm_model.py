"""The model of ARM is held against the embedded Azure: the same calls, the same answers. The embedded Azure is held
against recordings (tests/azure).
"""

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.properties.generation import (
    BOX,
    GROUPS,
    HOME,
    SUBSCRIPTIONS,
    Draw,
    build_body,
    contents,
    group_templates,
    subscription_templates,
)
from tests.properties.pair import PROVISIONING, Pair
from tests.properties.views import VERSION
from tests.properties.world import split_id

DEPLOYMENTS = "/providers/Microsoft.Resources/deployments"
RESOURCES = "2025-03-01"  # api-version of groups and deployments
VERSIONS = {"microsoft.authorization/locks": "2020-05-01", "microsoft.authorization/roleassignments": "2022-04-01"}
START = datetime(2026, 1, 1, tzinfo=UTC)
PLACES = (HOME, HOME, GROUPS[1], f"/subscriptions/{SUBSCRIPTIONS[0]}")
Step = tuple[Any, ...]


@st.composite
def histories(draw: Draw) -> list[Step]:
    """What is done one after another: a word and its arguments."""
    steps: list[Step] = [("group", group) for group in GROUPS if draw(st.integers(0, 3))]
    steps += [("make", thing_id) for group in GROUPS for thing_id in draw(contents(group))]
    things = st.sampled_from([thing_id for _, thing_id in steps] + [HOME])
    place = draw(st.sampled_from(PLACES))
    words = ("deploy", "deploy", "validate", "advance", "look", "delete", "record", "fail", "lag")
    for word in draw(st.lists(st.sampled_from(words), min_size=3, max_size=12)):
        place = draw(st.sampled_from(PLACES))
        match word:
            case "deploy" | "validate":
                template = draw(subscription_templates() if place.count("/") == 2 else group_templates(place))
                steps.append((word, place, draw(st.sampled_from(("d1", "d2"))), template))
            case "advance":
                steps.append((word, draw(st.sampled_from((1.0, 3.3, 7.0, 20.0, 100.0)))))
            case "record":
                call = draw(st.sampled_from(("GET", "GET operations", "POST cancel", "DELETE")))
                steps.append((word, call, place, draw(st.sampled_from(("d1", "d2", "inner")))))
            case "fail":
                steps.append((word, f"{draw(st.sampled_from(GROUPS))}/providers/{BOX}/a", draw(st.booleans())))
            case "lag":
                steps.append((word, draw(st.sampled_from((0.0, 30.0)))))
            case _:
                steps.append((word, draw(things)))
    return steps


def take(pair: Pair, step: Step) -> None:
    """Take one step in both."""
    match step:
        case "group", group:
            pair.call("PUT", group, {"location": "northeurope"}, RESOURCES)
        case "make", thing_id:
            pair.call("PUT", thing_id, build_body(split_id(thing_id)[1]), _find_version(thing_id))
        case ("deploy" | "validate") as word, place, name, template:
            body: dict[str, Any] = {"properties": {"mode": "Incremental", "template": template, "parameters": {}}}
            body |= {"location": "northeurope"} if place.count("/") == 2 else {}
            body |= {"tags": {"from": "test"}} if name == "d1" else {}
            path = f"{place}{DEPLOYMENTS}/{name}"
            pair.call(*(("PUT", path) if word == "deploy" else ("POST", f"{path}/validate")), body, RESOURCES)
        case "advance", seconds:
            pair.advance(seconds)
            pair.poll()
        case "record", call, place, name:
            method, _, part = call.partition(" ")
            pair.call(method, f"{place}{DEPLOYMENTS}/{name}{part and '/' + part}", None, RESOURCES)
        case "fail", thing_id, is_made:
            pair.fail(thing_id, is_made)
        case "lag", seconds:
            pair.set_list_lag(seconds)
        case "delete", thing_id:
            delete(pair, thing_id)
        case "look", thing_id:
            look(pair, thing_id)


def delete(pair: Pair, thing_id: str) -> None:
    """Delete something, unless it is being deleted: a second DELETE of a group begins a job of its own."""
    thing = pair.model.world.find(thing_id)
    if thing is None or thing.state != "Deleting":
        pair.call("DELETE", thing_id, version=_find_version(thing_id))


def look(pair: Pair, thing_id: str) -> None:
    """Read a resource or a group, and the lists of the group."""
    pair.call("GET", thing_id, version=_find_version(thing_id))
    if "/providers/" not in thing_id:
        for query in ("&$expand=createdTime", f"&$filter=name eq 'a' and resourceType eq '{BOX}'"):
            pair.call("GET", f"{thing_id}/resources", version=RESOURCES, query=query)


def _find_version(thing_id: str) -> str:
    return VERSIONS.get(split_id(thing_id)[1].lower(), VERSION) if "/providers/" in thing_id else RESOURCES


def play(history: list[Step]) -> None:
    """Take the steps, wait until nothing is under way, and look at everything."""
    pair = Pair()
    for step in history:
        take(pair, step)
    pair.advance(10 * PROVISIONING)
    pair.poll()
    for thing in list(pair.model.world.things.values()):
        look(pair, thing.id)
    for record in list(pair.model.world.records.values()):
        pair.call("GET", record.id, version=RESOURCES)
        pair.call("GET", f"{record.id}/operations", version=RESOURCES)
    assert set(pair.model.world.things) == {*pair.cloud.state.groups, *pair.cloud.state.resources}
    assert set(pair.model.world.records) == set(pair.cloud.state.deployments)


@pytest.mark.slow
@settings(max_examples=200, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(histories())
def test_the_model_answers_as_the_embedded_azure(history: list[Step]) -> None:
    with time_machine.travel(START, tick=False):
        play(history)
