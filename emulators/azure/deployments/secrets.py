"""Secrets of key vaults that the parameters of deployments refer to."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from emulators.azure.language import TemplateError
from emulators.azure.language.models import ReadSecret
from emulators.azure.world.cloud import Cloud

VAULT = "microsoft.keyvault/vaults"
_USAGE = "Please see https://aka.ms/arm-keyvault for usage details."
_RECOVERY = "For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182"


def make_reader(cloud: Cloud) -> ReadSecret:
    """What reads the secret that a parameter's `reference` names."""
    return partial(_read, cloud)


def _read(cloud: Cloud, parameter: str, reference: Mapping[str, Any]) -> str:
    """The text of a secret. Raises TemplateError if the vault or the secret is not there, or if the vault is not
    enabled for template deployment (https://learn.microsoft.com/azure/azure-resource-manager/templates/key-vault-parameter).
    """
    given = reference.get("keyVault") if isinstance(reference, Mapping) else None
    vault_id = given.get("id") if isinstance(given, Mapping) else None
    name = reference.get("secretName") if isinstance(reference, Mapping) else None
    if not isinstance(vault_id, str) or not isinstance(name, str):
        raise TemplateError(
            f"The template parameter '{parameter}' has the reference '{reference}'. Expected "
            '\'{"keyVault": {"id": ...}, "secretName": ...}\'.',
            "InvalidDeploymentParameterKeyVaultReference",
        )
    vault = cloud.state.resources.get(vault_id.lower())
    if vault is None or vault.type.lower() != VAULT:
        raise TemplateError(
            f"The specified KeyVault '{vault_id}' could not be found. {_USAGE}", "KeyVaultParameterReferenceNotFound"
        )
    if vault.properties.get("enabledForTemplateDeployment") is not True:
        reason = f"Access denied to first party service.\r\nVault: {vault.name};location={vault.location}"
        raise _not_read(parameter, "Forbidden", reason)
    secret = cloud.state.resources.get(f"{vault_id}/secrets/{name}".lower())
    if secret is None:
        reason = (
            f"A secret with (name/id) {name} was not found in this key vault. If you recently deleted this secret you "
            f"may be able to recover it using the correct recovery command. {_RECOVERY}"
        )
        raise _not_read(parameter, "NotFound", reason)
    return str(secret.properties.get("value", ""))


def _not_read(parameter: str, status: str, reason: str) -> TemplateError:
    return TemplateError(
        f"The secret of KeyVault parameter '{parameter}' cannot be retrieved. Http status code: '{status}'. "
        f"Error message: '{reason}'. {_USAGE}",
        "KeyVaultParameterReferenceSecretRetrieveFailed",
    )
