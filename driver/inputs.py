"""What a plan is made from, and the values of the expressions in it."""

from dataclasses import dataclass
from typing import Any

from driver.errors import InvalidRequest
from driver.models.orders import AzureLocation
from driver.models.requests import LifecycleRequest
from driver.packages import expressions
from driver.packages.catalogue import Package
from driver.packages.manifests import Transition


@dataclass(frozen=True)
class Inputs:
    """What an order is made from. `location` is where it is carried out. `preview` is CheckDrift, WhatIf or Precheck,
    if the request asks for one of these operations about the template of Create; else empty.
    """

    request: LifecycleRequest
    package: Package
    transition: Transition
    location: AzureLocation
    preview: str
    context: dict[str, Any]

    def find_place(self, *keys: int | str) -> str:
        """Where keys of the transition stand: file, line and key."""
        known = {name.lower(): name for name in self.package.manifest.transitions}
        name = known.get(self.request.lifecycle_name.lower()) or known.get("create", self.request.lifecycle_name)
        return self.package.find_place("transitions", name, *keys)

    def list_open_values(self) -> list[Any]:
        """What is no secret, though an expression can name it or a property may repeat it."""
        named = [self.context[one] for one in ("system_properties", "deployment_location", "associated_topology")]
        sources = (self.request.resource_properties, self.request.request_properties)
        keys = [one for source in sources for one in source.values() if one.is_key]
        public = [text for key in keys for text in (key.key_name, key.public_key)]
        return [*named, *public, self.location.subscription_id, self.location.tenant_id, self.location.client_id]


def evaluate(value: Any, context: dict[str, Any], place: str, faults: list[str]) -> Any:
    """A value with its expressions evaluated; None after a fault, which is added to `faults` and names the `place`."""
    try:
        return expressions.evaluate_all(value, context, place)
    except InvalidRequest as fault:
        faults.extend(fault.faults)
        return None


def build_context(request: LifecycleRequest) -> dict[str, Any]:
    """The names that an expression can use. All properties are at the root; of two with one name, a resource property
    comes before a request property, and that before a system property. System and request properties, the deployment
    location and the topology are also available under their TNC-O names.
    """
    resource, requested, system = (
        {name: value.content for name, value in properties.items()}
        for properties in (request.resource_properties, request.request_properties, request.system_properties)
    )
    return {
        **system,
        **requested,
        **resource,
        "system_properties": system,
        "request_properties": requested,
        "deployment_location": {"name": request.deployment_location.name, "type": request.deployment_location.type},
        "associated_topology": {
            key: entry.model_dump() for key, entry in request.associated_topology.items() if entry is not None
        },
    }
