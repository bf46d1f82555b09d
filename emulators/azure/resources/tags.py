"""`{scope}/providers/Microsoft.Resources/tags/default`: the tags of a group or a resource as a thing of their own."""

from typing import Any

from emulators.azure.resources import checks, groups, writes
from emulators.azure.wire.errors import refusal, unsupported
from emulators.azure.wire.messages import Request, Response
from emulators.azure.world import ids
from emulators.azure.world.cloud import Cloud
from emulators.azure.world.entities import Group, Resource

TYPE = "Microsoft.Resources/tags"


def handle(cloud: Cloud, request: Request, scope: str) -> Response:
    """GET, PUT (replaces), PATCH (Merge, Replace or Delete), DELETE (removes all)."""
    groups.version(request)
    owner = _owner(cloud, scope)
    if request.method == "DELETE":
        owner.tags = {}
        return Response(200)
    if request.method in ("PUT", "PATCH"):
        body = request.body()
        sent = (body.get("properties") or {}).get("tags") or {}
        operation = str(body.get("operation", "Replace" if request.method == "PUT" else "Merge"))
        owner.tags = _changed(owner.tags or {}, sent, operation)
    elif request.method != "GET":
        raise refusal("MethodNotAllowed", method=request.method)
    if isinstance(owner, Resource):
        writes.new_etag(cloud, owner)
    return Response(200, _show(owner))


def _owner(cloud: Cloud, scope: str) -> Group | Resource:
    checks.group(cloud, scope + "/x")
    found = cloud.state.resources.get(scope.lower()) or cloud.state.groups.get(scope.lower())
    if found is not None:
        return found
    rid = ids.parse(scope)
    if rid is not None:
        raise checks.missing(cloud, rid)
    raise unsupported("tags of a subscription")


def _changed(tags: dict[str, str], sent: dict[str, str], operation: str) -> dict[str, str]:
    if operation == "Replace":
        return sent
    if operation == "Merge":
        return tags | sent
    if operation == "Delete":
        return {name: value for name, value in tags.items() if sent.get(name) != value}
    raise refusal("InvalidRequestContent", reason=f"operation is Merge, Replace or Delete, not {operation}")


def _show(owner: Group | Resource) -> dict[str, Any]:
    return {
        "id": f"{owner.id}/providers/{TYPE}/default",
        "name": "default",
        "type": TYPE,
        "properties": {"tags": owner.tags or {}},
    }
