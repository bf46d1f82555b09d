"""The step that ends a failed `deploy`: cancel the deployment, and collect what it has created."""

import logging

from driver.azure import deployments, writes
from driver.azure.refusals import Refusal, Refused
from driver.azure.verdicts import UNTIL_TIMEOUT
from driver.models.orders import Deploy, Order
from driver.models.outcomes import Outcome, keep_running, succeed
from driver.packages.catalogue import find_facts
from driver.resource_ids import ResourceId
from driver.steps.claims import claim_deployment, require_deploy, show_not_owned
from driver.steps.repetition import ABSENT_SECONDS, explain_wait
from driver.steps.states import DeployState
from driver.waiting import compute_age

_MOST_NAMED = 5
_LOOK_AGAIN = 2.0  # seconds
_NOT_FOUND = "ARM does not find the deployment that it has accepted, or may have accepted"
_log = logging.getLogger("driver.lifecycle")


def abandon_deployment(order: Order, state: DeployState, attempt: int) -> Outcome:
    """Cancel the deployment of a transition that has failed, if it is active, and put what it created into the state.
    The orchestrator knows the failure to report; the reason of the outcome adds what the deployment was at work on.
    """
    work = require_deploy(order)
    record = deployments.build_deployment_id(order.location, work)
    if not state.hanging:  # before it is cancelled
        state = state.model_copy(update={"hanging": _describe_unfinished(order, record)})
    # What ARM has accepted a moment ago it may not find yet: it would go on, and nobody would own what it makes.
    begun_at = max(state.since, state.unsure_since)
    may_lag = bool(begun_at) and compute_age(begun_at) < ABSENT_SECONDS
    try:
        if not deployments.cancel(order.location, record):
            return keep_running(_LOOK_AGAIN, state, _NOT_FOUND) if may_lag else succeed(state)
        refused = _cancel_nested(order, work, state, record)
    except Refusal as passing:
        if passing.verdict.tries != UNTIL_TIMEOUT:
            raise
        refused = passing
    try:
        claimed = claim_deployment(order, work, state, must_exist=may_lag)
    except Refused as lagging:
        if lagging.status != 404:
            raise
        return keep_running(_LOOK_AGAIN, state, _NOT_FOUND)
    state = state.model_copy(update={"topology": claimed.topology})
    if refused is not None:  # what is made until then is claimed the next time
        wait = max(_LOOK_AGAIN, refused.verdict.wait, refused.retry_after)
        text = f"the deployment is not cancelled yet: {refused.cause.text}"
        return explain_wait(keep_running(wait, state, text), refused)
    return show_not_owned(succeed(state).model_copy(update={"reason": state.hanging}), claimed)


def _cancel_nested(order: Order, work: Deploy, state: DeployState, record: ResourceId) -> Refusal | None:
    """Cancel the nested deployments of this run: ARM lets those that have begun go on. Returns a refusal that passes,
    if there was one.
    """
    if not find_facts(work, record.scope).is_nested:
        return None
    passing: Refusal | None = None
    found = writes.read_writes(order.location, record, state.correlation_id or order.request_id)
    for nested in found.records:
        try:
            deployments.cancel(order.location, nested)
        except Refusal as refused:
            if refused.verdict.tries == UNTIL_TIMEOUT:
                passing = refused
            else:
                _log.warning("the nested deployment %s goes on: %s", nested, refused.cause.text)
    return passing


def _describe_unfinished(order: Order, record: ResourceId) -> str:
    """What the deployment is at work on; empty if that cannot be read, which must not keep it from being cancelled."""
    try:
        texts = writes.list_unfinished(order.location, record)
    except Refusal:
        return ""
    more = [f"and {len(texts) - _MOST_NAMED} more"] if len(texts) > _MOST_NAMED else []
    return ", ".join([*texts[:_MOST_NAMED], *more])
