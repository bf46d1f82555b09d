"""Microsoft.Network: public IP addresses, network interfaces, load balancers, NAT gateways."""

from emulators.azure.providers import address_rules
from emulators.azure.providers import network_rules as rules
from emulators.azure.providers.network_forms import (
    CHILD_ORDER,
    NAME,
    NAME_TEXT,
    ORDER,
    RULE_ORDER,
    STATE,
    WEAK,
    create,
    delete,
    update,
)
from emulators.azure.providers.types import Field, InUse, Items, ResourceType
from emulators.azure.providers.versions import NETWORK

GUID = Field("resourceGuid", rules.new_guid)
SKU = (Field("sku", {"name": "Basic"}), Field("sku.tier", "Regional"))

PUBLIC_IP = ResourceType(
    "Microsoft.Network/publicIPAddresses",
    NETWORK,
    ("name", "id", "etag", "location", "tags", "zones", "properties", "type", "sku"),
    (
        STATE,
        GUID,
        Field("natGateway", computed="natGateway"),
        Field("ipAddress", computed="publicAddress"),
        Field("publicIPAddressVersion", "IPv4"),
        Field("publicIPAllocationMethod", "Dynamic"),
        Field("idleTimeoutInMinutes", 4),
        Field("dnsSettings"),
        Field("ipTags", [], since="2017-11-01"),
        Field("ipConfiguration", computed="ipConfiguration"),
        Field("ddosSettings", computed="ddosSettings", since="2022-05-01"),
    ),
    SKU,
    create=create(1),
    update=update(1),
    delete=delete(),
    name_rule=NAME,
    name_text=NAME_TEXT,
    etag=WEAK,
    in_use=InUse(
        "PublicIPAddressCannotBeDeleted",
        "Public IP address {id} can not be deleted since it is still allocated to resource {part}. In order to "
        "delete the "
        "public IP, disassociate/detach the Public IP address from the resource.  To learn how to do this, see "
        "aka.ms/deletepublicip.",
    ),
    accept=address_rules.public_ip,
)

NIC = ResourceType(
    "Microsoft.Network/networkInterfaces",
    NETWORK,
    ("name", "id", "etag", "tags", "properties", "type", "location", "kind"),
    (
        STATE,
        GUID,
        Field(
            "ipConfigurations",
            items=Items(
                "Microsoft.Network/networkInterfaces/ipConfigurations",
                (
                    STATE,
                    Field("privateIPAddress"),
                    Field("privateIPAllocationMethod", "Dynamic"),
                    Field("publicIPAddress"),
                    Field("subnet"),
                    Field("primary", True),
                    Field("privateIPAddressVersion", "IPv4"),
                ),
                RULE_ORDER,
            ),
        ),
        Field("dnsSettings", {}),
        Field("dnsSettings.dnsServers", []),
        Field("dnsSettings.appliedDnsServers", []),
        Field("dnsSettings.internalDomainNameSuffix", "emulated.internal.cloudapp.net"),
        Field("macAddress", computed="macAddress"),
        Field("enableAcceleratedNetworking", False, since="2016-09-01"),
        Field("vnetEncryptionSupported", False, since="2020-11-01"),
        Field("enableIPForwarding", False),
        Field("disableTcpStateTracking", False, since="2022-05-01"),
        Field("networkSecurityGroup"),
        Field("primary", computed="nicPrimary"),
        Field("virtualMachine", computed="virtualMachine"),
        Field("hostedWorkloads", [], since="2018-12-01"),
        Field("tapConfigurations", [], since="2018-08-01"),
        Field("nicType", "Standard", since="2020-07-01"),
        Field("allowPort25Out", True, since="2021-12-01"),
        Field("auxiliaryMode", "None", since="2021-12-01"),
        Field("auxiliarySku", "None", since="2022-11-01"),
    ),
    (Field("kind", "Regular", since="2021-02-01"),),
    create=create(None, "Succeeded"),
    update=update(10),
    delete=delete(4),
    name_rule=NAME,
    name_text=NAME_TEXT,
    etag=WEAK,
    in_use=InUse(
        "NicInUse",
        "Network Interface {id} is used by existing resource {user}. In order to delete the network interface, it "
        "must be "
        "dissociated from the resource. To learn more, see aka.ms/deletenic.",
        by=("Microsoft.Compute/virtualMachines", "Microsoft.Network/privateEndpoints"),
    ),
    checks_references=True,
    accept=address_rules.network_interface,
)

