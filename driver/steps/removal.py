"""The steps of `remove`: delete what a resource owns. A parent takes its children along; where Azure refuses to delete
it, they are deleted one by one before it is tried again.

State: `pending` {key: id}, `started` {key: {id, url}}, `refused` {key: reason}, `removed` [key], `delay` seconds until
the next look. What was refused is tried again as soon as something else is gone, so that what is stuck holds up only
what needs it gone. The removal has failed when everything left was refused since.

The records of deployments come last. They are history: their DELETE is sent and not waited for, and one that Azure
does not take fails nothing.
"""

import logging
from collections.abc import Mapping
from typing import Any

from driver.azure import deployments, resources
from driver.azure.connection import FIRST_POLL, Operation, next_delay, poll
from driver.azure.refusals import Refusal
from driver.azure.verdicts import UNTIL_TIMEOUT
from driver.models import FailureCode, Order, Outcome, Remove, TopologyEntry, completed, failed, running
from driver.steps import inventory
from driver.topology import DEPLOYMENT_TYPE, arm_type, depth, is_within, merged, owned, selected

_MOST_AT_ONCE = 20  # DELETEs under way for one resource: far below what ARM lets a subscription do
_log = logging.getLogger("driver.lifecycle")


def remove_resources(order: Order, state: dict[str, Any], attempt: int) -> Outcome:
    """One look at a removal: see what is done, begin what can be begun."""
    work = _work(order)
    is_first_look = "pending" not in state
    state = _begin(order, work, state) if is_first_look else state
    if work.targets is not None and not (state["pending"] or state["started"] or state["removed"]):
        wanted = ", ".join(f"{target.type}/{target.name}" for target in work.targets)
        return failed(
            FailureCode.RESOURCE_NOT_FOUND, f"{wanted} is not among what this resource owns", {"topology": {}}
        )
    wait = _look(order, state)
    only_records = _only_records(state)
    put_off = _start(order, state, wait)
    left = "; ".join(_left(state, put_off))
    if state["started"] or put_off:
        delay = max([next_delay(state["delay"]), *wait])
        return running(delay, {**state, "delay": next_delay(state["delay"])}, left, settled=only_records)
    if not state["pending"]:
        # Once only records were left, the same look again ends the same.
        repeatable = only_records and not is_first_look
        return completed({}, dict.fromkeys(state["removed"]), repeatable)
    return failed(
        FailureCode.INFRASTRUCTURE_ERROR, f"could not be deleted: {left}", {"topology": removed_so_far(state)}
    )


def removed_so_far(state: Mapping[str, Any]) -> dict[str, None]:
    """The topology of a removal that ended early: what it removed."""
    return dict.fromkeys(state.get("removed", ()))


def _begin(order: Order, work: Remove, state: dict[str, Any]) -> dict[str, Any]:
    """What is to be removed: of the incoming topology, and of what executions of this resource that still ran have
    made.
    """
    known = {key: entry.model_dump() for key, entry in owned(order.topology).items()}
    now = {key: TopologyEntry.model_validate(entry) for key, entry in merged(known, state.get("found", {})).items()}
    resources, dropped = inventory.expanded(order.location, now, work.groups)
    pending = selected(resources, work.targets)
    gone = dropped if work.targets is None else []
    return {
        "pending": pending,
        "started": {},
        "refused": {},
        "removed": gone,
        "delay": FIRST_POLL,
    }


def _look(order: Order, state: dict[str, Any]) -> list[float]:
    """Poll what is under way. The seconds that ARM asks to wait."""
    wait = []
    for key, one in list(state["started"].items()):
        try:
            now = poll(order.location, one["url"])
        except Refusal as refused:
            if refused.is_absence:
                _removed(state, key)
            elif refused.status != 200 and refused.verdict.tries == UNTIL_TIMEOUT:
                wait.append(max(refused.retry_after, refused.verdict.wait))
            else:
                del state["started"][key]
                state["pending"][key] = one["id"]
                state["refused"][key] = refused.cause.text
            continue
        if now.is_over:
            _removed(state, key)
        else:
            wait.append(now.retry_after)
    return wait


