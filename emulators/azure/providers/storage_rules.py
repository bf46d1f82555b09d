"""What Microsoft.Storage checks before it accepts a resource."""

from typing import Any

from emulators.azure.wire.errors import Refusal
from emulators.azure.world.ids import ResourceId
from emulators.azure.world.state import State

ACCOUNT = "Microsoft.Storage/storageAccounts"


def account(state: State, rid: ResourceId, properties: dict[str, Any]) -> None:
    """Names are unique in all of Azure."""
    for resource in state.resources.values():
        if resource.type == ACCOUNT and resource.name == rid.name and resource.id.lower() != str(rid).lower():
            message = f"The storage account named {rid.name} is already taken."
            raise Refusal(409, "StorageAccountAlreadyTaken", message, "service")
    days = (properties.get("keyPolicy") or {}).get("keyExpirationPeriodInDays", 1)
    if not isinstance(days, int) or days < 0:
        message = "Values for request parameters are invalid: keyPolicy.keyExpirationPeriodInDays."
        raise Refusal(400, "InvalidValuesForRequestParameters", message, "service")
