"""An estate as the driver that went before has left it, deleted by this one: one entry of type `Azure` for each
resource, whose id is that of the deployment, or of the resource group.
"""

from typing import Any

import pytest

from dev.brent import Resource
from tests.e2e.trial import Trial

SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
DEPLOYMENTS = "providers/Microsoft.Resources/deployments"
GROUP = "rg-former"


def template(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"$schema": SCHEMA, "contentVersion": "1.0.0.0", "resources": list(resources)}


def network(kind: str, name: str, *needs: str, **properties: Any) -> dict[str, Any]:
    return {
        "type": f"Microsoft.Network/{kind}",
        "apiVersion": "2020-11-01",
        "name": name,
        "location": "northeurope",
        "properties": properties,
        "dependsOn": list(needs),
    }


def reference(kind: str, *names: str) -> dict[str, str]:
    return {"id": f"[resourceId('Microsoft.Network/{kind}', {', '.join(map(repr, names))})]"}


RULE = {
    "name": "DenyInternetOutbound",
    "properties": {
        "priority": 300,
        "direction": "Outbound",
        "access": "Deny",
        "protocol": "*",
        "sourceAddressPrefix": "*",
        "sourcePortRange": "*",
        "destinationAddressPrefix": "Internet",
        "destinationPortRange": "*",
    },
}
ROUTE = {"name": "BranchOfficeRoute", "properties": {"addressPrefix": "192.168.7.0/24", "nextHopType": "None"}}
ADDRESS = {"name": "ip", "properties": {"subnet": reference("virtualNetworks/subnets", "vnet-1", "lan")}}
MACHINE = {
    "type": "Microsoft.Compute/virtualMachines",
    "apiVersion": "2020-06-01",
    "name": "edge-1",
    "location": "northeurope",
    "dependsOn": ["nic-1"],
    "properties": {
        "hardwareProfile": {"vmSize": "Standard_B1s"},
        "osProfile": {"computerName": "edge-1", "adminUsername": "operator"},
        "storageProfile": {"osDisk": {"createOption": "FromImage", "name": "edge-1-os", "deleteOption": "Delete"}},
        "networkProfile": {"networkInterfaces": [reference("networkInterfaces", "nic-1")]},
    },
}
# Type and template of each resource, in the order of their creation.
ESTATE: dict[str, tuple[str, dict[str, Any]]] = {
    "vnet": (
        "AzureVNet",
        template(
            network(
                "virtualNetworks",
                "vnet-1",
                addressSpace={"addressPrefixes": ["10.0.0.0/16"]},
                subnets=[{"name": "default", "properties": {"addressPrefix": "10.0.0.0/24"}}],
            )
        ),
    ),
    "nsg": ("AzureNetworkSecurityGroup", template(network("networkSecurityGroups", "nsg-1", securityRules=[RULE]))),
    "routes": ("AzureRouteTable", template(network("routeTables", "rt-1", routes=[ROUTE]))),
    "subnet": (
        "AzureSubnet",
        template(
            network(
                "virtualNetworks/subnets",
                "vnet-1/lan",
                addressPrefix="10.0.1.0/24",
                networkSecurityGroup=reference("networkSecurityGroups", "nsg-1"),
                routeTable=reference("routeTables", "rt-1"),
            )
        ),
    ),
    "storage": (
        "AzureStorageAccount",
        template(
            {
                "type": "Microsoft.Storage/storageAccounts",
                "apiVersion": "2019-06-01",
                "name": "stformer1",
                "location": "northeurope",
                "kind": "StorageV2",
                "sku": {"name": "Standard_LRS"},
            }
        ),
    ),
    "edge": (
        "AzureVCE",
        template(
            network("publicIPAddresses", "ip-1", publicIPAllocationMethod="Dynamic"),
            network("networkInterfaces", "nic-1", "ip-1", ipConfigurations=[ADDRESS]),
            MACHINE,
        ),
    ),
}


def left_behind(trial: Trial, name: str, kind: str, external_id: str) -> Resource:
    return Resource(name, f"resource::{kind}::1.0", {}, {name: {"id": external_id, "type": "Azure"}})


@pytest.mark.slow
def test_an_estate_is_deleted_in_the_reverse_order_of_its_creation(trial: Trial) -> None:
    before = trial.in_azure("subscriptions")
    trial.make_group(GROUP)
    group_id = f"/resourceGroups/{GROUP}"
    alone = trial.in_azure(GROUP)
    estate = [left_behind(trial, GROUP, "AzureResourceGroup", f"{trial.subscription}{group_id}")]
    for name, (kind, body) in ESTATE.items():
        path = f"{group_id}/{DEPLOYMENTS}/{name}-deployment"
        trial.make(path, {"properties": {"mode": "Incremental", "template": body}}, "2025-04-01")
        estate.append(left_behind(trial, name, kind, f"{trial.subscription}{path}"))
    assert len(trial.in_azure(GROUP)) > 2 * len(ESTATE)

    for resource in reversed(estate):
        if resource.name == GROUP:
            assert trial.in_azure(GROUP) == alone
        assert trial.run(resource, "Delete").topology == {}, resource.name
    assert trial.in_azure("subscriptions") == before


@pytest.mark.slow
def test_a_stuck_part_of_an_old_deployment_is_named(trial: Trial, group: str) -> None:
    path = f"/resourceGroups/{group}/{DEPLOYMENTS}/vnet-deployment"
    trial.make(path, {"properties": {"mode": "Incremental", "template": ESTATE["vnet"][1]}}, "2025-04-01")
    networks = f"/resourceGroups/{group}/providers/Microsoft.Network"
    nic = f"{networks}/networkInterfaces/nic-1"
    subnet = f"{trial.subscription}{networks}/virtualNetworks/vnet-1/subnets/default"
    configuration = {"name": "ip", "properties": {"subnet": {"id": subnet}}}
    trial.make(nic, {"location": "northeurope", "properties": {"ipConfigurations": [configuration]}})
    old = left_behind(trial, "vnet", "AzureVNet", f"{trial.subscription}{path}")
    details, left = trial.failed(trial.begin(old, "Delete"), old)
    assert "InUseSubnetCannotBeDeleted" in details["description"]
    assert left.topology == old.topology
    trial.unmake(nic)
    assert trial.run(left, "Delete").topology == {}
    assert len(trial.in_azure(group)) == 1
