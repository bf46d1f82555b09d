"""What ARM ids say, and the associated topology made of them."""

import pytest

from driver.models import Target, TopologyEntry
from driver.topology import (
    arm_name,
    arm_type,
    depth,
    entries,
    fingerprint,
    group_name,
    merged,
    owned,
    parent,
    selected,
)

SUBSCRIPTION = "/subscriptions/s-1"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-1"
VNET = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet-1"
SUBNET = f"{VNET}/subnets/a"
DEPLOYMENT = f"{GROUP}/providers/Microsoft.Resources/deployments/d-1"
AT_SUBSCRIPTION = f"{SUBSCRIPTION}/providers/Microsoft.Resources/deployments/d-2"
LOCK = f"{VNET}/providers/Microsoft.Authorization/locks/lock-1"
ROLE = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleAssignments/r-1"
VM_EXTENSION = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm-1/extensions/e-1"


@pytest.mark.parametrize(
    ("resource_id", "kind", "name", "group", "above"),
    [
        (GROUP, "Microsoft.Resources/resourceGroups", "rg-1", "rg-1", None),
        (VNET, "Microsoft.Network/virtualNetworks", "vnet-1", "rg-1", None),
        (SUBNET, "Microsoft.Network/virtualNetworks/subnets", "vnet-1/a", "rg-1", VNET),
        (DEPLOYMENT, "Microsoft.Resources/deployments", "d-1", "rg-1", None),
        (AT_SUBSCRIPTION, "Microsoft.Resources/deployments", "d-2", "", None),
        (LOCK, "Microsoft.Authorization/locks", "lock-1", "rg-1", None),
        (ROLE, "Microsoft.Authorization/roleAssignments", "r-1", "", None),
        (
            VM_EXTENSION,
            "Microsoft.Compute/virtualMachines/extensions",
            "vm-1/e-1",
            "rg-1",
            VM_EXTENSION.removesuffix("/extensions/e-1"),
        ),
        (VNET.lower(), "microsoft.network/virtualnetworks", "vnet-1", "rg-1", None),
        (SUBSCRIPTION, "", "s-1", "", None),
        ("", "", "", "", None),
    ],
)
def test_ids(resource_id: str, kind: str, name: str, group: str, above: str | None) -> None:
    assert arm_type(resource_id) == kind
    assert arm_name(resource_id) == name
    assert group_name(resource_id) == group
    assert parent(resource_id) == above


def test_children_come_before_parents_groups_after_their_resources_and_records_last() -> None:
    order = [SUBNET, VNET, GROUP, AT_SUBSCRIPTION]
    assert sorted(set(order), key=depth, reverse=True) == order
    assert depth(LOCK) > depth(VNET)
    assert depth(f"{SUBNET}/providers/Microsoft.Authorization/locks/l") > depth(SUBNET)
    assert depth(DEPLOYMENT) == depth(AT_SUBSCRIPTION) == 0
    assert depth(VNET.upper()) == depth(VNET)


def test_entries_have_type_and_name_as_key() -> None:
    assert entries([VNET, SUBNET, GROUP]) == {
        "Microsoft.Network/virtualNetworks/vnet-1": {"id": VNET, "type": "Microsoft.Network/virtualNetworks"},
        "Microsoft.Network/virtualNetworks/subnets/vnet-1/a": {
            "id": SUBNET,
            "type": "Microsoft.Network/virtualNetworks/subnets",
        },
        "Microsoft.Resources/resourceGroups/rg-1": {"id": GROUP, "type": "Microsoft.Resources/resourceGroups"},
    }


def test_resources_of_one_name_in_several_groups_are_told_apart() -> None:
    others = [VNET.replace("rg-1", group) for group in ("rg-2", "rg-3")]
    found = entries([VNET, *others])
    assert [entry["id"] for entry in found.values()] == [VNET, *others]
    assert list(found)[1:] == [f"Microsoft.Network/virtualNetworks/vnet-1 ({group})" for group in ("rg-2", "rg-3")]


def test_the_same_id_in_another_case_is_the_same_entry() -> None:
    assert len(entries([VNET, VNET.replace("resourceGroups", "resourcegroups")])) == 1


def test_owned_and_merged_leave_out_what_was_removed() -> None:
    entry = TopologyEntry(id=VNET, type="t")
    assert owned({"a": entry, "b": None}) == {"a": entry}
    assert merged({"a": 1, "b": 2}, {"b": None, "c": 3}, {"c": None, "d": 4}) == {"a": 1, "d": 4}


@pytest.mark.parametrize(
    ("target", "keys"),
    [
        (None, {"vnet", "subnet", "far"}),
        (("microsoft.network/VIRTUALNETWORKS", "VNET-1", ""), {"vnet", "far"}),
        (("Microsoft.Network/virtualNetworks", "vnet-1", "RG-1"), {"vnet"}),
        (("Microsoft.Network/virtualNetworks/subnets", "vnet-1/a", ""), {"subnet"}),
        (("Microsoft.Network/virtualNetworks/subnets", "a", ""), set()),
        (("Microsoft.Network/virtualNetworks", "vnet", ""), set()),
    ],
)
def test_selected(target: tuple[str, str, str] | None, keys: set[str]) -> None:
    ids = {"vnet": VNET, "subnet": SUBNET, "far": VNET.replace("rg-1", "rg-2")}
    topology = {**{key: TopologyEntry(id=one) for key, one in ids.items()}, "removed": None}
    targets = None
    if target is not None:
        targets = [Target(type=target[0], name=target[1], resource_group=target[2])]
    assert set(selected(topology, targets)) == keys


def test_fingerprints_ignore_case() -> None:
    assert fingerprint(VNET) == fingerprint(VNET.upper())
    assert fingerprint(VNET) != fingerprint(SUBNET)


def test_an_entry_of_another_group_does_not_take_the_place_of_one_that_is_there() -> None:
    first, second = (
        f"/subscriptions/s/resourceGroups/{group}/providers/Microsoft.Network/virtualNetworks/v" for group in "ab"
    )
    there = entries([first])
    made = entries([second], there)
    assert {one["id"] for one in {**there, **made}.values()} == {first, second}
