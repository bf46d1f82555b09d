"""The step that ends a failed `deploy`: cancel the deployment, and collect what it has created."""

from driver.azure import deployments, writes
from driver.azure.refusals import Refusal, Refused
from driver.models.orders import Order
from driver.models.outcomes import Outcome, keep_running, succeed
from driver.resource_ids import ResourceId
from driver.steps.claims import claim_deployment, require_deploy, show_not_owned
from driver.steps.repetition import ABSENT_SECONDS
from driver.steps.states import DeployState
from driver.waiting import compute_age

_MOST_NAMED = 5
_LOOK_AGAIN = 2.0  # seconds
_NOT_FOUND = "ARM does not find the deployment that it has accepted, or may have accepted"


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
    if not deployments.cancel(order.location, record):
        return keep_running(_LOOK_AGAIN, state, _NOT_FOUND) if may_lag else succeed(state)
    try:
        claimed = claim_deployment(order, work, state, must_exist=may_lag)
    except Refused as lagging:
        if lagging.status != 404:
            raise
        return keep_running(_LOOK_AGAIN, state, _NOT_FOUND)
    outcome = succeed(state.model_copy(update={"topology": claimed.topology}))
    return show_not_owned(outcome.model_copy(update={"reason": state.hanging}), claimed)


def _describe_unfinished(order: Order, record: ResourceId) -> str:
    """What the deployment is at work on; empty if that cannot be read, which must not keep it from being cancelled."""
    try:
        texts = writes.list_unfinished(order.location, record)
    except Refusal:
        return ""
    more = [f"and {len(texts) - _MOST_NAMED} more"] if len(texts) > _MOST_NAMED else []
    return ", ".join([*texts[:_MOST_NAMED], *more])
