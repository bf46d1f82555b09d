"""Random scenarios: a world, two or three resources of TNC-O, and what happens to them one after another."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from tests.properties import templates
from tests.properties.generation import (
    BOX,
    GROUPS,
    HOME,
    SUBSCRIPTIONS,
    Draw,
    contents,
    group_templates,
    subscription_templates,
)
from tests.properties.wire import TROUBLES
from tests.properties.world import find_parent_id, split_id

_LAST_CALL = 40  # of a transition that trouble may hit
_VALUES = ("x", "key")  # what a run-time parameter may turn out to be


@dataclass(frozen=True)
class Visit:
    """What somebody else does before a call of the driver: makes or deletes something."""

    call: int
    deed: str
    id: str


@dataclass(frozen=True)
class Move:
    """A transition of a resource, with what happens meanwhile. `failing`: ids that a deployment cannot provision."""

    resource: int
    transition: str
    troubles: Mapping[int, str] = field(default_factory=dict)
    visits: tuple[Visit, ...] = ()
    failing: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True)
class Scenario:
    """`templates`: by resource, those of its transitions; `groups`: where its deployments go."""

    existing: tuple[str, ...]
    list_lag: float
    groups: tuple[str, ...]
    templates: tuple[Mapping[str, dict[str, Any]], ...]
    moves: tuple[Move, ...]


@st.composite
def scenarios(draw: Draw) -> Scenario:
    existing = [group for group in GROUPS if draw(st.integers(0, 7))]
    existing += [thing_id for group in tuple(existing) for thing_id in draw(contents(group))]
    count = draw(st.integers(1, 3))
    groups = tuple(draw(st.sampled_from((HOME, GROUPS[1]))) for _ in range(count))
    given = tuple({name: draw(_any_template(group)) for name in ("Create", "Grow")} for group in groups)
    moves = draw(st.lists(_draw_move(count), min_size=2, max_size=8))
    return Scenario(tuple(existing), draw(st.sampled_from((0.0, 0.0, 5.0))), groups, given, tuple(moves))


def _any_template(group: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.one_of(group_templates(group), group_templates(group), subscription_templates())


@st.composite
def _draw_move(draw: Draw, count: int) -> Move:
    transition = draw(st.sampled_from(("Create", "Create", "Create", "Grow", "Delete", "Delete")))
    calls = st.integers(1, _LAST_CALL)
    troubles = draw(st.dictionaries(calls, st.sampled_from(TROUBLES), max_size=3))
    visits = draw(st.lists(st.builds(Visit, calls, st.sampled_from(("make", "delete")), known_ids()), max_size=3))
    failing = draw(st.dictionaries(known_ids(), st.booleans(), max_size=2)) if transition != "Delete" else {}
    return Move(draw(st.integers(0, count - 1)), transition, troubles, tuple(visits), failing)


@st.composite
def known_ids(draw: Draw) -> str:
    """The id of something that templates write, or of a group."""
    group = draw(st.sampled_from(GROUPS))
    inside = [f"{group}/providers/{BOX}/x", *draw(contents(group))]
    return str(draw(st.sampled_from((group, *inside))))


def list_written_ids(template: Mapping[str, Any], scope: str) -> set[str]:
    """The ids, in lower case, of all that a deployment may write, and of all in which that lies."""
    found: set[str] = set()
    for item in templates.expand(template, {}, scope):
        found |= {item.id.lower(), *_list_holders(item.id.lower())}
        if item.is_deployment:
            properties = item.body["properties"]
            for value in _VALUES:
                given = {
                    name: {"value": _guess(part["value"], value)} for name, part in properties["parameters"].items()
                }
                nested = templates.find_nested_scope(item)
                inner = properties["template"]
                found |= _list_all(inner, given, nested)
    return found


def _list_all(template: Mapping[str, Any], parameters: Mapping[str, Any], scope: str) -> set[str]:
    ids = [item.id.lower() for item in templates.expand(template, parameters, scope)]
    return {*ids, *(holder for thing_id in ids for holder in _list_holders(thing_id))}


def _guess(value: str, value_at_run_time: str) -> str:
    return value_at_run_time if value.startswith("[") else value


def _list_holders(thing_id: str) -> Iterator[str]:
    """What something lies in or extends: parents, extended resources, the group."""
    if "/providers/" not in thing_id:
        return
    holder = find_parent_id(thing_id) or split_id(thing_id)[0]
    yield holder
    yield from _list_holders(holder)


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


def find_scope(scenario: Scenario, resource: int, transition: str) -> str:
    """The id of the group or subscription that a transition deploys to."""
    schema = str(scenario.templates[resource][transition]["$schema"])
    return f"/subscriptions/{SUBSCRIPTIONS[0]}" if "subscriptionDeployment" in schema else scenario.groups[resource]


def list_touched_ids(scenario: Scenario, move: Move, topology: Mapping[str, Any]) -> set[str]:
    """The ids, in lower case, that somebody else leaves alone while a transition runs: what it may write, and what it
    may delete.
    """
    found = {str(entry["id"]).lower() for entry in topology.values()}
    if move.transition in scenario.templates[move.resource]:
        template = scenario.templates[move.resource][move.transition]
        found |= list_written_ids(template, find_scope(scenario, move.resource, move.transition))
    return found
