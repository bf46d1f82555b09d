"""Lists of Microsoft.Authorization: they show what holds at a scope, also from above it."""

from collections.abc import Callable, Mapping
from typing import Any

from emulators.azure.providers import roles
from emulators.azure.resources.views import show
from emulators.azure.wire import filters
from emulators.azure.wire.errors import unsupported
from emulators.azure.wire.messages import Request
from emulators.azure.world.cloud import Cloud
from emulators.azure.world.entities import Resource

_ROLE_KEYS = {"rolename": "properties/roleName", "type": "properties/type"}


def list_roles(cloud: Cloud, request: Request, scope: str) -> list[dict[str, Any]]:
    """Role definitions, Azure's own first; `$filter` by roleName and type, and by atScopeAndBelow()."""
    found = [*roles.list_built_in(scope), *_of_type(cloud, roles.TYPE, scope)]
    shown = [show(cloud.state, item, request.api_version) for item in found]
    if request.query.get("$filter", "").lower().replace(" ", "") in ("atscopeandbelow()", "atscope()"):
        return shown
    return filters.chosen(request, shown, _ROLE_KEYS)


def list_assignments(cloud: Cloud, request: Request, scope: str) -> list[dict[str, Any]]:
    """Role assignments at, above and below a scope; `$filter` is atScope(), assignedTo('x') or principalId eq 'x'."""
    found = _of_type(cloud, "Microsoft.Authorization/roleAssignments", scope)
    text = request.query.get("$filter", "")
    for clause in [clause for clauses in filters.parse(text) for clause in clauses] if text else ():
        if clause.test == "atscope":
            found = [item for item in found if _is_at_or_above(item, scope)]
        elif clause.test == "assignedto" or (clause.key, clause.test) == ("principalid", "eq"):
            found = [item for item in found if str(item.properties.get("principalId")).lower() == clause.value.lower()]
        else:
            raise unsupported(f"the filter {text!r}")
    return [show(cloud.state, item, request.api_version) for item in found]


def _of_type(cloud: Cloud, kind: str, scope: str) -> list[Resource]:
    below = scope.lower() + "/"
    return [
        item
        for key, item in cloud.state.resources.items()
        if item.type.lower() == kind.lower() and (key.startswith(below) or _is_at_or_above(item, scope))
    ]


def _is_at_or_above(item: Resource, scope: str) -> bool:
    holder = item.id.rsplit("/providers/", 1)[0]
    return (scope.lower() + "/").startswith(holder.lower() + "/")


LISTS: Mapping[str, Callable[[Cloud, Request, str], list[dict[str, Any]]]] = {
    "microsoft.authorization/roledefinitions": list_roles,
    "microsoft.authorization/roleassignments": list_assignments,
}
