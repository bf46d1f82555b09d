"""What single services do beside keeping resources: power states, disks, names, locks, tags."""

from typing import Any

import pytest
import requests

from tests.azure.emulator import SUBSCRIPTION, Emulator

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
NETWORK = f"{GROUP}/providers/Microsoft.Network"
VM = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm"
VERSIONS = {
    "Microsoft.Network": "2024-05-01",
    "Microsoft.Compute": "2024-07-01",
    "Microsoft.Compute/disks": "2024-03-02",
    "Microsoft.Storage": "2023-05-01",
    "Microsoft.Network/privateDnsZones": "2020-06-01",
    "Microsoft.ManagedIdentity": "2018-11-30",
    "Microsoft.Authorization": "2022-04-01",
    "Microsoft.Authorization/locks": "2020-05-01",
}


@pytest.fixture
def group(azure: Emulator) -> Emulator:
    azure.call("PUT", f"{GROUP}?api-version=2022-09-01", {"location": "northeurope"})
    return azure


def versioned(path: str) -> str:
    namespace, kind = path.rsplit("/providers/", 1)[1].split("/")[:2]
    version = VERSIONS.get(f"{namespace}/{kind}") or VERSIONS[namespace]
    return f"{path}{'&' if '?' in path else '?'}api-version={version}"


def put(azure: Emulator, path: str, properties: dict[str, Any], **top: Any) -> requests.Response:
    answer = azure.call("PUT", versioned(path), {"location": "northeurope", "properties": properties, **top})
    azure.advance(60)
    return answer


def get(azure: Emulator, path: str) -> dict[str, Any]:
    found: dict[str, Any] = azure.call("GET", versioned(path)).json()
    return found


def code(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def machine(azure: Emulator, **disk: Any) -> None:
    """A machine with its network and one interface."""
    subnets = [{"name": "one", "properties": {"addressPrefix": "10.0.0.0/24"}}]
    put(
        azure,
        f"{NETWORK}/virtualNetworks/net",
        {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}, "subnets": subnets},
    )
    address = {"name": "ip", "properties": {"subnet": {"id": f"{NETWORK}/virtualNetworks/net/subnets/one"}}}
    put(azure, f"{NETWORK}/networkInterfaces/nic", {"ipConfigurations": [address]})
    properties = {
        "osProfile": {
            "computerName": "vm",
            "adminUsername": "admin",
            "adminPassword": "needle",
            "customData": "needle",
        },
        "storageProfile": {"osDisk": {"createOption": "FromImage", **disk}, "imageReference": {"offer": "ubuntu"}},
        "networkProfile": {"networkInterfaces": [{"id": f"{NETWORK}/networkInterfaces/nic"}]},
    }
    assert put(azure, VM, properties).status_code == 201


def power(azure: Emulator) -> str:
    shown = get(azure, f"{VM}?$expand=instanceView")
    return str(shown["properties"]["instanceView"]["statuses"][1]["code"])


def kinds(azure: Emulator) -> list[str]:
    return sorted(item["type"].rsplit("/", 1)[1] for item in azure.control("GET", "resources")["resources"])


def test_power_states_change_when_the_operation_has_ended(group: Emulator) -> None:
    machine(group)
    seen = [power(group)]
    for action in ("powerOff", "start", "deallocate", "restart"):
        answer = group.call("POST", versioned(f"{VM}/{action}"))
        assert (answer.status_code, answer.content) == (202, b"")
        assert "monitor=true" in answer.headers["location"]
        before = power(group)
        group.advance(60)
        assert group.call("GET", answer.headers["location"]).status_code == 200
        assert before == seen[-1]
        seen.append(power(group))
    assert [state.split("/")[1] for state in seen] == ["running", "stopped", "running", "deallocated", "running"]


@pytest.mark.parametrize(
    ("options", "left"),
    [
        ({}, ["disks", "networkInterfaces", "subnets", "virtualNetworks"]),
        ({"deleteOption": "Delete"}, ["networkInterfaces", "subnets", "virtualNetworks"]),
    ],
)
def test_a_machine_leaves_its_disk_behind_unless_told_otherwise(
    group: Emulator, options: dict[str, str], left: list[str]
) -> None:
    machine(group, **options)
    assert "disks" in kinds(group)
    assert code(group.call("DELETE", versioned(f"{NETWORK}/networkInterfaces/nic"))) == (400, "NicInUse")
    group.call("DELETE", versioned(VM))
    group.advance(60)
    assert kinds(group) == left
    assert group.call("DELETE", versioned(f"{NETWORK}/networkInterfaces/nic")).status_code == 202


def test_a_machines_secrets_are_not_kept(group: Emulator) -> None:
    machine(group)
    assert "needle" not in str(get(group, VM))


