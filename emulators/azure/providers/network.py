"""Microsoft.Network: virtual networks with subnets and peerings, security groups and route tables with theirs."""

from emulators.azure.providers import network_rules as rules
from emulators.azure.providers import security_rules
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

SUBNET = ResourceType(
    "Microsoft.Network/virtualNetworks/subnets",
    NETWORK,
    CHILD_ORDER,
    (
        STATE,
        Field("addressPrefix"),
        Field("addressPrefixes"),
        Field("networkSecurityGroup"),
        Field("routeTable"),
        Field("natGateway"),
        Field("serviceEndpoints"),
        Field("ipamPoolPrefixAllocations", [], since="2024-01-01"),
        Field("ipConfigurations", computed="subnetIpConfigurations"),
        Field(
            "delegations",
            [],
            since="2017-10-01",
            items=Items(
                "Microsoft.Network/virtualNetworks/subnets/delegations",
                (
                    Field("provisioningState", "Succeeded"),
                    Field("serviceName"),
                    Field("actions", ["Microsoft.Network/virtualNetworks/subnets/join/action"]),
                ),
            ),
        ),
        Field("privateEndpointNetworkPolicies", "Enabled", since="2019-04-01", before="2020-08-01"),
        Field("privateEndpointNetworkPolicies", "Disabled", since="2020-08-01"),
        Field("privateLinkServiceNetworkPolicies", "Enabled", since="2019-04-01"),
        Field("defaultOutboundAccess"),
    ),
    create=create(3, share=0.05),
    update=update(3, share=0.05),
    delete=delete(share=0.05),
    name_rule=NAME,
    name_text=NAME_TEXT,
    located=False,
    etag=WEAK,
    in_use=InUse(
        "InUseSubnetCannotBeDeleted",
        "Subnet {name} is in use by {part} and cannot be deleted. In order to delete the subnet, delete all the "
        "resources "
        "within the subnet. See aka.ms/deletesubnet.",
    ),
    checks_references=True,
    busy="AnotherOperationInProgress",
    accept=rules.subnet,
)

VNET = ResourceType(
    "Microsoft.Network/virtualNetworks",
    NETWORK,
    ORDER,
    (
        STATE,
        Field("resourceGuid", rules.new_guid),
        Field("addressSpace", {"addressPrefixes": []}),
        Field("addressSpace.ipamPoolPrefixAllocations", [], since="2024-01-01"),
        Field("encryption"),
        Field("privateEndpointVNetPolicies", "Disabled", since="2024-01-01"),
        Field("flowTimeoutInMinutes"),
        Field("dhcpOptions"),
        Field("dhcpOptions.dnsServers", []),
        Field("subnets", children="Microsoft.Network/virtualNetworks/subnets", kept_since="2023-11-01"),
        Field(
            "virtualNetworkPeerings",
            children="Microsoft.Network/virtualNetworks/virtualNetworkPeerings",
            kept_since="2015-06-15",
        ),
        Field("enableDdosProtection", False, since="2017-09-01"),
        Field("enableVmProtection", dropped=True),
    ),
    create=create(3),
    update=update(None),
    delete=delete(),
    name_rule=r"[A-Za-z0-9][\w.-]{0,62}[A-Za-z0-9_]",
    name_text=NAME_TEXT.replace("80", "64"),
    etag=WEAK,
    checks_references=True,
    busy="AnotherOperationInProgress",
    accept=rules.virtual_network,
)


PEERING = ResourceType(
    "Microsoft.Network/virtualNetworks/virtualNetworkPeerings",
    NETWORK,
    CHILD_ORDER,
    (
        STATE,
        Field("resourceGuid", rules.new_guid),
        Field("peeringState", computed="peeringState"),
        Field("peeringSyncLevel", computed="syncLevel", since="2021-02-01"),
        Field("remoteVirtualNetwork"),
        Field("allowVirtualNetworkAccess", True),
        Field("allowForwardedTraffic", False),
        Field("allowGatewayTransit", False),
        Field("useRemoteGateways", False),
        Field("doNotVerifyRemoteGateways", False),
        Field("peerCompleteVnets", True, since="2022-07-01"),
        Field("remoteAddressSpace", computed="remoteSpace"),
        Field("remoteVirtualNetworkAddressSpace", computed="remoteSpace", since="2021-02-01"),
        Field("routeServiceVips", {}),
    ),
    create=create(10),
    update=update(10),
    delete=delete(),
    name_rule=NAME,
    name_text=NAME_TEXT,
    located=False,
    etag=WEAK,
    checks_references=True,
    busy="AnotherOperationInProgress",
)

