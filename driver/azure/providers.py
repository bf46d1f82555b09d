"""Resource providers: the api-versions of ARM types."""

import re
from collections.abc import Mapping
from functools import lru_cache

from driver.azure import connection
from driver.azure.refusals import Refusal
from driver.azure.verdicts import Cause
from driver.models import AzureLocation

_STABLE = re.compile(r"\d{4}-\d{2}-\d{2}")


def api_version(location: AzureLocation, kind: str) -> str:
    """The newest stable api-version of an ARM type, else its newest. Providers do not list every child type: such a one
    has its parent's. Raises a Refusal if the provider knows neither.
    """
    namespace, _, name = kind.partition("/")
    found = _newest(_api_versions(location, namespace.lower()), name.lower())
    if not found:  # it may have come after the provider was asked
        _api_versions.cache_clear()
        found = _newest(_api_versions(location, namespace.lower()), name.lower())
    if found:
        return found
    text = f"the subscription's provider {namespace} knows no resource type '{name}'"
    raise Refusal(404, Cause("InvalidResourceType", text))


def _newest(known: Mapping[str, list[str]], name: str) -> str:
    segments = name.split("/")
    for length in range(len(segments), 0, -1):
        if versions := known.get("/".join(segments[:length])):
            return versions[0]
    return ""


@lru_cache(maxsize=1024)
def _api_versions(location: AzureLocation, namespace: str) -> dict[str, list[str]]:
    """The api-versions of a provider's types, stable ones first, newest first. They change with Azure's releases, not
    with requests.
    """
    with connection.clients(location) as clients:
        provider = clients.resources.providers.get(namespace)
    return {
        str(kind.resource_type).lower(): sorted(
            kind.api_versions or [], key=lambda version: (bool(_STABLE.fullmatch(version)), version), reverse=True
        )
        for kind in provider.resource_types or []
    }
