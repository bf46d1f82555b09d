"""The step of `adopt`: what exists becomes this resource's, with its outputs. Nothing in Azure is changed."""

from driver.azure import deployments, resources, writes
from driver.azure.deployments import Deployment
from driver.azure.operations import POLLS
from driver.errors import InvalidRequest
from driver.models.events import FailureCode, Topology
from driver.models.orders import Adopt, Order
from driver.models.outcomes import NotOwned, Outcome, State, complete, fail, keep_running
from driver.packages.queries import evaluate_outputs
from driver.resource_ids import ResourceId
from driver.steps.entries import read_state
from driver.steps.outputs import read_open_outputs
from driver.steps.ownership import NO_ID
from driver.topology import name_entries
from driver.waiting import compute_age, tell_time

_GOOD = ("", "succeeded")
_BAD = ("failed", "canceled")


class AdoptState(State):
    """`since`: when it was first seen that something is going on (ISO 8601)."""

    since: str = ""


def adopt_resource(order: Order, state: AdoptState, attempt: int) -> Outcome:
    """Read what is adopted. It has to be provisioned, unless the package skips that check."""
    work = order.work
    if not isinstance(work, Adopt):
        raise TypeError(f"a step of adopt was called for a {work.verb}")
    return _adopt_deployment(order, work, state) if work.id.is_deployment else _adopt_other(order, work, state)


def _adopt_deployment(order: Order, work: Adopt, state: AdoptState) -> Outcome:
    """Adopt the resources of a deployment, and its record."""
    deployment = deployments.get(order.location, work.id)
    details = f": {deployment.failure.text}" if deployment.failure else ""
    if refused := _check_state(work, state, deployment.state.lower(), details):
        return refused
    owned = [*_list_resources(order, work, deployment), work.id]
    adopted = complete(read_open_outputs(order, deployment, work.outputs), _name(work, owned))
    not_owned = tuple(NotOwned(id=text, reason=NO_ID) for text in deployment.unnamed)
    return adopted.model_copy(update={"not_owned": not_owned, "not_owned_total": len(not_owned)})


def _adopt_other(order: Order, work: Adopt, state: AdoptState) -> Outcome:
    """Adopt a resource or a resource group."""
    body = resources.get(order.location, work.id)
    if body is None:
        return fail(FailureCode.RESOURCE_NOT_FOUND, f"{work.id} does not exist", state)
    if refused := _check_state(work, state, read_state(body), ""):
        return refused
    try:
        outputs = evaluate_outputs(work.queries, body)
    except InvalidRequest as error:
        return fail(FailureCode.INTERNAL_ERROR, str(error), state)
    return complete(outputs, _name(work, [work.id]), repeatable=False)


def _check_state(work: Adopt, state: AdoptState, found: str, details: str) -> Outcome | None:
    """The outcome for a provisioning state that is not good; None for a good one."""
    if found in _GOOD or work.skip_status_check:
        return None
    if found in _BAD:
        reason = f"{work.id} cannot be adopted, it has {found}{details}"
        return fail(FailureCode.INFRASTRUCTURE_ERROR, reason, state)
    looked = state.model_copy(update={"since": state.since or tell_time()})
    wait = POLLS.compute_seconds(compute_age(looked.since))
    return keep_running(wait, looked, f"{work.id} is still {found}")


def _list_resources(order: Order, work: Adopt, deployment: Deployment) -> tuple[ResourceId, ...]:
    """What a deployment wrote. ARM lists it in the record only if the deployment has succeeded."""
    if deployment.state == "Succeeded":
        return deployment.resource_ids
    found = writes.read_writes(order.location, work.id)
    return (*found.created, *found.records)


def _name(work: Adopt, owned: list[ResourceId]) -> Topology:
    """The topology of what is adopted. It takes the place of the entry that the request gave for it."""
    named = name_entries(owned, home=work.id)
    replaced: Topology = {} if work.given in ("", *named) else {work.given: None}
    return {**replaced, **named}
