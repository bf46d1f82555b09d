"""The credential of a deployment location, shared by the threads of a worker."""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from driver.models.orders import AzureLocation

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken
    from azure.identity import ClientSecretCredential


def build_credential(location: AzureLocation) -> "ClientSecretCredential":
    from azure.identity import ClientSecretCredential

    return ClientSecretCredential(
        location.tenant_id,
        location.client_id,
        location.client_secret,
        authority=location.authority_host,
        # The public discovery endpoint does not know private clouds and the embedded Azure.
        disable_instance_discovery=not location.authority_host.endswith(
            (".microsoftonline.com", ".microsoftonline.us", ".cn")
        ),
    )


class SharedCredential:
    """A credential that many threads share. One of them requests the token, and the others wait for it instead of
    requesting one each.
    """

    def __init__(self, build: "Callable[[], ClientSecretCredential]") -> None:
        self._build = build
        self._credential = build()
        self._token = ""
        self._lock = threading.Lock()

    def get_token(self, *scopes: str, **options: Any) -> "AccessToken":
        with self._lock:
            token = self._credential.get_token(*scopes, **options)
            self._token = token.token
            return token

    def forget(self, token: str) -> None:
        """Request a new token next time if that is the newest one. By the SDK's cache it may still be good."""
        with self._lock:
            if token == self._token:
                self._credential, self._token = self._build(), ""