_LB = "Microsoft.Network/loadBalancers/"
_NAT_FIELDS = (
    Field("idleTimeoutInMinutes", 4),
    Field("enableFloatingIP", False),
    Field("enableDestinationServiceEndpoint", False),
    Field("enableTcpReset", False, since="2018-07-01"),
    Field("allowBackendPortConflict", False, since="2019-06-01"),
)
_RULE_FIELDS = (
    STATE,
    Field("frontendIPConfiguration"),
    Field("frontendPort"),
    Field("backendPort"),
    Field("enableFloatingIP", False),
    Field("idleTimeoutInMinutes", 4),
    Field("protocol", "Tcp"),
    Field("enableDestinationServiceEndpoint", False),
    Field("enableTcpReset", False, since="2018-07-01"),
    Field("allowBackendPortConflict", False, since="2019-06-01"),
    Field("backendIPConfiguration"),
)

NAT_RULE = ResourceType(
    _LB + "inboundNatRules",
    NETWORK,
    RULE_ORDER,
    _RULE_FIELDS,
    create=create(None, "Succeeded", 0.05),
    update=update(None, "Succeeded", 0.05),
    delete=delete(share=0.05),
    name_rule=NAME,
    name_text=NAME_TEXT,
    located=False,
    etag=WEAK,
    checks_references=True,
)

LOAD_BALANCER = ResourceType(
    "Microsoft.Network/loadBalancers",
    NETWORK,
    ORDER,
    (
        STATE,
        GUID,
        Field(
            "frontendIPConfigurations",
            [],
            items=Items(
                _LB + "frontendIPConfigurations",
                (
                    STATE,
                    Field("privateIPAddress"),
                    Field("privateIPAllocationMethod", "Dynamic"),
                    Field("publicIPAddress"),
                    Field("subnet"),
                    Field("loadBalancingRules", computed="loadBalancingRules"),
                    Field("inboundNatRules", computed="inboundNatRules"),
                    Field("inboundNatPools", computed="inboundNatPools"),
                    Field("privateIPAddressVersion"),
                ),
                ("name", "id", "etag", "type", "zones", "properties"),
            ),
        ),
        Field("backendAddressPools", [], items=Items(_LB + "backendAddressPools", (STATE,), CHILD_ORDER)),
        Field("loadBalancingRules", [], items=Items(_LB + "loadBalancingRules", (STATE,), RULE_ORDER)),
        Field("probes", [], items=Items(_LB + "probes", (STATE,), CHILD_ORDER)),
        Field("inboundNatRules", children=_LB + "inboundNatRules", kept_since="2015-05-01"),
        Field("outboundRules", computed="outboundRules", since="2018-07-01"),
        Field(
            "inboundNatPools",
            [],
            items=Items(
                _LB + "inboundNatPools",
                (
                    STATE,
                    Field("frontendPortRangeStart"),
                    Field("frontendPortRangeEnd"),
                    Field("backendPort"),
                    Field("protocol"),
                    *_NAT_FIELDS,
                    Field("frontendIPConfiguration"),
                ),
            ),
        ),
    ),
    SKU,
    create=create(None, "Succeeded"),
    update=update(None, "Succeeded"),
    delete=delete(),
    name_rule=NAME,
    name_text=NAME_TEXT,
    etag=WEAK,
    checks_references=True,
    accept=address_rules.load_balancer,
)

NAT_GATEWAY = ResourceType(
    "Microsoft.Network/natGateways",
    NETWORK,
    ORDER,
    (
        STATE,
        GUID,
        Field("idleTimeoutInMinutes", 4),
        Field("publicIpAddresses"),
        Field("publicIpPrefixes"),
        Field("subnets", computed="subnets"),
    ),
    (Field("sku", {"name": "Standard"}), Field("sku.tier", "Regional")),
    create=create(10),
    update=update(10),
    delete=delete(),
    name_rule=NAME,
    name_text=NAME_TEXT,
    etag=WEAK,
    in_use=InUse(
        "NatGatewayInUseBySubnet", "NAT gateway {id} cannot be deleted because it is in use by subnet {user}."
    ),
    checks_references=True,
)

TYPES: tuple[ResourceType, ...] = (PUBLIC_IP, NIC, LOAD_BALANCER, NAT_RULE, NAT_GATEWAY)
