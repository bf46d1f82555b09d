"""Properties of storage accounts that the service makes."""

from typing import Any

from emulators.azure.providers.types import ABSENT
from emulators.azure.wire.times import timestamp
from emulators.azure.world.entities import Resource
from emulators.azure.world.state import State

Item = dict[str, Any]


def storage_endpoints(_state: State, resource: Resource, _item: Item) -> Any:
    blobs_only = resource.top.get("kind") == "BlobStorage"
    kinds = ["dfs", "blob", "table"] if blobs_only else ["dfs", "web", "blob", "queue", "table", "file"]
    zone = {"web": "z6.web"}
    return {kind: f"https://{resource.name}.{zone.get(kind, kind)}.core.windows.net/" for kind in kinds}


def storage_encryption(_state: State, resource: Resource, _item: Item, version: str) -> Any:
    service: Item = {"keyType": "Account"} if version >= "2019-06-01" else {}
    service |= {"enabled": True, "lastEnabledTime": timestamp(resource.created)}
    sent = resource.properties.get("encryption") or {}
    services = {name: service | ((sent.get("services") or {}).get(name) or {}) for name in ("file", "blob")}
    return {"services": services, "keySource": sent.get("keySource", "Microsoft.Storage")} | {
        name: value for name, value in sent.items() if name not in ("services", "keySource")
    }


def secondary_location(_state: State, resource: Resource, _item: Item) -> Any:
    return "northeurope" if _geo_redundant(resource) else ABSENT


def secondary_status(_state: State, resource: Resource, _item: Item) -> Any:
    return "available" if _geo_redundant(resource) else ABSENT


def _geo_redundant(resource: Resource) -> bool:
    return "GRS" in str((resource.top.get("sku") or {}).get("name", "")) or "GZRS" in str(resource.top.get("sku"))
