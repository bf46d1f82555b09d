"""Delete removes what the driver made and nothing else."""

from dataclasses import replace
from typing import Any

import pytest

from dev.brent import Resource, resource_group, vnet
from tests.e2e.trial import Trial, ids

NETWORKS = "providers/Microsoft.Network/virtualNetworks"
BROKEN_SUBNET = {"kind": "fail", "type": ".*/subnets", "code": "SubnetIsCursed", "message": "Not here.", "status": 400}


def made_in(trial: Trial, group: str) -> set[str]:
    """What is in the group, with the deployments."""
    return {one for one in trial.in_azure(group) if "/providers/" in one}


def foreign_vnet(trial: Trial, group: str, name: str = "vnet-1") -> str:
    """A VNet with the subnet `other` that the driver did not make; its path."""
    path = f"/resourceGroups/{group}/{NETWORKS}/{name}"
    space = {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}
    trial.make(path, {"location": "northeurope", "tags": {"Owner": "somebody"}, "properties": space})
    trial.make(f"{path}/subnets/other", {"properties": {"addressPrefix": "10.0.9.0/24"}})
    return path


def subnets(trial: Trial, path: str) -> set[str]:
    return {one["name"] for one in trial.arm("GET", path).json()["properties"]["subnets"]}


def interface(trial: Trial, group: str, subnet: str) -> str:
    """A network interface in a subnet; its path."""
    path = f"/resourceGroups/{group}/providers/Microsoft.Network/networkInterfaces/nic-1"
    configuration = {"name": "ip", "properties": {"subnet": {"id": f"{trial.subscription}{subnet}"}}}
    body: dict[str, Any] = {"location": "northeurope", "properties": {"ipConfigurations": [configuration]}}
    trial.make(path, body)
    return path


def test_a_delete_after_a_half_failed_create_leaves_nothing(trial: Trial, group: str) -> None:
    wanted = vnet("vnet-1", group)
    with trial.faults({**BROKEN_SUBNET, "path": group}):
        _, half = trial.failed(trial.begin(wanted), wanted)
    assert any(one.endswith("/virtualnetworks/vnet-1") for one in made_in(trial, group))
    assert made_in(trial, group) <= ids(half.topology)
    assert trial.run(half, "Delete").topology == {}
    assert made_in(trial, group) == set()


def test_a_delete_of_nothing_and_a_repeated_delete_complete(trial: Trial, group: str) -> None:
    made = trial.run(vnet("vnet-1", group))
    first = trial.begin(made, "Delete", request_id="delete-1")
    assert trial.completed(first, made).topology == {}
    # Brent may have lost the event and delete again: with the old topology in another request, or with none.
    assert trial.run(made, "Delete", request_id="delete-2").topology == {}
    assert trial.run(replace(made, topology={}), "Delete", request_id="delete-3").topology == {}
    assert made_in(trial, group) == set()


def test_a_delete_while_the_create_runs_waits_for_it_and_removes_all(trial: Trial, group: str) -> None:
    wanted = vnet("vnet-1", group)
    creating = trial.begin(wanted)
    deleting = trial.begin(wanted, "Delete")
    trial.completed(deleting, wanted)
    trial.completed(creating, wanted)
    assert [one.key for one in trial.seen if one.key in (creating, deleting)] == [creating, deleting]
    assert made_in(trial, group) == set()


def test_what_was_there_is_updated_and_neither_owned_nor_deleted(trial: Trial, group: str) -> None:
    path = foreign_vnet(trial, group)
    before = made_in(trial, group)
    made = trial.run(vnet("vnet-1", group))
    in_azure = trial.arm("GET", path).json()
    assert in_azure["tags"] == {"Creator": "Cp4na"}
    assert subnets(trial, path) == {"other", "default"}
    assert made.properties["vnet_id"] == f"{trial.subscription}{path}"
    assert ids(made.topology) == made_in(trial, group) - before
    assert f"{trial.subscription}{path}/subnets/default".lower() in ids(made.topology)

    assert trial.run(made, "Delete").topology == {}
    assert made_in(trial, group) == before
    assert subnets(trial, path) == {"other"}


