"""Requests of the tests: what Brent sends, with one thing or another changed."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any

from cryptography.fernet import Fernet

from dev import brent
from driver.models.requests import DeploymentLocation, LifecycleRequest, parse
from driver.settings import Settings

NEEDLE = "n33dle~Secret"
SUBSCRIPTION = "33333333-3333-3333-3333-333333333333"
LOCATION: dict[str, Any] = {
    "name": "trial",
    "type": "Azure",
    "properties": {
        "tenantId": "11111111-1111-1111-1111-111111111111",
        "clientId": "22222222-2222-2222-2222-222222222222",
        "clientSecret": NEEDLE,
        "subscriptionId": SUBSCRIPTION,
    },
}
SETTINGS = Settings(
    kafka_bootstrap_servers="127.0.0.1:1",
    sealing_keys=(Fernet.generate_key().decode(),),
    authority_host="https://127.0.0.1:2",
    resource_manager_url="https://127.0.0.1:2",
)
VNET = brent.vnet("vnet-1", "rg-1")
GROUP = brent.resource_group("rg-1")
NO_FILES = brent.request_body(VNET, "Create", LOCATION)["driverFiles"]


def body(
    transition: str = "Create",
    resource: brent.Resource = VNET,
    properties: Mapping[str, Any] | None = None,
    request_id: str | None = "request-1",
    **changes: Any,
) -> dict[str, Any]:
    """An execute request's body; `properties` over those of the resource (None leaves one out), `changes` over its top
    level.
    """
    values = {**resource.properties, **(properties or {})}
    changed = replace(resource, properties={name: value for name, value in values.items() if value is not None})
    built = {**brent.request_body(changed, transition, LOCATION, request_id=request_id or "-"), **changes}
    if request_id is None:
        del built["systemProperties"]["requestId"]
    return built


def encoded(content: Any) -> bytes:
    """A body as it comes over the wire."""
    return json.dumps(content).encode()


async def streamed(content: bytes, part: int = 65_536) -> AsyncIterator[bytes]:
    """A body as the host hands it over: in parts."""
    for first in range(0, len(content), part):
        yield content[first : first + part]


def lifecycle_request(content: Mapping[str, Any]) -> LifecycleRequest:
    """A body parsed."""
    return parse(LifecycleRequest, encoded(content))


def deployment_location(**changes: Any) -> DeploymentLocation:
    """The deployment location with changed properties; None leaves one out."""
    values = {**LOCATION["properties"], **changes}
    properties = {name: value for name, value in values.items() if value is not None}
    return DeploymentLocation(name="trial", type="Azure", properties=properties)
