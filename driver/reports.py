"""Events that are too large for Kafka or for the task hub, made smaller."""

import json
import logging
from collections.abc import Iterator, Mapping
from typing import Any

from driver.models.events import LONGEST_DESCRIPTION, FailureCode, is_former
from driver.resource_ids import ResourceId

_LOCK_TYPE = "Microsoft.Authorization/locks"
_LINE_IDS = 10  # ids in one line of the log, which is cut after some thousand characters
_log = logging.getLogger("driver.lifecycle")


def reduce_event(message: Mapping[str, Any], why: str) -> Iterator[dict[str, Any]]:
    """Smaller events in place of one that is too large, each smaller than the one before.

    A COMPLETE that only names removed resources is sent without the names. Any other event becomes FAILED: first
    without outputs; then without the entries that lie within an owned resource group or an owned parent, since they are
    deleted with that one; at last without a topology.
    """
    topology: dict[str, Any] = dict(message["associatedTopology"])
    if message["status"] == "COMPLETE" and not any(topology.values()) and not message["outputs"]:
        yield {**message, "associatedTopology": {}}
        return
    outer = _drop_inner_entries(topology)
    if message["outputs"]:
        yield _build_failed_event(message, topology, f"the event is too large, its outputs were left out: {why}")
    if outer != topology:
        dropped = len(topology) - len(outer)
        yield _build_failed_event(
            message, outer, f"the event is too large, {dropped} entries within others were left out: {why}"
        )
    if topology:
        advice = "the driver's log names the resources, `python -m driver orphans` finds those of new deployments"
        yield _build_failed_event(message, {}, f"the event is too large, its topology was left out ({advice}): {why}")


def log_left_out(whole: Mapping[str, Any], sent: Mapping[str, Any]) -> None:
    """Log the resources that the smaller event leaves out: it neither names them nor anything that contains them."""
    named = sent["associatedTopology"]
    outer = _drop_inner_entries(whole["associatedTopology"])
    ids = [entry["id"] for key, entry in outer.items() if key not in named]
    for first in range(0, len(ids), _LINE_IDS):
        part = ids[first : first + _LINE_IDS]
        place = f"{first + 1} to {first + len(part)} of {len(ids)}"
        _log.error("no event names these resources, it would be too large (%s): %s", place, " ".join(part))


def fit_event(message: dict[str, Any], limit: int) -> dict[str, Any]:
    """The event, or the first smaller one of at most `limit` bytes. A limit of 0 means no limit."""
    if not limit or _measure_size(message) <= limit:
        return message
    why = f"{_measure_size(message)} bytes, the task hub takes {limit}"
    fitted = next(smaller for smaller in reduce_event(message, why) if _measure_size(smaller) <= limit)
    log_left_out(message, fitted)
    return fitted


def _build_failed_event(message: Mapping[str, Any], topology: Mapping[str, Any], reason: str) -> dict[str, Any]:
    """The event FAILED with that topology. If the event was FAILED already, its reason stands before the new one."""
    earlier = message.get("failureDetails")
    code = earlier["failureCode"] if earlier else FailureCode.INTERNAL_ERROR.value
    text = f"{earlier['description']}; {reason}" if earlier else reason
    details = {"failureCode": code, "description": text[:LONGEST_DESCRIPTION]}
    failure = {"status": "FAILED", "outputs": {}, "associatedTopology": dict(topology), "failureDetails": details}
    return {**message, **failure}


def _drop_inner_entries(topology: Mapping[str, Any]) -> dict[str, Any]:
    """The entries that do not go with another entry of the topology. Removed entries (null) are left out, too.

    A lock has to be deleted before what it keeps, so it stays. A deployment's record does not stand for anything, nor
    does a resource group that the former driver named: it may only be where its deployment was.
    """
    ids = {key: ResourceId.parse(entry["id"]) for key, entry in topology.items() if entry}
    standing = {
        resource_id
        for key, resource_id in ids.items()
        if not resource_id.is_deployment and not is_former(topology[key]["type"])
    }
    groups = [resource_id for resource_id in standing if resource_id.is_group]

    def goes_with_another(resource_id: ResourceId) -> bool:
        if resource_id.is_of_type(_LOCK_TYPE):
            return False
        has_parent = any(parent in standing for parent in resource_id.list_parents())
        return has_parent or any(resource_id != group and resource_id.is_within(group) for group in groups)

    return {key: topology[key] for key, resource_id in ids.items() if not goes_with_another(resource_id)}


def _measure_size(message: Mapping[str, Any]) -> int:
    return len(json.dumps(message).encode())
