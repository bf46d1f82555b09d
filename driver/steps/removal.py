"""The step of `remove`: delete what a resource owns, in passes.

Deployments' records are deleted last. They are only history: the driver does not wait for their DELETEs, and a refused
one does not fail the removal.
"""

import logging

from driver.models.events import FailureCode
from driver.models.orders import Order, Remove
from driver.models.outcomes import NotOwned, Outcome, fail
from driver.steps import inventory
from driver.steps.entries import Entry
from driver.steps.passes import RemoveState, take_pass
from driver.steps.retention import find_released
from driver.topology import list_owned, select_ids

_NO_RESOURCE = "this is no ARM id of a resource, so nothing was deleted for it"
_log = logging.getLogger("driver.lifecycle")


def remove_resources(order: Order, state: RemoveState, attempt: int) -> Outcome:
    """One pass of a removal."""
    work = order.work
    if not isinstance(work, Remove):
        raise TypeError(f"a step of remove was called for a {work.verb}")
    is_first_look = not state.begun
    state = _begin_removal(order, work) if is_first_look else state
    if work.targets is not None and not (state.entries or state.removed):
        wanted = ", ".join(f"{target.type}/{target.name}" for target in work.targets)
        return fail(FailureCode.RESOURCE_NOT_FOUND, f"{wanted} is not among what this resource owns", state)
    return take_pass(order, work, state, is_first_look)


def _begin_removal(order: Order, work: Remove) -> RemoveState:
    """The state of a removal before its first pass: what to delete of the topology."""
    entries = list_owned(order.topology)
    topology, dropped = inventory.expand_former_entries(order.location, order.topology, work.groups)
    ids = select_ids(topology, work.targets)
    released = find_released(ids, work)
    for key, reason in released.items():
        _log.warning("%s stays in Azure: %s", ids[key], reason)
    dropped = dropped if work.targets is None else []
    left = [NotOwned(id=ids[key].text, reason=reason) for key, reason in released.items()]
    for no_resource in (entries[key].id for key in dropped if not entries[key].id.is_resource):
        _log.warning("%s: %s", no_resource, _NO_RESOURCE)
        left.append(NotOwned(id=no_resource.text, reason=_NO_RESOURCE))
    return RemoveState(
        begun=True,
        entries={key: Entry(id=resource_id) for key, resource_id in ids.items() if key not in released},
        removed=(*dropped, *released),
        not_owned=tuple(left),
    )
