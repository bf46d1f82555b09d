"""Resources and resource groups in ARM: whether they are there, deleting them, actions on them."""

from collections.abc import Iterable, Mapping
from typing import Any

from driver.azure import connection, deployments, providers
from driver.azure.connection import Operation
from driver.azure.refusals import Refusal
from driver.models import AzureLocation
from driver.topology import DEPLOYMENT_TYPE, GROUP_TYPE, arm_type, group_name

GROUP_VERSION = "2025-04-01"
_MOST_FILTERS = 10  # types in one $filter; a longer one would pass the length that ARM takes


def listed(location: AzureLocation, group: str, types: Iterable[str], name: str = "") -> frozenset[str]:
    """The ids, in lower case, of a group's top-level resources of the given types, and of one name if that is all that
    is wanted of one type. Raises a Refusal if there is no such group.
    """
    wanted = sorted({kind.lower() for kind in types if kind.count("/") == 1})
    query = " or ".join(f"resourceType eq '{kind}'" for kind in wanted) if 0 < len(wanted) <= _MOST_FILTERS else None
    if query and len(wanted) == 1 and name:
        query = f"name eq '{_quoted(name)}' and {query}"
    with connection.clients(location) as clients:
        found = clients.resources.resources.list_by_resource_group(group, filter=query)
        return frozenset(str(one.id).lower() for one in found if str(one.type).lower() in wanted)


def named(location: AzureLocation, name: str, kind: str = "") -> list[str]:
    """The ids of a subscription's top-level resources of that name, of a type if one is given."""
    types = f" and resourceType eq '{_quoted(kind)}'" if kind else ""
    return _ids(location, f"name eq '{_quoted(name)}'{types}")


def tagged(location: AzureLocation, name: str, value: str) -> list[str]:
    """The ids of a subscription's top-level resources with that tag."""
    return _ids(location, f"tagName eq '{_quoted(name)}' and tagValue eq '{_quoted(value)}'")


def get(location: AzureLocation, resource_id: str) -> Mapping[str, Any] | None:
    """A resource or resource group as ARM gives it; None if it is not there."""
    kind = arm_type(resource_id)
    try:
        version = GROUP_VERSION if kind.lower() == GROUP_TYPE.lower() else providers.api_version(location, kind)
        return connection.get(location, resource_id, version)
    except Refusal as refused:
        if refused.is_absence:
            return None
        raise


def exists(location: AzureLocation, resource_id: str) -> bool:
    """Whether a resource or resource group is there."""
    if arm_type(resource_id).lower() != GROUP_TYPE.lower():
        return get(location, resource_id) is not None
    with connection.clients(location) as clients:
        return bool(clients.resources.resource_groups.check_existence(group_name(resource_id)))


def delete(location: AzureLocation, resource_id: str) -> Operation:
    """Begin to delete a resource, a group or a deployment's record. One that is not there is deleted already."""
    kind = arm_type(resource_id)
    try:
        if kind.lower() == DEPLOYMENT_TYPE.lower():
            return deployments.delete(location, resource_id)
        version = "" if kind.lower() == GROUP_TYPE.lower() else providers.api_version(location, kind)
        with connection.clients(location) as clients:
            if not version:
                groups = clients.resources.resource_groups
                return connection.operation(connection.answer(groups.begin_delete, group_name(resource_id)))
            resources = clients.resources.resources
            return connection.operation(
                connection.answer(resources.begin_delete_by_id, resource_id, api_version=version)
            )
    except Refusal as refused:
        if refused.is_absence:
            return Operation()
        raise


def act(location: AzureLocation, resource_id: str, action: str) -> Operation:
    """Begin an action (POST) on a resource."""
    return connection.act(location, resource_id, action, providers.api_version(location, arm_type(resource_id)))


def _ids(location: AzureLocation, query: str) -> list[str]:
    with connection.clients(location) as clients:
        return [str(one.id) for one in clients.resources.resources.list(filter=query)]


def _quoted(text: str) -> str:
    return text.replace("'", "''")
