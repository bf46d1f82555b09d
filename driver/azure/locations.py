"""Deployment locations: the properties that Brent sends, in this driver's or the former driver's spelling."""

from collections.abc import Mapping
from typing import Any

from driver.azure.certificates import read_certificate
from driver.azure.metadata import complete_cloud, is_known
from driver.azure.spellings import find_value, read_switch, read_text
from driver.clouds import CLOUDS, Cloud, find_cloud
from driver.errors import InvalidRequest
from driver.identities import DOMAIN, GUID, SYSTEM, find_identity
from driver.models.orders import Authentication, AzureLocation
from driver.models.requests import DeploymentLocation
from driver.settings import Settings

_MOST_AUXILIARY_TENANTS = 3  # learn.microsoft.com/azure/azure-resource-manager/management/authenticate-multi-tenant
_CREDENTIALS: dict[str, tuple[str, ...]] = {
    "clientSecret": ("tenantId", "clientId", "clientSecret"),
    "clientCertificate": ("tenantId", "clientId", "clientCertificate"),
    "workloadIdentity": ("tenantId", "clientId"),
    "managedIdentity": (),
}
_OWN = ("workloadIdentity", "managedIdentity")


def read_location(location: DeploymentLocation, settings: Settings) -> AzureLocation:
    """The subscription and credentials of a deployment location. Raises InvalidRequest naming every fault, NotReady if
    the metadata of its cloud cannot be read.
    """
    faults: list[str] = []
    properties, place = location.properties, f"deployment location '{location.name}'"
    kind = _read_authentication(properties, faults)
    values = {name: read_text(properties, name, faults) for name in (*_CREDENTIALS[kind], "subscriptionId")}
    if kind == "managedIdentity":
        values |= {name: read_text(properties, name, faults, is_optional=True) for name in ("tenantId", "clientId")}
    if kind == "clientSecret" and not values["clientSecret"] and find_value(properties, "clientCertificate")[1]:
        faults.append("property 'authentication' must be clientCertificate for a clientCertificate to be used")
    faults += [
        f"{name} must be a GUID such as 11111111-2222-3333-4444-555555555555"
        for name in ("clientId", "subscriptionId")
        if values[name] and not GUID.fullmatch(values[name])
    ]
    if values["tenantId"] and not _is_tenant(values["tenantId"]):
        faults.append("tenantId must be a GUID or a domain name such as contoso.onmicrosoft.com")
    certificate = _read_certificate(properties, values.get("clientCertificate", ""), faults)
    auxiliary_tenants = _read_auxiliary_tenants(properties, kind, faults)
    sends_chain = read_switch(properties, "sendCertificateChain", faults)
    named = _find_cloud(properties, settings, faults)
    own: dict[str, Any] = {}
    if kind in _OWN and not faults:
        own = _read_own_identity(kind, values, auxiliary_tenants, named, settings, faults)
    if faults:
        raise InvalidRequest(*(f"{place}: {fault}" for fault in faults))
    cloud = complete_cloud(named)
    fields: dict[str, Any] = {
        "tenant_id": values["tenantId"],
        "client_id": values["clientId"],
        "client_secret": values.get("clientSecret", ""),
        "client_certificate": certificate,
        "send_certificate_chain": sends_chain and kind == "clientCertificate",
        "auxiliary_tenants": auxiliary_tenants,
        **own,
    }
    return AzureLocation(
        name=location.name,
        authentication=kind,
        subscription_id=values["subscriptionId"],
        authority_host=cloud.authority,
        resource_manager_url=cloud.resource_manager,
        credential_scope=cloud.scope,
        **fields,
    )


def list_clouds(settings: Settings) -> tuple[Cloud, ...]:
    """The cloud of the settings, which a location without a name of one is in, and those of AZURE_CLOUDS."""
    return (_build_default_cloud(settings), *settings.clouds)


def takes_time(location: DeploymentLocation, settings: Settings) -> bool:
    """Whether reading it calls a server, or derives a key from a password."""
    faults: list[str] = []
    kind = _read_authentication(location.properties, faults)
    return kind == "clientCertificate" or not is_known(_find_cloud(location.properties, settings, faults))


