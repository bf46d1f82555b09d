"""The driver's own identities. A deployment location may name one only as the setting AZURE_IDENTITIES lists it."""

import re
from collections.abc import Callable, Collection
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from driver.errors import InvalidRequest
from driver.json_settings import Entry, read_entries

GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
DOMAIN = re.compile(r"[a-z0-9][a-z0-9-]*(\.[a-z0-9-]+)+", re.IGNORECASE)
ANY = "*"
SYSTEM = "system"
_EXAMPLE = "a GUID such as 11111111-2222-3333-4444-555555555555"


def _check_guid(text: str) -> str:
    if not GUID.fullmatch(text):
        raise ValueError(f"must be {_EXAMPLE}")
    return text.lower()


def _check_subscription(text: str) -> str:
    if text != ANY and not GUID.fullmatch(text):
        raise ValueError(f"must be {_EXAMPLE}, or {ANY} for any subscription")
    return text.lower()


def _check_identity(text: str) -> str:
    if text != SYSTEM and not GUID.fullmatch(text):
        raise ValueError(f"must be the client id of a managed identity, {_EXAMPLE}, or {SYSTEM}")
    return text.lower()


def _check_tenant(text: str) -> str:
    if not (GUID.fullmatch(text) or DOMAIN.fullmatch(text)):
        raise ValueError(f"must be {_EXAMPLE}, or a domain name such as contoso.onmicrosoft.com")
    return text.lower()


def _check_kind(value: object) -> object:
    if value not in ("workloadIdentity", "managedIdentity"):
        raise ValueError("must be workloadIdentity or managedIdentity")
    return value


Guid = Annotated[str, AfterValidator(_check_guid)]
Tenant = Annotated[str, AfterValidator(_check_tenant)]


class Identity(Entry):
    """An identity of the driver, and what it may be used for.

    `client_id`: of a managed identity empty if that is the system-assigned one. `auxiliary_tenants` are further tenants
    in which the application may be signed in. `managed_identity` signs the application in instead of the token file of
    the pod: `system`, or the client id of a user-assigned identity.
    """

    kind: Annotated[Literal["workloadIdentity", "managedIdentity"], BeforeValidator(_check_kind)]
    client_id: Guid = ""
    tenant_id: Tenant = ""
    subscriptions: Annotated[tuple[Annotated[str, AfterValidator(_check_subscription)], ...], Field(min_length=1)]
    auxiliary_tenants: tuple[Tenant, ...] = ()
    managed_identity: Annotated[str, AfterValidator(_check_identity)] = ""

    @model_validator(mode="after")
    def _check_parts(self) -> "Identity":
        if self.kind == "workloadIdentity" and not (self.client_id and self.tenant_id):
            raise ValueError("workloadIdentity must have clientId and tenantId")
        if self.kind == "managedIdentity" and (self.auxiliary_tenants or self.managed_identity):
            raise ValueError("managedIdentity takes no auxiliaryTenants and no managedIdentity")
        return self


def read_identities(text: str, faults: list[str]) -> tuple[Identity, ...]:
    """The identities in AZURE_IDENTITIES."""
    return read_entries("AZURE_IDENTITIES", text, Identity, faults)


def find_identity(
    identities: Collection[Identity],
    kind: str,
    client_id: str,
    tenant_id: str,
    subscription_id: str,
    auxiliary_tenants: Collection[str],
) -> Identity:
    """The listed identity that allows what a deployment location asks for. Raises InvalidRequest naming the first
    property that no entry allows, and what would be allowed.
    """
    found = [identity for identity in identities if identity.kind == kind]
    if not found:
        raise InvalidRequest(
            f"authentication '{kind}' is not allowed: the setting AZURE_IDENTITIES of the driver lists no identity of "
            "this kind; use clientSecret or clientCertificate, or ask the driver's operator"
        )
    wanted_tenants = {tenant.lower() for tenant in auxiliary_tenants}
    checks: tuple[tuple[str, Callable[[Identity], bool], Callable[[Identity], Collection[str]]], ...] = (
        ("clientId", lambda one: one.client_id == client_id.lower(), lambda one: [one.client_id or "absent"]),
        (
            "tenantId",
            lambda one: tenant_id.lower() in (one.tenant_id, "") or not one.tenant_id,
            lambda one: [one.tenant_id],
        ),
        (
            "subscriptionId",
            lambda one: ANY in one.subscriptions or subscription_id.lower() in one.subscriptions,
            lambda one: one.subscriptions,
        ),
        (
            "auxiliaryTenants",
            lambda one: wanted_tenants <= set(one.auxiliary_tenants),
            lambda one: one.auxiliary_tenants or ["absent"],
        ),
    )
    for name, allows, list_allowed in checks:
        allowed = sorted({text for one in found for text in list_allowed(one)})
        found = [one for one in found if allows(one)]
        if not found:
            raise InvalidRequest(
                f"property '{name}' must be {' or '.join(allowed)}: the setting AZURE_IDENTITIES of the driver allows "
                f"nothing else for {kind}"
            )
    return found[0]
