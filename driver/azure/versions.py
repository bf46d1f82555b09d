"""What the records of deployments tell about the api-versions of their resources."""

from collections.abc import Mapping
from typing import Any

from driver.azure import connection, operations, providers
from driver.models.orders import AzureLocation
from driver.resource_ids import ResourceId


def list_api_versions(location: AzureLocation, record_id: ResourceId) -> dict[str, tuple[str, ...]]:
    """The api-versions by ARM type in lower case: those of the record's output resources, then those of its template.

    Raises a Refusal if there is no such record.
    """
    record = operations.get(location, record_id.text, providers.RESOURCES_VERSION)
    found: dict[str, list[str]] = {}
    for resource in (record.get("properties") or {}).get("outputResources") or ():
        if resource.get("id") and resource.get("apiVersion"):
            found.setdefault(ResourceId.parse(resource["id"]).type.lower(), []).append(resource["apiVersion"])
    _collect_from_template(_export_template(location, record_id), "", found)
    return {kind: tuple(dict.fromkeys(versions)) for kind, versions in found.items()}


def _export_template(location: AzureLocation, record_id: ResourceId) -> Mapping[str, Any]:
    with connection.connect(location) as clients:
        exported = clients.deployments.deployments.export_template_at_scope(record_id.scope.strip("/"), record_id.name)
    return exported.template if isinstance(exported.template, Mapping) else {}


def _collect_from_template(template: Mapping[str, Any], parent: str, found: dict[str, list[str]]) -> None:
    """Add the versions of a template's resources, of their children and of nested templates."""
    resources = template.get("resources") or ()
    for resource in resources.values() if isinstance(resources, Mapping) else resources:
        kind = "/".join(filter(None, [parent, str(resource.get("type", "")).lower()]))
        if isinstance(resource.get("apiVersion"), str):
            found.setdefault(kind, []).append(resource["apiVersion"])
        _collect_from_template(resource, kind, found)
        nested = (resource.get("properties") or {}).get("template")
        if isinstance(nested, Mapping):
            _collect_from_template(nested, "", found)
