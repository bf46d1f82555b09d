"""Requests as Brent, the resource manager's driver client, sends them, and what it does with the events.

Brent sends a chunked body, the header `tenantId` and trace headers; it keeps outputs and associated topology of each
event and hands them over with the next request for the same resource.
"""

import base64
import io
import json
import uuid
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import requests

EXECUTE = "/api/driver/lifecycle/execute"
TENANT = "trial"
TYPE_NAMES = {
    type(None): "string",
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "float",
    list: "list",
    dict: "map",
}


class RefusedError(Exception):
    """The driver did not accept a request; the text holds its status and its message."""


@dataclass(frozen=True)
class Resource:
    """A resource as Brent knows it: property values by name, topology as `{name: {"id", "type"}}`.

    The values are plain, or as they are sent: `{"type": ..., "value": ...}`, `{"type": "key", ...}`.
    """

    name: str
    type: str
    properties: Mapping[str, Any]
    topology: Mapping[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


def resource_group(name: str, location: str = "northeurope") -> Resource:
    return Resource(
        name=name,
        type="resource::AzureResourceGroup::1.0",
        properties={"resourcegroup_name": name, "resourcegroup_location": location},
    )


def vnet(name: str, group: str, location: str = "northeurope") -> Resource:
    return Resource(
        name=name,
        type="resource::AzureVNet::1.0",
        properties={
            "resourcegroup_name": group,
            "vnet_name": name,
            "vnet_location": location,
            "vnet_address_space": "10.0.0.0/16",
            "vnet_default_cidr_block": "10.0.0.0/24",
        },
    )


def subnet(name: str, group: str, network: str, cidr_block: str) -> Resource:
    return Resource(
        name=name,
        type="resource::AzureSubnet::1.0",
        properties={
            "resourcegroup_name": group,
            "vnet_name": network,
            "subnet_name": name,
            "subnet_cidr_block": cidr_block,
            "route_table_name": "",
            "network_security_group_name": "",
        },
    )


def request_body(
    resource: Resource,
    transition: str,
    deployment_location: Mapping[str, Any],
    request_properties: Mapping[str, Any] | None = None,
    request_id: str | None = None,
    driver_files: str | None = None,
) -> dict[str, Any]:
    """Returns the body of an execute request; the same `request_id` again makes it a repetition.

    Without `driver_files` (see `pack_files`) the resource type is a built-in one.
    """
    return {
        "lifecycleName": transition,
        "driverFiles": driver_files or _EMPTY_ZIP,
        "systemProperties": _typed(
            {
                "resourceId": resource.id,
                "resourceName": resource.name,
                "requestId": request_id or str(uuid.uuid4()),
                "resourceManagerId": "brent",
                "deploymentLocation": deployment_location["name"],
                "resourceType": resource.type,
            }
        ),
        "resourceProperties": _typed(resource.properties),
        "requestProperties": _typed(request_properties or {}),
        "associatedTopology": dict(resource.topology),
        "deploymentLocation": dict(deployment_location),
    }


def execute(driver: str, body: Mapping[str, Any], session: requests.Session | None = None, tenant: str = TENANT) -> str:
    """Sends the request, chunked, to the driver's base URL and returns the requestId of its 202.

    Raises RefusedError for any other answer, requests.RequestException where there is none.
    """
    headers = {
        "Content-Type": "application/json",
        "tenantId": tenant,
        "X-TraceCtx-TransactionId": str(uuid.uuid4()),
        "X-TraceCtx-ProcessId": body["systemProperties"]["requestId"]["value"],
    }
    post = session.post if session else requests.post
    answer = post(driver + EXECUTE, data=_chunks(json.dumps(body).encode()), headers=headers, timeout=60)
    if answer.status_code != requests.codes.accepted:
        raise RefusedError(
            f"{body['lifecycleName']}: the driver answered {answer.status_code}: {_read_message(answer)}"
        )
    return str(answer.json()["requestId"])


def apply_event(resource: Resource, event: Mapping[str, Any]) -> Resource:
    """Returns the resource with the event's outputs and topology; a topology name with the value null is gone."""
    topology = {**resource.topology, **event.get("associatedTopology", {})}
    return replace(
        resource,
        properties={**resource.properties, **event.get("outputs", {})},
        topology={name: entry for name, entry in topology.items() if entry is not None},
    )


def _typed(values: Mapping[str, Any]) -> dict[str, Any]:
    plain = {name: value for name, value in values.items() if not _is_typed(value)}
    return {**values, **{name: {"type": TYPE_NAMES[type(value)], "value": value} for name, value in plain.items()}}


def _is_typed(value: Any) -> bool:
    return isinstance(value, Mapping) and "type" in value and ("value" in value or value["type"] == "key")


def _read_message(answer: requests.Response) -> str:
    """The driver's message; the whole answer if it is none of the driver's."""
    try:
        return str(answer.json()["localizedMessage"])
    except (ValueError, KeyError, TypeError):
        return answer.text


def _chunks(body: bytes, size: int = 4096) -> Iterator[bytes]:
    for begin in range(0, len(body), size):
        yield body[begin : begin + size]


def pack_files(files: Mapping[str, str | bytes]) -> str:
    """Returns driver files: a zip of the files by their names, in base64."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as whole:
        for name, content in files.items():
            whole.writestr(name, content)
    return base64.b64encode(archive.getvalue()).decode()


_EMPTY_ZIP = pack_files({})
