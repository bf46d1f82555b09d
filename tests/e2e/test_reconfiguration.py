"""Reconfigure and Upgrade: the template of Create again, in place, with what operations made left alone."""

import json
from dataclasses import replace
from typing import Any

import pytest

from dev.brent import Resource, vnet
from tests.e2e.trial import Trial, ids
from tests.support.driver_files import zipped

NETWORKS = "providers/Microsoft.Network/virtualNetworks"
SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"


def change(resource: Resource, **properties: Any) -> Resource:
    return replace(resource, properties={**resource.properties, **properties})


def read(trial: Trial, group: str, path: str) -> dict[str, Any]:
    answer = trial.arm("GET", f"/resourceGroups/{group}/{path}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.mark.slow
def test_a_network_is_reconfigured_in_place_and_keeps_its_peering(trial: Trial, group: str) -> None:
    hub = trial.run(change(vnet("hub", group), vnet_address_space="10.9.0.0/16", vnet_default_cidr_block=""))
    made = trial.run(vnet("vnet-1", group))
    peering = {
        "initiator_vnet_name": "vnet-1",
        "initiator_vnet_rg_name": group,
        "acceptor_vnet_name": "hub",
        "acceptor_vnet_rg_name": group,
    }
    peered = trial.run(made, "CreateVnetPeering", request_properties=peering)
    changed = trial.run(change(peered, vnet_address_space="10.0.0.0/16, 10.1.0.0/16"), "Reconfigure")
    found = read(trial, group, f"{NETWORKS}/vnet-1")["properties"]
    assert found["addressSpace"]["addressPrefixes"] == ["10.0.0.0/16", "10.1.0.0/16"]
    assert [one["name"] for one in found["virtualNetworkPeerings"]] == ["vnet-1-to-hub"]
    assert {key for key in peered.topology if "deployments/" not in key} <= set(changed.topology)
    again = trial.run(change(changed, vnet_address_space="10.0.0.0/16"), "Reconfigure")
    assert len(again.topology) == len(changed.topology)  # the record of the Reconfigure before is replaced
    assert trial.run(again, "Delete").topology == {}
    trial.run(hub, "Delete")
    assert len(trial.in_azure(group)) == 1


@pytest.mark.slow
def test_pruning_removes_what_the_one_before_made_and_not_what_an_operation_made(trial: Trial, group: str) -> None:
    properties = {
        "resourcegroup_name": group,
        "network_security_group_name": "nsg-1",
        "private_or_public": "private",
        "local_or_global": "global",
        "vnet_address_space": "10.0.0.0/16",
    }
    made = trial.run(Resource("nsg-1", "resource::AzureNetworkSecurityGroup::1.0", properties))
    rule = {"nsg_rule_name": "AllowSsh", "priority": "1001", "destination_port_ranges": "22"}
    ruled = trial.run(made, "CreateNsgRule", request_properties=rule)
    changed = trial.run(change(ruled, private_or_public="public"), "Reconfigure")
    rules = read(trial, group, "providers/Microsoft.Network/networkSecurityGroups/nsg-1")["properties"]["securityRules"]
    assert {one["name"] for one in rules} == {"AllowInternetInbound", "AllowSsh"}
    owned = {one.rpartition("/")[2] for one in ids(changed.topology) if "/securityrules/" in one}
    assert owned == {"allowinternetinbound", "allowssh"}
    upgraded = trial.run(change(changed, private_or_public=""), "Upgrade")
    assert {one.rpartition("/")[2] for one in ids(upgraded.topology) if "/securityrules/" in one} == {"allowssh"}
    assert trial.run(upgraded, "Delete").topology == {}
    assert len(trial.in_azure(group)) == 1


def pack(colour: str, prune: bool) -> str:
    """A package whose Create makes two security groups, one of which is named by the property `second`."""
    groups: list[dict[str, Any]] = [
        {
            "type": "Microsoft.Network/applicationSecurityGroups",
            "apiVersion": "2024-05-01",
            "name": name,
            "location": "northeurope",
            "tags": {"colour": colour},
        }
        for name in ("first", "[parameters('second')]")
    ]
    groups[1]["condition"] = "[parameters('with_second')]"
    parameters = {"second": {"type": "string"}, "with_second": {"type": "bool", "defaultValue": True}}
    template = {"$schema": SCHEMA, "contentVersion": "1.0.0.0", "parameters": parameters, "resources": groups}
    upgrade = {"Upgrade": {"deploy": "main.json", "prune": True}} if prune else {}
    manifest = {
        "version": 1,
        "resourceGroup": "{{ resourcegroup_name }}",
        "transitions": {"Create": {"deploy": "main.json"}, **upgrade},
    }
    return zipped({"main.json": json.dumps(template), "lifecycle.yaml": json.dumps(manifest)})


@pytest.mark.slow
def test_an_upgrade_of_a_package_prunes_only_if_it_says_so(trial: Trial, group: str) -> None:
    own = Resource("own", "resource::Own::1.0", {"resourcegroup_name": group, "second": "a"})
    kind = "providers/Microsoft.Network/applicationSecurityGroups"
    made = trial.run(own, files=pack("red", prune=False))
    kept = trial.run(change(made, second="b"), "Upgrade", files=pack("blue", prune=False))
    assert read(trial, group, f"{kind}/first")["tags"] == {"colour": "blue"}
    assert {one.rpartition("/")[2] for one in ids(kept.topology) if "/applicationsecuritygroups/" in one} == {
        *("first", "a", "b")
    }
    pruned = trial.run(change(kept, second="c"), "Upgrade", files=pack("green", prune=True))
    assert {one.rpartition("/")[2] for one in ids(pruned.topology) if "/applicationsecuritygroups/" in one} == {
        *("first", "a", "c")
    }
    assert trial.arm("GET", f"/resourceGroups/{group}/{kind}/b").status_code == 404
    without = trial.run(change(pruned, with_second="false"), "Upgrade", files=pack("green", prune=True))
    assert trial.arm("GET", f"/resourceGroups/{group}/{kind}/c").status_code == 404  # its condition is false now
    assert trial.run(without, "Delete", files=pack("green", prune=True)).topology == {}
    assert len(trial.in_azure(group)) == 1


@pytest.mark.slow
def test_what_is_obsolete_and_cannot_be_removed_fails_with_all_that_is_owned(trial: Trial, group: str) -> None:
    own = Resource("own", "resource::Own::1.0", {"resourcegroup_name": group, "second": "a"})
    made = trial.run(own, files=pack("red", prune=True))
    lock = f"/resourceGroups/{group}/providers/Microsoft.Network/applicationSecurityGroups/a"
    lock = f"{lock}/providers/Microsoft.Authorization/locks/keep"
    assert trial.arm("PUT", lock, {"properties": {"level": "CanNotDelete"}}, "2020-05-01").ok
    wanted = change(made, second="b")
    details, after = trial.failed(trial.begin(wanted, "Upgrade", files=pack("red", prune=True)), wanted)
    assert "could not be deleted" in details["description"]
    assert {one.rpartition("/")[2] for one in ids(after.topology) if "/applicationsecuritygroups/" in one} == {
        *("first", "a", "b")
    }
    trial.arm("DELETE", lock, version="2020-05-01")
    trial.run(after, "Delete", files=pack("red", prune=True))
