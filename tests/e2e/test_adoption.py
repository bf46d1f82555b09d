"""Taking over: deployments that others made, and resources of the driver that went before."""

import json
from dataclasses import replace
from typing import Any

import pytest

from dev.brent import Resource, resource_group, vnet
from dev.stack import ROOT
from tests.e2e.trial import Trial, eventually, ids

DEPLOYMENTS = "providers/Microsoft.Resources/deployments"
VERSION = "2025-04-01"


def deployed(trial: Trial, group: str, name: str) -> str:
    """A VNet with a subnet, deployed by somebody else; the deployment's id."""
    template = json.loads((ROOT / "infra/resources/AzureVNet/main.json").read_text(encoding="utf-8"))
    parameters: dict[str, Any] = {
        "vnet_name": {"value": name},
        "vnet_address_space": {"value": ["10.0.0.0/16"]},
        "vnet_default_cidr_block": {"value": "10.0.0.0/24"},
    }
    path = f"/resourceGroups/{group}/{DEPLOYMENTS}/by-hand"
    properties = {"mode": "Incremental", "template": template, "parameters": parameters}
    trial.make(path, {"properties": properties}, VERSION)
    return f"{trial.subscription}{path}"


def with_stack_id(resource: Resource, stack_id: str) -> Resource:
    return replace(resource, properties={**resource.properties, "stack_id": stack_id})


def of_old_driver(resource: Resource, external_id: str) -> Resource:
    """A resource as the driver that went before has left it."""
    return replace(resource, topology={resource.name.replace("-", ""): {"id": external_id, "type": "Azure"}})


@pytest.mark.slow
def test_a_deployment_is_adopted_and_then_owned(trial: Trial, group: str) -> None:
    stack_id = deployed(trial, group, "vnet-1")
    before = trial.count_calls(group, "PUT")
    wanted = with_stack_id(vnet("vnet-1", group), stack_id)
    made = trial.run(wanted)
    vnet_id = f"{trial.subscription}/resourceGroups/{group}/providers/Microsoft.Network/virtualNetworks/vnet-1"
    assert (made.properties["vnet_id"], made.properties["default_subnet_id"]) == (vnet_id, f"{vnet_id}/subnets/default")
    assert ids(made.topology) == {vnet_id.lower(), f"{vnet_id}/subnets/default".lower(), stack_id.lower()}
    assert trial.count_calls(group, "PUT") == before

    assert trial.run(made, "Delete").topology == {}
    assert len(trial.in_azure(group)) == 1


@pytest.mark.slow
def test_a_deployment_that_is_not_there_cannot_be_adopted(trial: Trial, group: str) -> None:
    wanted = with_stack_id(vnet("vnet-1", group), f"{trial.subscription}/resourceGroups/{group}/{DEPLOYMENTS}/gone")
    details, after = trial.failed(trial.begin(wanted), wanted)
    assert (details["failureCode"], after.topology) == ("RESOURCE_NOT_FOUND", {})
    assert "DeploymentNotFound" in details["description"]


@pytest.mark.slow
def test_what_the_old_driver_deployed_is_deleted(trial: Trial, group: str) -> None:
    old = of_old_driver(vnet("vnet-1", group), deployed(trial, group, "vnet-1"))
    assert trial.run(old, "Delete").topology == {}
    assert len(trial.in_azure(group)) == 1


@pytest.mark.slow
@pytest.mark.parametrize("name", ["AzureVNet", "AzureResourceGroup"])
def test_an_old_entry_that_names_a_group_deletes_only_a_group_resource(trial: Trial, group: str, name: str) -> None:
    resource = vnet("vnet-1", group) if name == "AzureVNet" else resource_group(group)
    old = of_old_driver(resource, f"{trial.subscription}/resourceGroups/{group}")
    assert trial.run(old, "Delete").topology == {}
    left = trial.in_azure(group)
    assert bool(left) is (name == "AzureVNet")


@pytest.mark.slow
def test_a_create_over_what_the_old_driver_made_is_owned_no_less(trial: Trial, group: str) -> None:
    old = of_old_driver(vnet("vnet-1", group), deployed(trial, group, "vnet-1"))
    updated = trial.run(old)
    assert next(iter(old.topology)) in updated.topology
    trial.run(updated, "Delete")
    assert eventually(lambda: len(trial.in_azure(group)) == 1)


def adopt(resource: Resource, key: str, adopted_id: str) -> Resource:
    """A resource as TNC-O gives it to Adopt: with what the user has named, under a type of its own."""
    return replace(resource, topology={key: {"id": adopted_id, "type": "azure"}})


def test_an_existing_network_is_adopted_and_deleted(trial: Trial, group: str) -> None:
    deployed(trial, group, "vnet-1")
    network = f"{trial.subscription}/resourceGroups/{group}/providers/Microsoft.Network/virtualNetworks/vnet-1"
    before = trial.count_calls(group, "PUT", "DELETE", "POST")
    made = trial.run(adopt(vnet("vnet-1", group), "what the user wrote", network), "Adopt")
    assert made.properties["vnet_id"] == network
    assert made.properties["vnet_address_space"] == ["10.0.0.0/16"]
    assert made.properties["default_subnet_id"] == f"{network}/subnets/default"
    assert made.topology == {
        "Microsoft.Network/virtualNetworks/vnet-1": {"id": network, "type": "Microsoft.Network/virtualNetworks"}
    }
    assert trial.count_calls(group, "PUT", "DELETE", "POST") == before
    assert trial.run(made, "Delete").topology == {}
    assert network.lower() not in trial.in_azure(group)


@pytest.mark.slow
def test_a_deployment_is_adopted_by_its_key(trial: Trial, group: str) -> None:
    deployment = deployed(trial, group, "vnet-1")
    made = trial.run(adopt(vnet("vnet-1", group), deployment, "no ARM id"), "Adopt")
    assert made.properties["vnet_name"] == "vnet-1"
    assert deployment.lower() in ids(made.topology)
    assert len(made.topology) == 3
    trial.run(made, "Delete")


@pytest.mark.slow
def test_a_group_is_adopted_by_the_type_that_allows_it_alone(trial: Trial, group: str) -> None:
    group_id = f"{trial.subscription}/resourceGroups/{group}"
    made = trial.run(adopt(resource_group(group), "it", group_id), "Adopt")
    assert (made.properties["resourcegroup_name"], ids(made.topology)) == (group, {group_id.lower()})
    answer = trial.post(trial.body(adopt(vnet("vnet-1", group), "it", group_id), "Adopt"))
    assert answer.status_code == 400
    assert "`adopt: {group: true}`" in answer.json()["localizedMessage"]


@pytest.mark.slow
def test_what_is_not_there_is_not_adopted(trial: Trial, group: str) -> None:
    network = f"{trial.subscription}/resourceGroups/{group}/providers/Microsoft.Network/virtualNetworks/none"
    wanted = adopt(vnet("vnet-1", group), "it", network)
    details, _ = trial.failed(trial.begin(wanted, "Adopt"), wanted)
    assert (details["failureCode"], details["description"]) == ("RESOURCE_NOT_FOUND", f"{network} does not exist")
