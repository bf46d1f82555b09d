"""The parameters of a request."""

from collections.abc import Mapping
from typing import Any

from emulators.azure.language.expressions import Call
from emulators.azure.language.models import ReadSecret, TemplateError
from emulators.azure.language.residuals import Residual, quote
from emulators.azure.language.schemas import USAGE, Schema


def given_values(
    declared: Mapping[str, Schema],
    parameters: Mapping[str, Mapping[str, Any]],
    predicting: bool,
    read_secret: ReadSecret | None,
) -> dict[str, Any]:
    """The request's `{name: {"value": ...}}` as `{declared name: value}`; raises TemplateError for what does not fit.

    A prediction does without the values of Key Vault references.
    """
    names = {name.lower(): name for name in declared}
    unknown = [name for name in parameters if name.lower() not in names]
    if unknown:
        raise TemplateError(
            f"The template parameters '{', '.join(unknown)}' in the parameters file are not valid; they are not "
            "present in the original template and can therefore not be provided at deployment time. The only supported "
            f"parameters for this template are '{', '.join(declared)}'. "
            "Please see https://aka.ms/arm-pass-parameter-values for usage details."
        )
    return {names[name.lower()]: _given(name, entry, predicting, read_secret) for name, entry in parameters.items()}


def _given(name: str, entry: Mapping[str, Any], predicting: bool, read_secret: ReadSecret | None) -> Any:
    if isinstance(entry, Mapping) and "value" in entry:
        return entry["value"]
    if isinstance(entry, Mapping) and "reference" in entry:
        if predicting:
            secret = entry["reference"]
            return Residual(Call("getKeyVaultSecret", (quote(secret["keyVault"]["id"]), quote(secret["secretName"]))))
        if read_secret is not None:
            return read_secret(name, entry["reference"])
        reason = "a 'reference' to a Key Vault, and there is nothing that reads secrets here"
    else:
        reason = f"'{entry}'"
    raise TemplateError(
        f"The template parameter '{name}' is given as {reason}. Expected '{{\"value\": ...}}'. {USAGE}",
        "InvalidDeploymentParameterValue",
    )


def missing(name: str) -> TemplateError:
    """The error for a required parameter that is not given."""
    return TemplateError(f"The value for the template parameter '{name}' is not provided. {USAGE}")
