"""The steps of `remove`: delete what a resource owns, in passes over what Azure refused meanwhile. A parent takes its
children along; where Azure refuses to delete it, they are deleted one by one before it is tried again.

State: `pending` {key: id}, `started` {key: {id, url}}, `refused` {key: reason} of this pass, `removed` [key],
`progress` of this pass, `delay` seconds until the next look. A pass ends when nothing is under way and everything left
was refused in it; a pass in which nothing was removed is the last.
"""

from collections.abc import Mapping
from typing import Any

from driver import deployments, inventory, resources
from driver.arm import FIRST_POLL, next_delay, poll
from driver.arm_errors import UNTIL_TIMEOUT, Refusal
from driver.models import FailureCode, Order, Outcome, Remove, TopologyEntry, failed, running, succeeded
from driver.topology import DEPLOYMENT_TYPE, arm_type, depth, is_within, merged, owned, selected

_MOST_AT_ONCE = 20  # DELETEs under way for one resource: far below what ARM lets a subscription do


def remove_resources(order: Order, state: dict[str, Any], attempt: int) -> Outcome:
    """One look at a removal: see what is done, begin what can be begun."""
    work = _work(order)
    state = state if "pending" in state else _begin(order, work, state)
    if work.targets is not None and not (state["pending"] or state["started"] or state["removed"]):
        wanted = ", ".join(f"{target.type}/{target.name}" for target in work.targets)
        return failed(
            FailureCode.RESOURCE_NOT_FOUND, f"{wanted} is not among what this resource owns", {"topology": {}}
        )
    wait = _look(order, state)
    _start(order, state, wait)
    if state["started"] or wait:
        delay = max([next_delay(state["delay"]), *wait])
        return running(delay, {**state, "delay": next_delay(state["delay"])})
    if not state["pending"]:
        return succeeded({"outputs": {}, "topology": dict.fromkeys(state["removed"])})
    if state["progress"]:
        return running(FIRST_POLL, {**state, "refused": {}, "progress": False, "delay": FIRST_POLL})
    left = "; ".join(
        f"{state['pending'][key]}: {state['refused'].get(key, 'waits for the others')}" for key in state["pending"]
    )
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
        "progress": False,
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


def _start(order: Order, state: dict[str, Any], wait: list[float]) -> None:
    """Begin to delete what can be begun: the deepest first, and nothing whose parent, which takes it along, is under
    way.
    """
    while wave := _wave(state):
        for key in wave[: _MOST_AT_ONCE - len(state["started"])]:
            # An earlier one of the wave may have taken it along.
            if key in state["pending"] and not _delete(order, state, key, wait):
                return
        if len(state["started"]) >= _MOST_AT_ONCE:
            return


def _wave(state: dict[str, Any]) -> list[str]:
    """The keys of what is to be deleted next; none while deeper ones are under way."""
    under_way = [one["id"] for one in state["started"].values()]
    hopeful = [one for key, one in state["pending"].items() if key not in state["refused"]]
    open_ids = {
        key: one
        for key, one in state["pending"].items()
        if key not in state["refused"] and not any(is_within(one, other) for other in [*hopeful, *under_way])
    }
    level = max(map(depth, [*open_ids.values(), *under_way]), default=0)
    if level == 0 and len(open_ids) < len(state["pending"]):
        return []  # the deployment's record stays as long as something it made does
    return [key for key, one in open_ids.items() if depth(one) == level]


def _delete(order: Order, state: dict[str, Any], key: str, wait: list[float]) -> bool:
    """Begin to delete one; False if ARM asks to wait."""
    resource_id = state["pending"][key]
    try:
        begun = resources.delete(order.location, resource_id)
    except Refusal as refused:
        if refused.verdict.tries == UNTIL_TIMEOUT:
            if refused.status == 409 and arm_type(resource_id).lower() == DEPLOYMENT_TYPE.lower():
                deployments.cancel(order.location, resource_id)  # an active deployment's record cannot be deleted
            wait.append(max(refused.retry_after, refused.verdict.wait))
            return False
        state["refused"][key] = refused.cause.text
        return True
    if begun.url:
        state["started"][key] = {"id": state["pending"].pop(key), "url": begun.url}
        wait.append(begun.retry_after)
    else:
        _removed(state, key)
    return True


def _removed(state: dict[str, Any], key: str) -> None:
    """It is gone, and all that was within it."""
    gone = state["pending"].pop(key, None) or state["started"].pop(key)["id"]
    taken_along = [other for other, one in state["pending"].items() if is_within(one, gone)]
    for other in taken_along:
        del state["pending"][other]
    state["removed"] += [key, *taken_along]
    state["progress"] = True


def _work(order: Order) -> Remove:
    if not isinstance(order.work, Remove):
        raise TypeError(f"a step of remove was called for a {order.work.verb}")
    return order.work