def _read_authentication(properties: Mapping[str, Any], faults: list[str]) -> Authentication:
    spelling, value = find_value(properties, "authentication")
    kinds: dict[str, Authentication] = {
        "clientsecret": "clientSecret",
        "clientcertificate": "clientCertificate",
        "workloadidentity": "workloadIdentity",
        "managedidentity": "managedIdentity",
    }
    if value is None:
        return "clientSecret"
    kind = kinds.get(value.strip().lower()) if isinstance(value, str) else None
    if kind is None:
        faults.append(f"property '{spelling}' must be {', '.join(_CREDENTIALS)}: it says how to sign in")
    return kind or "clientSecret"


def _read_certificate(properties: Mapping[str, Any], text: str, faults: list[str]) -> str:
    if not text:
        return ""
    password = read_text(properties, "clientCertificatePassword", faults, is_optional=True)
    try:
        return read_certificate(text, password)
    except ValueError as error:
        faults.append(f"property 'clientCertificate' {error}")
        return ""


def _read_auxiliary_tenants(properties: Mapping[str, Any], kind: str, faults: list[str]) -> tuple[str, ...]:
    """The further tenants: a list, or a text with commas."""
    spelling, value = find_value(properties, "auxiliaryTenants")
    listed = value.split(",") if isinstance(value, str) else [] if value is None else value
    if not isinstance(listed, list) or not all(isinstance(tenant, str) for tenant in listed):
        faults.append(f"property '{spelling}' must be a list of tenants, or a text with commas")
        return ()
    tenants = tuple(filter(None, (tenant.strip() for tenant in listed)))
    if tenants and kind == "managedIdentity":
        faults.append(f"property '{spelling}' must be absent: a managed identity signs in to its own tenant only")
    elif len(tenants) > _MOST_AUXILIARY_TENANTS or not all(map(_is_tenant, tenants)):
        what = (
            f"at most {_MOST_AUXILIARY_TENANTS} tenants, each a GUID or a domain name such as contoso.onmicrosoft.com"
        )
        faults.append(f"property '{spelling}' must be {what}")
    return tenants


def _is_tenant(text: str) -> bool:
    return bool(GUID.fullmatch(text) or DOMAIN.fullmatch(text))


def _read_own_identity(
    kind: str,
    values: Mapping[str, str],
    auxiliary_tenants: tuple[str, ...],
    cloud: Cloud,
    settings: Settings,
    faults: list[str],
) -> dict[str, str]:
    """The fields of the location that say how an identity of the driver signs in, if the operator allows it."""
    client_id, tenant_id, subscription_id = values["clientId"], values["tenantId"], values["subscriptionId"]
    try:
        identity = find_identity(settings.identities, kind, client_id, tenant_id, subscription_id, auxiliary_tenants)
    except InvalidRequest as error:
        faults += error.faults
        return {}
    if kind == "managedIdentity":
        return {"tenant_id": tenant_id or identity.tenant_id}
    if identity.managed_identity:
        assertion_client_id = "" if identity.managed_identity == SYSTEM else identity.managed_identity
        return {"assertion_scope": f"{cloud.exchange_audience}/.default", "assertion_client_id": assertion_client_id}
    if not settings.federated_token_file:
        faults.append(
            "authentication 'workloadIdentity' finds no token on this host: AZURE_FEDERATED_TOKEN_FILE is not set (on "
            "Kubernetes the webhook of Microsoft Entra Workload ID sets it; elsewhere the entry in AZURE_IDENTITIES "
            "names a managedIdentity)"
        )
    return {}


def _find_cloud(properties: Mapping[str, Any], settings: Settings, faults: list[str]) -> Cloud:
    """The cloud that a location names; without a name that of the settings. No property can name a host."""
    spelling, value = find_value(properties, "cloud")
    if value is None:
        return _build_default_cloud(settings)
    cloud = find_cloud(value.strip(), settings.clouds) if isinstance(value, str) else None
    if cloud is None:
        names = [known.name for known in (*CLOUDS, *settings.clouds)]
        faults.append(f"property '{spelling}' must be {', '.join(names[:-1])} or {names[-1]}")
    return cloud or CLOUDS[0]


def _build_default_cloud(settings: Settings) -> Cloud:
    public = CLOUDS[0]
    url = settings.resource_manager_url or public.resource_manager
    known = next((cloud for cloud in (*CLOUDS, *settings.clouds) if cloud.resource_manager == url), None)
    authority = settings.authority_host or (known or public).authority
    if known:
        return known.model_copy(update={"authority": authority})
    return Cloud.model_construct(name="", authority=authority, resource_manager=url)
