"""Resource groups, virtual networks and what rules them."""

from tests.e2e.catalogue.forms import (
    NETWORK,
    REGION,
    ROUTES,
    SECURITY_GROUP,
    SUBNET,
    VNET,
    Entry,
    Operation,
    Reconfigured,
    network,
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
    there={**VNET, **network("vnet-00", "10.3.0.0/16")},
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
    reconfigured=Reconfigured(
        {"vnet_address_space": "10.1.0.0/16"},
        f"{NETWORK}/virtualNetworks/vnet-1",
        "properties.addressSpace.addressPrefixes",
        ["10.1.0.0/16"],
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
    reconfigured=Reconfigured(
        {"route_table_name": ""}, f"{NETWORK}/virtualNetworks/vnet-0/subnets/subnet-1", "properties.routeTable", None
    ),
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
    reconfigured=Reconfigured(
        {"private_or_public": "public"},
        f"{RULES}/AllowInternetInbound",
        "properties.access",
        "Allow",
        pruned=f"{RULES}/DenyInternetOutbound",
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
    reconfigured=Reconfigured(
        {"private_static_ip": "10.0.0.7"},
        f"{TABLE}/routes/BranchOfficeRoute",
        "properties.nextHopIpAddress",
        "10.0.0.7",
    ),
)