def test_a_disk_in_use_is_not_deleted(group: Emulator) -> None:
    machine(group)
    disk = get(group, VM)["properties"]["storageProfile"]["osDisk"]["managedDisk"]["id"]
    assert code(group.call("DELETE", versioned(disk))) == (409, "OperationNotAllowed")


def test_a_security_group_keeps_its_default_rules_and_is_held_by_a_subnet(group: Emulator) -> None:
    path = f"{NETWORK}/networkSecurityGroups/nsg"
    put(group, path, {})
    rule = {"priority": 100, "direction": "Inbound", "access": "Allow", "protocol": "*", "sourcePortRange": "*"}
    ends = {"destinationPortRange": "22", "sourceAddressPrefix": "*", "destinationAddressPrefix": "*"}
    assert put(group, f"{path}/securityRules/ssh", rule | ends).status_code == 201
    same = put(group, f"{path}/securityRules/other", rule | ends)
    assert code(same) == (400, "SecurityRuleConflict")
    shown = get(group, path)["properties"]
    assert ([item["name"] for item in shown["securityRules"]], len(shown["defaultSecurityRules"])) == (["ssh"], 6)
    subnets = [{"name": "one", "properties": {"addressPrefix": "10.0.0.0/24", "networkSecurityGroup": {"id": path}}}]
    put(
        group,
        f"{NETWORK}/virtualNetworks/net",
        {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}, "subnets": subnets},
    )
    held = group.call("DELETE", versioned(path))
    assert code(held) == (400, "InUseNetworkSecurityGroupCannotBeDeleted")


def test_peerings_are_connected_when_both_sides_have_one(group: Emulator) -> None:
    sides = {name: f"{NETWORK}/virtualNetworks/{name}" for name in ("left", "right")}
    for number, path in enumerate(sides.values()):
        put(group, path, {"addressSpace": {"addressPrefixes": [f"10.{number}.0.0/16"]}})
    one = f"{sides['left']}/virtualNetworkPeerings/to-right"
    put(group, one, {"remoteVirtualNetwork": {"id": sides["right"]}})
    assert get(group, one)["properties"]["peeringState"] == "Initiated"
    put(group, f"{sides['right']}/virtualNetworkPeerings/to-left", {"remoteVirtualNetwork": {"id": sides["left"]}})
    assert get(group, one)["properties"]["peeringState"] == "Connected"
    group.call("DELETE", versioned(sides["right"]))
    group.advance(60)
    assert get(group, one)["properties"]["peeringState"] == "Disconnected"


def test_storage_accounts_poll_by_location_and_have_names_of_their_own(group: Emulator) -> None:
    path = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/account1"
    answer = put(group, path, {}, sku={"name": "Standard_LRS"}, kind="StorageV2")
    assert (answer.status_code, answer.content, "azure-asyncoperation" in answer.headers) == (202, b"", False)
    assert group.call("GET", answer.headers["location"]).json()["id"] == path
    group.call("PUT", "/".join(path.split("/")[:4]) + "/other?api-version=2022-09-01", {"location": "northeurope"})
    taken = put(group, path.replace("/rg/", "/other/"), {}, sku={"name": "Standard_LRS"}, kind="StorageV2")
    assert code(taken) == (409, "StorageAccountAlreadyTaken")
    assert code(put(group, path[:-1] + "_", {})) == (400, "AccountNameInvalid")


def test_a_private_zone_is_not_deleted_before_its_links(group: Emulator) -> None:
    put(group, f"{NETWORK}/virtualNetworks/net", {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}})
    zone = f"{NETWORK}/privateDnsZones/example.com"
    answer = put(group, zone, {})
    assert (answer.status_code, answer.json()) == (202, {})
    put(group, f"{zone}/virtualNetworkLinks/link", {"virtualNetwork": {"id": f"{NETWORK}/virtualNetworks/net"}})
    assert code(group.call("DELETE", versioned(zone))) == (409, "CannotDeleteResource")
    group.call("DELETE", versioned(f"{zone}/virtualNetworkLinks/link"))
    group.advance(60)
    assert group.call("DELETE", versioned(zone)).status_code == 202


def test_locks_forbid_deletes_below_them(group: Emulator) -> None:
    net = f"{NETWORK}/virtualNetworks/net"
    put(group, net, {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}})
    lock = f"{GROUP}/providers/Microsoft.Authorization/locks/keep"
    put(group, lock, {"level": "CanNotDelete"})
    for path in (versioned(net), f"{GROUP}?api-version=2022-09-01"):
        assert code(group.call("DELETE", path)) == (409, "ScopeLocked")
    assert group.call("DELETE", versioned(lock)).status_code == 200
    assert group.call("DELETE", versioned(net)).status_code == 202


