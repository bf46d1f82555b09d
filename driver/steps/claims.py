"""What a deployment wrote, read from ARM, and what of it the resource owns by the rule of ownership.py."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from driver.azure import deployments, resources, writes
from driver.azure.deployments import Deployment
from driver.azure.refusals import Refusal
from driver.azure.verdicts import UNTIL_TIMEOUT
from driver.models.events import TopologyEntry
from driver.models.orders import AzureLocation, Deploy, Order
from driver.models.outcomes import NotOwned, Outcome, WrittenResource
from driver.packages.catalogue import find_facts
from driver.resource_ids import ResourceId
from driver.steps.calls import call_at_once
from driver.steps.ownership import Evidence, Written, claim_resources, list_unshown
from driver.steps.progress import describe_writes
from driver.steps.states import DeployState
from driver.topology import list_owned, name_entries

MOST_SHOWN = 20  # resources that are not owned, in an execution; the log has all
_log = logging.getLogger("driver.lifecycle")


@dataclass(frozen=True)
class Claimed:
    """`topology`: what the resource owns now, with the records of the deployment. `is_repeatable`: read again, it
    would be the same. `written`: what record and operations show of each resource.
    """

    topology: dict[str, TopologyEntry]
    not_owned: tuple[NotOwned, ...] = ()
    is_repeatable: bool = True
    written: tuple[WrittenResource, ...] = ()


def claim_deployment(
    order: Order, work: Deploy, state: DeployState, succeeded: Deployment | None = None, must_exist: bool = True
) -> Claimed:
    """What the resource owns after a deployment. `succeeded` is the record if the deployment has succeeded: ARM lists
    no resources in the record of one that has not. Raises a Refusal of status 404 if ARM does not find its operations
    and it `must_exist`: they lag behind then.
    """
    record = deployments.build_deployment_id(order.location, work)
    facts = find_facts(work, record.scope)
    owned_before = {**list_owned(order.topology), **state.topology}
    before = {key: entry for key, entry in owned_before.items() if key not in state.superseded}
    known = [entry.id for entry in before.values()]
    evidence = state.evidence
    listed, unnamed = (succeeded.resource_ids, succeeded.unnamed) if succeeded else ((), ())
    written = Written(listed, None, unnamed)
    is_unshown = evidence is not None and bool(list_unshown(evidence, written, known))
    # ARM may list what a vague template only refers to as if it were written.
    if succeeded is None or facts.is_nested or is_unshown or facts.is_vague:
        found = writes.read_writes(order.location, record, state.correlation_id, must_exist)
        written = Written(listed, found, unnamed)
    if evidence is None:
        evidence = _assume_absent(written, state)
    created = written.writes.created if written.writes else ()
    asked = [one for one in list_unshown(evidence, written, known) if one in created]
    claims = claim_resources(evidence, written, _find_times(order.location, asked), known)
    for owned_id, reason in claims.owned.items():
        _log.debug("owned: %s: %s", owned_id, reason)
    records = (*(written.writes.records if written.writes else ()), record)
    new = [one for one in (*claims.owned, *records) if one not in known]
    topology = {**before, **name_entries(new, _find_home(order, record), before)}
    is_repeatable = not facts.is_nested and not asked
    return Claimed(topology, claims.not_owned, is_repeatable, describe_writes(listed, written.writes))


def show_not_owned(outcome: Outcome, claimed: Claimed) -> Outcome:
    """The outcome with what the deployment wrote, and what of it this resource does not own. All of that is logged
    here.
    """
    for resource in claimed.not_owned if outcome.kind != "Retry" else ():
        _log.warning("not owned: %s: %s", resource.id, resource.reason)
    not_owned = {"not_owned": claimed.not_owned[:MOST_SHOWN], "not_owned_total": len(claimed.not_owned)}
    shown = {**not_owned, "written": claimed.written}
    return outcome.model_copy(update=shown)


def require_deploy(order: Order) -> Deploy:
    if not isinstance(order.work, Deploy):
        raise TypeError(f"a step of deploy was called for a {order.work.verb}")
    return order.work


def _assume_absent(written: Written, state: DeployState) -> Evidence:
    """The evidence of a run of release 2.0.0, which kept only what existed: all else was absent."""
    present = tuple(one for one in written.ids if one.fingerprint in state.existed)
    return Evidence(present=present, absent=tuple(one for one in written.ids if one not in present))


def _find_times(location: AzureLocation, ids: list[ResourceId]) -> Mapping[ResourceId, datetime | None]:
    """When the resources were created. None where ARM does not say it, or lets nobody read it."""

    def find_time(resource_id: ResourceId) -> datetime | None:
        try:
            return resources.find_creation_time(location, resource_id)
        except Refusal as refused:
            if refused.verdict.tries == UNTIL_TIMEOUT:
                raise
            return None

    return call_at_once(find_time, ids)


def _find_home(order: Order, record: ResourceId) -> ResourceId:
    """An id in the place of Create's deployment: the first deployment in the topology, else the record of this one."""
    entries = (entry for entry in list_owned(order.topology).values() if entry.id.is_of_type(entry.type))
    return next((entry.id for entry in entries if entry.id.is_deployment), record)
