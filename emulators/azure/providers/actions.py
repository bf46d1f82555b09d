"""Synchronous POST actions: what `listKeys` and its like answer."""

import base64
import hashlib
from collections.abc import Callable
from typing import Any

from emulators.azure.providers.types import ResourceType
from emulators.azure.wire.errors import unsupported
from emulators.azure.wire.times import timestamp
from emulators.azure.world.entities import Resource
from emulators.azure.world.state import State


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


def list_credentials(_state: State, resource: Resource) -> dict[str, Any]:
    """User and passwords of a registry."""
    passwords = [{"name": name, "value": _key(resource, at)} for at, name in enumerate(("password", "password2"), 1)]
    return {"username": resource.name, "passwords": passwords}


def list_connection_strings(_state: State, resource: Resource) -> dict[str, Any]:
    text = f"AccountEndpoint=https://{resource.name}.documents.azure.com:443/;AccountKey={_key(resource, 1)};"
    return {"connectionStrings": [{"connectionString": text, "description": "Primary SQL Connection String"}]}


def list_secrets(_state: State, resource: Resource) -> dict[str, Any]:
    return {"apiKey": _key(resource, 1), "primaryKey": _key(resource, 1), "secondaryKey": _key(resource, 2)}


def list_callback_url(_state: State, resource: Resource) -> dict[str, Any]:
    return {"value": f"https://prod-01.logic.azure.com:443{resource.id}?sig={_key(resource, 1)}", "method": "POST"}


def list_cluster_credential(_state: State, resource: Resource) -> dict[str, Any]:
    """A kubeconfig, as base64."""
    return {"kubeconfigs": [{"name": "clusterAdmin", "value": _key(resource, 1)}]}


def switched(_state: State, _resource: Resource) -> dict[str, Any]:
    """Starting or stopping what has no table: nothing of it shows."""
    return {}


ANSWERS: dict[str, Callable[[State, Resource], dict[str, Any]]] = {
    "listadminkeys": list_keys,
    "listcallbackurl": list_callback_url,
    "listclusteradmincredential": list_cluster_credential,
    "listclusterusercredential": list_cluster_credential,
    "listconnectionstrings": list_connection_strings,
    "listcredentials": list_credentials,
    "listkeys": list_keys,
    "listsecrets": list_secrets,
    **dict.fromkeys(("start", "stop", "restart", "deallocate", "poweroff"), switched),
}


def answer(state: State, row: ResourceType, resource: Resource, action: str) -> dict[str, Any]:
    """The answer of a synchronous action; one that is not implemented is refused by name."""
    function = ANSWERS.get(action.lower())
    if function is None:
        raise unsupported(f"the action {action} of {row.name}")
    return function(state, resource)
