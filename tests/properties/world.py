"""What there is in the model of ARM, and what happens in it as time goes on."""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

GROUP = "microsoft.resources/resourcegroups"
DEPLOYMENT = "microsoft.resources/deployments"
LOCK = "microsoft.authorization/locks"


class Refused(Exception):
    """ARM refuses: status, code, message."""

    def __init__(self, status: int, code: str, message: str = "") -> None:
        super().__init__(code)
        self.status, self.code, self.message = status, code, message or f"{code} by the model of ARM"

    @property
    def error(self) -> dict[str, Any]:
        return {"code": self.code, "message": self.message}


@dataclass
class Thing:
    """A resource or a resource group. `maker` is the deployment that created it, empty if that was a PUT of its own:
    the ids of the topmost record and of the one that wrote it, which may be nested in the first.
    """

    id: str
    type: str
    created: float
    maker: tuple[str, ...] = ()
    location: str | None = None
    properties: dict[str, Any] = field(default_factory=dict)
    state: str = "Succeeded"


@dataclass
class Operation:
    """An asynchronous operation: `final` is the status of its result once it is over."""

    id: str
    final: int = 204
    over: bool = False


@dataclass
class World:
    """Things and deployments' records by id in lower case. `provisioning` are the seconds that a deployment takes.
    `failing` are the ids of resources that a deployment cannot provision: true if they are there all the same.
    """

    now: float
    provisioning: float = 60.0
    list_lag: float = 0.0
    things: dict[str, Thing] = field(default_factory=dict)
    records: dict[str, Any] = field(default_factory=dict)
    operations: dict[str, Operation] = field(default_factory=dict)
    deletions: dict[str, Operation] = field(default_factory=dict)
    departed: list[tuple[float, Thing]] = field(default_factory=list)
    failing: dict[str, bool] = field(default_factory=dict)
    created: list[Thing] = field(default_factory=list)
    _agenda: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def number(self) -> int:
        return next(self._numbers)

    def plan(self, due: float, action: Callable[[], None]) -> None:
        """Let something happen at a time."""
        heapq.heappush(self._agenda, (due, self.number(), action))

    def advance(self, seconds: float = 0.0) -> None:
        """Let time go on, from one thing that happens to the next."""
        until = self.now + seconds
        while self._agenda and self._agenda[0][0] <= until:
            due, _, action = heapq.heappop(self._agenda)
            self.now = max(self.now, due)
            action()
        self.now = max(self.now, until)

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is under way."""
        return not self._agenda

    def find(self, thing_id: str) -> Thing | None:
        return self.things.get(thing_id.lower())

    def list_below(self, scope: str) -> list[Thing]:
        """All that lies in something or extends it."""
        prefix = scope.lower() + "/"
        return [thing for key, thing in self.things.items() if key.startswith(prefix)]

    def list_shown(self, scope: str) -> list[Thing]:
        """What a list shows: what has a location. It may lag."""
        since = self.now - self.list_lag
        gone = [
            thing
            for at, thing in self.departed
            if at > since and thing.id.lower().startswith(scope.lower() + "/") and not self.find(thing.id)
        ]
        shown = self.list_below(scope) + gone
        return [thing for thing in shown if thing.location and (not self.list_lag or thing.created <= since)]

    def require_group(self, any_id: str, writable: bool = False) -> None:
        """Refuse what lies in a resource group that is not there, or for a write one that is being deleted."""
        group_id = find_group_id(any_id)
        if not group_id:
            return
        group = self.find(group_id)
        if group is None:
            raise Refused(
                404, "ResourceGroupNotFound", f"Resource group '{group_id.split('/')[4]}' could not be found."
            )
        if writable and group.state == "Deleting":
            raise Refused(409, "ResourceGroupBeingDeleted")

    def require_unlocked(self, scope: str) -> None:
        """Refuse the deletion of what a lock protects: one on it, on what it lies in, or on what lies in it."""
        wanted = scope.lower() + "/"
        for key, thing in self.things.items():
            locked = key.rpartition("/providers/")[0] + "/"
            if thing.type.lower() == LOCK and (wanted.startswith(locked) or locked.startswith(wanted)):
                raise Refused(409, "ScopeLocked")

    def begin(self, seconds: float, end: Callable[[], None], final: int = 204, name: str = "") -> Operation:
        """Start an operation."""
        operation = Operation(name or f"operation-{self.number()}", final)
        self.operations[operation.id] = operation

        def finish() -> None:
            operation.over = True
            end()

        self.plan(self.now + seconds, finish)
        return operation

    def remove(self, thing_id: str) -> None:
        """Take something out of the world, with all that lies in it or extends it."""
        for thing in [*self.list_below(thing_id), self.find(thing_id)]:
            if thing is not None and thing.id.lower() in self.things:
                del self.things[thing.id.lower()]
                self.departed.append((self.now, thing))
        for key in [key for key in self.records if key.startswith(thing_id.lower() + "/")]:
            del self.records[key]


def find_group_id(any_id: str) -> str:
    """The id of the resource group in which something lies, or which it is; empty if there is none."""
    segments = any_id.split("/")
    return "/".join(segments[:5]) if len(segments) > 4 and segments[3].lower() == "resourcegroups" else ""


def split_id(thing_id: str) -> tuple[str, str, str]:
    """Scope, type and name of a resource: the name of a child includes its parent's."""
    scope, _, rest = thing_id.rpartition("/providers/")
    namespace, *pairs = rest.split("/")
    return scope, "/".join([namespace, *pairs[::2]]), "/".join(pairs[1::2])


def find_parent_id(thing_id: str) -> str:
    """The id of the parent of a child resource; empty for any other."""
    is_child = "/providers/" in thing_id and split_id(thing_id)[1].count("/") > 1
    return thing_id.rsplit("/", 2)[0] if is_child else ""
