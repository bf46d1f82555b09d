"""Repair: a Start deploys again what is missing (`ifMissing`), and then calls its action."""

import logging
from typing import Any

from driver.azure import resources
from driver.azure.refusals import Refusal
from driver.models.events import Topology
from driver.models.orders import AzureLocation, Deploy, Order
from driver.models.outcomes import Outcome, complete, succeed
from driver.resource_ids import ResourceId
from driver.steps import inventory
from driver.steps.actions import CallState
from driver.steps.calls import call_at_once

_log = logging.getLogger("driver.lifecycle")


def is_whole(order: Order) -> bool:
    """Whether everything that this resource owns exists, and it owns something. Raises a Refusal that passes."""
    owned = inventory.list_resources(order)
    looked = call_at_once(lambda one: _exists(order.location, one), owned)
    missing = [resource_id for resource_id, exists in looked.items() if not exists]
    for resource_id in missing:
        _log.info("%s is missing: it is deployed again", resource_id)
    return bool(owned) and not missing


def end_deployment(work: Deploy, outputs: dict[str, Any], topology: Topology, is_repeatable: bool = False) -> Outcome:
    """The outcome of a deployment that has succeeded or is not needed: its action follows, if it has one."""
    if work.then is None:
        return complete(outputs, topology, is_repeatable)
    state = CallState(outputs=outputs, topology=topology)
    return succeed(state).model_copy(update={"following": "call_action"})


def _exists(location: AzureLocation, resource_id: ResourceId) -> bool:
    """Whether a resource exists. What nobody may look at counts as there."""
    try:
        return resources.get(location, resource_id) is not None
    except Refusal as refused:
        if refused.verdict.tries:
            raise
        return True
