"""Functions about resources, scopes and the deployment: resourceId and its kin, reference, list*, resourceGroup ..."""

import re
from collections.abc import Callable
from typing import Any

from emulators.azure.language.expressions import Call, Literal, Residual, has_residual, quote
from emulators.azure.language.functions_dates import only_in_defaults
from emulators.azure.language.functions_logic import Evaluate, Scoped, left, take
from emulators.azure.language.foresight import foretell
from emulators.azure.language.models import TemplateError
from emulators.azure.language.scopes import Scope, Target

GROUP = re.compile(r"/providers/Microsoft\.Resources/resourceGroups/([^/]+)$", re.IGNORECASE)
MOST = 50


def provider_path(function: str, full_type: str, names: list[str]) -> str:
    """`/providers/N.S/types/name/...`; raises TemplateError unless each type segment has its name."""
    namespace, *types = full_type.strip("/").split("/")
    if len(types) != len(names) or not types:
        raise TemplateError(
            f"Unable to evaluate template language function '{function}': the type '{full_type}' requires '{len(types)}' resource "
            f"name argument(s), '{len(names)}' are given. Please see https://aka.ms/arm-resource-functions/#resourceid for usage details."
        )
    return f"/providers/{namespace}" + "".join(f"/{kind}/{name}" for kind, name in zip(types, names, strict=True))


def _scoped_id(default_scopes: Callable[[Scope], list[str]], build: Callable[[list[str]], str], most: int) -> Scoped:
    """A function of the resourceId family: up to `most` scopes, a type, names; missing scopes are the deployment's own."""

    def function(call: Call, scope: Scope, evaluate: Evaluate) -> Any:
        arguments = take(call, scope, evaluate, 2, MOST)
        if not all(isinstance(value, (str, Residual)) for value in arguments):
            raise TemplateError(
                f"Unable to evaluate template language function '{call.name}': all arguments must be string literals."
            )
        types = [index for index, value in enumerate(arguments) if isinstance(value, str) and "/" in value.strip("/")]
        if not types or types[0] > most:
            raise TemplateError(
                f"Unable to evaluate template language function '{call.name}': function requires exactly one multi-segmented "
                "argument which must be the resource type including resource provider namespace. "
                "Please see https://aka.ms/arm-resource-functions/#resourceid for usage details."
            )
        given, names = arguments[: types[0]], arguments[types[0] + 1 :]
        own = default_scopes(scope)
        scopes = own[: max(len(own) - len(given), 0)] + given
        if has_residual(arguments):
            return Residual(Call(call.name, tuple(map(quote, [*scopes, *arguments[types[0] :]]))))
        return build(scopes) + provider_path(call.name, arguments[types[0]], names)

    return function


def _own_scopes(scope: Scope) -> list[str]:
    if scope.context.scope is not None:
        return []
    group = scope.context.resource_group
    return [scope.context.subscription_id, *([group["name"]] if group else [])]


def _group_path(scopes: list[str]) -> str:
    return "".join(f"/{kind}/{name}" for kind, name in zip(("subscriptions", "resourceGroups"), scopes, strict=False))


_plain_subscription_resource_id = _scoped_id(lambda scope: [scope.context.subscription_id], _group_path, 1)


def _subscription_resource_id(call: Call, scope: Scope, evaluate: Evaluate) -> Any:
    value = _plain_subscription_resource_id(call, scope, evaluate)
    return GROUP.sub(r"/resourceGroups/\1", value) if isinstance(value, str) else value


def _own_management_group(scope: Scope) -> list[str]:
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
    return base.rstrip("/") + provider_path(call.name, full_type, names)


def _target(call: Call, name: Any, scope: Scope) -> Target:
    if not scope.may_refer:
        raise TemplateError(
            f"The template function '{call.name}' is not expected at this location. "
            "Please see https://aka.ms/arm-functions for usage details."
        )
    target = scope.find(name) if isinstance(name, str) else None
    if target:
        return target
    if isinstance(name, str) and (name.startswith("/") or scope.runtime is None):
        return Target(name, None)
    raise TemplateError(
        f"The template reference '{name}' is not valid: could not find template resource or resource copy with this name. "
        "Please see https://aka.ms/arm-function-reference for usage details."
    )


def _is_full(value: Any) -> bool:
    return isinstance(value, str) and value.lower() == "full"


def _reference(call: Call, scope: Scope, evaluate: Evaluate) -> Any:
    name, *options = take(call, scope, evaluate, 1, 3)
    if isinstance(name, Residual):
        return Residual(Call(call.name, tuple(map(quote, [name, *options]))))
    return _refer(_target(call, name, scope), options, scope)


