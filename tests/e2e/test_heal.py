"""TNC-O heals a broken component by Stop, Start and Integrity: what is missing is deployed again."""

import pytest

from dev.brent import Resource, vnet
from tests.e2e.catalogue.forms import PASSWORD
from tests.e2e.trial import NETWORK, Trial, eventually

COMPUTE = "2024-07-01"


def unmake(trial: Trial, path: str, version: str = NETWORK) -> None:
    """Delete something in Azure, as somebody else."""
    assert trial.arm("DELETE", path, version=version).ok
    eventually(lambda: trial.arm("GET", path, version=version).status_code == 404)


def heal(trial: Trial, resource: Resource) -> Resource:
    for transition in ("Stop", "Start", "Integrity"):
        resource = trial.run(resource, transition)
    return resource


@pytest.mark.slow
def test_a_network_without_its_subnet_is_healed_and_keeps_what_operations_made(trial: Trial, group: str) -> None:
    hub = trial.run(Resource("hub", "resource::AzureVNet::1.0", {**vnet("hub", group).properties}))
    own = vnet("vnet-1", group)
    own = Resource(own.name, own.type, {**own.properties, "vnet_address_space": "10.7.0.0/16"})
    own = Resource(own.name, own.type, {**own.properties, "vnet_default_cidr_block": "10.7.0.0/24"})
    made = trial.run(own)
    peering = {
        "initiator_vnet_name": "vnet-1",
        "initiator_vnet_rg_name": group,
        "acceptor_vnet_name": "hub",
        "acceptor_vnet_rg_name": group,
    }
    peered = trial.run(made, "CreateVnetPeering", request_properties=peering)
    puts = trial.count_calls(group, "PUT")
    assert trial.run(peered, "Start").topology == peered.topology
    assert trial.count_calls(group, "PUT") == puts  # nothing was missing
    path = f"/resourceGroups/{group}/providers/Microsoft.Network/virtualNetworks/vnet-1"
    unmake(trial, f"{path}/subnets/default")
    trial.failed(trial.begin(peered, "Integrity"), peered)
    healed = heal(trial, peered)
    assert {key for key in peered.topology if "deployments/" not in key} <= set(healed.topology)
    found = trial.arm("GET", path).json()["properties"]
    assert [one["name"] for one in found["subnets"]] == ["default"]
    assert [one["name"] for one in found["virtualNetworkPeerings"]] == ["vnet-1-to-hub"]
    trial.run(healed, "Delete")
    trial.run(hub, "Delete")
    assert len(trial.in_azure(group)) == 1


@pytest.mark.slow
def test_a_machine_that_somebody_deleted_is_made_again_and_runs(trial: Trial, group: str) -> None:
    network = trial.run(vnet("vnet-0", group))
    interface = {"resourcegroup_name": group, "network_interface_name": "nic-1", "vnet_name": "vnet-0"}
    nic = trial.run(Resource("nic-1", "resource::AzureNetworkInterface::1.0", {**interface, "subnet_name": "default"}))
    properties = {
        "resourcegroup_name": group,
        "vm_name": "vm-1",
        "vm_network_interface_name": "nic-1",
        "vm_admin_username": "operator",
        "vm_admin_password": PASSWORD,
    }
    made = trial.run(Resource("vm-1", "resource::AzureVirtualMachine::1.0", properties))
    machine = f"/resourceGroups/{group}/providers/Microsoft.Compute/virtualMachines/vm-1"
    unmake(trial, machine, COMPUTE)
    details, _ = trial.failed(trial.begin(made, "Integrity"), made)
    assert f"{machine} does not exist" in details["description"]
    healed = heal(trial, made)
    view = trial.arm("GET", f"{machine}/instanceView", version=COMPUTE).json()
    assert view["statuses"][-1]["code"] == "PowerState/running"
    assert PASSWORD not in trial.log()
    for resource in (healed, nic, network):
        trial.run(resource, "Delete")
    assert len(trial.in_azure(group)) == 1
