"""Resources and resource groups in ARM: listing, reading and deleting them, and calling actions on them."""

from collections.abc import Iterable, Mapping
from typing import Any

from driver.azure import deployments, operations, providers
from driver.azure.operations import Operation
from driver.azure.refusals import Refusal
from driver.models.orders import AzureLocation
from driver.resource_ids import ResourceId

_MOST_FILTERS = 10  # types in one $filter; with more it would be longer than ARM takes


def list_group(location: AzureLocation, group: str, types: Iterable[str], name: str = "") -> frozenset[ResourceId]:
    """The ids of a group's top-level resources of the given types. If there is only one type, `name` may narrow the
    list to one name. Raises a Refusal if there is no such group.
    """
    wanted = sorted({kind.lower() for kind in types if kind.count("/") == 1})
    query = " or ".join(f"resourceType eq '{kind}'" for kind in wanted) if 0 < len(wanted) <= _MOST_FILTERS else None
    if query and len(wanted) == 1 and name:
        query = f"name eq '{_quote(name)}' and {query}"
    path = f"/subscriptions/{location.subscription_id}/resourceGroups/{group}/resources"
    listed = operations.list_values(location, path, providers.RESOURCES_VERSION, query)
    return frozenset(ResourceId.parse(resource["id"]) for resource in listed if resource["type"].lower() in wanted)


def find_by_name(location: AzureLocation, name: str, kind: str = "") -> list[ResourceId]:
    """The ids of a subscription's top-level resources of that name, of a type if one is given."""
    types = f" and resourceType eq '{_quote(kind)}'" if kind else ""
    return _list_ids(location, f"name eq '{_quote(name)}'{types}")


def find_by_tag(location: AzureLocation, name: str, value: str) -> list[ResourceId]:
    """The ids of a subscription's top-level resources with that tag."""
    return _list_ids(location, f"tagName eq '{_quote(name)}' and tagValue eq '{_quote(value)}'")


def get(location: AzureLocation, resource_id: ResourceId) -> Mapping[str, Any] | None:
    """The body of a resource or resource group; None if it does not exist."""
    try:
        return operations.get(location, resource_id.text, providers.find_api_version(location, resource_id))
    except Refusal as refused:
        if refused.is_absence:
            return None
        raise


def exists(location: AzureLocation, resource_id: ResourceId) -> bool:
    """Whether a resource or resource group exists."""
    return get(location, resource_id) is not None


def delete(location: AzureLocation, resource_id: ResourceId) -> Operation:
    """Begin to delete a resource, a group or a deployment's record. If it does not exist, the operation is over."""
    try:
        if resource_id.is_deployment:
            return deployments.delete(location, resource_id)
        return operations.delete(location, resource_id.text, providers.find_api_version(location, resource_id))
    except Refusal as refused:
        if refused.is_absence:
            return Operation()
        raise


def act(location: AzureLocation, resource_id: ResourceId, action: str) -> Operation:
    """Begin an action (POST) on a resource."""
    return operations.act(location, resource_id.text, action, providers.find_api_version(location, resource_id))


def _list_ids(location: AzureLocation, query: str) -> list[ResourceId]:
    path = f"/subscriptions/{location.subscription_id}/resources"
    listed = operations.list_values(location, path, providers.RESOURCES_VERSION, query)
    return [ResourceId.parse(resource["id"]) for resource in listed]


def _quote(text: str) -> str:
    return text.replace("'", "''")