def _refer(target: Target, options: list[Any], scope: Scope) -> Any:
    """The state of a resource, by the runtime or as far as the template foretells it; `options`: api-version, 'Full'."""
    version = (options[0] if options else None) or target.api_version
    full = len(options) > 1 and _is_full(options[1])
    if scope.runtime is not None:
        return scope.runtime.reference(target.id, version, full)
    given = options or ([version] if version else [])
    node = Call("reference", tuple(map(quote, [target.id, *given])))
    is_same = version == target.api_version and not isinstance(target.id, Residual)
    properties = target.properties() if is_same else None
    if properties is None:
        return Residual(node)
    return foretell({"Properties": properties} if full else properties, node, target.exact)


def _references(call: Call, scope: Scope, evaluate: Evaluate) -> Any:
    """references(symbol, 'Full'): the states of all copies of a loop."""
    symbol, *full = take(call, scope, evaluate, 1, 2)
    targets: list[Target] = []
    while target := scope.find(f"{symbol}[{len(targets)}]"):
        targets.append(target)
    return [_refer(target, [target.api_version, *full] if full else [], scope) for target in targets]


def call_list(call: Call, scope: Scope, evaluate: Evaluate) -> Any:
    """list*(resource, apiVersion, body): the actions whose names start with `list`."""
    name, api_version, *body = take(call, scope, evaluate, 2, 3)
    if isinstance(name, Residual):
        return Residual(Call(call.name, tuple(map(quote, [name, api_version, *body]))))
    target = _target(call, name, scope)
    if scope.runtime is not None:
        return scope.runtime.list(target.id, call.name, api_version, body[0] if body else None)
    return Residual(Call(call.name, tuple(map(quote, [target.id, api_version, *body]))))


def _resource_info(call: Call, scope: Scope, evaluate: Evaluate) -> Any:
    [name] = take(call, scope, evaluate, 1)
    target = _target(call, name, scope)
    _, _, path = target.id.rpartition("/providers/")
    namespace, *pairs = path.split("/")
    full_type = "/".join([namespace, *pairs[::2]])
    return {"id": target.id, "name": "/".join(pairs[1::2]), "type": full_type, "apiVersion": target.api_version}


def _resource_group(call: Call, scope: Scope, evaluate: Evaluate) -> Any:
    take(call, scope, evaluate, 0, 0)
    if scope.context.resource_group is None:
        raise _elsewhere(call, "a resource group")
    return scope.context.resource_group


def _elsewhere(call: Call, scope: str) -> TemplateError:
    return TemplateError(
        f"The template function '{call.name}' is not expected at this location: the deployment is not at the scope of {scope}. "
        "Please see https://aka.ms/arm-functions for usage details."
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
    if not _own_management_group(scope):
        raise _elsewhere(call, "a management group")
    name = _own_management_group(scope)[0]
    kind = "/providers/Microsoft.Management/managementGroups"
    return {"id": f"{kind}/{name}", "name": name, "type": kind, "properties": {}}


def _pick_zones(call: Call, scope: Scope, evaluate: Evaluate) -> Any:
    arguments = take(call, scope, evaluate, 3, 5)
    if scope.context.environment is None:
        return left(call, scope, arguments)
    count = arguments[3] if len(arguments) > 3 else 1
    offset = arguments[4] if len(arguments) > 4 else 0
    return ["1", "2", "3"][offset : offset + count]


def _unsupported(call: Call, scope: Scope, evaluate: Evaluate) -> Any:
    if scope.context.environment is None:
        return left(call, scope, [evaluate(argument, scope) for argument in call.arguments])
    raise TemplateError(f"The template function '{call.name}' is not supported by the embedded Azure.")


TABLE: dict[str, Scoped] = {
    "resourceid": _scoped_id(_own_scopes, _group_path, 2),
    "subscriptionresourceid": _subscription_resource_id,
    "tenantresourceid": _scoped_id(lambda _: [], lambda _: "", 0),
    "managementgroupresourceid": _scoped_id(_own_management_group, _management_group_path, 1),
    "extensionresourceid": _extension_resource_id,
    "reference": _reference,
    "references": _references,
    "resourceinfo": _resource_info,
    "resourcegroup": _resource_group,
    "managementgroup": _management_group,
    "subscription": lambda call, scope, evaluate: take(call, scope, evaluate, 0, 0) or scope.context.subscription,
    "tenant": _tenant,
    "environment": _environment,
    "deployment": _deployment,
    "newguid": _new_guid,
    "pickzones": _pick_zones,
    "providers": _unsupported,
    "deployer": _unsupported,
    "tologicalzone": _unsupported,
    "tologicalzones": _unsupported,
    "tophysicalzone": _unsupported,
    "tophysicalzones": _unsupported,
}
