"""Functions about the deployment and where it runs: resourceGroup, subscription, environment, deployment ..."""

from typing import Any

from emulators.azure.language.expressions import Call
from emulators.azure.language.functions_dates import only_in_defaults
from emulators.azure.language.functions_ids import own_management_group
from emulators.azure.language.functions_logic import Evaluate, Scoped, left, take
from emulators.azure.language.models import TemplateError
from emulators.azure.language.scopes import Scope


def _resource_group(call: Call, scope: Scope, evaluate: Evaluate) -> Any:
    take(call, scope, evaluate, 0, 0)
    if scope.context.resource_group is None:
        raise _elsewhere(call, "a resource group")
    return scope.context.resource_group


def _elsewhere(call: Call, scope: str) -> TemplateError:
    return TemplateError(
        f"The template function '{call.name}' is not expected at this location: the deployment is not at the scope of "
        f"{scope}. Please see https://aka.ms/arm-functions for usage details."
    )


def _environment(call: Call, scope: Scope, evaluate: Evaluate) -> Any:
    take(call, scope, evaluate, 0, 0)
    return left(call, scope) if scope.context.environment is None else scope.context.environment


def _tenant(call: Call, scope: Scope, evaluate: Evaluate) -> Any:
    take(call, scope, evaluate, 0, 0)
    tenant = scope.context.tenant_id
    return {
        "countryCode": None,
        "displayName": None,
        **scope.context.tenant,
        "id": f"/tenants/{tenant}",
        "tenantId": tenant,
    }


def _deployment(call: Call, scope: Scope, evaluate: Evaluate) -> Any:
    take(call, scope, evaluate, 0, 0)
    location = {} if scope.context.resource_group else {"location": scope.context.deployment_location}
    template = {"contentVersion": scope.content_version}
    return {"name": scope.context.deployment_name, **location, "properties": {"template": template}}


def _new_guid(call: Call, scope: Scope, evaluate: Evaluate) -> Any:
    only_in_defaults(call, scope)
    take(call, scope, evaluate, 0, 0)
    return left(call, scope) if scope.context.new_guid is None else scope.context.new_guid()


def _management_group(call: Call, scope: Scope, evaluate: Evaluate) -> Any:
    take(call, scope, evaluate, 0, 0)
    if not own_management_group(scope):
        raise _elsewhere(call, "a management group")
    name = own_management_group(scope)[0]
    kind = "/providers/Microsoft.Management/managementGroups"
    return {"id": f"{kind}/{name}", "name": name, "type": kind, "properties": {}}


def _pick_zones(call: Call, scope: Scope, evaluate: Evaluate) -> Any:
    arguments = take(call, scope, evaluate, 3, 5)
    if scope.context.environment is None:
        return left(call, scope, arguments)
    count = arguments[3] if len(arguments) > 3 else 1
    offset = arguments[4] if len(arguments) > 4 else 0
    return ["1", "2", "3"][offset : offset + count]


def _deployer(call: Call, scope: Scope, evaluate: Evaluate) -> Any:
    take(call, scope, evaluate, 0, 0)
    return left(call, scope) if scope.context.deployer is None else scope.context.deployer


def _providers(call: Call, scope: Scope, evaluate: Evaluate) -> Any:
    """providers(namespace) and providers(namespace, type): versions, newest first, and locations."""
    namespace, *kinds = take(call, scope, evaluate, 1, 2)
    if scope.context.find_provider is None:
        return left(call, scope, [namespace, *kinds])
    found = scope.context.find_provider(str(namespace))
    if not kinds:
        return found
    kind = next((one for one in found["resourceTypes"] if one["resourceType"].lower() == str(kinds[0]).lower()), None)
    if kind is None:
        raise TemplateError(
            f"The embedded Azure knows no api-versions of the type '{namespace}/{kinds[0]}' for '{call.name}'."
        )
    return {key: kind[key] for key in ("resourceType", "locations", "apiVersions")}


def _unsupported(call: Call, scope: Scope, evaluate: Evaluate) -> Any:
    if scope.context.environment is None:
        return left(call, scope, [evaluate(argument, scope) for argument in call.arguments])
    raise TemplateError(f"The template function '{call.name}' is not supported by the embedded Azure.")


TABLE: dict[str, Scoped] = {
    "resourcegroup": _resource_group,
    "managementgroup": _management_group,
    "subscription": lambda call, scope, evaluate: take(call, scope, evaluate, 0, 0) or scope.context.subscription,
    "tenant": _tenant,
    "environment": _environment,
    "deployment": _deployment,
    "newguid": _new_guid,
    "pickzones": _pick_zones,
    "providers": _providers,
    "deployer": _deployer,
    "tologicalzone": _unsupported,
    "tologicalzones": _unsupported,
    "tophysicalzone": _unsupported,
    "tophysicalzones": _unsupported,
}
