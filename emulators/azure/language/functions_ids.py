"""resourceId() and its kin."""

import re
from collections.abc import Callable
from typing import Any

from emulators.azure.language.expressions import Call
from emulators.azure.language.functions_logic import Evaluate, Scoped, take
from emulators.azure.language.identities import check_subscription
from emulators.azure.language.models import TemplateError
from emulators.azure.language.residuals import Residual, has_residual, quote
from emulators.azure.language.scopes import Scope

GROUP = re.compile(r"/providers/Microsoft\.Resources/resourceGroups/([^/]+)$", re.IGNORECASE)
MOST = 50
USAGE = "Please see https://aka.ms/arm-resource-functions/#resourceid for usage details."


def provider_path(function: str, full_type: str, names: list[str]) -> str:
    """`/providers/N.S/types/name/...`; raises TemplateError unless each type segment has its name."""
    namespace, *types = full_type.strip("/").split("/")
    if len(types) != len(names) or not types:
        raise TemplateError(
            f"Unable to evaluate template language function '{function}': the type '{full_type}' requires "
            f"'{len(types)}' resource name argument(s), '{len(names)}' are given. {USAGE}"
        )
    return f"/providers/{namespace}" + "".join(f"/{kind}/{name}" for kind, name in zip(types, names, strict=True))


def _scoped_id(default_scopes: Callable[[Scope], list[str]], build: Callable[[list[str]], str], most: int) -> Scoped:
    """A function of the family: up to `most` scopes, a type, names; missing scopes are the deployment's own."""

    def function(call: Call, scope: Scope, evaluate: Evaluate) -> Any:
        arguments = take(call, scope, evaluate, 2, MOST)
        if not all(isinstance(value, (str, Residual)) for value in arguments):
            raise TemplateError(
                f"Unable to evaluate template language function '{call.name}': all arguments must be string literals."
            )
        types = [index for index, value in enumerate(arguments) if isinstance(value, str) and "/" in value.strip("/")]
        if len(types) != 1 or types[0] > most:
            raise TemplateError(
                f"Unable to evaluate template language function '{call.name}': function requires exactly one "
                f"multi-segmented argument which must be the resource type including resource provider namespace. "
                f"{USAGE}"
            )
        given, names = arguments[: types[0]], arguments[types[0] + 1 :]
        own = default_scopes(scope)
        scopes = own[: max(len(own) - len(given), 0)] + given
        if has_residual([*scopes, *arguments]):
            return Residual(Call(call.name, tuple(map(quote, [*scopes, *arguments[types[0] :]]))))
        value = build(scopes) + provider_path(call.name, arguments[types[0]], names)
        is_of_subscription = len(scopes) == 1 and value.startswith("/subscriptions/")
        return GROUP.sub(r"/resourceGroups/\1", value) if is_of_subscription else value

    return function


def _own_scopes(scope: Scope) -> list[str]:
    if scope.context.scope is not None:
        return []
    group = scope.context.resource_group
    return [scope.context.subscription_id, *([group["name"]] if group else [])]


def _group_path(scopes: list[str]) -> str:
    for subscription in scopes[:1]:
        check_subscription(subscription)
    return "".join(f"/{kind}/{name}" for kind, name in zip(("subscriptions", "resourceGroups"), scopes, strict=False))


def own_management_group(scope: Scope) -> list[str]:
    """The name of the management group that is deployed to, if it is one."""
    return [scope.context.scope.rpartition("/")[2]] if scope.context.scope not in (None, "/") else []


def _management_group_path(scopes: list[str]) -> str:
    if not scopes:
        raise TemplateError(
            "The template function 'managementGroupResourceId' needs the management group's name at this scope."
        )
    return f"/providers/Microsoft.Management/managementGroups/{scopes[0]}"


def _extension_resource_id(call: Call, scope: Scope, evaluate: Evaluate) -> Any:
    arguments = take(call, scope, evaluate, 3, MOST)
    if has_residual(arguments):
        return Residual(Call(call.name, tuple(map(quote, arguments))))
    base, full_type, *names = map(str, arguments)
    parts = [part for part in base.split("/") if part]
    if not base.startswith("/") or base.endswith("/") or not parts or len(parts) % 2:
        raise TemplateError(
            f"Unable to evaluate template language function '{call.name}': the provided parent resource id '{base}' is "
            "not a valid uri. Please see https://aka.ms/arm-resource-functions/#extensionresourceid for usage details."
        )
    return "/" + "/".join(parts) + provider_path(call.name, full_type, names)


TABLE: dict[str, Scoped] = {
    "resourceid": _scoped_id(_own_scopes, _group_path, 2),
    "subscriptionresourceid": _scoped_id(lambda scope: [scope.context.subscription_id], _group_path, 1),
    "tenantresourceid": _scoped_id(lambda _: [], lambda _: "", 0),
    "managementgroupresourceid": _scoped_id(own_management_group, _management_group_path, 1),
    "extensionresourceid": _extension_resource_id,
}
