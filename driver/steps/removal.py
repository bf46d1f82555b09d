"""The steps of `remove`: delete what a resource owns. Azure deletes children with their parent. If it refuses to delete
the parent, the children are deleted one by one before the parent is tried again.

A resource whose DELETE was refused is tried again after any other resource is gone. The removal has failed when Azure
has refused everything that is left since the last resource went.

Deployments' records are deleted last. They are only history: the driver does not wait for their DELETEs, and a refused
one does not fail the removal.
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
from driver.topology import select_ids

_MOST_AT_ONCE = 20  # DELETEs of one removal that run at the same time: far below ARM's limit for a subscription
_log = logging.getLogger("driver.lifecycle")


class Deletion(Model):
    """A DELETE that runs: the id of the resource, and the URL of the operation to poll."""

    id: ResourceId
    url: str


class RemoveState(State):
    """By topology key: `pending`, what is to be deleted; `started`, the DELETEs that run; `refused`, what Azure refuses
    to delete, with the reason; `removed`, what is gone.

    `begun` is true after the first pass; `polls` counts the passes.
    """

    begun: bool = False
    pending: dict[str, ResourceId] = Field(default_factory=dict)
    started: dict[str, Deletion] = Field(default_factory=dict)
    refused: dict[str, str] = Field(default_factory=dict)
    removed: tuple[str, ...] = ()
    polls: int = 0

    @model_validator(mode="before")
    @classmethod
    def _read_version_0(cls, data: Any) -> Any:
        """Version 0 wrote no `begun`: its states have the field `pending` once the removal has begun."""
        if isinstance(data, dict) and "version" not in data:
            return {**data, "begun": "pending" in data}
        return data

    def report_topology(self) -> dict[str, TopologyEntry | None]:
        return dict.fromkeys(self.removed)


def remove_resources(order: Order, state: RemoveState, attempt: int) -> Outcome:
    """One pass of a removal: poll the DELETEs that run, and send those that are possible now."""
    work = order.work
    if not isinstance(work, Remove):
        raise TypeError(f"a step of remove was called for a {work.verb}")
    is_first_look = not state.begun
    state = _begin_removal(order, work) if is_first_look else state
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
        # If only records were left, this pass ends the same if it runs again.
        return complete({}, looked.report_topology(), repeatable=only_records and not is_first_look)
    return fail(FailureCode.INFRASTRUCTURE_ERROR, f"could not be deleted: {removal.describe_rest()}", looked)


def _begin_removal(order: Order, work: Remove) -> RemoveState:
    """The state of a removal before its first pass: what to delete of the topology."""
    topology, dropped = inventory.expand_former_entries(order.location, order.topology, work.groups)
    removed = tuple(dropped) if work.targets is None else ()
    return RemoveState(begun=True, pending=select_ids(topology, work.targets), removed=removed)


@dataclass
class _Removal:
    """One pass of a removal. `put_off`: the reasons, by key, of DELETEs that ARM asks to send later. `waits`: the
    seconds that ARM asks to wait.
    """

    order: Order
    pending: dict[str, ResourceId]
    started: dict[str, Deletion]
    refused: dict[str, str]
    removed: list[str]
    put_off: dict[str, str] = field(default_factory=dict)
    waits: list[float] = field(default_factory=list)

    def poll_operations(self) -> None:
        """Poll the DELETEs that run."""
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
        """Send the DELETEs that are possible now."""
        while keys := self._find_deletable_keys():
            for key in keys:
                if len(self.started) >= _MOST_AT_ONCE:
                    return
                if key in self.pending and not self._send_delete(key):  # it may be gone with its parent
                    return

    def build_state(self, state: RemoveState) -> RemoveState:
        """The state after this pass."""
        after = {"pending": self.pending, "started": self.started, "refused": self.refused}
        return state.model_copy(update={**after, "removed": tuple(self.removed), "polls": state.polls + 1})

    def has_only_records(self) -> bool:
        """Whether only records of deployments are left."""
        return all(resource_id.is_deployment for resource_id in [*self.pending.values(), *self._list_started_ids()])

    def describe_rest(self) -> str:
        """A text that names what is left, each with the reason."""
        reasons: Mapping[str, str] = {**self.put_off, **self.refused}
        under_way = [f"{resource_id}: is being deleted" for resource_id in self._list_started_ids()]
        waiting = [
            f"{resource_id}: {reasons.get(key, 'waits for the others')}" for key, resource_id in self.pending.items()
        ]
        return "; ".join([*under_way, *waiting])

    def _send_delete(self, key: str) -> bool:
        """Send a DELETE. False if ARM is too busy to take another one."""
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
        """The keys of what may be deleted now, the deepest first. A child waits for its parent, unless the parent was
        refused. A parent waits for children that are being deleted. Records wait until nothing else is left.
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
        """Note the refusal of a poll: the resource is gone, the poll is repeated, or the DELETE has failed."""
        if refused.is_absence:
            self._note_removal(key)
        elif refused.status != 200 and refused.verdict.tries == UNTIL_TIMEOUT:
            self.waits.append(max(refused.retry_after, refused.verdict.wait))
        else:
            self.pending[key] = self.started.pop(key).id
            self.refused[key] = refused.cause.text

    def _note_refusal(self, key: str, refused: Refusal) -> None:
        """Note that Azure refuses to delete a resource. A deployment's record then stays in Azure."""
        target = self.pending[key]
        if target.is_deployment:
            _log.warning("the record %s stays in Azure, all else is gone: %s", target, refused.cause.text)
            self._note_removal(key)
        else:
            self.refused[key] = refused.cause.text

    def _note_delete(self, key: str, operation: Operation) -> None:
        """Note a DELETE that was sent: it runs, or is over already. Records are not waited for."""
        target = self.pending[key]
        if operation.url and not target.is_deployment:
            del self.pending[key]
            self.started[key] = Deletion(id=target, url=operation.url)
            self.waits.append(operation.retry_after)
        else:
            self._note_removal(key)

    def _note_removal(self, key: str) -> None:
        """Note that a resource is gone, with all that lay within it."""
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
