"""Microsoft.Storage: storage accounts."""

from typing import Any

from emulators.azure.providers.types import Field, Form, ResourceType
from emulators.azure.providers.versions import STORAGE
from emulators.azure.wire.errors import Refusal
from emulators.azure.world.ids import ResourceId
from emulators.azure.world.state import State


def account(state: State, rid: ResourceId, properties: dict[str, Any]) -> None:
    """Names are unique in all of Azure."""
    for resource in state.resources.values():
        if resource.type == ACCOUNT.name and resource.name == rid.name and resource.id.lower() != str(rid).lower():
            message = f"The storage account named {rid.name} is already taken."
            raise Refusal(409, "StorageAccountAlreadyTaken", message, "service")
    days = (properties.get("keyPolicy") or {}).get("keyExpirationPeriodInDays", 1)
    if not isinstance(days, int) or days < 0:
        message = "Values for request parameters are invalid: keyPolicy.keyExpirationPeriodInDays."
        raise Refusal(400, "InvalidValuesForRequestParameters", message, "service")


ACCOUNT = ResourceType(
    "Microsoft.Storage/storageAccounts",
    STORAGE,
    ("identity", "sku", "kind", "id", "name", "type", "location", "tags", "properties"),
    (
        Field("dnsEndpointType"),
        Field("defaultToOAuthAuthentication"),
        Field("publicNetworkAccess"),
        Field("keyCreationTime", computed="keyCreation", since="2020-08-01-preview"),
        Field("allowCrossTenantReplication", False, since="2023-01-01"),
        Field("privateEndpointConnections", [], since="2019-06-01"),
        Field("isNfsV3Enabled"),
        Field("isLocalUserEnabled"),
        Field("isSftpEnabled"),
        Field("minimumTlsVersion", "TLS1_0", since="2021-06-01"),
        Field("allowBlobPublicAccess", False, since="2021-06-01"),
        Field("allowSharedKeyAccess"),
        Field("isHnsEnabled"),
        Field("networkAcls", {}),
        Field("networkAcls.ipv6Rules", [], since="2023-05-01"),
        Field("networkAcls.bypass", "AzureServices"),
        Field("networkAcls.virtualNetworkRules", []),
        Field("networkAcls.ipRules", []),
        Field("networkAcls.defaultAction", "Allow"),
        Field("supportsHttpsTrafficOnly", True),
        Field("encryption", reworked="storageEncryption"),
        Field("accessTier", "Hot"),
        Field("provisioningState", computed="state"),
        Field("creationTime", computed="created"),
        Field("primaryEndpoints", computed="storageEndpoints"),
        Field("primaryLocation", computed="location"),
        Field("statusOfPrimary", computed="available"),
        Field("secondaryLocation", computed="secondaryLocation"),
        Field("statusOfSecondary", computed="secondaryStatus"),
    ),
    (Field("tags", {}), Field("sku.tier", computed="skuTier")),
    create=Form(202, "Creating", False, True, 17, "empty", "storage", 0.3),
    update=Form(200),
    delete=Form(200, body="empty"),
    name_rule=r"[a-z0-9]{3,24}",
    name_error="AccountNameInvalid",
    not_found="gateway",
    accept=account,
)

TYPES: tuple[ResourceType, ...] = (ACCOUNT,)
