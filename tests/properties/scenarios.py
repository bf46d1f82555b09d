"""Random scenarios: a world, two or three resources of TNC-O, and what happens to them one after another."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from hypothesis import strategies as st

from tests.properties import templates
from tests.properties.generation import GROUPS, HOME, SUBSCRIPTIONS, Draw, group_templates, subscription_templates
from tests.properties.wire import KINDS, TROUBLES, Moment
from tests.properties.world import DEPLOYMENT, find_group_id, find_parent_id, split_id

TRANSITIONS = ("Create", "Grow")  # those with a template
_VALUES = ("x", "key")  # what a run-time parameter may turn out to be
_MOMENTS = st.one_of(st.integers(1, 12), st.integers(1, 40), st.sampled_from(tuple(KINDS)))
_DEEDS = st.sampled_from(("make", "make", "delete", "inner", "other"))


@dataclass(frozen=True)
class Visit:
    """What somebody else does: makes or deletes something, or makes a deployment that takes the name of a nested one.
    It happens before a call of the driver, or (moment 0) between transitions.
    """

    moment: Moment
    deed: str
    id: str


@dataclass(frozen=True)
class Move:
    """A transition of a resource, with what happens meanwhile. `failing`: ids that a deployment cannot provision, true
    if they are there all the same.
    """

    resource: int
    transition: str
    troubles: Mapping[Moment, str] = field(default_factory=dict)
    visits: tuple[Visit, ...] = ()
    failing: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True)
class Scenario:
    """`templates`: by resource, those of its transitions; `groups`: where its deployments go. `age`: seconds since what
    is `existing` was made; `list_lag`: seconds that a list is behind; `latency`: seconds of a call.
    """

    existing: tuple[str, ...]
    age: float
    list_lag: float
    latency: float
    groups: tuple[str, ...]
    templates: tuple[Mapping[str, dict[str, Any]], ...]
    moves: tuple[Move | Visit, ...]


@st.composite
def scenarios(draw: Draw) -> Scenario:
    groups = tuple(draw(st.lists(st.sampled_from((HOME, GROUPS[1])), min_size=1, max_size=3)))
    given = tuple({name: draw(_list_templates(group)) for name in TRANSITIONS} for group in groups)
    written = [
        list_written_ids(template, find_scope(template, group))
        for group, by_transition in zip(groups, given, strict=True)
        for template in by_transition.values()
    ]
    asked = {
        thing_id
        for by_transition in given
        for template in by_transition.values()
        for thing_id in list_asked_ids(template)
    }
    ids = st.sampled_from(sorted({HOME}.union(asked, *written)))
    chosen = draw(st.sets(ids, max_size=8))
    existing = {group for group in GROUPS if draw(st.integers(0, 7))}.union(chosen, *map(list_holders, chosen))
    moves = [
        draw(_draw_move(0, "Create", ids)),
        *draw(st.lists(_draw_any_move(len(groups), ids), max_size=7)),
    ]
    age, lag, latency = (draw(st.sampled_from(values)) for values in ((0.0, 100.0), (0.0, 0.0, 5.0), (0.05, 0.05, 1.0)))
    return Scenario(tuple(sorted(existing, key=len)), age, lag, latency, groups, given, tuple(moves))


@cache
def _list_templates(group: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.one_of(group_templates(group), group_templates(group), subscription_templates())


@st.composite
def _draw_any_move(draw: Draw, count: int, ids: st.SearchStrategy[str]) -> Move | Visit:
    word = draw(st.sampled_from(("Create", "Create", "Grow", "Delete", "somebody")))
    if word == "somebody":
        return Visit(0, draw(_DEEDS), draw(ids))
    move: Move = draw(_draw_move(draw(st.integers(0, count - 1)), word, ids))
    return move


@st.composite
def _draw_move(draw: Draw, resource: int, transition: str, ids: st.SearchStrategy[str]) -> Move:
    troubles = draw(st.dictionaries(_MOMENTS, st.sampled_from(TROUBLES), max_size=3))
    visits = draw(st.lists(st.builds(Visit, _MOMENTS, _DEEDS, ids), max_size=2))
    failing = draw(st.dictionaries(ids, st.booleans(), max_size=1)) if transition != "Delete" else {}
    return Move(resource, transition, troubles, tuple(visits), failing)


def list_written_ids(template: Mapping[str, Any], scope: str) -> set[str]:
    """The ids of all that a deployment may write, and of all in which that lies."""
    found: set[str] = set()
    for item in templates.expand(template, {}, scope):
        found |= {item.id, *list_holders(item.id)}
        if item.is_deployment:
            properties = item.body["properties"]
            for value in _VALUES:
                parameters = {
                    name: {"value": value if given["value"].startswith("[") else given["value"]}
                    for name, given in properties["parameters"].items()
                }
                nested = templates.expand(properties["template"], parameters, templates.find_nested_scope(item))
                found = found.union(*({inner.id, *list_holders(inner.id)} for inner in nested))
    return {thing_id for thing_id in found if DEPLOYMENT not in thing_id.lower()}


def list_asked_ids(template: Mapping[str, Any]) -> set[str]:
    """The ids of the resources that the expressions of a template ask for."""
    return {match[2] for match in templates.READ.finditer(json.dumps(template))}


def list_holders(thing_id: str) -> list[str]:
    """What something lies in or extends: parents, extended resources, the group."""
    if "/providers/" not in thing_id:
        return []
    holder = find_parent_id(thing_id) or split_id(thing_id)[0]
    return [holder, *list_holders(holder)] if find_group_id(holder) else []


def build_package(scenario: Scenario, resource: int) -> dict[str, Any]:
    """The files of a resource's package, as JSON."""
    given = scenario.templates[resource]
    transitions = {name: {"deploy": f"{name}.json", "timeout": "30m"} for name in given}
    manifest = {
        "version": 1,
        "resourceGroup": scenario.groups[resource].split("/")[4],
        "location": "northeurope",
        "transitions": {**transitions, "Delete": {"remove": "all", "timeout": "30m"}},
    }
    return {"lifecycle.yaml": manifest, **{f"{name}.json": template for name, template in given.items()}}


def find_scope(template: Mapping[str, Any], group: str) -> str:
    """The id of the group or subscription that a template is deployed to."""
    is_wide = "subscriptionDeployment" in str(template["$schema"])
    return f"/subscriptions/{SUBSCRIPTIONS[0]}" if is_wide else group


def list_touched_ids(scenario: Scenario, move: Move, topology: Mapping[str, Any]) -> set[str]:
    """The ids, in lower case, that somebody else leaves alone while a transition runs: what it may write, and what it
    may delete.
    """
    found = {str(entry["id"]) for entry in topology.values()}
    if move.transition in TRANSITIONS:
        template = scenario.templates[move.resource][move.transition]
        found |= list_written_ids(template, find_scope(template, scenario.groups[move.resource]))
    return {thing_id.lower() for thing_id in found}
