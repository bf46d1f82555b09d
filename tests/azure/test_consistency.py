"""What ARM's answers tell of time and order: lists that lag, groups that are going, dates."""

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from tests.azure.emulator import SUBSCRIPTION, Emulator
from tests.azure.templates import deployment, network, template

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
VERSION = "api-version=2025-04-01"
THING = f"{GROUP}/providers/Contoso.Play/things/one"
POLICY = f"{GROUP}/providers/Microsoft.Authorization/policyAssignments/one"
VNET = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/net"


@pytest.fixture
def group(azure: Emulator) -> Emulator:
    azure.call("PUT", f"{GROUP}?{VERSION}", {"location": "northeurope"})
    return azure


def make(azure: Emulator, path: str = THING, **body: Any) -> None:
    answer = azure.call("PUT", f"{path}?api-version=2024-05-01", {"location": "northeurope", "properties": {}, **body})
    assert answer.ok, answer.text


def listed(azure: Emulator, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = azure.call("GET", f"{GROUP}/resources?{VERSION}{query}").json()["value"]
    return found


def test_a_list_has_tracked_resources_only(group: Emulator) -> None:
    make(group)
    group.call("PUT", f"{THING}/parts/p?api-version=2024-05-01", {"properties": {}})
    group.call("PUT", f"{GROUP}/providers/Microsoft.Authorization/locks/l?api-version=2020-05-01", {"properties": {}})
    assert [item["name"] for item in listed(group)] == ["one"]


def test_a_list_lags_in_both_directions(group: Emulator) -> None:
    group.control("POST", "settings", {"listLagSeconds": 30})
    make(group)
    assert listed(group) == []
    assert group.call("GET", f"{THING}?api-version=2024-05-01").status_code == 200
    group.advance(31)
    assert [item["name"] for item in listed(group)] == ["one"]
    group.call("DELETE", f"{THING}?api-version=2024-05-01")
    assert group.call("GET", f"{THING}?api-version=2024-05-01").status_code == 404
    assert [item["name"] for item in listed(group)] == ["one"]
    group.advance(31)
    assert listed(group) == []


def test_what_was_made_anew_is_listed_once(group: Emulator) -> None:
    make(group)
    group.advance(60)
    group.control("POST", "settings", {"listLagSeconds": 30})
    group.call("DELETE", f"{THING}?api-version=2024-05-01")
    make(group)
    group.advance(31)
    assert len(listed(group)) == 1


def test_times_of_creation_and_change_are_shown_when_asked_for(group: Emulator) -> None:
    make(group)
    assert not {"createdTime", "changedTime"} & set(listed(group)[0])
    group.advance(100)
    make(group, tags={"a": "b"})
    found = listed(group, "&$expand=createdTime,changedTime")[0]
    made, changed = (datetime.fromisoformat(found[key][:19]) for key in ("createdTime", "changedTime"))
    assert timedelta(seconds=99) <= changed - made <= timedelta(seconds=110)


@pytest.mark.parametrize(("path", "shown"), [(THING, True), (POLICY, True), (VNET, False)])
def test_system_data_is_shown_where_the_type_has_it(group: Emulator, path: str, shown: bool) -> None:
    make(group, path, properties=network()["properties"] if path == VNET else {})
    assert ("systemData" in group.call("GET", f"{path}?api-version=2024-05-01").json()) == shown


def test_system_data_tells_creation_and_change(group: Emulator) -> None:
    make(group)
    group.advance(100)
    make(group, tags={"a": "b"})
    found = group.call("GET", f"{THING}?api-version=2024-05-01").json()["systemData"]
    made, changed = (datetime.fromisoformat(found[key][:19]) for key in ("createdAt", "lastModifiedAt"))
    assert timedelta(seconds=99) <= changed - made <= timedelta(seconds=110)


def test_answers_are_dated_by_the_emulators_own_clock(group: Emulator) -> None:
    first = parsedate_to_datetime(group.call("GET", f"{GROUP}?{VERSION}").headers["date"])
    group.advance(5000)
    second = parsedate_to_datetime(group.call("GET", f"{GROUP}?{VERSION}").headers["date"])
    assert timedelta(seconds=5000) <= second - first <= timedelta(seconds=5010)


def test_a_group_that_is_going_takes_nothing_in(group: Emulator) -> None:
    make(group)
    group.call("DELETE", f"{GROUP}?{VERSION}")
    assert group.call("GET", f"{GROUP}?{VERSION}").json()["properties"]["provisioningState"] == "Deleting"
    refused = [
        group.call("PUT", f"{THING}?api-version=2024-05-01", {"location": "northeurope", "properties": {}}),
        group.call("PUT", f"{GROUP}?{VERSION}", {"location": "northeurope"}),
        group.call(
            "PUT",
            f"{GROUP}/providers/Microsoft.Resources/deployments/one?{VERSION}",
            deployment(template(network())),
        ),
    ]
    assert {(one.status_code, one.json()["error"]["code"]) for one in refused} == {(409, "ResourceGroupBeingDeleted")}
    group.advance(60)
    assert group.call("GET", f"{GROUP}?{VERSION}").status_code == 404