def _start(order: Order, state: dict[str, Any], wait: list[float]) -> dict[str, str]:
    """Begin to delete what can be begun. What ARM says to try later, with its reasons."""
    put_off: dict[str, str] = {}
    while keys := _open(state, put_off):
        for key in keys:
            if len(state["started"]) >= _MOST_AT_ONCE:
                return put_off
            if key not in state["pending"]:
                continue  # an earlier one has taken it along
            target = state["pending"][key]
            try:
                _note_delete(state, key, resources.delete(order.location, target), wait)
            except Refusal as refused:
                if refused.verdict.tries != UNTIL_TIMEOUT:
                    _note_refusal(state, key, refused)
                    continue
                put_off[key] = refused.cause.text
                wait.append(max(refused.retry_after, refused.verdict.wait))
                if refused.status != 409:
                    return put_off  # it is ARM that is busy, not the resource
                if _is_record(target):
                    deployments.cancel(order.location, target)  # an active one cannot be deleted
    return put_off


def _only_records(state: dict[str, Any]) -> bool:
    """Whether all that is left are records of deployments."""
    return all(map(_is_record, [*state["pending"].values(), *(one["id"] for one in state["started"].values())]))


def _open(state: dict[str, Any], put_off: Mapping[str, str]) -> list[str]:
    """The keys of what may be deleted now, the deepest first: not what a parent may take along, not the parent of what
    is under way. The deployments' records stay as long as something they made does.
    """
    under_way = [one["id"] for one in state["started"].values()]
    hopeful = {key: one for key, one in state["pending"].items() if key not in state["refused"]}
    only_records = _only_records(state)
    found = [
        key
        for key, one in hopeful.items()
        if key not in put_off
        and (only_records or not _is_record(one))
        and not any(is_within(one, other) for other in [*hopeful.values(), *under_way])
        and not any(is_within(other, one) for other in under_way)
    ]
    return sorted(found, key=lambda key: depth(state["pending"][key]), reverse=True)


def _is_record(resource_id: str) -> bool:
    return arm_type(resource_id).lower() == DEPLOYMENT_TYPE.lower()


def _note_refusal(state: dict[str, Any], key: str, refused: Refusal) -> None:
    """Note that Azure does not delete something. A deployment's record then stays in Azure."""
    target = state["pending"][key]
    if _is_record(target):
        _log.warning("the record %s stays in Azure, all else is gone: %s", target, refused.cause.text)
        _removed(state, key)
    else:
        state["refused"][key] = refused.cause.text


def _note_delete(state: dict[str, Any], key: str, begun: Operation, wait: list[float]) -> None:
    """Note that a DELETE has begun, or is over already."""
    if begun.url and not _is_record(state["pending"][key]):
        state["started"][key] = {"id": state["pending"].pop(key), "url": begun.url}
        wait.append(begun.retry_after)
    else:
        _removed(state, key)


def _left(state: dict[str, Any], put_off: Mapping[str, str]) -> list[str]:
    """What is not gone yet, and why."""
    reasons = {**put_off, **state["refused"]}
    return [
        *(f"{one['id']}: is being deleted" for one in state["started"].values()),
        *(f"{one}: {reasons.get(key, 'waits for the others')}" for key, one in state["pending"].items()),
    ]


def _removed(state: dict[str, Any], key: str) -> None:
    """It is gone, and all that was within it."""
    gone = state["pending"].pop(key, None) or state["started"].pop(key)["id"]
    taken_along = [other for other, one in state["pending"].items() if is_within(one, gone)]
    for other in taken_along:
        del state["pending"][other]
    state["removed"] += [key, *taken_along]
    state["refused"] = {}


def _work(order: Order) -> Remove:
    if not isinstance(order.work, Remove):
        raise TypeError(f"a step of remove was called for a {order.work.verb}")
    return order.work
