"""Deployment locations: the properties that Brent sends, in this driver's or the former driver's spelling."""

import re
from dataclasses import dataclass

from driver.errors import InvalidRequest
from driver.models.orders import AzureLocation
from driver.models.requests import DeploymentLocation
from driver.settings import Settings

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_DOMAIN = re.compile(r"[a-z0-9][a-z0-9-]*(\.[a-z0-9-]+)+", re.IGNORECASE)

# Besides this driver's names those that the former driver read, and those in its README.
_SPELLINGS = {
    "tenantId": ("tenantId", "AZURE_TENANTID", "AZURE_TENANT_ID"),
    "clientId": ("clientId", "AZURE_CLIENTID", "AZURE_CLIENT_ID"),
    "clientSecret": ("clientSecret", "AZURE_CLIENTSECRET", "AZURE_CLIENT_SECRET"),
    "subscriptionId": ("subscriptionId", "AZURE_SUBSCRIPTION", "AZURE_SUBSCRIPTION_ID"),
}


@dataclass(frozen=True)
class Cloud:
    """An Azure cloud: where to sign in, where ARM is, and the scope of a token for it."""

    authority_host: str
    resource_manager_url: str
    credential_scope: str


CLOUDS = {
    "azurecloud": Cloud(
        "https://login.microsoftonline.com",
        "https://management.azure.com",
        "https://management.azure.com/.default",
    ),
    "azureusgovernment": Cloud(
        "https://login.microsoftonline.us",
        "https://management.usgovcloudapi.net",
        "https://management.core.usgovcloudapi.net/.default",
    ),
    "azurechinacloud": Cloud(
        "https://login.chinacloudapi.cn",
        "https://management.chinacloudapi.cn",
        "https://management.chinacloudapi.cn/.default",
    ),
}
_CLOUD_NAMES = {"azurepubliccloud": "azurecloud", "public": "azurecloud"}


def read_location(location: DeploymentLocation, settings: Settings) -> AzureLocation:
    """The subscription and credentials of a deployment location. Raises InvalidRequest naming every fault."""
    faults: list[str] = []
    values = {name: _read_value(location, name, faults) for name in _SPELLINGS}
    faults += [
        f"{name} must be a GUID such as 11111111-2222-3333-4444-555555555555"
        for name in ("clientId", "subscriptionId")
        if values[name] and not _GUID.fullmatch(values[name])
    ]
    if values["tenantId"] and not (_GUID.fullmatch(values["tenantId"]) or _DOMAIN.fullmatch(values["tenantId"])):
        faults.append("tenantId must be a GUID or a domain name such as contoso.onmicrosoft.com")
    cloud = _read_cloud(location, settings, faults)
    if faults:
        raise InvalidRequest(*(f"deployment location '{location.name}': {fault}" for fault in faults))
    return AzureLocation(
        name=location.name,
        tenant_id=values["tenantId"],
        client_id=values["clientId"],
        client_secret=values["clientSecret"],
        subscription_id=values["subscriptionId"],
        authority_host=cloud.authority_host,
        resource_manager_url=cloud.resource_manager_url,
        credential_scope=cloud.credential_scope,
    )


def _read_value(location: DeploymentLocation, name: str, faults: list[str]) -> str:
    for spelling in _SPELLINGS[name]:
        value = location.properties.get(spelling)
        if isinstance(value, str) and value.strip():
            return value.strip()
        if value is not None and not isinstance(value, str):
            faults.append(f"property '{spelling}' must be text")
            return ""
    faults.append(f"property '{name}' is missing (or {' or '.join(_SPELLINGS[name][1:])})")
    return ""


def _read_cloud(location: DeploymentLocation, settings: Settings, faults: list[str]) -> Cloud:
    name = location.properties.get("cloud")
    if name is None or name == "":
        public = CLOUDS["azurecloud"]
        url = settings.resource_manager_url or public.resource_manager_url
        known = next((cloud for cloud in CLOUDS.values() if cloud.resource_manager_url == url), None)
        return Cloud(
            settings.authority_host or (known or public).authority_host,
            url,
            known.credential_scope if known else f"{url}/.default",
        )
    key = str(name).lower()
    cloud = CLOUDS.get(_CLOUD_NAMES.get(key, key))
    if cloud is None:
        faults.append("property 'cloud' must be AzureCloud, AzureUSGovernment or AzureChinaCloud")
        return CLOUDS["azurecloud"]
    return cloud
