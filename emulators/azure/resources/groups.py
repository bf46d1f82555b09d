"""Resource groups: PUT, GET, HEAD, PATCH, DELETE and lists."""

import base64
import json
import re
from typing import Any

from emulators.azure.providers import type_of
from emulators.azure.providers.types import Form
from emulators.azure.resources import checks, operations, writes
from emulators.azure.resources.views import listed
from emulators.azure.wire import filters
from emulators.azure.wire.errors import Refusal, refusal
from emulators.azure.wire.messages import Request, Response
from emulators.azure.world import locations
from emulators.azure.world.clock import now
from emulators.azure.world.cloud import Cloud
from emulators.azure.world.entities import SUCCEEDED, Group, Operation, Resource

VERSIONS = type_of("Microsoft.Resources/resourceGroups").versions
DELETE = Form(202, "Deleting", location=True, retry_after=15, body="empty", polling="job", share=0.5)
_NAME = re.compile(r"[-\w.()]{0,89}[-\w()]")


def handle(cloud: Cloud, request: Request) -> Response:
    """`/subscriptions/{s}/resourceGroups[/{name}[/resources]]`."""
    version(request)
    subscription = request.segments[1]
    if len(request.segments) == 3:
        return _list(cloud, request, subscription)
    group_id = f"/subscriptions/{subscription}/resourceGroups/{request.segments[3]}"
    if len(request.segments) == 5:
        return _resources(cloud, request, group_id)
    if request.method == "PUT":
        group, created = put(cloud, group_id, request.body())
        return Response(201 if created else 200, show(group, request.api_version))
    if request.method == "HEAD":
        return Response(204) if group_id.lower() in cloud.state.groups else _missing_head()
    group = _group(cloud, group_id)
    if request.method == "GET":
        return Response(200, show(group, request.api_version))
    if request.method == "PATCH":
        group.tags = request.body().get("tags", group.tags)
        return Response(200, show(group, request.api_version))
    if request.method == "DELETE":
        return _delete(cloud, request, group)
    raise refusal("MethodNotAllowed", method=request.method)


def version(request: Request) -> None:
    """ARM checks the api-version of its own types."""
    if not request.api_version:
        raise refusal("MissingApiVersionParameter")
    if not checks.is_served(request.api_version, VERSIONS):
        raise refusal("InvalidApiVersionParameter", version=request.api_version, versions=",".join(VERSIONS))


def show(group: Group, version: str = VERSIONS[-1]) -> dict[str, Any]:
    shown: dict[str, Any] = {"id": group.id, "name": group.name}
    if version > "2019-07-01":
        shown["type"] = "Microsoft.Resources/resourceGroups"
    shown["location"] = group.location
    if group.managed_by is not None:
        shown["managedBy"] = group.managed_by
    if group.tags is not None:
        shown["tags"] = group.tags
    return shown | {"properties": {"provisioningState": group.state}}


def put(cloud: Cloud, group_id: str, body: dict[str, Any]) -> tuple[Group, bool]:
    """Create or update; tells whether it is new."""
    name = group_id.rsplit("/", 1)[1]
    if not _NAME.fullmatch(name):
        reason = "it must have 1 to 90 letters, digits, '-', '_', '.', '(' or ')' and not end with '.'"
        raise refusal("InvalidResourceGroup", group=name, reason=reason)
    wanted = body.get("location")
    if not wanted:
        raise refusal("LocationRequired")
    if locations.normal(wanted) not in locations.NAMES:
        raise refusal("LocationNotAvailableForResourceGroup", location=wanted, regions=locations.LISTED)
    existing = cloud.state.groups.get(group_id.lower())
    if existing is None:
        group = Group(group_id, name, locations.normal(wanted), body.get("tags"), body.get("managedBy"))
        cloud.state.groups[group_id.lower()] = group
        return group, True
    if existing.state == "Deleting":
        raise refusal("ResourceGroupBeingDeleted", group=existing.name)
    if existing.location != locations.normal(wanted):
        raise refusal("InvalidResourceGroupLocation", location=wanted, existing=existing.location)
    existing.tags = body.get("tags", existing.tags)
    existing.managed_by = body.get("managedBy", existing.managed_by)
    return existing, False


def _group(cloud: Cloud, group_id: str) -> Group:
    group = cloud.state.groups.get(group_id.lower())
    if group is None:
        raise refusal("ResourceGroupNotFound", group=group_id.rsplit("/", 1)[1])
    return group


def _missing_head() -> Response:
    return Response(404, None, {"x-ms-failure-cause": "gateway"})


