"""Storage, addresses, interfaces, what stands in front of them, and names."""

from tests.e2e.catalogue.forms import NETWORK, PUBLIC_ADDRESS, REGION, SECURITY_GROUP, SUBNET, VNET, Entry, Reconfigured

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
    reconfigured=Reconfigured({"public_ip_idle_timeout": "20"}, ADDRESS, "properties.idleTimeoutInMinutes", 20),
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
    reconfigured=Reconfigured(
        {"network_interface_enable_ip_forwarding": "false"}, NIC, "properties.enableIPForwarding", False
    ),
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
    reconfigured=Reconfigured(
        {"load_balancer_frontend_port": "8443"},
        BALANCER,
        "properties.loadBalancingRules.0.properties.frontendPort",
        8443,
    ),
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
    reconfigured=Reconfigured({"nat_gateway_idle_timeout": "20"}, GATEWAY, "properties.idleTimeoutInMinutes", 20),
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
    reconfigured=Reconfigured(
        {"private_dns_zone_registration_enabled": "False"},
        f"{ZONE}/virtualNetworkLinks/vnet-0",
        "properties.registrationEnabled",
        False,
    ),
)
