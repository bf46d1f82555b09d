"""The steps of `remove`: delete what a resource owns. A parent takes its children along; where Azure refuses to delete
it, they are deleted one by one before it is tried again.

What was refused is tried again as soon as something else is gone, so that what is stuck holds up only what needs it
gone. The removal has failed when everything left was refused since.

The records of deployments come last. They are history: their DELETE is sent and not waited for, and one that Azure
does not take fails nothing.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import Field, model_validator

from driver.azure import deployments, resources
from driver.azure.operations import POLLS, Operation, poll
from driver.azure.refusals import Refusal
from driver.azure.verdicts import UNTIL_TIMEOUT
from driver.models.events import FailureCode, TopologyEntry
from driver.models.model import Model
from driver.models.orders import Order, Remove
from driver.models.outcomes import Outcome, State, complete, fail, keep_running
from driver.resource_ids import ResourceId
from driver.steps import inventory
from driver.topology import apply_changes, select_ids

_MOST_AT_ONCE = 20  # DELETEs under way for one resource: far below what ARM lets a subscription do
_log = logging.getLogger("driver.lifecycle")


class Deletion(Model):
    """A DELETE under way: of what, and where its operation is to be polled."""

    id: ResourceId
    url: str


class RemoveState(State):
    """By topology key: what is still there, the DELETEs under way, why something was refused, and what is gone.

    `found` is what executions of this resource have made that still ran when the removal came. `begun` once the first
    look was taken; `polls` counts the looks.
    """

    found: dict[str, TopologyEntry | None] = Field(default_factory=dict)
    begun: bool = False
    pending: dict[str, ResourceId] = Field(default_factory=dict)
    started: dict[str, Deletion] = Field(default_factory=dict)
    refused: dict[str, str] = Field(default_factory=dict)
    removed: tuple[str, ...] = ()
    polls: int = 0

    @model_validator(mode="before")
    @classmethod
    def _read_version_0(cls, data: Any) -> Any:
        """Before versions were written, a state that had begun had `pending`, and one that had not had not."""
        if isinstance(data, dict) and "version" not in data:
            return {**data, "begun": "pending" in data}
        return data

    def report_topology(self) -> dict[str, TopologyEntry | None]:
        return dict.fromkeys(self.removed)


def remove_resources(order: Order, state: RemoveState, attempt: int) -> Outcome:
    """One look at a removal: see what is done, begin what can be begun."""
    work = order.work
    if not isinstance(work, Remove):
        raise TypeError(f"a step of remove was called for a {work.verb}")
    is_first_look = not state.begun
    state = _begin_removal(order, work, state) if is_first_look else state
    if work.targets is not None and not (state.pending or state.started or state.removed):
        wanted = ", ".join(f"{target.type}/{target.name}" for target in work.targets)
        return fail(FailureCode.RESOURCE_NOT_FOUND, f"{wanted} is not among what this resource owns", state)
    removal = _Removal(order, dict(state.pending), dict(state.started), dict(state.refused), list(state.removed))
    removal.poll_operations()
    only_records = removal.has_only_records()
    removal.start_deletions()
    looked = removal.build_state(state)
    if removal.started or removal.put_off:
        delay = max([POLLS.compute_seconds(looked.polls), *removal.waits])
        return keep_running(delay, looked, removal.describe_rest(), settled=only_records)
    if not removal.pending:
        # Once only records were left, the same look again ends the same.
        return complete({}, looked.report_topology(), repeatable=only_records and not is_first_look)
    return fail(FailureCode.INFRASTRUCTURE_ERROR, f"could not be deleted: {removal.describe_rest()}", looked)


def _begin_removal(order: Order, work: Remove, state: RemoveState) -> RemoveState:
    """What is to be removed: of the incoming topology, and of what executions of this resource that still ran have
    made.
    """
    current = apply_changes(order.topology, state.found)
    topology, dropped = inventory.expand_former_entries(order.location, current, work.groups)
    removed = tuple(dropped) if work.targets is None else ()
    return RemoveState(begun=True, pending=select_ids(topology, work.targets), removed=removed)


@dataclass
class _Removal:
    """A look at a removal, while it is taken. `put_off` is what ARM says to try later, with its reasons; `waits` are
    the seconds that it asks to wait.
    """

    order: Order
    pending: dict[str, ResourceId]
    started: dict[str, Deletion]
    refused: dict[str, str]
    removed: list[str]
    put_off: dict[str, str] = field(default_factory=dict)
    waits: list[float] = field(default_factory=list)

    def poll_operations(self) -> None:
        """Poll what is under way."""
        for key, deletion in list(self.started.items()):
            try:
                operation = poll(self.order.location, deletion.url)
            except Refusal as refused:
                self._note_failed_poll(key, refused)
                continue
            if operation.is_over:
                self._note_removal(key)
            else:
                self.waits.append(operation.retry_after)

    def start_deletions(self) -> None:
        """Begin to delete what can be begun."""
        while keys := self._find_deletable_keys():
            for key in keys:
                if len(self.started) >= _MOST_AT_ONCE:
                    return
                if key in self.pending and not self._send_delete(key):  # an earlier one may have taken it along
                    return

    def build_state(self, state: RemoveState) -> RemoveState:
        """The state after this look."""
        after = {"pending": self.pending, "started": self.started, "refused": self.refused}
        return state.model_copy(update={**after, "removed": tuple(self.removed), "polls": state.polls + 1})

    def has_only_records(self) -> bool:
        """Whether all that is left are records of deployments."""
        return all(resource_id.is_deployment for resource_id in [*self.pending.values(), *self._list_started_ids()])

    def describe_rest(self) -> str:
        """What is not gone yet, and why."""
        reasons: Mapping[str, str] = {**self.put_off, **self.refused}
        under_way = [f"{resource_id}: is being deleted" for resource_id in self._list_started_ids()]
        waiting = [
            f"{resource_id}: {reasons.get(key, 'waits for the others')}" for key, resource_id in self.pending.items()
        ]
        return "; ".join([*under_way, *waiting])

    def _send_delete(self, key: str) -> bool:
        """Send a DELETE. False if ARM is too busy for another one."""
        target = self.pending[key]
        try:
            self._note_delete(key, resources.delete(self.order.location, target))
        except Refusal as refused:
            if refused.verdict.tries != UNTIL_TIMEOUT:
                self._note_refusal(key, refused)
                return True
            self.put_off[key] = refused.cause.text
            self.waits.append(max(refused.retry_after, refused.verdict.wait))
            if refused.status != 409:
                return False
            if target.is_deployment:
                deployments.cancel(self.order.location, target)  # an active one cannot be deleted
        return True

    def _find_deletable_keys(self) -> list[str]:
        """The keys of what may be deleted now, the deepest first: not what a parent may take along, not the parent of
        what is under way. The deployments' records stay as long as something they made does.
        """
        under_way = self._list_started_ids()
        candidates = {key: resource_id for key, resource_id in self.pending.items() if key not in self.refused}
        only_records = self.has_only_records()
        keys = [
            key
            for key, resource_id in candidates.items()
            if key not in self.put_off
            and (only_records or not resource_id.is_deployment)
            and not any(resource_id.is_within(other) for other in [*candidates.values(), *under_way])
            and not any(other.is_within(resource_id) for other in under_way)
        ]
        return sorted(keys, key=lambda key: self.pending[key].depth, reverse=True)

    def _note_failed_poll(self, key: str, refused: Refusal) -> None:
        """Note what a poll was refused with, or that the DELETE has failed."""
        if refused.is_absence:
            self._note_removal(key)
        elif refused.status != 200 and refused.verdict.tries == UNTIL_TIMEOUT:
            self.waits.append(max(refused.retry_after, refused.verdict.wait))
        else:
            self.pending[key] = self.started.pop(key).id
            self.refused[key] = refused.cause.text

    def _note_refusal(self, key: str, refused: Refusal) -> None:
        """Note that Azure does not delete something. A deployment's record then stays in Azure."""
        target = self.pending[key]
        if target.is_deployment:
            _log.warning("the record %s stays in Azure, all else is gone: %s", target, refused.cause.text)
            self._note_removal(key)
        else:
            self.refused[key] = refused.cause.text

    def _note_delete(self, key: str, operation: Operation) -> None:
        """Note that a DELETE has begun, or is over already."""
        target = self.pending[key]
        if operation.url and not target.is_deployment:
            del self.pending[key]
            self.started[key] = Deletion(id=target, url=operation.url)
            self.waits.append(operation.retry_after)
        else:
            self._note_removal(key)

    def _note_removal(self, key: str) -> None:
        """It is gone, and all that was within it."""
        removed_id = self.pending.pop(key, None) or self.started.pop(key).id
        taken_along = [
            other_key for other_key, resource_id in self.pending.items() if resource_id.is_within(removed_id)
        ]
        for other_key in taken_along:
            del self.pending[other_key]
        self.removed += [key, *taken_along]
        self.refused.clear()

    def _list_started_ids(self) -> list[ResourceId]:
        return [deletion.id for deletion in self.started.values()]
