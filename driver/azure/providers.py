"""Resource providers: the api-versions of ARM types, and whether a subscription is registered for them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from driver.azure import operations
from driver.azure.refusals import Refused
from driver.azure.verdicts import Cause
from driver.models.orders import AzureLocation
from driver.resource_ids import ResourceId

RESOURCES_VERSION = "2025-04-01"  # of resource groups and providers
_READY = ("registered", "registering")  # states of a registration in which deployments succeed
_MOST_KNOWN = 1024
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
    known = _known.get(provider)
    versions = _find_listed_versions(known.versions, name.lower()) if known else []
    if not versions:  # the type may have been added since the provider was read
        versions = _find_listed_versions(_read_versions(*provider), name.lower())
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


def is_registered(location: AzureLocation, namespace: str) -> bool:
    """Whether the subscription of a location is registered for a provider, or is being registered. Raises a Refusal.

    A registration is read once in a process. A missing one is read each time, since somebody may register it.
    """
    provider = (location, location.subscription_id.lower(), namespace.lower())
    known = _known.get(provider)
    return bool(known and known.is_registered) or _read_provider(*provider).is_registered


@dataclass(frozen=True)
class _Provider:
    """A provider as a subscription sees it: the api-versions of its types (in lower case), stable ones first, each kind
    from the newest.
    """

    versions: Mapping[str, list[str]]
    is_registered: bool


# What was read of providers, by location, subscription and namespace: api-versions change only with Azure's releases.
_known: dict[tuple[AzureLocation, str, str], _Provider] = {}


def _read_versions(location: AzureLocation, subscription: str, namespace: str) -> Mapping[str, list[str]]:
    """The api-versions of a provider's types. One who has rights in a resource group only may not read the provider in
    the subscription, but everybody may read it in the tenant.
    """
    try:
        return _read_provider(location, subscription, namespace).versions
    except Refused as refused:
        if refused.status != 403 or not subscription:
            raise
        try:
            found = _read_provider(location, "", namespace)
        except Refused:
            raise refused from None
    _known[location, subscription, namespace] = replace(found, is_registered=False)  # which nobody has said
    return found.versions


def _read_provider(location: AzureLocation, subscription: str, namespace: str) -> _Provider:
    scope = f"/subscriptions/{subscription}" if subscription else ""
    provider = operations.get(location, f"{scope}/providers/{namespace}", RESOURCES_VERSION)
    versions = {
        str(kind["resourceType"]).lower(): sort_versions(kind.get("apiVersions") or [])
        for kind in provider.get("resourceTypes") or []
    }
    is_free = str(provider.get("registrationPolicy") or "").lower() == "registrationfree"
    state = str(provider.get("registrationState") or "").lower()
    if len(_known) >= _MOST_KNOWN:
        _known.clear()
    found = _known[location, subscription, namespace] = _Provider(versions, is_free or not state or state in _READY)
    return found


def sort_versions(versions: Iterable[str]) -> list[str]:
    """Api-versions: stable ones first, each kind from the newest."""
    return sorted(versions, key=lambda version: (bool(_STABLE.fullmatch(version)), version), reverse=True)
