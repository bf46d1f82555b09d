"""An entry of a removal: a resource to delete, and how far its deletion is."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from pydantic import SerializerFunctionWrapHandler, model_serializer

from driver.azure.operations import pace_poll
from driver.models.model import Model
from driver.resource_ids import ResourceId
from driver.steps.repetition import join_causes
from driver.waiting import Waiting, compute_age, tell_time

LOCK_TYPE = "Microsoft.Authorization/locks"
TERMINAL = ("succeeded", "failed", "canceled", "")  # provisioning states in which nothing happens to a resource
_SLOWEST_RETRY = 30.0  # seconds between two tries at the most, unless Azure asks for more
_SHORTEST_PAUSE = 0.5  # seconds between two passes
_TOGETHER = 1.0  # seconds


class Entry(Model):
    """A resource to delete.

    `phase`: `waiting` for its DELETE to be sent; `deleting`, an operation runs; `confirming`, no operation runs any
    more, and a GET has to tell that the resource is gone; `stuck`, it cannot be deleted as things are; `gone`;
    `released`, it stays in Azure and is owned no more; `kept`, it is gone, and what Azure keeps of it is purged;
    `purged`, that is over.
    `url`: the operation to poll. `since`: when it, or the looks after it, began. `due`: the earliest time of the next
    action, at once if empty (both ISO 8601). `attempts`: refusals in a row. `looks`: how often the resource was still
    there after its DELETE was accepted. `denied`: how often a GET was forbidden since then. `accepted`: this removal
    has had a DELETE of it accepted; `answered_at`: when Azure first answered one without refusing it, by its own clock
    (ISO 8601). `succeeded`: the operation of its last DELETE ended well. `refused`: Azure refuses to delete it for a
    reason that lies in other resources, so those within it are deleted one by one.
    `place`: the Azure location that it had, if it will be purged. `purging`: Azure has accepted the purge.
    `first`: the first cause of the refusals in a row. `reason`: why it is not gone yet; why it was released, counts as
    gone although no GET said so, or was not purged.
    """

    id: ResourceId
    phase: Literal["waiting", "deleting", "confirming", "stuck", "gone", "released", "kept", "purged"] = "waiting"
    url: str = ""
    since: str = ""
    due: str = ""
    attempts: int = 0
    looks: int = 0
    denied: int = 0
    accepted: bool = False
    answered_at: str = ""
    succeeded: bool = False
    refused: bool = False
    place: str = ""
    purging: bool = False
    first: str = ""
    reason: str = ""

    @model_serializer(mode="wrap")
    def _leave_out_defaults(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A state may have a thousand entries of which little is known yet."""
        return {name: value for name, value in serialize(self).items() if value not in ("", 0, False, "waiting")}

    @property
    def is_under_way(self) -> bool:
        """Whether Azure may be deleting it."""
        return self.phase in ("deleting", "confirming")

    @property
    def is_over(self) -> bool:
        return self.phase in ("gone", "released", "purged")

    def is_due(self, now: datetime) -> bool:
        return not self.due or datetime.fromisoformat(self.due) <= now

    def change(self, **changes: Any) -> "Entry":
        return self.model_copy(update=changes)

    def wait(self, seconds: float, reason: str, **changes: Any) -> "Entry":
        """This entry, with its next action after some seconds."""
        due = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
        return self.change(due=due, reason=reason, **changes)

    def try_again(
        self, least: float, retry_after: float, cause: str, most: float = _SLOWEST_RETRY, **changes: Any
    ) -> "Entry":
        """This entry after another refusal. The waits double from `least` to `most` seconds, are shortened at random,
        and are no shorter than what Azure asks for. The first cause stays in the reason beside this one.
        """
        waits = Waiting(initial=least, factor=2, maximum=max(least, most), jitter=0.5)
        seconds = waits.compute_seconds(self.attempts, retry_after)
        told = {"attempts": self.attempts + 1, "first": self.first or cause}
        return self.wait(seconds, join_causes(self.first, cause), **told, **changes)

    def look_again(
        self, retry_after: float, reason: str, least: float = 0.0, shortage: float = 0.0, **changes: Any
    ) -> "Entry":
        """This entry after a look at which it was still there. The next one is `least` seconds later or more, and later
        by the `shortage` of reads (0 to 1), unless Azure asks for a time.
        """
        seconds = max(least, pace_poll(compute_age(self.since), retry_after, shortage))
        return self.wait(seconds, reason, looks=self.looks + 1, since=self.since or tell_time(), **changes)

    def get_stuck(self, cause: str) -> "Entry":
        return self.change(phase="stuck", url="", due="", reason=join_causes(self.first, cause), refused=True)

    def end(self, reason: str = "", phase: Literal["gone", "released", "purged"] = "gone") -> "Entry":
        return self.change(phase=phase, url="", due="", reason=reason)

    def reset(self) -> "Entry":
        """This entry after another one is gone: what Azure refused may be possible now."""
        if self.phase == "stuck" or (self.phase == "waiting" and self.refused):
            return self.change(phase="waiting", due="", attempts=0, first="")
        return self


def is_lock(resource_id: ResourceId) -> bool:
    return resource_id.is_of_type(LOCK_TYPE)


def read_state(body: Mapping[str, Any]) -> str:
    """The provisioning state in a resource's body, in lower case; empty if it has none."""
    return str((body.get("properties") or {}).get("provisioningState") or "").lower()


def is_related(lock_id: ResourceId, resource_id: ResourceId) -> bool:
    """Whether a lock keeps a resource: it stands on it, on what it lies in, or on what lies in it."""
    scope, folded = f"{lock_id.scope.lower()}/", f"{resource_id.folded}/"
    return folded.startswith(scope) or scope.startswith(folded)


def has_only_records(entries: Mapping[str, Entry]) -> bool:
    """Whether only records of deployments are left."""
    return all(entry.id.is_deployment for entry in entries.values())


def compute_pause(entries: Iterable[Entry], now: datetime) -> float:
    """The seconds until the earliest action that is not possible yet, and at least the shortest pause. Actions that
    follow it within a second are taken together with it.
    """
    dues = [datetime.fromisoformat(entry.due) for entry in entries if entry.due and entry.phase != "stuck"]
    waits = sorted(seconds for due in dues if (seconds := (due - now).total_seconds()) > 0)
    return max([_SHORTEST_PAUSE, *(seconds for seconds in waits if seconds <= waits[0] + _TOGETHER)])
