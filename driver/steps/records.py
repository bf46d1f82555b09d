"""Records of deployments in the topology: it names at most one, with its nested ones, for each transition."""

import logging

from driver.azure import deployments
from driver.azure.deployments import Deployment
from driver.azure.refusals import Refusal
from driver.azure.tags import RESOURCE_TAG, TRANSITION_TAG
from driver.azure.verdicts import UNTIL_TIMEOUT
from driver.models.orders import Order
from driver.resource_ids import ResourceId
from driver.steps.calls import call_at_once
from driver.topology import list_owned

_log = logging.getLogger("driver.lifecycle")


def find_superseded_records(order: Order) -> tuple[str, ...]:
    """The keys of the records in the incoming topology that the record of this deployment replaces: those of earlier
    deployments of the same transition, with their nested ones, and those that ARM has deleted.

    All that they made and this resource owns is named beside them: the resource manager got both with one event. A
    record that was canceled is kept, since its nested deployments may have gone on.
    """
    entries = {key: entry.id for key, entry in list_owned(order.topology).items()}
    wanted = {key: record for key, record in entries.items() if record.is_deployment}
    if not order.transition or not wanted:
        return ()
    found = read_records(order)
    runs = {
        record.correlation_id.lower()
        for record in found.values()
        if isinstance(record, Deployment) and _is_replaced(record, order)
    } - {order.request_id.lower()}  # a request that runs again writes its own record again
    return tuple(key for key, record in wanted.items() if _is_of_runs(found[record], runs))


def read_records(order: Order) -> dict[ResourceId, Deployment | Refusal | None]:
    """The records that the incoming topology names: None for one that ARM has deleted, a refusal to show it as such."""
    wanted = [entry.id for entry in list_owned(order.topology).values() if entry.id.is_deployment]
    return call_at_once(lambda record: _read_record(order, record), wanted)


def delete_records(order: Order, keys: tuple[str, ...]) -> None:
    """Begin to delete the records of these keys. One that Azure refuses to delete stays: `orphans` lists it."""
    entries = list_owned(order.topology)
    for record in (entries[key].id for key in keys if key in entries):
        _delete_record(order, record)


def _read_record(order: Order, record: ResourceId) -> Deployment | Refusal | None:
    """The record, None if ARM has deleted it, or the refusal to show it: a record is not worth failing a transition."""
    try:
        return deployments.find_record(order.location, record)
    except Refusal as refused:
        if refused.verdict.tries == UNTIL_TIMEOUT:
            raise
        return refused


def _delete_record(order: Order, record: ResourceId) -> None:
    try:
        deployments.delete(order.location, record)
    except Refusal as refused:
        if not refused.is_absence:
            _log.warning("the record %s stays in Azure, another one replaces it: %s", record, refused.cause.text)


def _is_replaced(record: Deployment, order: Order) -> bool:
    is_over = record.state in ("Succeeded", "Failed")
    is_ours = record.tags.get(RESOURCE_TAG) == order.resource_id  # an adopted one may be another resource's
    return is_over and is_ours and record.tags.get(TRANSITION_TAG, "").lower() == order.transition.lower()


def _is_of_runs(record: Deployment | Refusal | None, runs: set[str]) -> bool:
    return record is None or (isinstance(record, Deployment) and record.correlation_id.lower() in runs)
