"""The api-versions of a template with an `apiProfile`, whose resources need none of their own."""

from collections.abc import Mapping
from typing import Any

from emulators.azure.language.expressions import Call
from emulators.azure.language.models import Context, TemplateError
from emulators.azure.language.residuals import Residual
from emulators.azure.language.scopes import Scope


def takes_version_of_profile(raw: Mapping[str, Any], scope: Scope) -> bool:
    """Whether a resource leaves its api-version to the template's profile."""
    return scope.has_profile and raw.get("apiVersion") is None


def find_version(full_type: str, context: Context) -> Any:
    """The api-version that a template's `apiProfile` gives a type: here each profile has the newest one."""
    if context.find_provider is None:
        return Residual(Call("defaultApiVersion"))
    namespace, _, kind = full_type.partition("/")
    for described in context.find_provider(namespace)["resourceTypes"]:
        if described["resourceType"].lower() == kind.lower():
            versions = described["apiVersions"]
            return next((one for one in versions if "preview" not in one), versions[0])
    raise TemplateError(
        "The api-version property is not defined. The api-profile for the template does not match any valid "
        f"api-version for the resource type '{full_type}'."
    )
