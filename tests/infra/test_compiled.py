"""What the real Bicep compiler says of infra/: nothing is stale, nothing is warned of, and what each template makes."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from dev import bicep, templates

SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
NETWORK = "Microsoft.Network"

# By parameters file: the resources that the deployments engine predicts for it, by type and name.
PREDICTED = {
    "AzureLoadBalancer/main": [f"{NETWORK}/loadBalancers lb-web"],
    "AzureNatGateway/main": [f"{NETWORK}/natGateways nat-branch-7"],
    "AzureNetworkInterface/main": [f"{NETWORK}/networkInterfaces nic-web"],
    "AzureNetworkSecurityGroup/main": [
        f"{NETWORK}/networkSecurityGroups nsg-lan",
        f"{NETWORK}/networkSecurityGroups/securityRules nsg-lan/DenyInternetOutbound",
        f"{NETWORK}/networkSecurityGroups/securityRules nsg-lan/DenyLoadbalancerInbound",
        f"{NETWORK}/networkSecurityGroups/securityRules nsg-lan/AllowVnetCIDROutbound",
        f"{NETWORK}/networkSecurityGroups/securityRules nsg-lan/DenyVnetOutbound",
        f"{NETWORK}/networkSecurityGroups/securityRules nsg-lan/AllowVnetCIDRInbound",
        f"{NETWORK}/networkSecurityGroups/securityRules nsg-lan/DenyVnetInbound",
    ],
    "AzureNetworkSecurityGroup/rule": [f"{NETWORK}/networkSecurityGroups/securityRules nsg-lan/AllowHttps"],
    "AzurePrivateDnsZone/main": [
        f"{NETWORK}/privateDnsZones branch-7.internal",
        f"{NETWORK}/privateDnsZones/virtualNetworkLinks branch-7.internal/vnet-branch-7",
    ],
    "AzurePublicIPAddress/main": [f"{NETWORK}/publicIPAddresses pip-branch-7"],
    "AzureResourceGroup/main": ["Microsoft.Resources/resourceGroups rg-branch-7"],
    "AzureRouteTable/main": [
        f"{NETWORK}/routeTables rt-lan",
        f"{NETWORK}/routeTables/routes rt-lan/BranchOfficeRoute",
    ],
    "AzureRouteTable/route": [f"{NETWORK}/routeTables/routes rt-lan/ToDataCentre"],
    "AzureStorageAccount/main": ["Microsoft.Storage/storageAccounts stbranch7"],
    "AzureSubnet/main": [f"{NETWORK}/virtualNetworks/subnets vnet-branch-7/subnet-lan"],
    "AzureVNet/main": [
        f"{NETWORK}/virtualNetworks vnet-branch-7",
        f"{NETWORK}/virtualNetworks/subnets vnet-branch-7/default",
    ],
    "AzureVNet/peering": [f"{NETWORK}/virtualNetworks/virtualNetworkPeerings vnet-branch-7/vnet-branch-7-to-vnet-hub"],
    "AzureVirtualEdge/main": [
        f"{NETWORK}/networkSecurityGroups edge-branch-7-wan-nsg",
        f"{NETWORK}/networkSecurityGroups edge-branch-7-lan-nsg",
        f"{NETWORK}/routeTables vnet-edge-7-PUB-RT",
        f"{NETWORK}/routeTables vnet-edge-7-PRI-RT",
        f"{NETWORK}/virtualNetworks vnet-edge-7",
        f"{NETWORK}/virtualNetworks/subnets vnet-edge-7/Public_SN",
        f"{NETWORK}/virtualNetworks/subnets vnet-edge-7/Private_SN",
        f"{NETWORK}/publicIPAddresses edge-branch-7-publicIP",
        f"{NETWORK}/networkInterfaces edge-branch-71-nic",
        f"{NETWORK}/networkInterfaces edge-branch-72-nic",
        f"{NETWORK}/networkInterfaces edge-branch-73-nic",
        "Microsoft.Compute/virtualMachines edge-branch-7",
    ],
    "AzureVirtualMachine/main": ["Microsoft.Compute/virtualMachines vm-web"],
}

# The old driver's rules, by private_or_public and local_or_global: name, priority, direction, access.
LOCAL_RULES = {
    ("AllowVnetCIDROutbound", 400, "Outbound", "Allow"),
    ("DenyVnetOutbound", 500, "Outbound", "Deny"),
    ("AllowVnetCIDRInbound", 200, "Inbound", "Allow"),
    ("DenyVnetInbound", 300, "Inbound", "Deny"),
}
PRIVATE_RULES = {
    ("DenyInternetOutbound", 300, "Outbound", "Deny"),
    ("DenyLoadbalancerInbound", 600, "Inbound", "Deny"),
}
PUBLIC_RULES = {("AllowInternetInbound", 500, "Inbound", "Allow")}


@pytest.mark.slow
def test_generated_files_are_current_and_free_of_warnings(compiler: bicep.Bicep) -> None:
    stale = [
        str(path.relative_to(templates.ROOT))
        for path, content in templates.generated(compiler)
        if not path.is_file() or path.read_text(encoding="utf-8") != content
    ]
    assert stale == [], "run `make templates`"


def test_the_linter_objects_to_what_the_rules_forbid(compiler: bicep.Bicep, tmp_path: Path) -> None:
    shutil.copy(templates.INFRA / "bicepconfig.json", tmp_path)
    source = tmp_path / "main.bicep"
    source.write_text("param unused string\n", encoding="utf-8")
    assert "error no-unused-params" in compiler.compile(source).diagnostics[0].lower()


@pytest.mark.parametrize("name", PREDICTED)
def test_what_each_template_makes(compiler: bicep.Bicep, name: str) -> None:
    snapshot = _snapshot(compiler, templates.PACKAGES / f"{name}.bicepparam")
    assert snapshot["diagnostics"] == []
    assert [f"{one['type']} {one['name']}" for one in snapshot["predictedResources"]] == PREDICTED[name]


def test_every_template_has_example_parameters() -> None:
    sources = {
        str(path.with_suffix("").relative_to(templates.PACKAGES)) for path in templates.PACKAGES.glob("*/*.bicep")
    }
    assert sources == set(PREDICTED)


@pytest.mark.parametrize(
    ("private_or_public", "local_or_global", "expected"),
    [
        ("private", "local", PRIVATE_RULES | LOCAL_RULES),
        ("private", "global", PRIVATE_RULES),
        ("public", "local", PUBLIC_RULES | LOCAL_RULES),
        ("public", "global", PUBLIC_RULES),
        ("", "", set()),
    ],
)
def test_rules_of_a_network_security_group(
    compiler: bicep.Bicep,
    tmp_path: Path,
    private_or_public: str,
    local_or_global: str,
    expected: set[tuple[str, int, str, str]],
) -> None:
    values = {"private_or_public": private_or_public, "local_or_global": local_or_global}
    made = _resources(compiler, tmp_path, "AzureNetworkSecurityGroup", network_security_group_name="nsg", **values)
    rules = [one for one in made if one["type"].endswith("securityRules")]
    properties = [(one["name"].removeprefix("nsg/"), one["properties"]) for one in rules]
    assert {(name, one["priority"], one["direction"], one["access"]) for name, one in properties} == expected


@pytest.mark.parametrize(
    ("private_or_public", "local_or_global", "routes"),
    [("private", "global", 1), ("private", "local", 0), ("public", "global", 0), ("public", "local", 0)],
)
def test_only_a_private_and_global_route_table_leads_to_the_branch_office(
    compiler: bicep.Bicep, tmp_path: Path, private_or_public: str, local_or_global: str, routes: int
) -> None:
    values = {"private_or_public": private_or_public, "local_or_global": local_or_global}
    office = {"branch_office_cidr": "192.168.7.0/24", "private_static_ip": "10.7.2.4"}
    made = _resources(compiler, tmp_path, "AzureRouteTable", route_table_name="rt", **values, **office)
    assert sum(one["type"].endswith("/routes") for one in made) == routes


def test_what_is_optional_is_left_out(compiler: bicep.Bicep, tmp_path: Path) -> None:
    subnet = _resources(
        compiler, tmp_path, "AzureSubnet", vnet_name="vnet", subnet_name="subnet", subnet_cidr_block="10.0.0.0/24"
    )
    assert [subnet[0]["properties"][name] for name in ("routeTable", "networkSecurityGroup", "natGateway")] == [
        None
    ] * 3
    zone = _resources(compiler, tmp_path, "AzurePrivateDnsZone", private_dns_zone_name="example.internal")
    assert [one["type"] for one in zone] == ["Microsoft.Network/privateDnsZones"]
    edge = _resources(
        compiler,
        tmp_path,
        "AzureVirtualEdge",
        EdgeName="edge",
        VCO="vco.example.com",
        ActivationKey="key",
        SslPublicKey="ssh-ed25519 AAAA",
        virtualNetworkNewOrExisting="existing",
    )
    assert {one["type"] for one in edge}.isdisjoint({f"{NETWORK}/virtualNetworks", f"{NETWORK}/routeTables"})


def _resources(compiler: bicep.Bicep, folder: Path, package: str, **values: str) -> list[dict[str, Any]]:
    """What the package's Create makes with these parameters."""
    source = os.path.relpath(templates.PACKAGES / package / "main.bicep", folder)  # Bicep takes only relative paths
    parameters = folder / f"{package}.bicepparam"
    lines = [f"using '{source}'", *(f"param {name} = '{value}'" for name, value in values.items())]
    parameters.write_text("\n".join(lines), encoding="utf-8")
    return list(_snapshot(compiler, parameters)["predictedResources"])


def _snapshot(compiler: bicep.Bicep, parameters: Path) -> dict[str, Any]:
    group = None if parameters.parent.name == "AzureResourceGroup" else "rg"
    return compiler.snapshot(parameters, SUBSCRIPTION, group, "westeurope")
