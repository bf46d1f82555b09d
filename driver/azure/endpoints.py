"""Whether the sign-in and ARM of a cloud answer, asked without credentials.

Entra ID is asked for the document by which clients discover it, ARM for the metadata of its cloud. Any JSON is an
answer, a refusal too, unless its status is that of a server in trouble.
"""

from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from driver.azure.locations import list_clouds
from driver.azure.metadata import complete_cloud, is_known
from driver.settings import Settings

_DISCOVERY = "/common/v2.0/.well-known/openid-configuration"
_METADATA = "/metadata/endpoints?api-version=2022-09-01"
_SECONDS = (2, 2)  # to connect, to read


@dataclass(frozen=True)
class Endpoint:
    """A service of a cloud, and the URL at which it is asked."""

    service: Literal["azure", "entra"]
    url: str

    @property
    def name(self) -> str:
        service = "ARM" if self.service == "azure" else "Entra ID"
        return f"{service} ({urlsplit(self.url).netloc})"

    def find_fault(self) -> str:
        """Why it does not answer; empty if it does. It blocks for some seconds at most."""
        import requests

        try:
            answer = requests.get(self.url, timeout=_SECONDS, allow_redirects=False)
        except requests.RequestException as error:
            return f"{self.name} cannot be reached: {' '.join(str(error).split())[:300]}"
        if answer.status_code >= 500:
            return f"{self.name} answers with HTTP {answer.status_code}"
        try:
            answer.json()
        except ValueError:
            return f"{self.name}: something answers with HTTP {answer.status_code} that is no JSON"
        return ""


def list_endpoints(settings: Settings) -> list[Endpoint]:
    """The services of the cloud of the settings and of those in AZURE_CLOUDS. Of a cloud whose metadata were not read
    yet it is the address of these.
    """
    found: list[Endpoint] = []
    for cloud in list_clouds(settings):
        if is_known(cloud):
            completed = complete_cloud(cloud)
            found.append(Endpoint("entra", f"{completed.authority}{_DISCOVERY}"))
            found.append(Endpoint("azure", f"{completed.resource_manager}{_METADATA}"))
        else:
            found.append(Endpoint("azure", cloud.metadata))
    return list(dict.fromkeys(found))
