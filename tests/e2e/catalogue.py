"""What the built-in resource types are asked to make, in the spelling of old descriptors, and what is there then.

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


def _network(name: str, address_space: str) -> dict[str, Any]:
    space = {"addressSpace": {"addressPrefixes": [address_space]}}
    return {f"{NETWORK}/virtualNetworks/{name}": {"location": "northeurope", "properties": space}}


VNET = _network("vnet-0", "10.0.0.0/16")
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

RESOURCE_GROUP = Entry(
    "AzureResourceGroup",
    {"resourcegroup_name": "{group}", "resourcegroup_location": REGION},
    {"resourcegroup_id": "{rg}", "resourcegroup_name": "{group}"},
    ("{rg}",),
    drift=("{rg}", "tags.Creator", "somebody"),
    loss="{rg}",
)
VIRTUAL_NETWORK = Entry(
    "AzureVNet",
    {
        "vnet_name": "vnet-1",
        "vnet_location": REGION,
        "vnet_address_space": "10.1.0.0/16, 10.2.0.0/16",
        "vnet_default_cidr_block": "10.1.0.0/24",
        "vnet_enable_ddos_protection": "False",
        "vnet_private_endpoint_network_policies": "enabled",
        "vnet_private_link_service_network_policies": "",
    },
    {
        "vnet_id": f"{NETWORK}/virtualNetworks/vnet-1",
        "vnet_name": "vnet-1",
        "default_subnet_id": f"{NETWORK}/virtualNetworks/vnet-1/subnets/default",
    },
    (f"{NETWORK}/virtualNetworks/vnet-1", f"{NETWORK}/virtualNetworks/vnet-1/subnets/default"),
    drift=(f"{NETWORK}/virtualNetworks/vnet-1", "properties.addressSpace.addressPrefixes", ["10.1.0.0/16"]),
    loss=f"{NETWORK}/virtualNetworks/vnet-1/subnets/default",
    there={**VNET, **_network("vnet-00", "10.3.0.0/16")},
    operations=(
        Operation(
            "CreateVnetPeering",
            {
                "initiator_vnet_name": "vnet-1",
                "initiator_vnet_rg_name": "{group}",
                "acceptor_vnet_name": "vnet-0",
                "acceptor_vnet_rg_name": "{group}",
                "allow_virtual_network_access": "True",
                "allow_forwarded_traffic": "true",
                "allow_gateway_transit": "False",
                "use_remote_gateways": "",
            },
            adds=f"{NETWORK}/virtualNetworks/vnet-1/virtualNetworkPeerings/vnet-1-to-vnet-0",
        ),
        Operation(
            "CreateVnetPeering",
            {
                "initiator_vnet_name": "vnet-1",
                "initiator_vnet_rg_name": "{group}",
                "acceptor_vnet_name": "vnet-00",
                "acceptor_vnet_rg_name": "{group}",
            },
            adds=f"{NETWORK}/virtualNetworks/vnet-1/virtualNetworkPeerings/vnet-1-to-vnet-00",
        ),
        Operation(
            "RemoveVnetPeering",
            {
                "initiator_vnet_name": "vnet-1",
                "initiator_vnet_rg_name": "{group}",
                "acceptor_vnet_name": "vnet-0",
                "acceptor_vnet_rg_name": "{group}",
            },
            removes=f"{NETWORK}/virtualNetworks/vnet-1/virtualNetworkPeerings/vnet-1-to-vnet-0",
        ),
    ),
)
SUBNETWORK = Entry(
    "AzureSubnet",
    {
        "vnet_name": "vnet-0",
        "subnet_name": "subnet-1",
        "subnet_cidr_block": "10.0.1.0/24",
        "route_table_name": "rt-0",
        "network_security_group_name": "nsg-0",
        "nat_gateway_name": "",
        "subnet_private_network_endpoint_policies": "Enabled",
        "subnet_private_link_service_network_policies": "disabled",
    },
    {"subnet_id": f"{NETWORK}/virtualNetworks/vnet-0/subnets/subnet-1", "subnet_name": "subnet-1"},
    (f"{NETWORK}/virtualNetworks/vnet-0/subnets/subnet-1",),
    drift=(
        f"{NETWORK}/virtualNetworks/vnet-0/subnets/subnet-1",
        "properties.privateEndpointNetworkPolicies",
        "Disabled",
    ),
    loss=f"{NETWORK}/virtualNetworks/vnet-0/subnets/subnet-1",
    there={**SUBNET, **ROUTES, **SECURITY_GROUP},
)
RULES = f"{NETWORK}/networkSecurityGroups/nsg-1/securityRules"
NETWORK_SECURITY_GROUP = Entry(
    "AzureNetworkSecurityGroup",
    {
        "network_security_group_name": "nsg-1",
        "network_security_group_location": REGION,
        "private_or_public": "Private",
        "local_or_global": "local",
        "vnet_address_space": "10.0.0.0/16,10.1.0.0/16",
    },
    {
        "network_security_group_id": f"{NETWORK}/networkSecurityGroups/nsg-1",
        "network_security_group_name": "nsg-1",
    },
    (
        f"{NETWORK}/networkSecurityGroups/nsg-1",
        f"{RULES}/DenyInternetOutbound",
        f"{RULES}/DenyLoadbalancerInbound",
        f"{RULES}/AllowVnetCIDROutbound",
        f"{RULES}/DenyVnetOutbound",
        f"{RULES}/AllowVnetCIDRInbound",
        f"{RULES}/DenyVnetInbound",
    ),
    drift=(f"{RULES}/DenyVnetOutbound", "properties.access", "Allow"),
    loss=f"{RULES}/DenyInternetOutbound",
    operations=(
        Operation(
            "CreateNsgRule",
            {
                "nsg_rule_name": "AllowHttps",
                "priority": "1000",
                "access": "allow",
                "direction": "Inbound",
                "protocol": "tcp",
                "source_address_prefixes": "192.0.2.0/24, 198.51.100.0/24",
                "source_port_ranges": "",
                "destination_port_ranges": "443,8443",
            },
            adds=f"{RULES}/AllowHttps",
        ),
        Operation(
            "CreateNsgRule",
            {"nsg_rule_name": "AllowSsh", "priority": "1001", "destination_port_ranges": "22"},
            adds=f"{RULES}/AllowSsh",
        ),
        Operation("RemoveNsgRule", {"nsg_rule_name": "AllowSsh"}, removes=f"{RULES}/AllowSsh"),
    ),
)
TABLE = f"{NETWORK}/routeTables/rt-1"
ROUTE_TABLE = Entry(
    "AzureRouteTable",
    {
        "route_table_name": "rt-1",
        "route_table_location": REGION,
        "route_table_disable_bgp_route_propagation": "True",
        "private_or_public": "private",
        "local_or_global": "Global",
        "branch_office_cidr": "192.168.7.0/24",
        "private_static_ip": "10.0.0.4",
    },
    {"route_table_id": TABLE, "route_table_name": "rt-1"},
    (TABLE, f"{TABLE}/routes/BranchOfficeRoute"),
    drift=(f"{TABLE}/routes/BranchOfficeRoute", "properties.nextHopIpAddress", "10.0.0.5"),
    loss=f"{TABLE}/routes/BranchOfficeRoute",
    operations=(
        Operation(
            "AddRoute",
            {
                "route_name": "to-branch-8",
                "route_address_prefix": "192.168.8.0/24",
                "route_next_hop_type": "VirtualAppliance",
                "route_next_hop_ip_address": "10.0.0.4",
            },
            adds=f"{TABLE}/routes/to-branch-8",
        ),
        Operation(
            "AddRoute",
            {
                "route_name": "to-internet",
                "route_address_prefix": "0.0.0.0/0",
                "route_next_hop_type": "internet",
                "route_next_hop_ip_address": "",
            },
            adds=f"{TABLE}/routes/to-internet",
        ),
        Operation("RemoveRoute", {"route_name": "to-internet"}, removes=f"{TABLE}/routes/to-internet"),
    ),
)
ACCOUNT = "{rg}/providers/Microsoft.Storage/storageAccounts/stcatalogue1"
STORAGE_ACCOUNT = Entry(
    "AzureStorageAccount",
    {"storage_account_name": "stcatalogue1", "storage_location": REGION, "storage_account_type": ""},
    {"storage_account_id": ACCOUNT, "storage_account_name": "stcatalogue1", "storageEndpoint": ...},
    (ACCOUNT,),
    drift=(ACCOUNT, "properties.minimumTlsVersion", "TLS1_0"),
    loss=ACCOUNT,
)
ADDRESS = f"{NETWORK}/publicIPAddresses/ip-1"
PUBLIC_IP_ADDRESS = Entry(
    "AzurePublicIPAddress",
    {
        "public_ip_address_name": "ip-1",
        "public_ip_location": REGION,
        "public_ip_allocation_method": "static",
        "public_ip_zones": "1, 2",
        "public_ip_idle_timeout": "15",
        "public_ip_domain_name_label": "",
    },
    {"public_ip_address_id": ADDRESS, "public_ip_address_name": "ip-1", "public_ip_address": ...},
    (ADDRESS,),
    drift=(ADDRESS, "properties.idleTimeoutInMinutes", 4),
    loss=ADDRESS,
)
NIC = f"{NETWORK}/networkInterfaces/nic-1"
NETWORK_INTERFACE = Entry(
    "AzureNetworkInterface",
    {
        "network_interface_name": "nic-1",
        "network_interface_location": REGION,
        "vnet_name": "vnet-0",
        "subnet_name": "subnet-0",
        "network_interface_private_ip_address": "10.0.0.9",
        "public_ip_address_name": "ip-0",
        "network_security_group_name": "nsg-0",
        "load_balancer_name": "",
        "network_interface_enable_ip_forwarding": "true",
        "network_interface_enable_accelerated_networking": "False",
    },
    {"network_interface_id": NIC, "network_interface_name": "nic-1", "private_ip_address": "10.0.0.9"},
    (NIC,),
    drift=(NIC, "properties.enableIPForwarding", False),
    loss=NIC,
    there={**SUBNET, **PUBLIC_ADDRESS, **SECURITY_GROUP},
)
MACHINE = f"{MACHINES}/vm-1"
VIRTUAL_MACHINE = Entry(
    "AzureVirtualMachine",
    {
        "vm_name": "vm-1",
        "vm_location": REGION,
        "vm_zone": "1",
        "vm_hardware_profile": "Standard_B2s",
        "vm_network_interface_name": "nic-0",
        "vm_os_disk_size": "64",
        "vm_data_disk_size": "8",
        "vm_admin_username": "operator",
        "vm_admin_public_key": PUBLIC_KEY,
        "vm_admin_password": PASSWORD,
        "vm_custom_data": CLOUD_INIT,
        "vm_computer_name": "",
    },
    {"vm_id": MACHINE, "vm_name": "vm-1"},
    (MACHINE,),
    drift=(MACHINE, "properties.hardwareProfile.vmSize", "Standard_D2s_v3"),
    loss=MACHINE,
    there=INTERFACE,
    implied=(
        "{rg}/providers/Microsoft.Compute/disks/vm-1_osdisk",
        "{rg}/providers/Microsoft.Compute/disks/vm-1_data_disk",
    ),
    operations=POWER,
)
BALANCER = f"{NETWORK}/loadBalancers/lb-1"
LOAD_BALANCER = Entry(
    "AzureLoadBalancer",
    {
        "load_balancer_name": "lb-1",
        "load_balancer_location": REGION,
        "public_ip_address_name": "",
        "vnet_name": "vnet-0",
        "subnet_name": "subnet-0",
        "load_balancer_frontend_port": "443",
        "load_balancer_probe_protocol": "https",
    },
    {
        "load_balancer_id": BALANCER,
        "load_balancer_name": "lb-1",
        "load_balancer_backend_pool_id": f"{BALANCER}/backendAddressPools/backend",
    },
    (BALANCER,),
    drift=(BALANCER, "properties.probes.0.properties.intervalInSeconds", 60),
    loss=BALANCER,
    there=SUBNET,
)
GATEWAY = f"{NETWORK}/natGateways/nat-1"
NAT_GATEWAY = Entry(
    "AzureNatGateway",
    {
        "nat_gateway_name": "nat-1",
        "nat_gateway_location": REGION,
        "public_ip_address_name": "ip-0",
        "nat_gateway_zone": "2",
        "nat_gateway_idle_timeout": "10",
    },
    {"nat_gateway_id": GATEWAY, "nat_gateway_name": "nat-1"},
    (GATEWAY,),
    drift=(GATEWAY, "properties.idleTimeoutInMinutes", 4),
    loss=GATEWAY,
    there=PUBLIC_ADDRESS,
)
ZONE = f"{NETWORK}/privateDnsZones/branch-7.internal"
PRIVATE_DNS_ZONE = Entry(
    "AzurePrivateDnsZone",
    {
        "private_dns_zone_name": "branch-7.internal",
        "vnet_name": "vnet-0",
        "private_dns_zone_registration_enabled": "True",
    },
    {"private_dns_zone_id": ZONE, "private_dns_zone_name": "branch-7.internal"},
    (ZONE, f"{ZONE}/virtualNetworkLinks/vnet-0"),
    drift=(f"{ZONE}/virtualNetworkLinks/vnet-0", "properties.registrationEnabled", False),
    loss=f"{ZONE}/virtualNetworkLinks/vnet-0",
    there=VNET,
)
EDGE = f"{MACHINES}/edge-7"
VIRTUAL_EDGE = Entry(
    "AzureVCE",  # what the old driver called it
    {
        "EdgeName": "edge-7",
        "vceLocation": REGION,
        "VCO": "vco.example.com",
        "ActivationKey": ACTIVATION_KEY,
        "IgnoreCertErrors": "False",
        "SslPublicKey": PUBLIC_KEY,
        "virtualMachineSize": "Standard_DS3_v2",
        "vNetName": "vnet-edge",
        "PublicSubnet": "10.0.0.0/24",
        "PrivateSubnet": "10.0.3.0/24",
        "EdgeGE3LANIP": "10.0.3.4",
        "ManagementAddressPrefixes": "192.0.2.0/24",
    },
    {"edge_id": EDGE, "edge_name": "edge-7", "edge_public_ip_address": ...},
    (
        EDGE,
        f"{NETWORK}/networkSecurityGroups/edge-7-wan-nsg",
        f"{NETWORK}/networkSecurityGroups/edge-7-lan-nsg",
        f"{NETWORK}/routeTables/vnet-edge-PUB-RT",
        f"{NETWORK}/routeTables/vnet-edge-PRI-RT",
        f"{NETWORK}/virtualNetworks/vnet-edge",
        f"{NETWORK}/virtualNetworks/vnet-edge/subnets/Public_SN",
        f"{NETWORK}/virtualNetworks/vnet-edge/subnets/Private_SN",
        f"{NETWORK}/publicIPAddresses/edge-7-publicIP",
        *(f"{NETWORK}/networkInterfaces/edge-7{number}-nic" for number in (1, 2, 3)),
    ),
    drift=(
        f"{NETWORK}/networkSecurityGroups/edge-7-wan-nsg",
        "properties.securityRules.0.properties.access",
        "Deny",
    ),
    loss=EDGE,
    implied=(
        "{rg}/providers/Microsoft.Compute/disks/edge-7*",
        f"{NETWORK}/networkSecurityGroups/edge-7-*/securityRules/*",
        f"{NETWORK}/routeTables/vnet-edge-*/routes/*",
    ),
    operations=POWER,
)

CATALOGUE = (
    RESOURCE_GROUP,
    VIRTUAL_NETWORK,
    SUBNETWORK,
    NETWORK_SECURITY_GROUP,
    ROUTE_TABLE,
    STORAGE_ACCOUNT,
    PUBLIC_IP_ADDRESS,
    NETWORK_INTERFACE,
    VIRTUAL_MACHINE,
    LOAD_BALANCER,
    NAT_GATEWAY,
    PRIVATE_DNS_ZONE,
    VIRTUAL_EDGE,
)
