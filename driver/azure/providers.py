"""Resource providers: the api-versions of ARM types."""

import re
from collections.abc import Mapping
from functools import lru_cache

from driver.azure import operations
from driver.azure.refusals import Refusal
from driver.azure.verdicts import Cause
from driver.models.orders import AzureLocation
from driver.resource_ids import ResourceId

RESOURCES_VERSION = "2025-04-01"  # of resource groups and providers
_STABLE = re.compile(r"\d{4}-\d{2}-\d{2}")


def find_api_version(location: AzureLocation, resource_id: ResourceId) -> str:
    """The newest stable api-version of a resource's type, else its newest, in the resource's own subscription.

    Providers do not list every child type: such a one has its parent's. Raises a Refusal if the provider knows neither.
    """
    if resource_id.is_group:
        return RESOURCES_VERSION
    namespace, _, name = resource_id.type.partition("/")
    provider = (location, resource_id.subscription.lower(), namespace.lower())
    version = _find_newest(_list_api_versions(*provider), name.lower())
    if not version:  # it may have come after the provider was asked
        _list_api_versions.cache_clear()
        version = _find_newest(_list_api_versions(*provider), name.lower())
    if version:
        return version
    text = f"the provider {namespace} knows no resource type '{name}' (of {resource_id})"
    raise Refusal(404, Cause("InvalidResourceType", text))


def _find_newest(known: Mapping[str, list[str]], name: str) -> str:
    segments = name.split("/")
    for length in range(len(segments), 0, -1):
        if versions := known.get("/".join(segments[:length])):
            return versions[0]
    return ""


@lru_cache(maxsize=1024)
def _list_api_versions(location: AzureLocation, subscription: str, namespace: str) -> dict[str, list[str]]:
    """The api-versions of a provider's types, stable ones first, newest first. They change with Azure's releases, not
    with requests.
    """
    scope = f"/subscriptions/{subscription}" if subscription else ""
    provider = operations.get(location, f"{scope}/providers/{namespace}", RESOURCES_VERSION)
    return {
        str(kind["resourceType"]).lower(): sorted(
            kind.get("apiVersions") or [],
            key=lambda version: (bool(_STABLE.fullmatch(version)), version),
            reverse=True,
        )
        for kind in provider.get("resourceTypes") or []
    }
