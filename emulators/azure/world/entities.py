"""What the embedded Azure knows one by one, as plain data: groups, resources, operations, deployments."""

from dataclasses import dataclass, field
from typing import Any

SUCCEEDED = "Succeeded"


@dataclass
class Group:
    """A resource group; `id` and `name` in the case of its creation."""

    id: str
    name: str
    location: str
    tags: dict[str, str] | None = None
    managed_by: str | None = None
    state: str = SUCCEEDED


@dataclass
class Resource:
    """A resource as its service stores it: `top` is what stands beside `properties` (sku, kind, zones, identity ...).

    `sent` is the last PUT, `facts` what the service knows and does not show (a power state).
    """

    id: str
    type: str
    name: str
    api_version: str
    location: str | None = None
    tags: dict[str, str] | None = None
    top: dict[str, Any] = field(default_factory=dict)
    properties: dict[str, Any] = field(default_factory=dict)
    sent: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    state: str = SUCCEEDED
    etag: str = ""
    created: float = 0.0
    changed: float = 0.0
    operation: str | None = None


@dataclass
class Operation:
    """A long-running operation. `form` names its polling form, `outcome` its status once `due` is over."""

    id: str
    kind: str
    form: str
    path: str
    target: str
    api_version: str
    started: float
    due: float
    affected: list[str] = field(default_factory=list)
    outcome: str = SUCCEEDED
    error: dict[str, Any] | None = None
    status: int = 200
    sets: dict[str, Any] = field(default_factory=dict)
    result: dict[str, Any] | None = None
    retry_after: int | None = None
    done: bool = False


@dataclass
class Step:
    """One resource of a deployment: what became of it."""

    resource_id: str
    type: str
    name: str
    depends_on: list[str]
    state: str = "Waiting"
    operation_id: str = ""
    started: float = 0.0
    ended: float = 0.0
    until: float = 0.0
    status_code: str = ""
    error: dict[str, Any] | None = None
    write: str | None = None
    nested: str | None = None
    api_version: str = ""
    retried: int = 0


@dataclass
class Look:
    """What the run of a deployment asked of a resource that it did not write: `operation` Read or Action, or Waiting
    where it had to wait for one.
    """

    operation: str
    resource_id: str
    type: str
    name: str
    action: str
    at: float


@dataclass
class Deployment:
    """A deployment's record. `number` is its operation's; a later deployment of the same name has another. `deployer`
    is the object id of who sent it.
    """

    id: str
    name: str
    scope: str
    number: str
    tenant_id: str
    correlation_id: str
    properties: dict[str, Any]
    started: float
    until: float
    changed: float
    location: str | None = None
    tags: dict[str, str] | None = None
    state: str = "Accepted"
    steps: list[Step] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    shown: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    parent: str | None = None
    symbol: str | None = None
    deleting: bool = False
    deployer: str = ""

    @property
    def active(self) -> bool:
        return self.state in ("Accepted", "Running")


@dataclass
class Kept:
    """A resource that was deleted softly: when, and when it goes for good."""

    resource: Resource
    deleted: float
    purged: float
