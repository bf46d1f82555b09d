"""Events that are too large for Kafka or for the task hub, made smaller."""

import json
import logging
from collections.abc import Iterator, Mapping
from typing import Any

from driver.models.events import LONGEST_DESCRIPTION, FailureCode
from driver.resource_ids import ResourceId

_log = logging.getLogger("driver.lifecycle")


def reduce_event(message: Mapping[str, Any], why: str) -> Iterator[dict[str, Any]]:
    """Smaller events in place of one that is too large, each smaller than the one before.

    A COMPLETE that only names removed resources is sent without the names. Any other event becomes FAILED: first
    without outputs; then without the entries that lie within another entry, since they are deleted with that one; at
    last without a topology. What the last one leaves out is logged.
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
        _log.error("the topology is too large for an event, nobody is told of it: %s", json.dumps(topology))
        yield _build_failed_event(
            message, {}, f"the event is too large, its topology is only in the driver's log: {why}"
        )


def fit_event(message: dict[str, Any], limit: int) -> dict[str, Any]:
    """The event, or the first smaller one of at most `limit` bytes. A limit of 0 means no limit."""
    if not limit or _measure_size(message) <= limit:
        return message
    why = f"{_measure_size(message)} bytes, the task hub takes {limit}"
    return next(smaller for smaller in reduce_event(message, why) if _measure_size(smaller) <= limit)


def _build_failed_event(message: Mapping[str, Any], topology: Mapping[str, Any], reason: str) -> dict[str, Any]:
    """The event FAILED with that topology. If the event was FAILED already, its reason stands before the new one."""
    earlier = message.get("failureDetails")
    code = earlier["failureCode"] if earlier else FailureCode.INTERNAL_ERROR.value
    text = f"{earlier['description']}; {reason}" if earlier else reason
    details = {"failureCode": code, "description": text[:LONGEST_DESCRIPTION]}
    failure = {"status": "FAILED", "outputs": {}, "associatedTopology": dict(topology), "failureDetails": details}
    return {**message, **failure}


def _drop_inner_entries(topology: Mapping[str, Any]) -> dict[str, Any]:
    """The entries that do not lie within another entry of the topology. Removed entries (null) are left out, too."""
    ids = {key: ResourceId.parse(entry["id"]) for key, entry in topology.items() if entry}
    owned = frozenset(ids.values())
    groups = frozenset(resource_id for resource_id in owned if resource_id.is_group)
    return {
        key: topology[key]
        for key, resource_id in ids.items()
        if not any(parent in owned for parent in resource_id.list_parents())
        and not any(resource_id.is_within(group) for group in groups)
    }


def _measure_size(message: Mapping[str, Any]) -> int:
    return len(json.dumps(message).encode())
