"""What principals may do: the roles of the settings, which all principals have at every scope."""

import re

from emulators.azure.resources import checks
from emulators.azure.wire.errors import Refusal, refusal
from emulators.azure.wire.messages import Request, Response
from emulators.azure.world import ids
from emulators.azure.world.cloud import Cloud

PATH = ("providers", "microsoft.authorization", "permissions")
_VERBS = {"GET": "read", "HEAD": "read", "PUT": "write", "PATCH": "write", "DELETE": "delete", "POST": "action"}
_GROUPS = "Microsoft.Resources/subscriptions/resourceGroups"


def handle(cloud: Cloud, request: Request) -> Response:
    """`{scope}/providers/Microsoft.Authorization/permissions` of a subscription, a group or a resource."""
    if request.method != "GET":
        raise refusal("MethodNotAllowed", method=request.method)
    if not request.api_version:
        raise refusal("MissingApiVersionParameter")
    scope = "/" + "/".join(request.segments[:-3])
    checks.group(cloud, scope + "/x")
    rid = ids.parse(scope)
    if rid is not None and rid.types and not checks.there(cloud, rid):
        raise checks.missing(cloud, rid)
    roles = [
        {"actions": list(role.actions), "notActions": list(role.not_actions), "dataActions": [], "notDataActions": []}
        for role in cloud.settings.permissions
    ]
    return Response(200, {"value": roles})


def allows(cloud: Cloud, action: str) -> bool:
    """Whether an action is allowed by a role that does not except it."""
    return any(
        _matches(role.actions, action) and not _matches(role.not_actions, action) for role in cloud.settings.permissions
    )


def are_limited(cloud: Cloud) -> bool:
    """Whether there may be something that principals may not do."""
    return not any("*" in role.actions and not role.not_actions for role in cloud.settings.permissions)


def require(cloud: Cloud, request: Request, principal: str) -> None:
    """Refuse a call that the principal may not make. Polls and permissions themselves are open to all."""
    if not are_limited(cloud):
        return
    kind, scope = _kind_of(request)
    action = f"{kind}/{_VERBS.get(request.method, 'action')}"
    if kind and not allows(cloud, action):
        raise refusal("AuthorizationFailed", client=principal, action=action, scope=scope)


def require_writes(cloud: Cloud, principal: str, resource_ids: list[str]) -> None:
    """Refuse a deployment that writes resources which the principal may not write, as ARM words it."""
    told = [text for one in resource_ids if (text := _deny_write(cloud, principal, one))]
    if told:
        many = len(told) > 1
        beginning = "Deployment failed with multiple errors" if many else "The template deployment failed with error"
        raise Refusal(400, "InvalidTemplateDeployment", f"{beginning}: '{':'.join(told)}'.")


def _deny_write(cloud: Cloud, principal: str, resource_id: str) -> str:
    rid = ids.parse(resource_id)
    kind, name = (rid.type, rid.full_name) if rid else ("Microsoft.Resources/resourceGroups", ids.group_of(resource_id))
    action = f"{kind if rid else _GROUPS}/write"
    if allows(cloud, action):
        return ""
    return (
        f"Authorization failed for template resource '{name}' of type '{kind}'. The client '{principal}' with object "
        f"id '{principal}' does not have permission to perform action '{action}' at scope '{resource_id}'."
    )


def _kind_of(request: Request) -> tuple[str, str]:
    """What a call is about: its type, with the word of an action, and its id. Empty for what needs no permission."""
    lowered, path = request.lowered, request.segments
    scope = "/" + "/".join(path)
    if lowered[-3:] == PATH:
        return "", scope
    if "providers" not in lowered:
        in_group = lowered[2:3] == ("resourcegroups",) and len(path) == 4
        return (_GROUPS if in_group else ""), scope
    at = len(lowered) - 1 - lowered[::-1].index("providers")
    namespace, rest = path[at + 1 : at + 2], path[at + 2 :]
    if not rest or rest[0].lower() == "locations":
        return "", scope
    return "/".join([*namespace, *rest[::2]]), scope


def _matches(patterns: tuple[str, ...], action: str) -> bool:
    return any(
        re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), action, re.IGNORECASE) is not None for pattern in patterns
    )
