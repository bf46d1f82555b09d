"""The matrix: every built-in resource type through every transition and operation, from the POST to what Azure has.

All types go at the same time, each through its steps in their order; each cell of the matrix is a test.
"""

import json
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import pytest

from dev.brent import Resource
from dev.events import events
from driver.packages.catalogue import list_built_in_names, load_built_in, read_type_name
from driver.packages.manifests import UPDATES
from tests.e2e.catalogue import CATALOGUE
from tests.e2e.catalogue.forms import SECRETS, Entry, Operation
from tests.e2e.journeys import DEPLOYMENTS, Journey, altered, read_at
from tests.e2e.trial import Trial, ids

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]  # the first takes the time of all

Step = Callable[[Journey], None]


def what_if(journey: Journey) -> None:
    """Before the Create: all that it will make, and nothing is made."""
    changes = {one["resourceId"].lower(): one["changeType"] for one in journey.changes("WhatIf")}
    own = {one: kind for one, kind in changes.items() if kind != "Ignore"}
    assert own == dict.fromkeys(journey.ids(*journey.entry.owned), "Create")


def precheck(journey: Journey) -> None:
    """Before the Create, and again of what exists: Azure would take it, nothing is doubtful, nothing is written."""
    before = journey.in_azure()
    after, outputs = journey.run("Precheck", journey.resource)
    assert (after.topology, outputs, journey.in_azure()) == (journey.resource.topology, {}, before)
    assert journey.trial.doubts(journey.asked[-1]) == []


def create(journey: Journey) -> None:
    journey.resource, outputs = journey.run("Create", journey.resource)
    assert_outputs(journey, outputs)
    owned = ids(journey.resource.topology)
    assert without_deployments(owned) == journey.ids(*journey.entry.owned)
    assert owned == journey.in_azure()
    main = journey.get(journey.filled(journey.entry.owned[0]))
    if main["type"] != "Microsoft.Network/virtualNetworks/subnets":  # which have neither
        assert (main["tags"], main["location"]) in [
            ({"Creator": "Cp4na"}, place) for place in ("northeurope", "global")
        ]


def operate(operation: Operation, journey: Journey) -> None:
    """It adds or removes that one thing in Azure and in the topology, or calls the action once."""
    main = journey.filled(journey.entry.owned[0])
    before, owned = journey.in_azure(), ids(journey.resource.topology)
    calls = journey.count(operation.action, main)
    given = journey.filled(operation.properties)
    journey.resource, _ = journey.run(operation.name, journey.resource, request_properties=given)
    after = journey.in_azure()
    assert without_deployments(after - before) == journey.ids(operation.adds)
    assert without_deployments(before - after) == journey.ids(operation.removes)
    assert ids(journey.resource.topology) == owned - (before - after) | (after - before)
    if operation.action:
        assert (calls(), journey.power(main)) == (1, operation.power)


def check_drift(journey: Journey) -> None:
    """Nothing after the Create; then a property that somebody changed; then a resource that somebody deleted."""
    assert journey.changes("CheckDrift") == []
    place, path, value = journey.entry.drift
    changed, lost = journey.filled(place), journey.filled(journey.entry.loss)
    journey.make(changed, altered(journey.get(changed), path, value))
    (found,) = journey.changes("CheckDrift")
    assert (found["resourceId"].lower(), found["changeType"]) == (changed.lower(), "Modify")
    assert [one["path"] for one in found["delta"]] == [path.split(".0.")[0]]
    journey.unmake(lost)
    drifted = {one["resourceId"].lower(): one["changeType"] for one in journey.changes("CheckDrift")}
    assert drifted == {changed.lower(): "Modify"} | {lost.lower(): "Create"}


def create_again(journey: Journey) -> None:
    """The drift is gone, what operations made is still there, all is owned as before."""
    before = journey.resource.topology
    journey.resource, outputs = journey.run("Create", journey.resource)
    assert_outputs(journey, outputs)
    kept = {key: entry for key, entry in before.items() if DEPLOYMENTS not in entry["id"].lower()}
    assert kept.items() <= journey.resource.topology.items()
    assert without_deployments(ids(journey.resource.topology) - ids(before)) == set()
    assert ids(journey.resource.topology) == journey.in_azure()
    assert journey.changes("CheckDrift") == []


def adopt(journey: Journey) -> None:
    """Another resource takes over the deployment of the Create, and makes nothing."""
    stack_id = [one["id"] for one in journey.resource.topology.values() if DEPLOYMENTS in one["id"].lower()][-1]
    before = journey.in_azure()
    wanted = Resource(f"{journey.group}-adopted", journey.resource.type, {**journey.properties, "stack_id": stack_id})
    adopted, outputs = journey.run("Create", wanted)
    assert_outputs(journey, outputs)
    assert ids(adopted.topology) == journey.ids(*journey.entry.owned, stack_id)
    assert journey.in_azure() == before


def check_integrity(journey: Journey) -> None:
    """All that is owned is there and runs; nothing is changed."""
    before = journey.in_azure()
    after, outputs = journey.run("Integrity", journey.resource)
    assert (after.topology, outputs, journey.in_azure()) == (journey.resource.topology, {}, before)


