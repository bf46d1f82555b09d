"""Synchronous POST actions: what `listKeys` and its like answer."""

import base64
import hashlib
from collections.abc import Callable
from typing import Any

from emulators.azure.errors import unsupported
from emulators.azure.providers.types import ResourceType
from emulators.azure.state import Resource, State
from emulators.azure.times import timestamp


def _key(resource: Resource, number: int) -> str:
    return base64.b64encode(hashlib.sha512(f"{resource.id}/{number}".encode()).digest()).decode()


def list_keys(_state: State, resource: Resource) -> dict[str, Any]:
    """Two keys, the same ones at every call, under the names that services use."""
    if resource.type == "Microsoft.Storage/storageAccounts":
        made = timestamp(resource.created)
        keys = [
            {"creationTime": made, "keyName": f"key{number}", "value": _key(resource, number), "permissions": "FULL"}
            for number in (1, 2)
        ]
        return {"keys": keys}
    first, second = _key(resource, 1), _key(resource, 2)
    return {
        "key1": first,
        "key2": second,
        "primaryKey": first,
        "secondaryKey": second,
        "primaryMasterKey": first,
        "secondaryMasterKey": second,
        "primarySharedKey": first,
        "secondarySharedKey": second,
        "primaryConnectionString": f"Endpoint=https://{resource.name}/;SharedAccessKey={first}",
        "secondaryConnectionString": f"Endpoint=https://{resource.name}/;SharedAccessKey={second}",
    }


ANSWERS: dict[str, Callable[[State, Resource], dict[str, Any]]] = {"listkeys": list_keys}


def answer(state: State, row: ResourceType, resource: Resource, action: str) -> dict[str, Any]:
    """The answer of a synchronous action; one that is not implemented is refused by name."""
    function = ANSWERS.get(action.lower())
    if function is None:
        raise unsupported(f"the action {action} of {row.name}")
    return function(state, resource)
