"""The form of a resource type's row: what its service accepts, adds, shows and answers."""

from collections.abc import Callable
from dataclasses import field
from enum import Enum
from typing import Any

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from emulators.azure.world.entities import Resource
from emulators.azure.world.ids import ResourceId
from emulators.azure.world.state import State

NEVER = "9999"
_STRICT = ConfigDict(extra="forbid")


class Absent(Enum):
    """Marks a field without a default."""

    ABSENT = 0


ABSENT = Absent.ABSENT


@dataclass(frozen=True, config=_STRICT)
class Field:
    """A property in its place.

    `name` may be dotted: then it is added to an object that is there. `default` may be a function without arguments;
    its value is then stored at creation. `computed` and `reworked` name functions in providers.computed. `text` is a
    default whose texts have holes that providers.texts fills. `children` makes the list of that child type; `items` are
    sub-resources without a path of their own. `kept_since`: from that api-version on, a PUT that omits the list keeps
    the children. `dropped`: accepted and forgotten.
    """

    name: str
    default: Any = ABSENT
    since: str = ""
    before: str = NEVER
    computed: str | None = None
    text: Any = None
    reworked: str | None = None
    children: str | None = None
    items: "Items | None" = None
    kept_since: str = ""
    dropped: bool = False

    def is_made(self, stored: dict[str, Any]) -> bool:
        """Whether the service makes it, rather than a client."""
        return (
            self.computed is not None or callable(self.default) or (self.text is not None and self.name not in stored)
        )

    def shown_in(self, version: str) -> bool:
        return self.since <= version < self.before


@dataclass(frozen=True, config=_STRICT)
class Items:
    """Sub-resources inside a property (a NIC's ipConfigurations): each gets id, etag, type and a state of its own."""

    type: str
    fields: tuple[Field, ...] = ()
    order: tuple[str, ...] = ("name", "id", "etag", "properties", "type")


@dataclass(frozen=True, config=_STRICT)
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


@dataclass(frozen=True, config=_STRICT)
class Action:
    """POST {id}/{name}, long-running; `sets` are the facts that hold when it has ended."""

    name: str
    form: Form
    sets: dict[str, Any]


@dataclass(frozen=True, config=_STRICT)
class InUse:
    """The refusal to delete what others refer to; `by` are the types of referrers that count, empty: all."""

    code: str
    message: str
    status: int = 400
    shape: str = "network"
    by: tuple[str, ...] = ()


@dataclass(frozen=True, config=_STRICT)
class ResourceType:
    """One row: `Microsoft.Network/virtualNetworks`.

    `etag` is the form of its etag ("" has none), `accept` checks and completes the properties of a PUT, `busy` is the
    refusal of a write while another one on the same family runs, `refuses_children` the child type that forbids a
    delete, `follow_up` is called when a write or (True) a delete has ended. `creates` are the resources that come and
    go with one: `type/name` of a child, `/namespace/type/name` of another in its scope, with holes (providers.texts),
    and their properties. `answers` are those of its POST actions, with holes. `gathers` are the lists, in lower case,
    that hold the records of a zone whatever their type. `unlisted`: Azure has some by itself that are not modelled.
    `implied`: there with its parent, without a PUT. `part`: one that its parent's PUT has made is listed as Azure's own
    in `/emulator/resources`. `modelled`: whole, as far as Azure shows it; others keep what is
    sent. `shows_system_data`: the api-version from which on it has one.
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
    creates: dict[str, dict[str, Any]] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)
    gathers: tuple[str, ...] = ()
    unlisted: bool = False
    implied: bool = False
    part: bool = False
    modelled: bool = False
    shows_system_data: str = NEVER
