"""An entry of the catalogue on its way through its transitions, seen as Brent and as an operator of Azure."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

import requests

from dev import azure
from dev.brent import Resource
from tests.e2e.catalogue.forms import Entry
from tests.e2e.trial import NETWORK, Trial, eventually

DEPLOYMENTS = "/providers/microsoft.resources/deployments/"
_VERSIONS = {
    "/providers/microsoft.compute/": "2024-07-01",
    "/providers/microsoft.storage/": "2023-05-01",
    "/privatednszones/": "2020-06-01",
    "/providers/microsoft.network/": NETWORK,
    "/resourcegroups/": "2024-03-01",
}


@dataclass
class Journey:
    """`resource` as Brent knows it by now; `foreign` what was in Azure before; `asked` the ids of its requests."""

    trial: Trial
    entry: Entry
    group: str
    resource: Resource = field(init=False)
    asked: list[str] = field(default_factory=list)
    foreign: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.resource = Resource(self.group, f"resource::{self.entry.type}::1.0", self.properties)

    @property
    def properties(self) -> dict[str, str]:
        """What the descriptor says, without outputs."""
        return {"resourcegroup_name": self.group, **self.filled(self.entry.properties)}

    def filled(self, value: Any) -> Any:
        """A value of the catalogue with this journey's names in its texts."""
        if isinstance(value, str):
            group_id = f"{self.trial.subscription}/resourceGroups/{self.group}"
            return value.replace("{rg}", group_id).replace("{group}", self.group)
        if isinstance(value, Mapping):
            return {self.filled(key): self.filled(one) for key, one in value.items()}
        return [self.filled(one) for one in value] if isinstance(value, list) else value

    def ids(self, *texts: str) -> set[str]:
        """Ids of the catalogue, in lower case."""
        return {str(self.filled(text)).lower() for text in texts if text}

    # as Brent

    def run(self, transition: str, resource: Resource, **options: Any) -> tuple[Resource, dict[str, Any]]:
        """The resource after a transition that completes, and the outputs of the event."""
        request_id = self.trial.begin(resource, transition, **options)
        self.asked.append(request_id)
        after = self.trial.completed(request_id, resource)
        return after, self.trial.event(request_id).value["outputs"]

    def changes(self, operation: str) -> list[dict[str, Any]]:
        """What a preview reports; it changes neither Azure nor the resource."""
        before = self.in_azure()
        after, outputs = self.run(operation, self.resource)
        assert (after.topology, self.in_azure()) == (self.resource.topology, before)
        ((_, found),) = outputs.items()
        return list(found)

    # as an operator of Azure

    def all_in_azure(self) -> set[str]:
        """The ids, in lower case, of the group and all in it, and of the journey's deployments in the subscription."""
        group = self.group.lower()
        found = self.trial.in_azure("subscriptions")
        return {one for one in found if f"/{group}/" in f"{one}/" or f"{DEPLOYMENTS}{group}-" in one}

    def in_azure(self) -> set[str]:
        """What is there without what others made and what is a part of something else."""
        implied = self.ids(*self.entry.implied)
        found = self.all_in_azure() - self.foreign
        return {one for one in found if not any(fnmatchcase(one, pattern) for pattern in implied)}

    def make_foreign(self) -> None:
        """What has to be there before, made by others."""
        if not self.ids("{rg}") <= self.ids(*self.entry.owned):
            self.trial.make_group(self.group)
        for resource_id, body in self.filled(self.entry.there).items():
            self.make(resource_id, body)
        self.foreign = self.all_in_azure()

    def get(self, resource_id: str) -> dict[str, Any]:
        found = self._call("GET", resource_id)
        assert found.ok, found.text
        return dict(found.json())

    def make(self, resource_id: str, body: Mapping[str, Any]) -> None:
        self.trial.make(resource_id.removeprefix(self.trial.subscription), body, _version(resource_id))

    def unmake(self, resource_id: str) -> None:
        gone = self._call("DELETE", resource_id)
        assert gone.ok, gone.text
        eventually(lambda: self._call("GET", resource_id).status_code == 404)

    def power(self, machine: str) -> str:
        """The power state of a virtual machine: `running`, `deallocated` ..."""
        return str(self.get(f"{machine}/instanceView")["statuses"][-1]["code"]).removeprefix("PowerState/")

    def count(self, action: str, resource_id: str) -> Callable[[], int]:
        """Counts the calls of an action from now on."""
        path = f"{resource_id}/{action}$"
        azure.add_fault(self.trial.stack.endpoints(), {"kind": "delay", "seconds": 0, "method": "POST", "path": path})

        def calls() -> int:
            stack = self.trial.stack
            faults = requests.get(f"{stack.azure}/emulator/faults", verify=str(stack.ca), timeout=10).json()["value"]
            return sum(one["hits"] for one in faults if one["path"] == path)

        return calls

    def _call(self, method: str, resource_id: str) -> requests.Response:
        return self.trial.arm(method, resource_id.removeprefix(self.trial.subscription), version=_version(resource_id))


def read_at(body: Mapping[str, Any], path: str) -> Any:
    """The value at a path such as `properties.probes.0.properties.port`; None if there is none."""
    inner: Any = body
    for name in path.split("."):
        inner = inner[int(name)] if isinstance(inner, list) else (inner or {}).get(name)
    return inner


def altered(body: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A resource with another value at a path such as `properties.probes.0.properties.port`."""
    changed = deepcopy(dict(body))
    *above, last = path.split(".")
    inner: Any = changed
    for name in above:
        inner = inner[int(name)] if isinstance(inner, list) else inner[name]
    inner[last] = value
    return changed


def _version(resource_id: str) -> str:
    return next(version for part, version in _VERSIONS.items() if part in resource_id.lower())
