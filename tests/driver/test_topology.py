"""The associated topology: its keys, and what is selected of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver.models.events import TopologyEntry
from driver.models.orders import Target
from driver.resource_ids import ResourceId
from driver.topology import apply_changes, list_owned, name_entries, select_ids

SUBSCRIPTION = "/subscriptions/s-1"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-1"
VNET = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet-1"
SUBNET = f"{VNET}/subnets/a"
LOCK = "/providers/Microsoft.Authorization/locks/keep"
HOME = ResourceId.parse(f"{GROUP}/providers/Microsoft.Resources/deployments/d-1")
NETWORK_KEY = "Microsoft.Network/virtualNetworks/vnet-1"


def entry(text: str) -> TopologyEntry:
    resource_id = ResourceId.parse(text)
    return TopologyEntry(id=resource_id, type=resource_id.type)


def keys(*texts: str, home: ResourceId = HOME, taken: dict[str, TopologyEntry] | None = None) -> list[str]:
    return list(name_entries(map(ResourceId.parse, texts), home, taken))


def test_entries_have_type_and_name_as_key() -> None:
    assert name_entries(map(ResourceId.parse, [VNET, SUBNET, GROUP]), HOME) == {
        NETWORK_KEY: entry(VNET),
        "Microsoft.Network/virtualNetworks/subnets/vnet-1/a": entry(SUBNET),
        "Microsoft.Resources/resourceGroups/rg-1": entry(GROUP),
    }
    assert entry(VNET).model_dump(mode="json") == {"id": VNET, "type": "Microsoft.Network/virtualNetworks"}


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (f"{VNET}{LOCK}", f"Microsoft.Authorization/locks/keep@{NETWORK_KEY}"),
        (f"{SUBNET}{LOCK}", "Microsoft.Authorization/locks/keep@Microsoft.Network/virtualNetworks/subnets/vnet-1/a"),
        (f"{GROUP}{LOCK}", "Microsoft.Authorization/locks/keep"),
        (f"{SUBSCRIPTION}{LOCK}", "Microsoft.Authorization/locks/keep@/subscriptions/s-1"),
        (f"/subscriptions/s-2{LOCK}", "Microsoft.Authorization/locks/keep@/subscriptions/s-2 (s-2)"),
        (VNET.replace("rg-1", "rg-hub"), f"{NETWORK_KEY} (rg-hub)"),
        (VNET.replace("s-1", "s-2"), f"{NETWORK_KEY} (s-2/rg-1)"),
        (f"{VNET}{LOCK}".replace("rg-1", "rg-hub"), f"Microsoft.Authorization/locks/keep@{NETWORK_KEY} (rg-hub)"),
        (GROUP.replace("s-1", "s-2"), "Microsoft.Resources/resourceGroups/rg-1 (s-2/rg-1)"),
        (GROUP.replace("rg-1", "rg-2"), "Microsoft.Resources/resourceGroups/rg-2"),
        (f"{SUBSCRIPTION}/providers/Microsoft.Resources/deployments/d", "Microsoft.Resources/deployments/d"),
        ("/providers/Microsoft.Management/managementGroups/m", "Microsoft.Management/managementGroups/m"),
    ],
)
def test_what_extends_something_or_lies_elsewhere_says_so_in_its_key(text: str, key: str) -> None:
    assert keys(text) == [key]


def test_four_locks_of_one_name_are_four_entries() -> None:
    """O12 of the cases: of four there were two."""
    things = [f"{GROUP}/providers/Contoso.Play/things/{number}{LOCK}" for number in range(4)]
    assert len(keys(*things)) == 4


def test_a_key_that_another_id_has_gets_its_group_and_at_last_the_id_is_the_key() -> None:
    elsewhere = VNET.replace("rg-1", "rg-2")
    assert keys(VNET, taken={NETWORK_KEY: entry(elsewhere)}) == [f"{NETWORK_KEY} (rg-1)"]
    taken = {NETWORK_KEY: entry(elsewhere), f"{NETWORK_KEY} (rg-1)": entry(SUBNET)}
    assert keys(VNET, taken=taken) == [VNET]
    assert keys(VNET.upper(), taken={NETWORK_KEY: entry(VNET)}) != [NETWORK_KEY]  # its key is in capitals


def test_the_same_id_in_another_case_is_the_same_entry() -> None:
    assert len(keys(VNET, VNET.replace("resourceGroups", "resourcegroups"))) == 1


@given(
    st.lists(
        st.builds(
            "/subscriptions/{}/resourceGroups/{}/providers/N.A/t/{}{}".format,
            st.sampled_from("ab"),
            st.sampled_from("gh"),
            st.sampled_from("xy"),
            st.sampled_from(["", LOCK, "/c/d"]),
        ),
        unique=True,
    )
)
def test_no_two_ids_have_one_key(texts: list[str]) -> None:
    found = name_entries(map(ResourceId.parse, texts), HOME)
    assert [str(one.id) for one in found.values()] == texts


def test_owned_and_changed_leave_out_what_was_removed() -> None:
    vnet, subnet = entry(VNET), entry(SUBNET)
    assert list_owned({"a": vnet, "b": None}) == {"a": vnet}
    wire = subnet.model_dump(mode="json")
    assert apply_changes({"a": vnet, "b": vnet}, {"b": None, "c": wire}, {"c": None, "d": wire}) == {
        "a": vnet,
        "d": subnet,
    }


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
def test_select_ids(target: tuple[str, str, str] | None, keys: set[str]) -> None:
    ids = {"vnet": VNET, "subnet": SUBNET, "far": VNET.replace("rg-1", "rg-2")}
    topology = {**{key: entry(one) for key, one in ids.items()}, "removed": None}
    targets = None
    if target is not None:
        targets = [Target(type=target[0], name=target[1], resource_group=target[2])]
    assert set(select_ids(topology, targets)) == keys
