"""Requests about resources by id, and lists of one type."""

from typing import Any

from emulators.azure.providers import ROWS, actions, compute_views, known_types, roles, type_of
from emulators.azure.providers.types import Form
from emulators.azure.resources import authorization, checks, images, operations, permissions, throttling, writes
from emulators.azure.resources.views import show, shown_etag
from emulators.azure.wire import filters
from emulators.azure.wire.errors import refusal, unsupported
from emulators.azure.wire.messages import Request, Response
from emulators.azure.world import ids
from emulators.azure.world.cloud import Cloud
from emulators.azure.world.entities import Operation, Resource
from emulators.azure.world.ids import ResourceId


def handle(cloud: Cloud, request: Request) -> Response:
    """A resource id, a list of a type, an action on a resource, or what may be done at a scope."""
    if request.lowered[-3:] == permissions.PATH:
        return permissions.handle(cloud, request)
    if request.method == "GET" and (offered := images.find(request)) is not None:
        return offered
    rid = ids.parse(request.path)
    if request.method == "POST":
        return _action(cloud, request)
    if rid is None:
        return _list(cloud, request)
    if request.method in ("GET", "HEAD"):
        return _get(cloud, request, rid)
    if request.method in ("PUT", "PATCH"):
        return _put(cloud, request, rid)
    if request.method == "DELETE":
        return _delete(cloud, request, rid)
    raise unsupported(f"{request.method} of {rid.type}")


def _get(cloud: Cloud, request: Request, rid: ResourceId) -> Response:
    if rid.types[0].lower() == "locations":
        raise unsupported(f"GET of {rid.type}")
    row = type_of(rid.type)
    throttling.count_at_provider(cloud, row.name, ids.subscription_of(rid.scope), "read")
    checks.group(cloud, rid.scope)
    checks.api_version(row, rid, request.api_version)
    resource = cloud.state.resources.get(str(rid).lower()) or roles.find_built_in(rid)
    if resource is None:
        if request.method == "HEAD":
            return Response(404, None, {"x-ms-failure-cause": "gateway"})
        raise checks.missing(cloud, rid)
    expand = request.query.get("$expand", "").lower()
    etag = shown_etag(cloud.state, resource, request.api_version)
    headers = {"etag": etag} if etag and not expand else {}
    if request.method == "HEAD":
        return Response(204, None, headers)
    shown = show(cloud.state, resource, request.api_version)
    if expand == "instanceview" and row.actions:
        time_created = shown["properties"].pop("timeCreated", None)
        shown["properties"]["instanceView"] = compute_views.instance_view(resource)
        if time_created is not None:
            shown["properties"]["timeCreated"] = time_created
    return Response(200, shown, headers)


def _put(cloud: Cloud, request: Request, rid: ResourceId) -> Response:
    body = request.body()
    existing = cloud.state.resources.get(str(rid).lower())
    checks.conditions(cloud, rid, existing, request.headers, request.api_version)
    if request.method == "PATCH":
        if existing is None:
            raise checks.missing(cloud, rid)
        body = _merged(existing.sent, body)
    return answer(cloud, request, writes.put(cloud, rid, body, request.api_version, request.url))


def _merged(stored: Any, patch: Any) -> Any:
    if isinstance(stored, dict) and isinstance(patch, dict):
        return stored | {key: _merged(stored.get(key), value) for key, value in patch.items() if value is not None}
    return patch


def answer(cloud: Cloud, request: Request, written: writes.Written) -> Response:
    """What a PUT or PATCH of the type is answered."""
    form, resource = written.form, written.resource
    headers = _headers(cloud, request, form, written.operation)
    if form.self_location:
        headers["location"] = resource.id
    etag = shown_etag(cloud.state, resource, request.api_version)
    if form.etag and etag:
        headers["etag"] = etag
    if form.body == "empty":
        return Response(form.status, None, headers)
    if form.body == "object":
        return Response(form.status, {}, headers)
    shown = show(cloud.state, resource, request.api_version)
    resource.facts["answered"] = True
    if form.body == "sent":
        shown = {key: resource.sent.get(key, shown[key]) for key in ("name", "id", "location", "sku") if key in shown}
        sent = resource.sent.get("properties") or {}
        shown["properties"] = sent | {"provisioningState": resource.state, "isArmResource": True}
    return Response(form.status, shown, headers)


