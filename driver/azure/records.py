"""The records of the deployments that this driver makes. Their tags tell them from others and name the resource."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from driver import VERSION
from driver.azure import deployments, operations
from driver.azure.providers import RESOURCES_VERSION
from driver.models.orders import AzureLocation, Order
from driver.resource_ids import DEPLOYMENT_TYPE, ResourceId

RESOURCE_TAG = "tnco-resource-id"
REQUEST_TAG = "tnco-request-id"
TRANSITION_TAG = "tnco-transition"
VERSION_TAG = "tnco-driver-version"
# Characters of a value: learn.microsoft.com/azure/azure-resource-manager/management/tag-resources
_LONGEST_TAG = 256
_VERSION = "2025-04-01"  # of the lists of deployments


@dataclass(frozen=True)
class Record:
    """A record of a deployment of this driver. `tags` are by name in lower case. `changed_at` is ISO 8601. `output_ids`
    are its `outputResources`: ARM lists them once the deployment has succeeded.
    """

    id: ResourceId
    tags: Mapping[str, str]
    state: str
    changed_at: str
    output_ids: tuple[ResourceId, ...]


def build_tags(order: Order) -> dict[str, str]:
    """The tags of a deployment's record. A value that is longer than ARM takes is cut."""
    tags = {
        RESOURCE_TAG: order.resource_id,
        REQUEST_TAG: order.request_id,
        TRANSITION_TAG: order.transition,
        VERSION_TAG: VERSION,
    }
    return {name: value[:_LONGEST_TAG] for name, value in tags.items()}


def list_scopes(location: AzureLocation) -> Iterator[str]:
    """The ids of what has records of deployments: the location's subscription, and each of its resource groups."""
    subscription = f"/subscriptions/{location.subscription_id}"
    yield subscription
    for group in operations.list_values(location, f"{subscription}/resourceGroups", RESOURCES_VERSION):
        yield str(group["id"])


def list_records(location: AzureLocation, scope: str) -> Iterator[Record]:
    """The records of a scope that have this driver's tags."""
    for body in operations.list_values(location, f"{scope}/providers/{DEPLOYMENT_TYPE}", _VERSION):
        tags = {name.lower(): str(value) for name, value in (body.get("tags") or {}).items()}
        if REQUEST_TAG in tags:
            yield _read_record(body, tags)


def list_written_ids(location: AzureLocation, record: Record) -> tuple[ResourceId, ...]:
    """The ids of the resources that a deployment wrote. For one that has not succeeded they are the targets of its
    operations: some may never have come to be.
    """
    if record.state == "Succeeded":
        return record.output_ids
    return tuple(
        touched_id for touched_id in deployments.list_touched_ids(location, record.id) if not touched_id.is_deployment
    )


def _read_record(body: Mapping[str, Any], tags: Mapping[str, str]) -> Record:
    properties = body.get("properties") or {}
    listed = properties.get("outputResources") or ()
    return Record(
        id=ResourceId.parse(str(body["id"])),
        tags=tags,
        state=str(properties.get("provisioningState", "")),
        changed_at=str(properties.get("timestamp", "")),
        # What a Bicep extension made has no ARM id.
        output_ids=tuple(ResourceId.parse(str(resource["id"])) for resource in listed if resource.get("id")),
    )
