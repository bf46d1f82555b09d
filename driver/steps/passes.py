"""One pass of a removal.

It looks at the DELETEs that run, sends those that are possible, and returns with the time of the next action. Each
entry has its own tries and times (`entries`); what an answer means is decided in `deletions` and `judgement`.

Azure deletes children with their parent. If it refuses to delete the parent, the children are deleted one by one. What
is stuck is tried again after anything else is gone. The removal has failed when all that is left is stuck.
"""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import Field, model_validator

from driver.azure import deadlines
from driver.models.events import FailureCode, TopologyEntry
from driver.models.orders import Order, Remove
from driver.models.outcomes import NotOwned, Outcome, State, WaitingFor, complete, fail, keep_running
from driver.resource_ids import ResourceId
from driver.steps import deletions, purges
from driver.steps.entries import Entry, compute_pause, has_only_records, is_lock
from driver.steps.estate import Estate
from driver.steps.precedence import find_deletable, find_obstacle
from driver.topology import list_owned

_MOST_AT_ONCE = 20  # DELETEs of one removal that run at the same time: far below ARM's limit for a subscription
_PASS_SECONDS = 30.0  # after which a pass begins nothing more
_BUSY = 3  # calls in a row that Azure was too busy for, after which a pass begins nothing more
_LONGEST = timedelta(days=1)  # more than any pause
_MOST_DESCRIBED = 20  # entries in the reason for a wait; a failure names all
_log = logging.getLogger("driver.lifecycle")


