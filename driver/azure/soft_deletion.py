"""What Azure keeps of a deleted resource for some days: its name is held back until it is purged.

Sources: the REST references of Key Vault (deletedVaults), Managed HSM, Azure AI services (deletedAccounts), API
Management (deletedservices) and App Configuration (deletedConfigurationStores) at learn.microsoft.com/rest/api.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from driver.azure import operations
from driver.azure.refusals import Refusal
from driver.models.orders import AzureLocation
from driver.resource_ids import ResourceId

_REFERENCES = ("vaultId", "mhsmId", "serviceId", "configurationStoreId")


@dataclass(frozen=True)
class _Service:
    """`kept` is the type that stands for a deleted resource, `api_version` that of its calls. `in_group`: its id names
    the resource group. `method` purges it; a POST goes to `{id}/purge`.
    """

    kept: str
    api_version: str
    method: str = "POST"
    in_group: bool = False


_SERVICES = {
    "microsoft.keyvault/vaults": _Service("deletedVaults", "2023-07-01"),
    "microsoft.keyvault/managedhsms": _Service("deletedManagedHSMs", "2023-07-01"),
    "microsoft.cognitiveservices/accounts": _Service("deletedAccounts", "2023-05-01", "DELETE", in_group=True),
    "microsoft.apimanagement/service": _Service("deletedservices", "2022-08-01", "DELETE"),
    "microsoft.appconfiguration/configurationstores": _Service("deletedConfigurationStores", "2023-03-01"),
}


@dataclass(frozen=True)
class Kept:
    """What Azure keeps of a deleted resource: the id that stands for it, and until when. `is_protected`: Azure purges
    it then and not sooner.
    """

    id: str
    until: str = ""
    is_protected: bool = False


def is_kept_when_deleted(resource_id: ResourceId) -> bool:
    """Whether Azure keeps resources of this type after their DELETE."""
    return resource_id.type.lower() in _SERVICES


def find_kept(location: AzureLocation, resource_id: ResourceId, place: str) -> Kept | None:
    """What is kept of a deleted resource; None if nothing is. `place` is the Azure location that the resource had; if
    it is empty, the whole subscription is searched. Raises a Refusal.
    """
    service, namespace = _SERVICES[resource_id.type.lower()], resource_id.type.partition("/")[0]
    provider = f"/subscriptions/{resource_id.subscription}/providers/{namespace}"
    if not place:
        listed = operations.list_values(location, f"{provider}/{service.kept}", service.api_version)
        return next((_read_kept(body) for body in listed if _stands_for(body, resource_id, service)), None)
    group = f"/resourceGroups/{resource_id.resource_group}" if service.in_group else ""
    path = f"{provider}/locations/{place}{group}/{service.kept}/{resource_id.name}"
    body = operations.look(location, path, service.api_version).body
    return _read_kept(body) if body is not None and _stands_for(body, resource_id, service) else None


def purge(location: AzureLocation, resource_id: ResourceId, kept: Kept) -> None:
    """Begin to purge. Raises a Refusal; if nothing is kept any more, that is none."""
    service = _SERVICES[resource_id.type.lower()]
    try:
        if service.method == "DELETE":
            operations.delete(location, kept.id, service.api_version)
        else:
            operations.act(location, kept.id, "purge", service.api_version)
    except Refusal as refused:
        if not refused.is_absence:
            raise


def read_place(body: Mapping[str, Any]) -> str:
    """The Azure location of a resource, as it stands in ids: `westeurope` of `West Europe`."""
    return str(body.get("location") or "").replace(" ", "").lower()


def _read_kept(body: Mapping[str, Any]) -> Kept:
    properties = body.get("properties") or {}
    until = str(properties.get("scheduledPurgeDate") or "")
    return Kept(str(body["id"]), until, properties.get("purgeProtectionEnabled") is True)


def _stands_for(body: Mapping[str, Any], resource_id: ResourceId, service: _Service) -> bool:
    """Whether it is what was kept of this resource, not of another one of that name."""
    properties = body.get("properties") or {}
    reference = next((str(properties[name]) for name in _REFERENCES if properties.get(name)), "")
    if reference:
        return ResourceId.parse(reference) == resource_id
    group = f"/resourceGroups/{resource_id.resource_group}" if service.in_group else ""
    return str(body.get("id")).lower().endswith(f"{group}/{service.kept}/{resource_id.name}".lower())
