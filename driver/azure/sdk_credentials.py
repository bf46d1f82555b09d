"""The SDK's credential for each way to sign in. None tries again by itself, and each has short time-outs."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from driver.azure.refusals import SignInUnavailable
from driver.azure.verdicts import Cause
from driver.clouds import CLOUDS
from driver.models.orders import AzureLocation
from driver.settings import current

if TYPE_CHECKING:
    from azure.identity import (
        CertificateCredential,
        ClientAssertionCredential,
        ClientSecretCredential,
        ManagedIdentityCredential,
    )

    Credential = CertificateCredential | ClientAssertionCredential | ClientSecretCredential | ManagedIdentityCredential

CONNECT_SECONDS = 3
READ_SECONDS = 7


def build_credential(location: AzureLocation, read_assertion: Callable[[], str], **options: Any) -> "Credential":
    """A credential that asks Entra ID, or the end point of managed identities, once. `read_assertion` gives what signs
    in a workload identity; `options` are those of the SDK's pipeline.
    """
    from azure import identity

    options = {"retry_total": 0, "connection_timeout": CONNECT_SECONDS, "read_timeout": READ_SECONDS, **options}
    if location.authentication == "managedIdentity":
        # Without the private option the SDK takes the workload identity of the pod instead, whichever that is.
        return identity.ManagedIdentityCredential(
            client_id=location.client_id or None, _exclude_workload_identity_credential=True, **options
        )
    options["authority"] = location.authority_host
    # The public discovery endpoint does not know private clouds and the embedded Azure.
    options["disable_instance_discovery"] = location.authority_host not in {cloud.authority for cloud in CLOUDS}
    application = (location.tenant_id, location.client_id)
    if location.authentication == "workloadIdentity":
        return identity.ClientAssertionCredential(*application, read_assertion, **options)
    if location.authentication == "clientCertificate":
        return identity.CertificateCredential(
            *application,
            certificate_data=location.client_certificate.encode(),
            send_certificate_chain=location.send_certificate_chain,
            **options,
        )
    return identity.ClientSecretCredential(*application, location.client_secret, **options)


def read_token_file(place: str) -> str:
    """The token of the pod's service account. Kubernetes writes a new one before it ends. Raises SignInUnavailable."""
    file = current().federated_token_file
    try:
        return Path(file).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = f"{place}: the token in AZURE_FEDERATED_TOKEN_FILE cannot be read: {error}"
        raise SignInUnavailable(Cause("SignInUnavailable", reason)) from error