def test_role_assignments_are_one_for_each_principal_and_role(group: Emulator) -> None:
    identity = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/robot"
    principal = put(group, identity, {}).json()["properties"]["principalId"]
    properties = {"principalId": principal, "roleDefinitionId": "/subscriptions/s/roles/reader"}
    first = f"{GROUP}/providers/Microsoft.Authorization/roleAssignments/00000000-0000-0000-0000-000000000001"
    assert put(group, first, properties).status_code == 201
    assert code(put(group, first[:-1] + "2", properties)) == (409, "RoleAssignmentExists")
    assert group.call("DELETE", versioned(first)).json()["properties"]["principalId"] == principal
    assert code(group.call("GET", versioned(first))) == (404, "RoleAssignmentNotFound")


def test_tags_are_merged_replaced_and_removed(group: Emulator) -> None:
    path = f"{GROUP}/providers/Microsoft.Resources/tags/default?api-version=2022-09-01"
    seen = []
    for method, operation, tags in (
        ("PUT", None, {"a": "1"}),
        ("PATCH", "Merge", {"b": "2"}),
        ("PATCH", "Delete", {"a": "1"}),
    ):
        body = {"properties": {"tags": tags}} | ({"operation": operation} if operation else {})
        seen.append(group.call(method, path, body).json()["properties"]["tags"])
    assert seen == [{"a": "1"}, {"a": "1", "b": "2"}, {"b": "2"}]
    assert group.call("GET", f"{GROUP}?api-version=2022-09-01").json()["tags"] == {"b": "2"}


def test_a_group_goes_with_all_that_is_in_it_or_says_what_holds_it(group: Emulator) -> None:
    machine(group)
    nic = {
        "ipConfigurations": [
            {"name": "ip", "properties": {"subnet": {"id": f"{NETWORK}/virtualNetworks/net/subnets/one"}}}
        ]
    }
    group.call("PUT", f"{GROUP}2?api-version=2022-09-01", {"location": "northeurope"})
    outside = f"{GROUP}2/providers/Microsoft.Network/networkInterfaces/outside"
    put(group, outside, nic)
    url = group.call("DELETE", f"{GROUP}?api-version=2022-09-01").headers["location"]
    assert group.call("GET", url).status_code == 202
    group.advance(60)
    blocked = group.call("GET", url)
    assert (blocked.status_code, blocked.json()["Error"]["Code"]) == (409, "ResourceGroupDeletionBlocked")
    group.call("DELETE", versioned(outside))
    group.advance(60)
    group.call("DELETE", f"{GROUP}?api-version=2022-09-01")
    group.advance(60)
    assert group.control("GET", "resources")["resources"] == []


def test_providers_name_types_and_their_versions(azure: Emulator) -> None:
    base = f"/subscriptions/{SUBSCRIPTION}/providers"
    one = azure.call("GET", f"{base}/microsoft.network?api-version=2022-09-01").json()
    types = {item["resourceType"]: item["apiVersions"] for item in one["resourceTypes"]}
    assert {"virtualNetworks", "virtualNetworks/subnets", "natGateways"} <= set(types)
    assert "2024-05-01" in types["virtualNetworks/subnets"]
    assert all(versions == sorted(versions, reverse=True) for versions in types.values())
    listed = azure.call("GET", f"{base}?api-version=2022-09-01").json()["value"]
    assert {"Microsoft.Compute", "Microsoft.Network", "Microsoft.Resources"} <= {item["namespace"] for item in listed}


def test_a_provider_in_the_tenant_shows_types_and_no_registration(group: Emulator) -> None:
    shown = group.call("GET", "/providers/Microsoft.network?api-version=2022-09-01").json()
    assert (shown["id"], shown["namespace"]) == ("/providers/Microsoft.Network", "Microsoft.Network")
    assert "virtualNetworks" in {kind["resourceType"] for kind in shown["resourceTypes"]}
    assert "registrationState" not in shown
    refused = group.call("GET", "/providers/Nobody.Nothing?api-version=2022-09-01")
    assert code(refused) == (404, "InvalidResourceNamespace")


def test_what_is_not_emulated_is_refused_by_name(group: Emulator) -> None:
    paths = [
        ("POST", f"{GROUP}/exportTemplate"),
        ("POST", f"{GROUP}/moveResources"),
        ("PUT", f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Resources/deploymentStacks/one"),
        ("GET", "/providers/Microsoft.Management/managementGroups"),
    ]
    for method, path in paths:
        refused = group.call(method, f"{path}?api-version=2022-09-01", {})
        assert code(refused) == (501, "NotSupportedByEmulator")
        assert path.rsplit("/", 1)[1] in refused.json()["error"]["message"]
