"""The life of an assembly, as the resource manager plays it: what it knows of each component, and its requests."""

import base64
import re
from collections.abc import Mapping
from dataclasses import replace
from graphlib import TopologicalSorter
from typing import Any

import requests

from dev import brent
from dev.brent import Resource
from dev.events import EventStream
from tests.lmctl.tnco import Registry

_REFERENCE = re.compile(r"\$\{(?:([\w-]+)\.)?([\w-]+)\}")
_FOR_THE_RESOURCE_MANAGER = ("deploymentLocation", "resourceManager")
_EVENT_SECONDS = 60


class Play:
    """A driver, by its base URL and the certificate to trust, and the components of one assembly as they become."""

    def __init__(
        self, assembly: Mapping[str, Any], inputs: Mapping[str, str], registry: Registry, location: str
    ) -> None:
        declared = assembly["properties"]
        self.inputs = {name: str(inputs.get(name, about.get("default", ""))) for name, about in declared.items()}
        self.composition: dict[str, Any] = assembly["composition"]
        self.registry = registry
        known = registry.locations[location]
        self.location = {
            "name": known["name"],
            "type": known["infrastructureType"],
            "properties": known["infrastructureSpecificProperties"],
        }
        self.components: dict[str, Resource] = {}

    def order(self) -> list[str]:
        """The components, each after those it refers to."""
        values = {name: one["properties"].values() for name, one in self.composition.items()}
        needs = {
            name: {other for value in given for other, _ in _REFERENCE.findall(value["value"]) if other}
            for name, given in values.items()
        }
        return list(TopologicalSorter(needs).static_order())

    def component(self, name: str) -> Resource:
        """A component as it stands before its Create: every property is text."""
        given = self.composition[name]["properties"]
        return Resource(
            name=f"branch__{name}",
            type=self.composition[name]["type"],
            properties={
                property_: _REFERENCE.sub(self._value, about["value"])
                for property_, about in given.items()
                if property_ not in _FOR_THE_RESOURCE_MANAGER
            },
        )

    def run(
        self,
        transition: str,
        resource: Resource,
        driver: str,
        session: requests.Session,
        stream: EventStream,
        request_properties: Mapping[str, str] | None = None,
    ) -> Resource:
        """Sends a request and waits for its event; the resource as the event leaves it."""
        body = brent.request_body(resource, transition, self.location, request_properties)
        files = base64.b64encode(self.registry.driver_files(resource.type)).decode()
        request_id = brent.execute(driver, {**body, "driverFiles": files}, session)
        event = stream.next(_EVENT_SECONDS)
        assert event is not None, f"{transition} of {resource.name}: no event"
        assert event.key == request_id
        assert event.value["status"] == "COMPLETE", f"{transition} of {resource.name}: {event.value}"
        assert event.headers["tenantId"] == brent.TENANT
        return brent.apply_event(resource, event.value)

    def find(self, resource_type: str, instance: str, driver: str, session: requests.Session) -> Any:
        """What references/find answers."""
        files = base64.b64encode(self.registry.driver_files(resource_type)).decode()
        body = {"instanceName": instance, "driverFiles": files, "deploymentLocation": self.location}
        answer = session.post(f"{driver}/api/driver/references/find", json=body, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()["result"]

    def remember(self, name: str, resource: Resource) -> None:
        self.components[name] = replace(resource)

    def _value(self, reference: re.Match[str]) -> str:
        other, wanted = reference.groups()
        return str(self.components[other].properties[wanted]) if other else self.inputs[wanted]