class RemoveState(State):
    """By topology key: `entries`, what is to be deleted; `removed`, what is gone or owned no more. `unlocked` are the
    locks that this removal has deleted; `not_owned` names what was released, or counts as gone although no GET said so.

    `begun` is true after the first pass.
    """

    begun: bool = False
    entries: dict[str, Entry] = Field(default_factory=dict)
    removed: tuple[str, ...] = ()
    unlocked: tuple[ResourceId, ...] = ()
    not_owned: tuple[NotOwned, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _read_former_fields(cls, data: Any) -> Any:
        """Release 2.0.0 wrote `pending`, `started` and `refused`, and no `begun`, in place of `entries`."""
        if not isinstance(data, dict) or "pending" not in data:
            return data
        entries = {key: {"id": resource_id} for key, resource_id in data["pending"].items()}
        for key, started in data.get("started", {}).items():
            entries[key] = {"id": started["id"], "url": started["url"], "phase": "deleting", "accepted": True}
        return {"begun": True, "entries": entries, **data}

    def report_topology(self) -> dict[str, TopologyEntry | None]:
        return dict.fromkeys(self.removed)


def take_pass(order: Order, work: Remove, state: RemoveState, is_first: bool) -> Outcome:
    """Take a pass: `state` is that before it. A pass after which nothing is left completes the removal."""
    removal = _Pass(order, work, state)
    removal.watch_deletions()
    only_records = has_only_records(removal.entries)
    removal.send_deletions()
    # If only records were left, a pass that completes the removal ends the same if it runs again. What counts as gone
    # without a GET that said so may be seen otherwise.
    is_plain = len(removal.not_owned) == len(state.not_owned)
    is_repeatable = only_records and not is_first and is_plain
    outcome = removal.build_outcome(removal.build_state(state), only_records, is_repeatable)
    return outcome.model_copy(update={"not_owned": tuple(removal.not_owned)})


class _Pass:
    """One pass: `entries` are those that are left, `removed` the keys of those that are not owned any more."""

    def __init__(self, order: Order, work: Remove, state: RemoveState) -> None:
        owned = [entry.id for entry in list_owned(order.topology).values()]
        records = tuple(resource_id for resource_id in reversed(owned) if resource_id.is_deployment)
        self.entries = dict(state.entries)
        self.removed = list(state.removed)
        self.not_owned = list(state.not_owned)
        self.estate = Estate(
            order.location, self.entries, list(state.unlocked), records, work.refuse_foreign, work.purge, self.removed
        )
        self._end = time.monotonic() + _PASS_SECONDS

    def watch_deletions(self) -> None:
        """Look at the deletions and purges that are under way, and whose time has come; in the last pass, which is at
        the deadline, at all.
        """
        now = datetime.now(UTC) + (_LONGEST if deadlines.is_reached() else timedelta())
        for key, entry in list(self.entries.items()):
            is_watched = entry.is_under_way or entry.phase == "kept"
            if is_watched and entry.is_due(now) and key in self.entries and not self._is_over_time():
                self._take(key, purges.watch if entry.phase == "kept" else deletions.watch)

    def send_deletions(self) -> None:
        """Send the DELETEs that are possible now."""
        while keys := find_deletable(self.entries, datetime.now(UTC)):
            for key in keys:
                if self._is_full() or self._is_over_time() or self.estate.busy >= _BUSY:
                    return
                entry = self.entries.get(key)  # it may be gone with its parent
                if entry and find_obstacle(entry, self.entries.values()) is None:
                    self._take(key, deletions.send_delete)

    def build_state(self, state: RemoveState) -> RemoveState:
        """The state after this pass."""
        changes = {
            "entries": self.entries,
            "removed": tuple(self.removed),
            "unlocked": tuple(self.estate.unlocked),
            "not_owned": tuple(self.not_owned),
        }
        return state.model_copy(update=changes)

    def build_outcome(self, state: RemoveState, settled: bool, repeatable: bool) -> Outcome:
        """The outcome of this pass, with the state after it."""
        if not self.entries:
            return complete({}, state.report_topology(), repeatable)
        if self._is_stuck():
            reason = f"could not be deleted: {self.describe_rest(len(self.entries))}"
            return fail(FailureCode.INFRASTRUCTURE_ERROR, reason, state)
        pause = 0 if self._is_over_time() else compute_pause(self.entries.values(), datetime.now(UTC))
        outcome = keep_running(pause, state, self.describe_rest(_MOST_DESCRIBED), settled)
        waiting = WaitingFor(waits_for="entra") if self.estate.is_entra_away else None
        return outcome.model_copy(update={"waiting": waiting})

    def describe_rest(self, most: int) -> str:
        """A text that names what is left, each with the reason: first what has one."""
        entries = sorted(self.entries.values(), key=lambda entry: (not entry.is_under_way, not entry.reason))
        texts = [f"{entry.id}: {entry.reason or self._describe_obstacle(entry)}" for entry in entries[:most]]
        more = [f"and {len(entries) - most} more"] if len(entries) > most else []
        return "; ".join([*texts, *more])

    def _is_stuck(self) -> bool:
        """Whether nothing that is left, but for records, can be deleted as things are."""
        entries = self.entries.values()
        return not has_only_records(self.entries) and not any(
            entry.is_under_way
            or entry.phase == "kept"
            or (entry.phase == "waiting" and not entry.id.is_deployment and find_obstacle(entry, entries) is None)
            for entry in entries
        )

    def _describe_obstacle(self, entry: Entry) -> str:
        obstacle = None if entry.id.is_deployment else find_obstacle(entry, self.entries.values())
        return f"waits for {obstacle.id}" if obstacle else "waits for the others"

    def _take(self, key: str, act: Callable[[Estate, Entry], Entry]) -> None:
        """Do something for an entry. What is gone takes along what lay within it."""
        entry = act(self.estate, self.entries[key])
        self.entries[key] = entry
        if not entry.is_over:
            return
        if entry.reason:
            _log.warning("%s: %s", entry.id, entry.reason)
            self.not_owned.append(NotOwned(id=entry.id.text, reason=entry.reason))
        if is_lock(entry.id):
            self.estate.unlocked.append(entry.id)
        for other_key, other in list(self.entries.items()):
            if other_key == key or (entry.phase == "gone" and other.id.is_within(entry.id)):
                self._let_go(other_key, other)
            else:
                self.entries[other_key] = other.reset()

    def _let_go(self, key: str, entry: Entry) -> None:
        """Take an entry out that is gone, unless what Azure keeps of it is to be purged first."""
        if purges.is_to_purge(self.estate, entry):
            self.entries[key] = purges.begin(entry)
        else:
            del self.entries[key]
            self.removed.append(key)

    def _is_full(self) -> bool:
        return sum(entry.is_under_way for entry in self.entries.values()) >= _MOST_AT_ONCE

    def _is_over_time(self) -> bool:
        return time.monotonic() >= self._end
