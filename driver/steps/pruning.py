"""Pruning: what the deployment before wrote and the new one does not is removed, if this resource owns it.

`inspect_resources` notes what may be pruned and what the new template names; once the deployment has succeeded,
`prune_resources` removes the rest in passes.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import Field

from driver.azure.deployments import Deployment
from driver.azure.tags import RESOURCE_TAG, TRANSITION_TAG
from driver.models.events import Topology, TopologyEntry
from driver.models.orders import Order, Remove
from driver.models.outcomes import Outcome, complete, succeed
from driver.packages.manifests import UPDATES
from driver.resource_ids import ResourceId
from driver.steps.entries import Entry
from driver.steps.passes import RemoveState, take_pass
from driver.steps.records import read_records

_TRANSITIONS = {"create", *(name.lower() for name in UPDATES)}


class PruneState(RemoveState):
    """`outputs` and `topology` are those of the deployment, with what is to be removed."""

    outputs: dict[str, Any] = Field(default_factory=dict)
    topology: Topology = Field(default_factory=dict)

    def report_topology(self) -> Topology:
        return {**self.topology, **super().report_topology()}


def find_previous_resources(order: Order) -> tuple[ResourceId, ...]:
    """What the newest Create, Reconfigure or Upgrade of this resource before this one wrote, by its record."""
    earlier = [record for record in read_records(order).values() if isinstance(record, Deployment)]
    own = [record for record in earlier if _is_previous(record, order)]
    newest = max(own, key=lambda record: record.changed_at.timestamp() if record.changed_at else 0.0, default=None)
    return newest.resource_ids if newest else ()


def select_obsolete(
    owned: Mapping[str, TopologyEntry], previous: Iterable[ResourceId], kept: Iterable[ResourceId]
) -> dict[str, Entry]:
    """The entries to remove, by topology key: what was written before and is owned, unless it is kept or holds
    something that is kept.
    """
    staying, before = set(kept), set(previous)
    return {
        key: Entry(id=entry.id)
        for key, entry in owned.items()
        if entry.id in before
        and not entry.id.is_deployment
        and not any(one == entry.id or one.is_within(entry.id) for one in staying)
    }


def begin_pruning(outputs: dict[str, Any], topology: Topology, obsolete: dict[str, Entry]) -> Outcome:
    """The outcome of a deployment that has succeeded, with these outputs and this topology: what is obsolete is removed
    next.
    """
    return succeed(PruneState(begun=True, entries=obsolete, outputs=outputs, topology=topology))


def prune_resources(order: Order, state: PruneState, attempt: int) -> Outcome:
    """One pass of the removal. When it is over, the transition completes with the outputs of the deployment."""
    outcome = take_pass(order, Remove(), state, is_first=False)
    if outcome.kind != "Completed":
        return outcome
    done = complete(state.outputs, {**state.topology, **outcome.topology}, repeatable=False)
    return done.model_copy(update={"not_owned": outcome.not_owned})


def _is_previous(record: Deployment, order: Order) -> bool:
    is_ours = record.tags.get(RESOURCE_TAG) == order.resource_id
    is_earlier = record.correlation_id.lower() != order.request_id.lower()
    return is_ours and is_earlier and record.tags.get(TRANSITION_TAG, "").lower() in _TRANSITIONS
