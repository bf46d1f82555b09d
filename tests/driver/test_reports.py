"""Events that are too large are made smaller, and what cannot be told is logged."""

import json
from typing import Any

import pytest

from driver.models.events import FailureCode
from driver.reports import fit_event, log_left_out, reduce_event
from tests.support.events import make_event

GROUP = "/subscriptions/s/resourceGroups/rg-1"
NETWORK = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet-1"
ELSEWHERE = "/subscriptions/s/resourceGroups/rg-10/providers/Microsoft.Network/virtualNetworks/vnet-1"


def entry(resource_id: str) -> dict[str, str]:
    return {"id": resource_id, "type": "t"}


TOPOLOGY = {
    "rg": entry(GROUP),
    "vnet": entry(NETWORK),
    "subnet": entry(f"{NETWORK}/subnets/a"),
    "other": entry(ELSEWHERE),
}
OUTER = {"rg": entry(GROUP), "other": entry(ELSEWHERE)}


def test_first_without_outputs_then_without_inner_entries_then_without_topology() -> None:
    message = make_event(TOPOLOGY, {"a": 1})
    smaller = list(reduce_event(message, "too big"))
    assert [one["associatedTopology"] for one in smaller] == [TOPOLOGY, OUTER, {}]
    assert {(one["status"], one["failureDetails"]["failureCode"]) for one in smaller} == {("FAILED", "INTERNAL_ERROR")}
    assert "outputs were left out: too big" in smaller[0]["failureDetails"]["description"]


def test_what_no_event_names_is_logged_in_lines_that_are_not_cut(caplog: pytest.LogCaptureFixture) -> None:
    things = {f"t{number}": entry(f"{ELSEWHERE}-{number}") for number in range(95)}
    message = make_event({**TOPOLOGY, **things})
    log_left_out(message, {**message, "associatedTopology": OUTER})
    lines = [record.getMessage() for record in caplog.records if record.name == "driver.lifecycle"]
    assert len(lines) == 10
    assert max(map(len, lines)) < 2_000
    assert lines[9].startswith("no event names these resources, it would be too large (91 to 95 of 95): ")
    assert all(thing["id"] in " ".join(lines).split() for thing in things.values())
    assert NETWORK not in " ".join(lines).split()  # it goes with its group


RECORD = "providers/Microsoft.Resources/deployments/d"
IN_GROUP, IN_SUBSCRIPTION = entry(f"{GROUP}/{RECORD}"), entry(f"/subscriptions/s/{RECORD}")
LOCK, ROLE = (entry(f"{NETWORK}/providers/Microsoft.Authorization/{kind}/x") for kind in ("locks", "roleAssignments"))


@pytest.mark.parametrize(
    ("topology", "outer"),
    [
        ({"record": IN_GROUP, "vnet": entry(NETWORK)}, {"record", "vnet"}),
        ({"record": IN_SUBSCRIPTION, "rg": entry(GROUP), "vnet": entry(NETWORK)}, {"record", "rg"}),
        ({"record": IN_GROUP, "rg": entry(GROUP)}, {"rg"}),
        ({"rg": {"id": GROUP, "type": "Azure"}, "vnet": entry(NETWORK)}, {"rg", "vnet"}),
        ({"rg": None, "vnet": entry(NETWORK)}, {"vnet"}),
        ({"rg": entry(GROUP), "lock": LOCK}, {"rg", "lock"}),
        ({"vnet": entry(NETWORK), "role": ROLE}, {"vnet", "role"}),
        ({"rg": entry(GROUP), "again": entry(GROUP.upper()), "vnet": entry(NETWORK)}, {"rg", "again"}),
    ],
    ids=["record", "record of a subscription", "record in a group", "former", "removed", "lock", "extension", "twice"],
)
def test_only_an_owned_group_or_parent_stands_for_others(topology: dict[str, Any], outer: set[str]) -> None:
    *_, without_inner, without_topology = [
        {"associatedTopology": topology},
        *reduce_event(make_event(topology, {"a": 1}), ""),
    ]
    assert set(without_inner["associatedTopology"]) == outer
    assert without_topology["associatedTopology"] == {}


def test_a_failure_keeps_its_code_and_its_first_reason() -> None:
    message = make_event(TOPOLOGY, failure=(FailureCode.INSUFFICIENT_CAPACITY, "no cores"))
    details = next(reduce_event(message, "too big"))["failureDetails"]
    assert details["failureCode"] == "INSUFFICIENT_CAPACITY"
    assert details["description"].startswith("no cores; ")


def test_the_complete_of_a_delete_drops_the_names_of_what_it_removed() -> None:
    message = make_event({"a": None, "b": None})
    assert list(reduce_event(message, "too big")) == [{**message, "associatedTopology": {}}]


def test_an_event_fits_the_task_hub() -> None:
    message = make_event(TOPOLOGY, {"a": "x" * 5_000})
    assert fit_event(message, 0) == message
    assert fit_event(message, 10_000) == message
    fitted = fit_event(message, 1_500)
    assert len(json.dumps(fitted)) <= 1_500
    assert fitted["associatedTopology"] == TOPOLOGY


def test_of_a_parent_with_thousands_of_children_the_parent_stays() -> None:
    subnets = {f"s{number}": entry(f"{NETWORK}/subnets/s{number}") for number in range(4_000)}
    message = make_event({"vnet": entry(NETWORK), **subnets})
    (first, *_rest) = reduce_event(message, "too big")
    assert first["associatedTopology"] == {"vnet": entry(NETWORK)}
