"""What ARM ids say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from driver.resource_ids import ResourceId

SUBSCRIPTION = "/subscriptions/s-1"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-1"
VNET = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet-1"
SUBNET = f"{VNET}/subnets/a"
DEPLOYMENT = f"{GROUP}/providers/Microsoft.Resources/deployments/d-1"
AT_SUBSCRIPTION = f"{SUBSCRIPTION}/providers/Microsoft.Resources/deployments/d-2"
LOCK = f"{VNET}/providers/Microsoft.Authorization/locks/lock-1"
ROLE = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleAssignments/r-1"
IN_TENANT = "/providers/Microsoft.Management/managementGroups/mg-1"
IN_MANAGEMENT_GROUP = f"{IN_TENANT}/providers/Microsoft.Authorization/policyAssignments/p-1"
parse = ResourceId.parse


@pytest.mark.parametrize(
    ("text", "kind", "name", "subscription", "group", "parent", "extended"),
    [
        (SUBSCRIPTION, "Microsoft.Resources/subscriptions", "s-1", "s-1", "", None, None),
        (GROUP, "Microsoft.Resources/resourceGroups", "rg-1", "s-1", "rg-1", None, None),
        (VNET, "Microsoft.Network/virtualNetworks", "vnet-1", "s-1", "rg-1", None, None),
        (SUBNET, "Microsoft.Network/virtualNetworks/subnets", "vnet-1/a", "s-1", "rg-1", VNET, None),
        (DEPLOYMENT, "Microsoft.Resources/deployments", "d-1", "s-1", "rg-1", None, None),
        (AT_SUBSCRIPTION, "Microsoft.Resources/deployments", "d-2", "s-1", "", None, None),
        (LOCK, "Microsoft.Authorization/locks", "lock-1", "s-1", "rg-1", None, VNET),
        (f"{LOCK}/things/t", "Microsoft.Authorization/locks/things", "lock-1/t", "s-1", "rg-1", LOCK, VNET),
        (ROLE, "Microsoft.Authorization/roleAssignments", "r-1", "s-1", "", None, None),
        (IN_TENANT, "Microsoft.Management/managementGroups", "mg-1", "", "", None, None),
        (IN_MANAGEMENT_GROUP, "Microsoft.Authorization/policyAssignments", "p-1", "", "", None, IN_TENANT),
        (VNET.lower(), "microsoft.network/virtualnetworks", "vnet-1", "s-1", "rg-1", None, None),
        (
            f"{VNET}/subnets/providers",
            "Microsoft.Network/virtualNetworks/subnets",
            "vnet-1/providers",
            "s-1",
            "rg-1",
            VNET,
            None,
        ),
    ],
)
def test_the_parts_of_an_id(
    text: str, kind: str, name: str, subscription: str, group: str, parent: str | None, extended: str | None
) -> None:
    found = parse(text)
    assert (found.type, found.name, found.subscription, found.resource_group) == (kind, name, subscription, group)
    assert found.parent == (parent and parse(parent))
    assert found.extended == (extended and parse(extended))
    assert str(found) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "/None",
        "None",
        "vnet-1",
        f"{GROUP}/providers",
        f"{GROUP}/providers/Microsoft.Network",
        f"{VNET}/subnets",
        f"{GROUP}/things/x",
        f"{VNET}/",
        "/subscriptions//resourceGroups/rg-1",
        "https://x/subscriptions/s",
    ],
)
def test_a_text_that_is_no_id_has_no_type(text: str) -> None:
    found = parse(text)
    assert (found.type, found.parent, found.extended, str(found)) == ("", None, None, text)


def test_ids_that_differ_in_case_are_equal() -> None:
    assert parse(VNET) == parse(VNET.upper())
    assert len({parse(VNET), parse(VNET.lower()), parse(SUBNET)}) == 2
    assert parse(VNET).fingerprint == parse(VNET.upper()).fingerprint
    assert parse(VNET).fingerprint != parse(SUBNET).fingerprint
    assert parse(VNET) != VNET


@pytest.mark.parametrize(
    ("inner", "outer", "is_within"),
    [
        (SUBNET, VNET, True),
        (SUBNET.upper(), VNET, True),
        (VNET, GROUP, True),
        (LOCK, GROUP, True),
        (LOCK, VNET, False),
        (VNET, VNET, False),
        (f"{VNET}0", VNET, False),
        (VNET, GROUP[:-1], False),
        (VNET.replace("s-1", "s-2"), GROUP, False),
        (ROLE, SUBSCRIPTION, False),
    ],
)
def test_what_goes_with_another(inner: str, outer: str, is_within: bool) -> None:
    assert parse(inner).is_within(parse(outer)) is is_within


def test_children_come_before_parents_groups_after_their_resources_and_records_last() -> None:
    assert parse(SUBNET).depth > parse(VNET).depth > parse(GROUP).depth > parse(AT_SUBSCRIPTION).depth
    assert parse(LOCK).depth > parse(VNET).depth
    assert parse(DEPLOYMENT).depth == parse(AT_SUBSCRIPTION).depth == 0


@pytest.mark.parametrize(
    ("text", "is_top_level"), [(VNET, True), (SUBNET, False), (GROUP, False), (LOCK, False), (AT_SUBSCRIPTION, False)]
)
def test_what_a_group_lists(text: str, is_top_level: bool) -> None:
    assert parse(text).is_top_level is is_top_level


def test_in_a_model_it_is_text_on_the_wire() -> None:
    adapter = TypeAdapter(dict[str, ResourceId])
    found = adapter.validate_json(f'{{"a": "{VNET}"}}')
    assert found == {"a": parse(VNET)}
    assert adapter.validate_python(found) == found
    assert adapter.dump_python(found) == {"a": VNET}
    with pytest.raises(ValidationError):
        adapter.validate_python({"a": ""})


@given(st.text(alphabet="/aA1.-", max_size=60) | st.text())
def test_any_text_can_be_parsed(text: str) -> None:
    found = parse(text)
    assert str(found) == text
    assert bool(found.type) <= text.startswith("/")
