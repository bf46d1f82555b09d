"""The form of a resource type's row: what its service accepts, adds, shows and answers."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from emulators.azure.world.entities import Resource
from emulators.azure.world.ids import ResourceId
from emulators.azure.world.state import State

NEVER = "9999"


class Absent(Enum):
    """Marks a field without a default."""

    ABSENT = 0


ABSENT = Absent.ABSENT


@dataclass(frozen=True)
class Field:
    """A property in its place.

    `name` may be dotted: then it is added to an object that is there. `default` may be a function without arguments;
    its value is then stored at creation. `computed` and `reworked` name functions in providers.computed. `children`
    makes the list of that child type; `items` are sub-resources without a path of their own. `kept_since`: from that
    api-version on, a PUT that omits the list keeps the children. `dropped`: accepted and forgotten.
    """

    name: str
    default: Any = ABSENT
    since: str = ""
    before: str = NEVER
    computed: str | None = None
    reworked: str | None = None
    children: str | None = None
    items: "Items | None" = None
    kept_since: str = ""
    dropped: bool = False

    def shown_in(self, version: str) -> bool:
        return self.since <= version < self.before


@dataclass(frozen=True)
class Items:
    """Sub-resources inside a property (a NIC's ipConfigurations): each gets id, etag, type and a state of its own."""

    type: str
    fields: tuple[Field, ...] = ()
    order: tuple[str, ...] = ("name", "id", "etag", "properties", "type")


@dataclass(frozen=True)
class Form:
    """How a write is answered.

    `status` of the answer, provisioning `state` in it, `async_operation` and `location`: the polling headers that
    stand in it, `retry_after` in Azure's seconds, `body`: "resource", "empty", "object" ({}) or "sent" (what came in),
    `polling`: the form of its URL (operations.FORMS; "" is synchronous), `share` of a deployment's time that it takes,
    `etag`: has the header, `self_location`: Location names the resource, `poll_retry_after`: seconds between polls.
    """

    status: int
    state: str = "Succeeded"
    async_operation: bool = False
    location: bool = False
    retry_after: int | None = None
    body: str = "resource"
    polling: str = ""
    share: float = 0.0
    etag: bool = False
    self_location: bool = False
    poll_retry_after: int | None = None


@dataclass(frozen=True)
class Action:
    """POST {id}/{name}, long-running; `sets` are the facts that hold when it has ended."""

    name: str
    form: Form
    sets: dict[str, Any]


@dataclass(frozen=True)
class InUse:
    """The refusal to delete what others refer to; `by` are the types of referrers that count, empty: all."""

    code: str
    message: str
    status: int = 400
    shape: str = "network"
    by: tuple[str, ...] = ()


@dataclass(frozen=True)
class ResourceType:
    """One row: `Microsoft.Network/virtualNetworks`.

    `etag` is the form of its etag ("" has none), `accept` checks and completes the properties of a PUT, `busy` is the
    refusal of a write while another one on the same family runs, `refuses_children` the child type that forbids a
    delete, `follow_up` is called when a write or (True) a delete has ended.
    """

    name: str
    versions: tuple[str, ...] = ()
    order: tuple[str, ...] = ("id", "name", "type", "location", "tags", "properties")
    fields: tuple[Field, ...] = ()
    top: tuple[Field, ...] = ()
    create: Form = Form(201)
    update: Form = Form(200)
    delete: Form = Form(200, body="empty")
    missing: int = 204
    name_rule: str | None = None
    name_error: str = "InvalidResourceName"
    name_text: str = ""
    located: bool = True
    etag: str = ""
    etag_since: str = ""
    own_etag: bool = False
    in_use: InUse | None = None
    checks_references: bool = False
    busy: str | None = None
    not_found: str = ""
    actions: tuple[Action, ...] = ()
    accept: Callable[[State, ResourceId, dict[str, Any]], None] | None = None
    refuses_children: str | None = None
    follow_up: Callable[[State, Resource, bool], None] | None = None


GENERIC = ResourceType("*")
GENERIC_NETWORK = ResourceType(
    "Microsoft.Network/*",
    order=("name", "id", "etag", "type", "location", "tags", "zones", "properties", "sku"),
    fields=(Field("provisioningState", computed="state"),),
    create=Form(201, "Updating", True, polling="network", share=0.1),
    update=Form(200, "Updating", True, polling="network", share=0.1),
    delete=Form(202, "Deleting", True, True, 10, "empty", "network", 0.1),
    etag='W/"{}"',
)