def test_a_group_that_was_there_stays_with_all_in_it(trial: Trial, group: str) -> None:
    foreign_vnet(trial, group)
    before = made_in(trial, group)
    made = trial.run(resource_group(group))
    assert f"{trial.subscription}/resourceGroups/{group}".lower() not in ids(made.topology)
    assert trial.run(made, "Delete").topology == {}
    assert made_in(trial, group) == before


def test_a_group_that_the_driver_made_goes_with_all_in_it(trial: Trial) -> None:
    """As in Azure itself: what somebody puts into a group shares the fate of the group."""
    made = trial.run(resource_group("rg-owned"))
    foreign_vnet(trial, "rg-owned")
    assert trial.run(made, "Delete").topology == {}
    assert trial.in_azure("rg-owned") == set()


def test_a_create_over_its_own_keeps_what_it_owns(trial: Trial, group: str) -> None:
    first = trial.run(vnet("vnet-1", group))
    wider = {**first.properties, "vnet_address_space": ["10.0.0.0/16", "10.1.0.0/16"]}
    second = trial.run(replace(first, properties=wider))
    records = {key for key in first.topology if key.startswith("Microsoft.Resources/deployments/")}
    assert len(records) == 1
    assert {
        key: entry for key, entry in first.topology.items() if key not in records
    }.items() <= second.topology.items()
    assert not records & second.topology.keys()  # the record of the second Create has replaced it
    assert ids(second.topology) == made_in(trial, group)
    trial.run(second, "Delete")
    assert made_in(trial, group) == set()


@pytest.mark.slow
def test_what_is_in_use_stays_until_it_is_free(trial: Trial, group: str) -> None:
    made = trial.run(vnet("vnet-1", group))
    path = f"/resourceGroups/{group}/{NETWORKS}/vnet-1"
    nic = interface(trial, group, f"{path}/subnets/default")
    details, left = trial.failed(trial.begin(made, "Delete"), made)
    assert details["failureCode"] == "INFRASTRUCTURE_ERROR"
    assert f"{trial.subscription}{path}/subnets/default: InUseSubnetCannotBeDeleted" in details["description"]
    assert "networkInterfaces/nic-1" in details["description"]
    assert ids(left.topology) == {one for one in made_in(trial, group) if "networkinterfaces" not in one}

    trial.unmake(nic)
    assert trial.run(left, "Delete").topology == {}
    assert made_in(trial, group) == set()


def test_siblings_made_by_others_are_told_and_kept(trial: Trial, group: str) -> None:
    """A subnet that somebody put into the driver's VNet and uses: the VNet cannot go, and says why."""
    made = trial.run(vnet("vnet-1", group))
    path = f"/resourceGroups/{group}/{NETWORKS}/vnet-1"
    trial.make(f"{path}/subnets/other", {"properties": {"addressPrefix": "10.0.9.0/24"}})
    interface(trial, group, f"{path}/subnets/other")
    details, left = trial.failed(trial.begin(made, "Delete"), made)
    assert f"{trial.subscription}{path}: InUseSubnetCannotBeDeleted" in details["description"]
    assert subnets(trial, path) == {"other"}
    assert f"{trial.subscription}{path}/subnets/default".lower() not in ids(left.topology)
    assert f"{trial.subscription}{path}".lower() in ids(left.topology)


def test_two_resources_do_not_touch_each_other(trial: Trial, group: str) -> None:
    resources: list[Resource] = [vnet("vnet-1", group), vnet("vnet-2", group)]
    requests = [trial.begin(one) for one in resources]
    first, second = (trial.completed(*one) for one in zip(requests, resources, strict=True))
    assert not ids(first.topology) & ids(second.topology)
    trial.run(first, "Delete")
    assert made_in(trial, group) == ids(second.topology)
