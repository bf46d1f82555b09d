"""What requests ask for, worked out by the built-in packages."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from dev import brent
from driver.deployment_plans import build_deployment_name
from driver.errors import InvalidRequest
from driver.models.orders import Call, Deploy, Idle, Order, Precheck, Remove
from driver.packages.catalogue import find_package
from driver.packages.names import find_name_fault
from driver.plans import Plan, name_order, plan
from tests.support.driver_files import zipped
from tests.support.requests import GROUP, NEEDLE, SETTINGS, VNET, body, lifecycle_request

REQUEST_ID = "0a1b2c3d-0000-4000-8000-000000000001"
SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
EMPTY = {"$schema": SCHEMA, "contentVersion": "1.0.0.0", "resources": []}
NEW_IN_ORDERS = ("resource_id", "transition")


def planned(content: Mapping[str, Any]) -> Plan:
    request = lifecycle_request(content)
    return plan(request, find_package(request.read_system_property("resourceType"), "", SETTINGS), SETTINGS)


def deploy(content: Mapping[str, Any]) -> Deploy:
    work = name_order(planned(content).order, REQUEST_ID).work
    assert isinstance(work, Deploy)
    return work


def faults(content: Mapping[str, Any]) -> tuple[str, ...]:
    with pytest.raises(InvalidRequest) as caught:
        planned(content)
    return caught.value.faults


def test_a_vnet_as_the_old_driver_was_asked_for_it() -> None:
    optional = {
        "vnet_address_space": "10.0.0.0/16, 10.1.0.0/16",
        "vnet_enable_ddos_protection": "false",
        "vnet_private_endpoint_network_policies": "enabled",
        "vnet_private_link_service_network_policies": "DISABLED",
    }
    work = deploy(body(properties=optional))
    assert (work.package, work.file, work.scope) == ("AzureVNet", "main.bicep", "resourceGroup")
    assert (work.resource_group, work.location) == ("rg-1", "")
    assert work.parameters == {
        "vnet_name": "vnet-1",
        "vnet_location": "northeurope",
        "vnet_address_space": ["10.0.0.0/16", "10.1.0.0/16"],
        "vnet_default_cidr_block": "10.0.0.0/24",
        "vnet_enable_ddos_protection": False,
        "vnet_private_endpoint_network_policies": "Enabled",
        "vnet_private_link_service_network_policies": "Disabled",
    }
    assert work.template is None
    assert work.secure == ()


def test_an_order_names_resource_and_transition_and_one_of_release_2_0_0_is_read_without_them() -> None:
    order = planned(body()).order
    assert (order.resource_id, order.transition) == (VNET.id, "Create")
    former = {key: value for key, value in order.model_dump(mode="json").items() if key not in NEW_IN_ORDERS}
    assert Order.model_validate(former) == order.model_copy(update={"resource_id": "", "transition": ""})


def test_a_precheck_binds_what_a_create_binds() -> None:
    order = name_order(planned(body(transition="Precheck")).order, REQUEST_ID)
    created = deploy(body())
    assert order.work == Precheck(deploy=created)
    assert faults(body(transition="PRECHECK", properties={"vnet_name": None})) == (
        "property 'vnet_name' is missing: it is required (string)",
    )


@pytest.mark.parametrize(
    ("lines", "kept"),
    [
        ("", ()),
        ("retain: [a/b]", ("a/b",)),
        ("Delete: {remove: all, retain: true}", ("*",)),
        ("Delete: {remove: [{type: a/b, name: x}]}", ("*",)),
        ("Delete: {deploy: main.json}", ("*",)),
    ],
)
def test_a_deployment_is_checked_before_if_the_package_says_so(lines: str, kept: tuple[str, ...]) -> None:
    transitions = ["Create: {deploy: main.json, precheck: true}", "AddMore: {deploy: main.json}"]
    transitions += [lines] if lines.startswith("Delete") else []
    text = "version: 1\nresourceGroup: rg-1\n" + (f"{lines}\n" if lines.startswith("retain") else "")
    text += "transitions:\n" + "".join(f"  {line}\n" for line in transitions)
    files = zipped({"lifecycle.yaml": text, "main.json": json.dumps(EMPTY)})
    found = {}
    for name in ("Create", "Reconfigure", "Precheck", "AddMore"):
        request = lifecycle_request(body(transition=name))
        order = plan(request, find_package("resource::Own::1.0", files, SETTINGS), SETTINGS).order
        assert order.deploy is not None
        found[name] = (order.deploy.precheck, order.deploy.kept)
    checked = (True, kept)
    assert found == {"Create": checked, "Reconfigure": checked, "Precheck": (False, kept), "AddMore": (False, ())}


@pytest.mark.parametrize("region", ["North Europe", "northeurope", " NorthEurope "])
def test_a_resource_group_is_deployed_to_the_subscription(region: str) -> None:
    work = deploy(body(resource=GROUP, properties={"resourcegroup_location": region}))
    assert (work.scope, work.location, work.resource_group) == ("subscription", "northeurope", "")
    assert work.parameters == {"resourcegroup_name": "rg-1", "resourcegroup_location": region}


def test_a_list_may_come_as_a_list() -> None:
    assert deploy(body(properties={"vnet_address_space": ["10.0.0.0/8"]})).parameters["vnet_address_space"] == [
        "10.0.0.0/8"
    ]


def test_names_bind_without_case_and_what_is_empty_is_left_to_the_default() -> None:
    content = body(properties={"vnet_name": None, "VNET_NAME": "vnet-2", "vnet_default_cidr_block": ""})
    parameters = deploy(content).parameters
    assert parameters["vnet_name"] == "vnet-2"
    assert "vnet_default_cidr_block" not in parameters


def test_resource_properties_win_over_request_properties() -> None:
    asked = {"vnet_name": {"type": "string", "value": "other"}, "vnet_location": {"type": "string", "value": "uksouth"}}
    parameters = deploy(body(properties={"vnet_location": None}, requestProperties=asked)).parameters
    assert (parameters["vnet_name"], parameters["vnet_location"]) == ("vnet-1", "uksouth")


def test_all_that_is_missing_or_wrong_is_named_with_its_type() -> None:
    wrong = {
        "vnet_name": None,
        "vnet_address_space": None,
        "vnet_enable_ddos_protection": "perhaps",
        "vnet_private_endpoint_network_policies": "Some",
        "resourcegroup_name": "rg.",
    }
    found = faults(body(properties=wrong))
    assert len(found) == 5
    assert "property 'vnet_name' is missing: it is required (string)" in found
    assert "property 'vnet_address_space' is missing: it is required (array)" in found
    assert "property 'vnet_enable_ddos_protection': it takes true or false" in found
    assert any(
        fault.startswith("property 'vnet_private_endpoint_network_policies': 'Some' is none of") for fault in found
    )
    assert any("'rg.' is no name for Microsoft.Resources/resourceGroups" in fault for fault in found)


@pytest.mark.parametrize(
    ("resource", "name", "value"),
    [
        (VNET, "resourcegroup_name", None),
        (VNET, "resourcegroup_name", ""),
        (VNET, "resourcegroup_name", "a/b"),
        (VNET, "vnet_name", ""),
        (VNET, "vnet_name", "-"),
        (VNET, "vnet_address_space", ""),
        (VNET, "vnet_address_space", []),
        (VNET, "vnet_address_space", {"a": 1}),
        (VNET, "vnet_default_cidr_block", {"a": 1}),
        (GROUP, "resourcegroup_name", None),
        (GROUP, "resourcegroup_name", "x" * 91),
        (GROUP, "resourcegroup_location", None),
        (GROUP, "resourcegroup_location", " "),
        (GROUP, "resourcegroup_location", ["northeurope"]),
    ],
)
def test_one_wrong_property_is_named(resource: brent.Resource, name: str, value: Any) -> None:
    content = body(resource=resource, properties={name: value})
    if value in ({"a": 1}, ["northeurope"]) and name != "vnet_address_space":
        assert isinstance(deploy(content).parameters[name], str)  # text is JSON of it: for Azure to refuse
    else:
        assert any(name in fault or ", resourceGroup: " in fault or "location" in fault for fault in faults(content))


def test_delete_removes_all_that_is_owned() -> None:
    for name in ("Delete", "delete"):
        work = planned(body(name)).order.work
        assert isinstance(work, Remove)
        assert work.targets is None


@pytest.mark.parametrize("name", ["Install", "configure", "Stop", "Uninstall"])
def test_what_tnco_calls_and_the_package_leaves_out_is_idle(name: str) -> None:
    assert planned(body(name)).order.work == Idle()


PEERING = {
    "initiator_vnet_rg_name": "rg-1",
    "initiator_vnet_name": "vnet-1",
    "acceptor_vnet_name": "vnet-2",
    "acceptor_vnet_rg_name": "rg-2",
}


def test_a_peering_is_made_by_its_own_template_in_its_own_group() -> None:
    work = deploy(body("CreateVnetPeering", properties={**PEERING, "initiator_vnet_rg_name": "rg-9"}))
    assert (work.file, work.resource_group) == ("peering.bicep", "rg-9")


def test_a_peering_is_removed_by_name() -> None:
    work = planned(body("removevnetpeering", properties=PEERING)).order.work
    assert isinstance(work, Remove)
    assert work.targets is not None
    (target,) = work.targets
    assert target.name == "vnet-1/vnet-1-to-vnet-2"
    assert target.resource_group == "rg-1"


def test_an_operation_is_asked_for_in_the_request_properties() -> None:
    """As Brent sends the properties of an operation, those of the resource beside them."""
    table = brent.Resource(
        "rt", "resource::AzureRouteTable::1.0", {"resourcegroup_name": "rg", "route_table_name": "rt"}
    )
    asked = {"route_name": {"type": "string", "value": "r-1"}, "route_table_name": {"type": "string", "value": "other"}}
    work = planned(body("RemoveRoute", table, requestProperties=asked)).order.work
    assert isinstance(work, Remove)
    assert work.targets is not None
    assert [target.name for target in work.targets] == ["rt/r-1"]


@pytest.mark.parametrize("value", [None, 5, ["rg-1"]])
def test_a_target_that_is_no_text_is_an_invalid_request(value: Any) -> None:
    properties = {**PEERING, "initiator_vnet_rg_name": value}
    typed = {name: {"type": "string", "value": one} for name, one in properties.items()}
    assert any("resourceGroup" in fault for fault in faults(body("RemoveVnetPeering", resourceProperties=typed)))


def test_what_a_target_needs_is_named() -> None:
    name, group = faults(body("RemoveVnetPeering"))
    assert "AzureVNet lifecycle.yaml line 25, transitions.RemoveVnetPeering.remove.name: " in name
    assert "needs the property 'initiator_vnet_name', which is not there" in name
    assert "lifecycle.yaml line 26, transitions.RemoveVnetPeering.remove.resourceGroup: " in group


def test_what_is_secure_is_told_to_be_and_is_in_no_text() -> None:
    properties = {
        "resourcegroup_name": "rg-1",
        "vm_name": "vm-1",
        "vm_network_interface_name": "nic-1",
        "vm_admin_username": "admin",
        "vm_admin_password": "passw0rd-" + NEEDLE,
        "vm_os_disk_size": "64",
    }
    order = planned(body(resource=brent.Resource("vm-1", "resource::AzureVirtualMachine::1.0", properties))).order
    assert isinstance(order.work, Deploy)
    assert order.work.secure == ("vm_admin_password", "vm_custom_data")
    assert order.work.parameters["vm_os_disk_size"] == 64
    assert order.secrets == (NEEDLE, "passw0rd-" + NEEDLE)
    assert NEEDLE not in repr(order)


def test_start_is_an_action_of_the_vm() -> None:
    vm = brent.Resource(name="vm-1", type="resource::AzureVirtualMachine::1.0", properties={})
    assert planned(body("Start", vm)).order.work == Call(action="start", on="Microsoft.Compute/virtualMachines")


def vm_of(properties: dict[str, str]) -> brent.Resource:
    return brent.Resource("vm-1", "resource::AzureVirtualMachine::1.0", properties)


def test_a_start_that_could_not_deploy_what_is_missing_is_refused_for_wrong_properties_only() -> None:
    given = {"vm_name": "wrong name!", "vm_network_interface_name": "nic-1", "vm_admin_username": "admin"}
    whole = {**given, "resourcegroup_name": "rg-1", "vm_admin_password": "passw0rd-" + NEEDLE}
    assert isinstance(planned(body("Start", vm_of(given))).order.work, Call)
    assert any("'wrong name!' is no name for" in fault for fault in faults(body("Start", vm_of(whole))))


def test_the_time_a_transition_may_take_is_the_settings_unless_the_package_says() -> None:
    assert planned(body()).timeout == 840


def test_the_order_carries_location_and_topology() -> None:
    entry = {"id": "/subscriptions/s/resourceGroups/rg-1", "type": "Azure"}
    order = name_order(planned(body("Delete", associatedTopology={"vnet1": entry})).order, REQUEST_ID)
    assert order.request_id == REQUEST_ID
    assert order.location.client_secret == NEEDLE
    assert order.model_dump(mode="json")["topology"] == {"vnet1": entry}
    assert NEEDLE not in repr(order)


@pytest.mark.parametrize(
    ("resource_name", "prefix"),
    [
        ("vnet-1", "vnet-1"),
        ("", None),
        ("---", None),
        ("Netz Äß/ü", "Netz"),
        ("a" * 200, "a" * 27),
        ("日本", None),
        ("..a..", "a"),
        ("a\nb", "a-b"),
        ("a" * 26 + "..", "a" * 26),
    ],
)
def test_deployment_names(resource_name: str, prefix: str | None) -> None:
    name = build_deployment_name(resource_name, REQUEST_ID)
    assert name == (REQUEST_ID if prefix is None else f"{prefix}-{REQUEST_ID}")
    assert find_name_fault("Microsoft.Resources/deployments", name) is None
    assert len(name) <= 64
