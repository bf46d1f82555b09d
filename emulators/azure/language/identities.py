"""Which resource an entry of a template is: its scope and id."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from emulators.azure.language.expressions import Access, Call, Literal, Node, parse
from emulators.azure.language.models import Context, TemplateError
from emulators.azure.language.residuals import Residual, has_residual, quote

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
DEPLOYMENT = "microsoft.resources/deployments"
RESOURCE_GROUP = "microsoft.resources/resourcegroups"


def is_evaluated_inside(properties: Mapping[str, Any], symbolic: bool) -> bool:
    """Whether the expressions of a nested deployment's template stand in its own scope. With symbolic names
    (languageVersion 2.0) there is no other; without them the scope around it is the default.
    """
    scope = str((properties.get("expressionEvaluationOptions") or {}).get("scope") or "").lower()
    if symbolic and scope == "outer":
        raise TemplateError(
            "Template language version '2.0' does not support 'Outer' expression evaluation. Ensure you have set "
            "expressionEvaluationOptions.scope to 'Inner'."
        )
    return symbolic or scope == "inner"


def check_subscription(subscription: Any) -> None:
    """Raise TemplateError unless it is the id of a subscription, or not known before the run."""
    if not isinstance(subscription, Residual) and not _GUID.fullmatch(str(subscription)):
        raise TemplateError(
            f"The provided value '{subscription}' is not valid subscription identifier. "
            "Please see https://aka.ms/arm-resource-functions/#resourceid for usage details."
        )


def scope_of(raw: dict[str, Any], context: Context) -> Context:
    """The context whose scope a resource lies in, by its `scope`, `subscriptionId` and `resourceGroup` (resolved)."""
    subscription, group, scope = raw.get("subscriptionId"), raw.get("resourceGroup"), raw.get("scope")
    if isinstance(scope, str) and _is_group(scope):
        _, _, subscription, _, group = scope.split("/")
    if subscription is not None:
        check_subscription(subscription)
    if subscription is not None and not _equal(subscription, context.subscription_id):
        identity = {"id": _text("concat", "/subscriptions/", subscription), "subscriptionId": subscription}
        context = replace(
            context,
            subscription_id=subscription,
            subscription={**context.subscription, **identity},
            resource_group=None,
            scope=None,
        )
    elif subscription is not None and group is None:
        context = replace(context, resource_group=None, scope=None)
    if group is not None:
        context = in_group(context, group)
    return context


def _is_group(scope: str) -> bool:
    parts = scope.lower().split("/")
    return len(parts) == 5 and parts[1] == "subscriptions" and parts[3] == "resourcegroups"


def _equal(one: Any, other: Any) -> bool:
    return isinstance(one, str) and isinstance(other, str) and one.lower() == other.lower()


def in_group(context: Context, name: Any) -> Context:
    """The context in a resource group; of another group than the context's own only the id is known."""
    if context.resource_group is not None and _equal(context.resource_group.get("name"), name):
        return context
    if has_residual([context.subscription_id, name]):
        path = "Microsoft.Resources/resourceGroups"
        group_id: Any = _text("subscriptionResourceId", context.subscription_id, path, name)
    else:
        group_id = f"/subscriptions/{context.subscription_id}/resourceGroups/{name}"
    unknown = {key: Residual(Access(Call("resourceGroup"), Literal(key))) for key in ("location", "tags", "properties")}
    group = {"id": group_id, "name": name, "type": "Microsoft.Resources/resourceGroups", **unknown}
    return replace(context, resource_group=group, scope=None)


def _text(function: str, *parts: Any) -> Any:
    if not has_residual(list(parts)):
        return "".join(parts)
    return Residual(Call(function, tuple(map(quote, parts))))


def resource_id(full_type: str, name: Any, scope: Any, context: Context) -> Any:
    """The id of a resource by its (resolved) name and `scope`; an expression as long as one of them is unknown."""
    namespace, *types = full_type.split("/")
    own = context.scope_id
    group = context.resource_group["id"] if context.resource_group else None
    if has_residual([name, scope, group, context.subscription_id]):
        return Residual(_unknown_id(full_type, name, scope, context))
    names = str(name).split("/")
    if len(types) != len(names) or not types or "" in names:
        raise TemplateError(
            f"The template resource '{name}' for type '{full_type}' has incorrect segment lengths. "
            "A nested resource type must have identical number of segments as its resource name. "
            "A root resource type must have segment length one greater than its resource name. "
            "Please see https://aka.ms/arm-syntax-resources for usage details."
        )
    if scope is not None:
        own = str(scope).rstrip("/") if str(scope).startswith("/") else f"{own}/providers/{scope}"
    elif full_type.lower() == RESOURCE_GROUP:
        return f"/subscriptions/{context.subscription_id}/resourceGroups/{name}"
    path = "".join(f"/{kind}/{part}" for kind, part in zip(types, names, strict=True))
    return f"{own}/providers/{namespace}{path}"


def _unknown_id(full_type: str, name: Any, scope: Any, context: Context) -> Node:
    count = full_type.count("/")
    split = Call("split", (quote(name), Literal("/")))
    parts = Call("filter", (split, parse("[lambda('x', not(empty(lambdaVariables('x'))))]")))
    names: tuple[Node, ...] = tuple(Access(parts, Literal(index)) for index in range(count))
    if count == 1:
        names = (quote(name),)
    elif isinstance(name, str):
        names = tuple(Literal(part) for part in name.split("/"))
    kind = Literal(full_type)
    subscription = quote(context.subscription_id)
    group = quote(context.resource_group["name"]) if context.resource_group else None
    if scope is None:
        if group is not None:
            return Call("resourceId", (subscription, group, kind, *names))
        return Call("subscriptionResourceId", (subscription, kind, *names))
    start: tuple[Node, ...] = (Literal("/subscriptions/"), subscription)
    if group is not None:
        start = (*start, Literal("/resourceGroups/"), group)
    if not isinstance(scope, Residual):
        path = str(scope) if str(scope).startswith("/") else f"{context.scope_id}/providers/{scope}"
        return Call("extensionResourceId", (Literal(path), kind, *names))
    relative = Call("concat", (*start, Literal("/providers/"), quote(scope)))
    absolute = Call("if", (Call("startsWith", (quote(scope), Literal("/"))), quote(scope), relative))
    extension = Call("extensionResourceId", (absolute, kind, *names))
    return Call(
        "if", (Call("equals", (quote(scope), Literal("/"))), Call("tenantResourceId", (kind, *names)), extension)
    )
