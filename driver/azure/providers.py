"""Resource providers: the api-versions of ARM types."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from driver.azure import operations
from driver.azure.refusals import Refused
from driver.azure.verdicts import Cause
from driver.models.orders import AzureLocation
from driver.resource_ids import ResourceId

RESOURCES_VERSION = "2025-04-01"  # of resource groups and providers
_STABLE = re.compile(r"\d{4}-\d{2}-\d{2}")


def list_api_versions(location: AzureLocation, resource_id: ResourceId) -> list[str]:
    """The api-versions of a resource's type in the resource's own subscription: stable ones first, each kind from the
    newest. Never empty.

    Providers do not list every child type. One that is not listed gets its parent's versions. Raises a Refusal if the
    parent is not listed either.
    """
    if resource_id.is_group:
        return [RESOURCES_VERSION]
    namespace, _, name = resource_id.type.partition("/")
    provider = (location, resource_id.subscription.lower(), namespace.lower())
    versions = _find_listed_versions(_read_api_versions(*provider), name.lower())
    if not versions:  # the type may have been added since the provider's answer was cached
        _read_api_versions.cache_clear()
        versions = _find_listed_versions(_read_api_versions(*provider), name.lower())
    if versions:
        return versions
    text = f"the provider {namespace} knows no resource type '{name}' (of {resource_id})"
    raise Refused(404, Cause("InvalidResourceType", text))


def _find_listed_versions(known: Mapping[str, list[str]], name: str) -> list[str]:
    segments = name.split("/")
    for length in range(len(segments), 0, -1):
        if versions := known.get("/".join(segments[:length])):
            return versions
    return []


@lru_cache(maxsize=1024)
def _read_api_versions(location: AzureLocation, subscription: str, namespace: str) -> dict[str, list[str]]:
    """The api-versions of a provider's types: stable ones first, each kind from the newest. Cached, since they change
    only with Azure's releases.
    """
    scope = f"/subscriptions/{subscription}" if subscription else ""
    provider = operations.get(location, f"{scope}/providers/{namespace}", RESOURCES_VERSION)
    return {
        str(kind["resourceType"]).lower(): sort_versions(kind.get("apiVersions") or [])
        for kind in provider.get("resourceTypes") or []
    }


def sort_versions(versions: Iterable[str]) -> list[str]:
    """Api-versions: stable ones first, each kind from the newest."""
    return sorted(versions, key=lambda version: (bool(_STABLE.fullmatch(version)), version), reverse=True)