_RULE_FIELDS = (
    STATE,
    Field("description"),
    Field("protocol"),
    Field("sourcePortRange"),
    Field("destinationPortRange"),
    Field("sourceAddressPrefix"),
    Field("destinationAddressPrefix"),
    Field("access"),
    Field("priority"),
    Field("direction"),
    Field("sourcePortRanges", [], since="2017-06-01"),
    Field("destinationPortRanges", [], since="2017-06-01"),
    Field("sourceAddressPrefixes", [], since="2017-06-01"),
    Field("destinationAddressPrefixes", [], since="2017-06-01"),
    Field("sourceApplicationSecurityGroups"),
    Field("destinationApplicationSecurityGroups"),
)

RULE = ResourceType(
    "Microsoft.Network/networkSecurityGroups/securityRules",
    NETWORK,
    RULE_ORDER,
    _RULE_FIELDS,
    create=create(3, share=0.05),
    update=update(3, share=0.05),
    delete=delete(1, share=0.05),
    name_rule=NAME,
    name_text=NAME_TEXT,
    located=False,
    etag=WEAK,
    checks_references=True,
    accept=security_rules.security_rule,
)

NSG = ResourceType(
    "Microsoft.Network/networkSecurityGroups",
    NETWORK,
    ORDER,
    (
        STATE,
        Field("resourceGuid", rules.new_guid),
        Field("flushConnection"),
        Field("securityRules", children="Microsoft.Network/networkSecurityGroups/securityRules"),
        Field(
            "defaultSecurityRules",
            security_rules.DEFAULT_RULES,
            items=Items("Microsoft.Network/networkSecurityGroups/defaultSecurityRules", _RULE_FIELDS, RULE_ORDER),
        ),
        Field("networkInterfaces", computed="networkInterfaces"),
        Field("subnets", computed="subnets"),
    ),
    create=create(1),
    update=update(1),
    delete=delete(1),
    name_rule=NAME,
    name_text=NAME_TEXT,
    etag=WEAK,
    in_use=InUse(
        "InUseNetworkSecurityGroupCannotBeDeleted",
        "Network security group {id} cannot be deleted because it is in use by the following resources: {user}. In "
        "order to "
        "delete the Network security group, remove the association with the resource(s). To learn how to do this, see "
        "aka.ms/deletensg.",
    ),
    accept=rules.security_group,
)

ROUTE = ResourceType(
    "Microsoft.Network/routeTables/routes",
    NETWORK,
    CHILD_ORDER,
    (
        STATE,
        Field("addressPrefix"),
        Field("nextHopType"),
        Field("nextHopIpAddress"),
        Field("hasBgpOverride", False, since="2020-07-01"),
    ),
    create=create(2, share=0.05),
    update=update(10, share=0.05),
    delete=delete(2, share=0.05),
    name_rule=NAME,
    name_text=NAME_TEXT,
    located=False,
    etag=WEAK,
    accept=rules.route,
)

ROUTE_TABLE = ResourceType(
    "Microsoft.Network/routeTables",
    NETWORK,
    ORDER,
    (
        STATE,
        Field("resourceGuid", rules.new_guid),
        Field("disableBgpRoutePropagation", False, since="2017-10-01"),
        Field("routes", children="Microsoft.Network/routeTables/routes"),
        Field("subnets", computed="subnets"),
    ),
    create=create(2),
    update=update(10),
    delete=delete(2),
    name_rule=NAME,
    name_text=NAME_TEXT,
    etag=WEAK,
    in_use=InUse(
        "InUseRouteTableCannotBeDeleted",
        "Route table {name} is in use and cannot be deleted. It is in use by {part}.",
    ),
)

TYPES: tuple[ResourceType, ...] = (VNET, SUBNET, PEERING, NSG, RULE, ROUTE_TABLE, ROUTE)
