"""The records of the deployments that this driver has made, found by their tags."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from driver.azure import deployments, operations, writes
from driver.azure.providers import RESOURCES_VERSION
from driver.azure.tags import REQUEST_TAG
from driver.models.orders import AzureLocation
from driver.resource_ids import DEPLOYMENT_TYPE, ResourceId


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


def list_scopes(location: AzureLocation) -> Iterator[str]:
    """The ids of what has records of deployments: the location's subscription, and each of its resource groups."""
    subscription = f"/subscriptions/{location.subscription_id}"
    yield subscription
    for group in operations.list_values(location, f"{subscription}/resourceGroups", RESOURCES_VERSION):
        yield str(group["id"])


def list_records(location: AzureLocation, scope: str) -> Iterator[Record]:
    """The records of a scope that have this driver's tags."""
    for body in operations.list_values(location, f"{scope}/providers/{DEPLOYMENT_TYPE}", deployments.VERSION):
        tags = {name.lower(): str(value) for name, value in (body.get("tags") or {}).items()}
        if REQUEST_TAG in tags:
            yield _read_record(body, tags)


def list_written_ids(location: AzureLocation, record: Record) -> tuple[ResourceId, ...]:
    """The ids of the resources that a deployment wrote. For one that has not succeeded they are the targets of its
    operations: some may never have come to be.
    """
    if record.state == "Succeeded":
        return record.output_ids
    return writes.read_writes(location, record.id).created


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
