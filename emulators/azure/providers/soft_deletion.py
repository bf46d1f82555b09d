"""Which services keep what was deleted for a while: under which names, by which words, and what holds the name back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

DAY = 86400.0


@dataclass(frozen=True)
class SoftDeletion:
    """One service. `deleted` is the type under `locations/{location}/`; `listed` the one that lists a subscription's.

    `code`, `status` and `message` refuse a PUT of a name that is held back. `in_group`: the id of a deleted one names
    its group. `purge_by_delete`: a purge is a DELETE, else POST `purge`. `name_held_seconds`: how long after a purge
    the name is still taken. `not_found` is the code of one that is not there.
    """

    type: str
    listed: str
    deleted: str
    code: str
    message: str
    recover: tuple[str, str | bool]
    days: int
    days_key: str = "softDeleteRetentionInDays"
    in_group: bool = False
    purge_by_delete: bool = False
    name_held_seconds: float = 0.0
    not_found: str = "DeletedResourceNotFound"
    purge_refusal: tuple[int, str, str] = (409, "Conflict", "Purge protection is enabled for '{name}'.")

    def retention(self, properties: Mapping[str, Any]) -> float:
        """How long one is kept, in seconds."""
        return float(properties.get(self.days_key) or self.days) * DAY

    def recovers(self, properties: Mapping[str, Any]) -> bool:
        """Whether a PUT asks for the deleted one."""
        key, value = self.recover
        return str(properties.get(key, "")).lower() == str(value).lower()


_TAKEN = (
    "A vault with the same name already exists in deleted state. You need to either recover or purge existing key "
    "vault. Follow this link https://go.microsoft.com/fwlink/?linkid=2149745 for more information on soft delete."
)
_RESTORE = (
    "An existing resource with ID '{id}' has been soft-deleted. To restore the resource, you must specify 'restore' to "
    "be 'true' in the property. If you don't want to restore existing resource, please purge it first."
)
_UNDELETE = (
    "Api service {name} was soft-deleted. In order to create the new service with the same name, you have to either "
    "undelete the service or purge it. See https://aka.ms/apimsoftdelete."
)

SERVICES = (
    SoftDeletion(
        "Microsoft.KeyVault/vaults",
        "deletedVaults",
        "deletedVaults",
        "ConflictError",
        _TAKEN,
        ("createMode", "recover"),
        90,
        not_found="DeletedVaultNotFound",
        purge_refusal=(405, "MethodNotAllowed", "Operation 'DeletedVaultPurge' is not allowed."),
    ),
    SoftDeletion(
        "Microsoft.KeyVault/managedHSMs",
        "deletedManagedHSMs",
        "deletedManagedHSMs",
        "ConflictError",
        _TAKEN.replace("key vault", "managed HSM").replace("A vault", "A managed HSM"),
        ("createMode", "recover"),
        90,
        not_found="DeletedManagedHsmNotFound",
        purge_refusal=(405, "MethodNotAllowed", "Operation 'DeletedManagedHsmPurge' is not allowed."),
    ),
    SoftDeletion(
        "Microsoft.CognitiveServices/accounts",
        "deletedAccounts",
        "deletedAccounts",
        "FlagMustBeSetForRestore",
        _RESTORE,
        ("restore", True),
        2,
        in_group=True,
        purge_by_delete=True,
        not_found="ResourceNotFound",
    ),
    SoftDeletion(
        "Microsoft.ApiManagement/service",
        "deletedservices",
        "deletedservices",
        "ServiceAlreadyExistsInSoftDeletedState",
        _UNDELETE,
        ("restore", True),
        2,
        purge_by_delete=True,
        not_found="ServiceNotFound",
    ),
    SoftDeletion(
        "Microsoft.AppConfiguration/configurationStores",
        "deletedConfigurationStores",
        "deletedConfigurationStores",
        "NameUnavailable",
        "The specified name is already in use.",
        ("createMode", "Recover"),
        7,
        name_held_seconds=300.0,
        not_found="DeletedConfigurationStoreNotFound",
    ),
)
BY_TYPE: Mapping[str, SoftDeletion] = {service.type.lower(): service for service in SERVICES}


def is_kept(service: SoftDeletion, top: Mapping[str, Any]) -> bool:
    """Whether one of this sku is kept when it is deleted: a free configuration store is not."""
    sku = str((top.get("sku") or {}).get("name", "")).lower()
    return not (service.type.endswith("configurationStores") and sku in ("free", "developer"))
