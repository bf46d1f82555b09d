"""Everything the embedded Azure remembers: plain data, saved as one JSON file."""

import heapq
import json
import os
import uuid
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from emulators.azure.world.clock import now
from emulators.azure.world.entities import Deployment, Group, Kept, Look, Operation, Resource, Step

_MOST_DEPARTED = 1_000


@dataclass
class State:
    """Dictionaries by lower-case id. `agenda` holds what is due: (time, sequence, kind, argument, argument)."""

    groups: dict[str, Group] = field(default_factory=dict)
    resources: dict[str, Resource] = field(default_factory=dict)
    deployments: dict[str, Deployment] = field(default_factory=dict)
    operations: dict[str, Operation] = field(default_factory=dict)
    agenda: list[tuple[float, int, str, str, str]] = field(default_factory=list)
    gone: dict[str, float] = field(default_factory=dict)
    kept: dict[str, Kept] = field(default_factory=dict)  # by type and name
    held_names: dict[str, float] = field(default_factory=dict)  # until when a purged one's name is taken
    departed: dict[str, Resource] = field(default_factory=dict)  # the last ones, for lists that lag
    children: dict[str, list[str]] = field(default_factory=dict)
    references: dict[str, list[str]] = field(default_factory=dict)
    referrers: dict[str, list[str]] = field(default_factory=dict)
    unregistered: list[str] = field(default_factory=list)
    met: dict[str, list[str]] = field(default_factory=dict)  # api-versions of types that templates have named
    sequence: int = 0
    signing_key: str = field(default_factory=lambda: uuid.uuid4().hex)
    changes: int = 0

    def plan(self, due: float, kind: str, argument: str, detail: str = "") -> None:
        """Put something on the agenda."""
        self.sequence += 1
        heapq.heappush(self.agenda, (due, self.sequence, kind, argument, detail))

    def next_due(self, now: float) -> tuple[float, int, str, str, str] | None:
        """Take the first thing from the agenda that is due."""
        return heapq.heappop(self.agenda) if self.agenda and self.agenda[0][0] <= now else None

    def children_of(self, resource_id: str) -> list[Resource]:
        """In the order of their creation."""
        return [self.resources[key] for key in self.children.get(resource_id.lower(), ())]

    def below(self, scope_id: str) -> list[Resource]:
        """All resources whose id begins with that scope's."""
        prefix = scope_id.lower() + "/"
        return [resource for key, resource in self.resources.items() if key.startswith(prefix)]

    def add(self, resource: Resource, parent_id: str) -> None:
        key = resource.id.lower()
        if key not in self.resources:
            self.children.setdefault(parent_id.lower(), []).append(key)
        self.resources[key] = resource
        self.gone.pop(key, None)
        self.departed.pop(key, None)

    def refer(self, resource_id: str, targets: list[str]) -> None:
        """Note which resources this one refers to, in place of what it referred to before."""
        key = resource_id.lower()
        for target in self.references.pop(key, ()):
            self.referrers[target].remove(key)
        if targets:
            self.references[key] = targets
        for target in targets:
            self.referrers.setdefault(target, []).append(key)

    def remove(self, resource_id: str, parent_id: str) -> None:
        """Forget a resource and what lies in it."""
        key = resource_id.lower()
        for child in list(self.children.get(key, ())):
            self.remove(child, key)
        self.children.pop(key, None)
        self.refer(key, [])
        resource = self.resources.pop(key, None)
        if resource is not None:
            self.gone[key] = now()
            self.departed[key] = resource
            if len(self.departed) > _MOST_DEPARTED:
                del self.departed[next(iter(self.departed))]
            siblings = self.children.get(parent_id.lower(), [])
            if key in siblings:
                siblings.remove(key)


_RECORDS: dict[str, type[Any]] = {
    "groups": Group,
    "resources": Resource,
    "departed": Resource,
    "deployments": Deployment,
    "operations": Operation,
}


def save(state: State, path: Path) -> None:
    """Write the state in one move, so that a reader or a crash never meets half a file."""
    scratch = path.with_name(path.name + ".new")
    scratch.write_text(json.dumps(asdict(state)))
    os.replace(scratch, path)


def load(path: Path) -> State:
    """The state saved there; a new one where there is no file."""
    if not path.exists():
        return State()
    data = json.loads(path.read_text())
    for name, record in _RECORDS.items():
        data[name] = {key: record(**value) for key, value in data.get(name, {}).items()}
    for deployment in data["deployments"].values():
        deployment.steps = [Step(**step) for step in deployment.steps]
        deployment.looks = [Look(**look) for look in deployment.looks]
    data["kept"] = {
        key: Kept(**{**value, "resource": Resource(**value["resource"])}) for key, value in data.get("kept", {}).items()
    }
    data["agenda"] = [tuple(entry) for entry in data["agenda"]]
    return State(**data)
