"""What an entry of the catalogue tells, and what several of them have in common.

In every text `{rg}` is the ARM id of the entry's resource group and `{group}` its name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

NETWORK = "{rg}/providers/Microsoft.Network"
MACHINES = "{rg}/providers/Microsoft.Compute/virtualMachines"
REGION = "North Europe"
PASSWORD = "Nadel-im-Heuhaufen-1"
ACTIVATION_KEY = "NADL-HEUH-AUFN-0001"
CLOUD_INIT = "#cloud-config\n# Nadel im Heuhaufen"
SECRETS = (PASSWORD, ACTIVATION_KEY, CLOUD_INIT)
PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIexample operator"


@dataclass(frozen=True)
class Operation:
    """An operation and what it does: the ids it `adds` or `removes`, or the power state that follows its ARM action."""

    name: str
    properties: Mapping[str, str] = field(default_factory=dict)
    adds: str = ""
    removes: str = ""
    action: str = ""
    power: str = ""


@dataclass(frozen=True)
class Reconfigured:
    """A Reconfigure: the `properties` that change, what the resource `place` has then at `path`, and what is pruned."""

    properties: Mapping[str, str]
    place: str
    path: str
    value: Any
    pruned: str = ""


@dataclass(frozen=True)
class Entry:
    """One resource of a built-in type.

    `there` is made in Azure before, by others: `{id: body}`. `outputs` are those of Create, `...` stands for any value.
    `owned` are the ids in its topology, beside the deployment; `implied` those (with `*`) that are parts of them and go
    with them. `drift` names a resource and a property (path and value) to be changed in it, `loss` a resource to be
    deleted.
    """

    type: str
    properties: Mapping[str, str]
    outputs: Mapping[str, Any]
    owned: tuple[str, ...]
    drift: tuple[str, str, Any]
    loss: str
    there: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    implied: tuple[str, ...] = ()
    operations: tuple[Operation, ...] = ()
    reconfigured: Reconfigured | None = None


def network(name: str, address_space: str) -> dict[str, Any]:
    space = {"addressSpace": {"addressPrefixes": [address_space]}}
    return {f"{NETWORK}/virtualNetworks/{name}": {"location": "northeurope", "properties": space}}


VNET = network("vnet-0", "10.0.0.0/16")
SUBNET = {
    **VNET,
    f"{NETWORK}/virtualNetworks/vnet-0/subnets/subnet-0": {"properties": {"addressPrefix": "10.0.0.0/24"}},
}
SECURITY_GROUP = {f"{NETWORK}/networkSecurityGroups/nsg-0": {"location": "northeurope", "properties": {}}}
ROUTES = {f"{NETWORK}/routeTables/rt-0": {"location": "northeurope", "properties": {}}}
PUBLIC_ADDRESS = {
    f"{NETWORK}/publicIPAddresses/ip-0": {
        "location": "northeurope",
        "sku": {"name": "Standard"},
        "properties": {"publicIPAllocationMethod": "Static"},
    }
}
INTERFACE = {
    **SUBNET,
    f"{NETWORK}/networkInterfaces/nic-0": {
        "location": "northeurope",
        "properties": {
            "ipConfigurations": [
                {
                    "name": "ip",
                    "properties": {"subnet": {"id": f"{NETWORK}/virtualNetworks/vnet-0/subnets/subnet-0"}},
                }
            ]
        },
    },
}
POWER = (
    Operation("Stop", action="deallocate", power="deallocated"),
    Operation("Start", action="start", power="running"),
    Operation("Restart", action="restart", power="running"),
)