def reconfigure(journey: Journey) -> None:
    """The property is changed in place; what operations made is still there, and what is obsolete is gone."""
    wanted = journey.entry.reconfigured
    assert wanted is not None
    before, removed = journey.in_azure(), journey.ids(wanted.pruned)
    properties = {**journey.resource.properties, **wanted.properties}
    journey.resource, _ = journey.run("Reconfigure", replace(journey.resource, properties=properties))
    assert read_at(journey.get(journey.filled(wanted.place)), wanted.path) == wanted.value
    after = journey.in_azure()
    assert removed <= before - after
    for operation in journey.entry.operations:
        made = journey.ids(operation.adds) & before
        assert made <= after
    assert ids(journey.resource.topology) == after


def delete(journey: Journey) -> None:
    """Nothing is left but what others made."""
    journey.resource, outputs = journey.run("Delete", journey.resource)
    assert (outputs, journey.resource.topology) == ({}, {})
    assert journey.all_in_azure() == journey.foreign


def assert_outputs(journey: Journey, outputs: dict[str, Any]) -> None:
    expected = journey.filled(journey.entry.outputs)
    assert outputs.keys() == expected.keys()
    for name, value in outputs.items():
        assert value, name
        assert expected[name] in (value, ...), name


def without_deployments(found: set[str]) -> set[str]:
    return {one for one in found if DEPLOYMENTS not in one}


def steps(entry: Entry) -> dict[str, Step]:
    """The steps of an entry in their order; operations that come more than once are numbered."""
    found: dict[str, Step] = {"WhatIf": what_if, "Precheck": precheck, "Create": create, "Integrity": check_integrity}
    for operation in entry.operations:
        again = sum(name.split()[0] == operation.name for name in found)
        found[f"{operation.name} {again + 1}" if again else operation.name] = partial(operate, operation)
    rest = {"CheckDrift": check_drift, "Create again": create_again, "Precheck again": precheck, "stack_id": adopt}
    changed = {"Reconfigure": reconfigure} if entry.reconfigured else {}
    return {**found, **rest, **changed, "Delete": delete}


@dataclass
class Row:
    """A journey that was taken, and what went wrong at each of its steps."""

    journey: Journey
    results: dict[str, BaseException | None] = field(default_factory=dict)


def taken(trial: Trial, entry: Entry) -> Row:
    """Go through the steps of an entry up to the first that fails."""
    group = f"cat-{read_type_name(entry.type).removeprefix('Azure')}"
    with events(trial.stack.kafka) as stream:
        row = Row(Journey(Trial(trial.stack, stream), entry, group))
        row.journey.make_foreign()
        for name, step in steps(entry).items():
            try:
                step(row.journey)
            except (Exception, pytest.fail.Exception) as error:
                row.results[name] = error
                break
            row.results[name] = None
    return row


@pytest.fixture(scope="module")
def matrix(trial: Trial, pytestconfig: pytest.Config) -> dict[str, Row]:
    """The rows by type; they are printed as a table."""
    with ThreadPoolExecutor(len(CATALOGUE)) as pool:
        rows = list(pool.map(partial(taken, trial), CATALOGUE))
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled() if capture else nullcontext():
        print("", *map(table_line, rows), sep="\n")
    return {row.journey.entry.type: row for row in rows}


def table_line(row: Row) -> str:
    marks = dict.fromkeys(steps(row.journey.entry), "not reached")
    marks |= {name: "ok" if error is None else "FAILED" for name, error in row.results.items()}
    return f"{row.journey.entry.type:27}{', '.join(f'{name} {mark}' for name, mark in marks.items())}"


@pytest.mark.parametrize(
    ("entry", "step"),
    [pytest.param(entry, step, id=f"{entry.type}-{step}") for entry in CATALOGUE for step in steps(entry)],
)
def test_a_type_goes_through_a_transition(matrix: dict[str, Row], entry: Entry, step: str) -> None:
    results = matrix[entry.type].results
    assert step in results, f"not reached: {list(results)[-1]} failed"
    if (error := results[step]) is not None:
        raise error


def test_every_built_in_type_is_in_the_matrix() -> None:
    assert sorted(read_type_name(entry.type) for entry in CATALOGUE) == sorted(list_built_in_names())


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.type)
def test_every_operation_is_in_the_matrix(entry: Entry) -> None:
    transitions = load_built_in(read_type_name(entry.type)).manifest.transitions
    assert {operation.name for operation in entry.operations} == transitions.keys() - {
        *("Create", "Start", "Delete"),
        *UPDATES,
    } | ({"Start"} if transitions["Start"].call else set())
    assert ("Reconfigure" in transitions) == (entry.reconfigured is not None)
    assert set(entry.reconfigured.properties if entry.reconfigured else ()) <= set(
        transitions["Reconfigure"].changes if "Reconfigure" in transitions else ()
    )


def test_secure_parameters_are_nowhere_to_be_read(trial: Trial, matrix: dict[str, Row]) -> None:
    asked = [one for row in matrix.values() for one in row.journey.asked]
    everything = {"showInput": "true", "showHistory": "true", "showHistoryOutput": "true"}
    shown = [trial.log(), *(json.dumps(trial.instances(f"/{one}", **everything)) for one in asked)]
    shown += [json.dumps(event.value) for row in matrix.values() for event in row.journey.trial.seen]
    needles = [*SECRETS, *(b64encode(secret.encode()).decode().rstrip("=") for secret in SECRETS)]
    assert [needle for needle in needles if any(needle in text for text in shown)] == []