def _delete(cloud: Cloud, request: Request, rid: ResourceId) -> Response:
    existing = cloud.state.resources.get(str(rid).lower())
    if existing is not None:
        checks.conditions(cloud, rid, existing, request.headers, request.api_version)
    form, operation, resource = writes.delete(cloud, rid, request.api_version, request.url)
    headers = _headers(cloud, request, form, operation)
    if form.body == "resource" and resource is not None:
        return Response(form.status, show(cloud.state, resource, request.api_version), headers)
    return Response(form.status, None, headers)


def _headers(cloud: Cloud, request: Request, form: Form, operation: Operation | None) -> dict[str, str]:
    return operations.headers(cloud, request, operation, form) if operation is not None else {}


def _list(cloud: Cloud, request: Request) -> Response:
    """`{scope or parent}/providers/{namespace}/{type}` and `{resource}/{childType}`."""
    if request.method != "GET":
        raise refusal("MethodNotAllowed", method=request.method)
    holder, _, kind = request.path.rpartition("/")
    parent = ids.parse(holder)
    machine = cloud.state.resources.get(holder.lower())
    if machine is not None and kind.lower() == "instanceview" and type_of(machine.type).actions:
        return Response(200, compute_views.instance_view(machine))
    if parent is not None:
        found = _list_children(cloud, parent, kind)
    else:
        scope, _, namespace = holder.rpartition("/providers/")
        checks.group(cloud, scope + "/x")
        wanted = f"{namespace}/{kind}".lower()
        if wanted in authorization.LISTS:
            return Response(200, filters.page(request, authorization.LISTS[wanted](cloud, request, scope)))
        found = [item for item in cloud.state.below(scope) if item.type.lower() == wanted]
        _require_model(cloud, f"{namespace}/{kind}", bool(found))
    shown = [show(cloud.state, item, request.api_version) for item in found]
    return Response(200, filters.page(request, shown))


def _list_children(cloud: Cloud, parent: ResourceId, kind: str) -> list[Resource]:
    checks.group(cloud, parent.scope)
    row = type_of(parent.type)
    wanted = f"{row.name}/{kind}".lower()
    children = cloud.state.children_of(str(parent))
    if kind.lower() in row.gathers:
        found = [item for item in children if not item.type.endswith("/virtualNetworkLinks")]
    else:
        found = [item for item in children if item.type.lower() == wanted]
        _require_model(cloud, f"{parent.type}/{kind}", bool(found))
    if str(parent).lower() not in cloud.state.resources:
        raise checks.missing(cloud, parent)
    return found


def _require_model(cloud: Cloud, kind: str, are_there: bool) -> None:
    """A list is empty where its type is known, or was made before; what else may be in it nobody knows."""
    wanted = kind.lower()
    if type_of(kind).unlisted:
        raise unsupported(f"GET of {kind}: those of Azure's own are missing")
    known = are_there or wanted in ROWS or wanted in cloud.state.met or known_types.is_listed(kind)
    if not known and not any(item.type.lower() == wanted for item in cloud.state.departed.values()):
        raise unsupported(f"GET of {kind}")


def _action(cloud: Cloud, request: Request) -> Response:
    """POST `{resource}/{action}`."""
    holder, _, name = request.path.rpartition("/")
    rid = ids.parse(holder)
    if rid is None:
        raise unsupported(f"POST {request.path}")
    row = type_of(rid.type)
    checks.group(cloud, rid.scope)
    checks.api_version(row, rid, request.api_version)
    resource = cloud.state.resources.get(str(rid).lower())
    if resource is None:
        raise checks.missing(cloud, rid)
    action = next((item for item in row.actions if item.name.lower() == name.lower()), None)
    if action is None:
        return Response(200, actions.answer(resource, name))
    if resource.state == "Deleting":
        raise refusal("NotFound", id=resource.id)
    seconds = writes.share(cloud, action.form, resource.id, None)
    operation = operations.begin(cloud, action.form.polling, "action", resource.id, request.api_version, seconds)
    resource.operation = operation.id.lower()
    operation.affected = [resource.id.lower()]
    operation.sets = dict(action.sets)
    return Response(action.form.status, None, operations.headers(cloud, request, operation, action.form))
