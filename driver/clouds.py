"""Azure clouds: the built-in ones, and those of the setting AZURE_CLOUDS."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from driver.json_settings import Entry, read_entries

_ADDRESS = re.compile(r"https://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?(/[\w./-]*)?", re.IGNORECASE)
_METADATA = re.compile(rf"{_ADDRESS.pattern}(\?[\w.=&-]*)?", re.IGNORECASE)
_EXCHANGE = "api://AzureADTokenExchange"


def _check_address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise ValueError("must be an https:// address such as https://management.example.com")
    return text.rstrip("/")


def _check_metadata(text: str) -> str:
    if not _METADATA.fullmatch(text):
        example = "https://management.example.com/metadata/endpoints?api-version=2022-09-01"
        raise ValueError(f"must be an https:// address such as {example}")
    return text


Address = Annotated[str, AfterValidator(_check_address)]


class Cloud(Entry):
    """An Azure cloud: where to sign in (`authority`), where ARM is, and the `audience` of a token for it. Or the
    address of its `metadata`, from which they are read.

    `exchange_audience` is the audience of the token with which a managed identity signs an application in.
    Source: learn.microsoft.com/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity
    """

    name: Annotated[str, Field(min_length=1)]
    authority: Address = ""
    resource_manager: Address = ""
    audience: str = ""
    metadata: Annotated[str, AfterValidator(_check_metadata)] = ""
    exchange_audience: Annotated[str, Field(min_length=1)] = _EXCHANGE

    @model_validator(mode="after")
    def _check_ways(self) -> "Cloud":
        named = (self.authority, self.resource_manager, self.audience)
        if any(named) if self.metadata else not (self.authority and self.resource_manager):
            raise ValueError("must have authority and resourceManager (and audience, if it is another), or metadata")
        return self

    @property
    def scope(self) -> str:
        """The scope of a token for ARM. An audience that ends with a slash keeps it."""
        return f"{self.audience or self.resource_manager}/.default"


CLOUDS = (
    Cloud(
        name="AzureCloud",
        authority="https://login.microsoftonline.com",
        resource_manager="https://management.azure.com",
    ),
    Cloud(
        name="AzureUSGovernment",
        authority="https://login.microsoftonline.us",
        resource_manager="https://management.usgovcloudapi.net",
        audience="https://management.core.usgovcloudapi.net",
        exchange_audience=f"{_EXCHANGE}USGov",
    ),
    Cloud(
        name="AzureChinaCloud",
        authority="https://login.chinacloudapi.cn",
        resource_manager="https://management.chinacloudapi.cn",
        exchange_audience=f"{_EXCHANGE}China",
    ),
)
_OTHER_NAMES = {"azurepubliccloud": "azurecloud", "public": "azurecloud"}


def read_clouds(text: str, faults: list[str]) -> tuple[Cloud, ...]:
    """The clouds in AZURE_CLOUDS. None may have the name of another one or of a built-in cloud."""
    clouds = read_entries("AZURE_CLOUDS", text, Cloud, faults)
    taken = {cloud.name.lower() for cloud in CLOUDS} | set(_OTHER_NAMES)
    for index, cloud in enumerate(clouds):
        if cloud.name.lower() in taken:
            faults.append(f"AZURE_CLOUDS[{index}].name: '{cloud.name}' is the name of another cloud")
        taken.add(cloud.name.lower())
    return clouds


def find_cloud(name: str, further: tuple[Cloud, ...]) -> Cloud | None:
    """The cloud of a name, which is compared without case."""
    wanted = _OTHER_NAMES.get(name.lower(), name.lower())
    return next((cloud for cloud in (*CLOUDS, *further) if cloud.name.lower() == wanted), None)
