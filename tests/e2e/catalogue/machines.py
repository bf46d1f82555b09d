"""Virtual machines."""

from tests.e2e.catalogue.forms import (
    ACTIVATION_KEY,
    CLOUD_INIT,
    INTERFACE,
    MACHINES,
    NETWORK,
    PASSWORD,
    POWER,
    PUBLIC_KEY,
    REGION,
    Entry,
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
