"""Resources and resource groups in ARM: listing, reading and deleting them, and calling actions on them."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import chain
from typing import Any, TypeVar

from driver.azure import deployments, operations, providers
from driver.azure.headers import read_timestamp
from driver.azure.operations import Look, Operation
from driver.azure.refusals import Refusal, Refused
from driver.azure.verdicts import Cause
from driver.models.orders import AzureLocation
from driver.resource_ids import ResourceId

T = TypeVar("T")
_ROLES = "Microsoft.Authorization/roleAssignments"
_MOST_VERSIONS = 10  # api-versions that are tried for one call


def find_by_name(location: AzureLocation, name: str, kind: str = "") -> list[ResourceId]:
    """The ids of a subscription's top-level resources of that name, of a type if one is given."""
    types = f" and resourceType eq '{_quote(kind)}'" if kind else ""
    return _list_ids(location, f"name eq '{_quote(name)}'{types}")


def find_by_tag(location: AzureLocation, name: str, value: str) -> list[ResourceId]:
    """The ids of a subscription's top-level resources with that tag."""
    return _list_ids(location, f"tagName eq '{_quote(name)}' and tagValue eq '{_quote(value)}'")


def get(location: AzureLocation, resource_id: ResourceId) -> Mapping[str, Any] | None:
    """The body of a resource or resource group; None if it does not exist."""
    return look(location, resource_id).body


def get_instance_view(location: AzureLocation, resource_id: ResourceId) -> Mapping[str, Any]:
    """How a virtual machine runs: `{"statuses": [{"code"}]}`. Raises a Refusal."""
    body = _try_versions(
        location,
        resource_id,
        (),
        lambda version: operations.get(location, resource_id.text, version, expand="instanceView"),
    )
    view = (body.get("properties") or {}).get("instanceView")
    return view if isinstance(view, Mapping) else {}


def look(location: AzureLocation, resource_id: ResourceId, versions: Iterable[str] = ()) -> Look:
    """Look whether a resource or resource group exists. `versions` are api-versions to try first.

    Raises a Refusal for every answer that shows neither: 404 shows absence only if it is ARM's error about this
    resource, not about its subscription, its type or the api-version.
    """
    return _try_versions(
        location, resource_id, versions, lambda version: operations.look(location, resource_id.text, version)
    )


def find_creation_time(location: AzureLocation, resource_id: ResourceId) -> datetime | None:
    """When a resource was created, by ARM's clock: from its `systemData`, or a role assignment's `createdOn`, else from
    the list of its group. None if ARM does not say it, or if the resource does not exist.

    It is read with the provider's newest api-version: in older ones many types have no `systemData`.
    """
    body = look(location, resource_id).body or {}
    time = read_creation_time(resource_id, body)
    if time is None and body and resource_id.is_top_level:
        group = f"/subscriptions/{resource_id.subscription}/resourceGroups/{resource_id.resource_group}"
        query = f"name eq '{_quote(resource_id.name)}' and resourceType eq '{_quote(resource_id.type)}'"
        listed = operations.list_values(
            location, f"{group}/resources", providers.RESOURCES_VERSION, query, expand="createdTime"
        )
        times = (item.get("createdTime") for item in listed if ResourceId.parse(item["id"]) == resource_id)
        time = read_timestamp(next(times, None))
    return time


def read_creation_time(resource_id: ResourceId, body: Mapping[str, Any]) -> datetime | None:
    """When a resource was created, by its body; None if that does not say it."""
    place, name = ("properties", "createdOn") if resource_id.is_of_type(_ROLES) else ("systemData", "createdAt")
    times = body.get(place)
    return read_timestamp(times.get(name)) if isinstance(times, Mapping) else None


def delete(location: AzureLocation, resource_id: ResourceId, versions: Iterable[str] = ()) -> Operation:
    """Begin to delete a resource, a group or a deployment's record. If it does not exist, the operation is over, with
    status 404. `versions` are api-versions to try first.
    """
    try:
        if resource_id.is_deployment:
            return deployments.delete(location, resource_id)
        return _try_versions(
            location, resource_id, versions, lambda version: operations.delete(location, resource_id.text, version)
        )
    except Refusal as refused:
        if refused.is_absence:
            return Operation(status=404, answered_at=refused.answered_at)
        raise


def act(location: AzureLocation, resource_id: ResourceId, action: str) -> Operation:
    """Begin an action (POST) on a resource."""
    return _try_versions(
        location, resource_id, (), lambda version: operations.act(location, resource_id.text, action, version)
    )


def _try_versions(
    location: AzureLocation, resource_id: ResourceId, versions: Iterable[str], call: Callable[[str], T]
) -> T:
    """Call with the given api-versions, then with those of the provider, until one is not refused. A refusal that lists
    versions has them tried next. Raises the first Refusal if all are refused.
    """
    first: Refusal | None = None
    tried: set[str] = set()
    offered: list[str] = []
    known = _list_versions(location, resource_id, versions)
    while len(tried) < _MOST_VERSIONS:
        try:
            version = next((version for version in chain(offered, known) if version not in tried), "")
        except Refusal as unlisted:
            raise first or unlisted from None
        if not version:
            break
        tried.add(version)
        try:
            return call(version)
        except Refusal as refused:
            if not refused.is_about_version:
                raise
            first = first or refused
            offered = offered or list_offered_versions(refused)
    raise first or Refused(404, Cause("InvalidResourceType", f"{resource_id} has no api-version"))


def list_offered_versions(refused: Refusal) -> list[str]:
    """The api-versions that a refusal names as supported: stable ones first, each kind from the newest."""
    _, *supported = re.split(r"supported (?:api-)?versions are", refused.cause.message, maxsplit=1)
    return providers.sort_versions(re.findall(r"\d{4}-\d{2}-\d{2}(?:-[a-z]+)?", "".join(supported)))


def _list_versions(location: AzureLocation, resource_id: ResourceId, versions: Iterable[str]) -> Iterator[str]:
    """The given api-versions, then those of the provider. The provider is not asked before it is needed."""
    yield from versions
    yield from providers.list_api_versions(location, resource_id)


def _list_ids(location: AzureLocation, query: str) -> list[ResourceId]:
    path = f"/subscriptions/{location.subscription_id}/resources"
    listed = operations.list_values(location, path, providers.RESOURCES_VERSION, query)
    return [ResourceId.parse(resource["id"]) for resource in listed]


def _quote(text: str) -> str:
    return text.replace("'", "''")
