"""The steps of `preview`: ARM's what-if of the template of Create, whole (WhatIf) or what it tells of drift
(CheckDrift).
"""

from collections.abc import Mapping
from typing import Any

from driver import deployments, inventory
from driver.arm import FIRST_POLL, next_delay, poll
from driver.creation import template_of
from driver.models import Order, Outcome, Preview, running, succeeded
from driver.topology import owned

CHANGES = "what_if_changes"
DRIFTED = "drifted_resources"
# What a resource that is as the template wants it is reported as; what ARM cannot tell is not called drift.
_UNCHANGED = ("NoChange", "NoEffect", "Ignore", "Unsupported")


def start_preview(order: Order, state: dict[str, Any], attempt: int) -> Outcome:
    """Begin the what-if."""
    work = _work(order).deploy
    begun = deployments.what_if(order.location, work, template_of(work).body)
    return Outcome(kind="Succeeded", after=FIRST_POLL, state={"url": begun.url, "delay": FIRST_POLL})


def watch_preview(order: Order, state: dict[str, Any], attempt: int) -> Outcome:
    """Poll the what-if until it is over; its changes are the output."""
    now = poll(order.location, state["url"])
    if not now.is_over:
        delay = max(next_delay(state["delay"]), now.retry_after)
        return running(delay, {**state, "delay": next_delay(state["delay"])})
    changes = [_change(one) for one in now.body.get("properties", {}).get("changes") or ()]
    if not _work(order).drift:
        return succeeded({"outputs": {CHANGES: changes}, "topology": {}})
    resources, _ = inventory.expanded(order.location, order.topology, groups=True)
    own = {entry.id.lower() for entry in owned(resources).values()}
    drifted = [one for one in changes if one["resourceId"].lower() in own and one["changeType"] not in _UNCHANGED]
    return succeeded({"outputs": {DRIFTED: drifted}, "topology": {}})


def _change(change: Mapping[str, Any]) -> dict[str, Any]:
    """A change as ARM tells it, without the whole resource before and after."""
    return {
        "resourceId": str(change.get("resourceId", "")),
        "changeType": str(change.get("changeType", "")),
        "delta": change.get("delta") or [],
    }


def _work(order: Order) -> Preview:
    if not isinstance(order.work, Preview):
        raise TypeError(f"a step of preview was called for a {order.work.verb}")
    return order.work
