"""Resources and resource groups in ARM: whether they are there, deleting them, actions on them."""

import re
from collections.abc import Iterable
from functools import lru_cache

from driver import arm, deployments
from driver.arm import Operation
from driver.arm_errors import Cause, Refusal
from driver.models import AzureLocation
from driver.topology import DEPLOYMENT_TYPE, GROUP_TYPE, arm_type, group_name

_STABLE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOST_FILTERS = 10  # types in one $filter; a longer one would pass the length that ARM takes


def listed(location: AzureLocation, group: str, types: Iterable[str]) -> frozenset[str]:
    """The ids, in lower case, of a group's top-level resources of the given types. Raises a Refusal if there is no
    such group.
    """
    wanted = sorted({name.lower() for name in types if name.count("/") == 1})
    query = " or ".join(f"resourceType eq '{name}'" for name in wanted) if 0 < len(wanted) <= _MOST_FILTERS else None
    with arm.clients(location) as clients:
        found = clients.resources.resources.list_by_resource_group(group, filter=query)
        return frozenset(str(one.id).lower() for one in found if str(one.type).lower() in wanted)


def exists(location: AzureLocation, resource_id: str) -> bool:
    """Whether a resource or resource group is there."""
    try:
        with arm.clients(location) as clients:
            if arm_type(resource_id).lower() == GROUP_TYPE.lower():
                return bool(clients.resources.resource_groups.check_existence(group_name(resource_id)))
            clients.resources.resources.get_by_id(resource_id, api_version=api_version(location, arm_type(resource_id)))
    except Refusal as refused:
        if refused.is_absence:
            return False
        raise
    return True


def delete(location: AzureLocation, resource_id: str) -> Operation:
    """Begin to delete a resource, a group or a deployment's record. One that is not there is deleted already."""
    kind = arm_type(resource_id)
    try:
        if kind.lower() == DEPLOYMENT_TYPE.lower():
            return deployments.delete(location, resource_id)
        version = "" if kind.lower() == GROUP_TYPE.lower() else api_version(location, kind)
        with arm.clients(location) as clients:
            if not version:
                groups = clients.resources.resource_groups
                return arm.operation(arm.answer(groups.begin_delete, group_name(resource_id)))
            resources = clients.resources.resources
            return arm.operation(arm.answer(resources.begin_delete_by_id, resource_id, api_version=version))
    except Refusal as refused:
        if refused.is_absence:
            return Operation()
        raise


def act(location: AzureLocation, resource_id: str, action: str) -> Operation:
    """Begin an action (POST) on a resource."""
    return arm.act(location, resource_id, action, api_version(location, arm_type(resource_id)))


def api_version(location: AzureLocation, kind: str) -> str:
    """The newest stable api-version of an ARM type, else its newest; raises a Refusal if its provider does not know
    the type.
    """
    namespace, _, name = kind.partition("/")
    versions = _api_versions(location, namespace.lower()).get(name.lower())
    if not versions:
        raise Refusal(
            404,
            Cause("InvalidResourceType", f"the subscription's provider {namespace} knows no resource type '{name}'"),
        )
    return versions[0]


@lru_cache(maxsize=1024)
def _api_versions(location: AzureLocation, namespace: str) -> dict[str, list[str]]:
    """The api-versions of a provider's types, stable ones first, newest first. They change with Azure's releases, not
    with requests.
    """
    with arm.clients(location) as clients:
        provider = clients.resources.providers.get(namespace)
    return {
        str(kind.resource_type).lower(): sorted(
            kind.api_versions or [], key=lambda version: (bool(_STABLE.fullmatch(version)), version), reverse=True
        )
        for kind in provider.resource_types or []
    }
