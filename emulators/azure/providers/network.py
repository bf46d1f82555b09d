"""Microsoft.Network: virtual networks and subnets."""

from emulators.azure.providers import network_rules as rules
from emulators.azure.providers.types import Field, Form, InUse, Items, ResourceType
from emulators.azure.providers.versions import NETWORK

ORDER = ("name", "id", "etag", "type", "location", "tags", "properties", "sku")
CHILD_ORDER = ("name", "id", "etag", "properties", "type")
STATE = Field("provisioningState", computed="state")
NAME = r"[A-Za-z0-9]([\w.-]{0,78}[A-Za-z0-9_])?"
NAME_TEXT = (
    "The name can be up to 80 characters long. It must begin with a word character, and it must end with a word "
    "character or with '_'. The name may contain word characters or '.', '-', '_'."
)


def create(retry_after: int | None, state: str = "Updating", share: float = 0.1) -> Form:
    """A network service's answer to a PUT of something new."""
    return Form(201, state, True, False, retry_after, polling="network", share=share)


def update(retry_after: int | None, state: str = "Updating", share: float = 0.1) -> Form:
    return Form(200, state, True, False, retry_after, polling="network", share=share)


def delete(retry_after: int = 10, share: float = 0.1) -> Form:
    return Form(202, "Deleting", True, True, retry_after, body="empty", polling="network", share=share)


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
        Field("ipConfigurations", computed="subnetIpConfigurations"),
        Field("ipamPoolPrefixAllocations", [], since="2024-03-01"),
        Field(
            "delegations",
            [],
            since="2017-10-01",
            items=Items(
                "Microsoft.Network/virtualNetworks/subnets/delegations",
                (
                    STATE,
                    Field("serviceName"),
                    Field("actions", ["Microsoft.Network/virtualNetworks/subnets/join/action"]),
                ),
            ),
        ),
        Field("privateEndpointNetworkPolicies", "Enabled", since="2019-04-01", before="2020-06-01"),
        Field("privateEndpointNetworkPolicies", "Disabled", since="2020-06-01"),
        Field("privateLinkServiceNetworkPolicies", "Enabled", since="2019-04-01"),
        Field("defaultOutboundAccess"),
    ),
    create=create(3, share=0.05),
    update=update(3, share=0.05),
    delete=delete(share=0.05),
    name_rule=NAME,
    name_text=NAME_TEXT,
    located=False,
    etagged=True,
    in_use=InUse(
        "InUseSubnetCannotBeDeleted",
        "Subnet {name} is in use by {part} and cannot be deleted. In order to delete the subnet, delete all the resources "
        "within the subnet. See aka.ms/deletesubnet.",
    ),
    checks_references=True,
    busy="AnotherOperationInProgress",
    validate=rules.subnet,
)

VNET = ResourceType(
    "Microsoft.Network/virtualNetworks",
    NETWORK,
    ORDER,
    (
        STATE,
        Field("resourceGuid", rules.new_guid),
        Field("addressSpace"),
        Field("addressSpace.ipamPoolPrefixAllocations", [], since="2024-03-01"),
        Field("encryption"),
        Field("privateEndpointVNetPolicies", "Disabled", since="2024-03-01"),
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
    etagged=True,
    checks_references=True,
    busy="AnotherOperationInProgress",
    validate=rules.virtual_network,
)

TYPES: tuple[ResourceType, ...] = (VNET, SUBNET)