def _list(cloud: Cloud, request: Request, subscription: str) -> Response:
    prefix = f"/subscriptions/{subscription}/".lower()
    found = [show(group, request.api_version) for key, group in cloud.state.groups.items() if key.startswith(prefix)]
    return Response(200, filters.page(request, filters.chosen(request, found)))


def _resources(cloud: Cloud, request: Request, group_id: str) -> Response:
    _group(cloud, group_id)
    return Response(200, resource_list(cloud, request, group_id))


def resource_list(cloud: Cloud, request: Request, scope_id: str) -> dict[str, Any]:
    """The tracked resources below a scope: those that have a location."""
    expand = frozenset(request.query.get("$expand", "").lower().split(","))
    found = [listed(cloud.state, item, expand) for item in _find_listed(cloud, scope_id) if item.location is not None]
    return filters.page(request, filters.chosen(request, found))


def _find_listed(cloud: Cloud, scope_id: str) -> list[Resource]:
    """What a list shows: it may lag behind, and then has what is gone and has not what is new."""
    since = now() - cloud.settings.list_lag_seconds
    if not cloud.settings.list_lag_seconds:
        return cloud.state.below(scope_id)
    prefix = scope_id.lower() + "/"
    gone = [
        item for key, item in cloud.state.departed.items() if key.startswith(prefix) and cloud.state.gone[key] > since
    ]
    return [item for item in [*cloud.state.below(scope_id), *gone] if item.created <= since]


def _delete(cloud: Cloud, request: Request, group: Group) -> Response:
    checks.unlocked(cloud, group.id)
    job = _job(group)
    operation = cloud.state.operations.get(job.lower())
    if group.state != "Deleting" or operation is None:
        group.state = "Deleting"
        seconds = writes.share(cloud, DELETE, group.id, None)
        operation = operations.begin(cloud, "job", "group", group.id, request.api_version, seconds, job)
    return Response(202, None, operations.headers(cloud, request, operation, DELETE))


def _job(group: Group) -> str:
    text = json.dumps(
        {
            "jobId": f"RESOURCEGROUPDELETIONJOB-{group.name.upper()}-{group.location.upper()}",
            "jobLocation": group.location,
        },
        separators=(",", ":"),
    )
    return base64.urlsafe_b64encode(f"{now()}:{text}".encode()).decode().rstrip("=")


def deleted(cloud: Cloud, operation: Operation) -> None:
    """The end of a group's delete: all that lies in it goes, dependants first; what is held from outside blocks it."""
    operation.done = True
    group = cloud.state.groups.get(operation.target.lower())
    if group is None:
        return
    stuck = _remove_all(cloud, group.id)
    if stuck:
        group.state = SUCCEEDED
        operation.status, operation.error = 409, _blocked(group, stuck)
        return
    prefix = group.id.lower() + "/"
    for key in [key for key in cloud.state.deployments if key.startswith(prefix)]:
        del cloud.state.deployments[key]
    del cloud.state.groups[group.id.lower()]
    cloud.state.gone[group.id.lower()] = now()


def restore(cloud: Cloud, group_id: str) -> None:
    """A delete has failed: the group is as it was."""
    group = cloud.state.groups.get(group_id.lower())
    if group is not None:
        group.state = SUCCEEDED


def _remove_all(cloud: Cloud, group_id: str) -> list[tuple[Resource, Refusal]]:
    while True:
        stuck, progress = [], False
        for resource in cloud.state.below(group_id):
            if resource.id.lower() not in cloud.state.resources:
                continue
            try:
                checks.unused(cloud, resource)
            except Refusal as error:
                stuck.append((resource, error))
            else:
                writes.remove(cloud, resource)
                progress = True
        if not stuck or not progress:
            return stuck


def _blocked(group: Group, stuck: list[tuple[Resource, Refusal]]) -> dict[str, Any]:
    names = ",".join(f"{resource.type}/{resource.name}" for resource, _ in stuck)
    message = (
        f"Deletion of resource group '{group.name}' failed as resources with identifiers '{names}' could not be "
        "deleted. "
        "The provisioning state of the resource group will be rolled back. Please check audit logs for more details."
    )
    details = [
        {
            "Code": None,
            "Target": resource.id,
            "Message": json.dumps(error.body(), separators=(",", ":")),
            "Details": None,
            "AdditionalInfo": None,
        }
        for resource, error in stuck
    ]
    inner = {"Code": "ResourceGroupDeletionBlocked", "Target": None, "Message": message, "Details": details}
    return {"Error": inner | {"AdditionalInfo": None}}
