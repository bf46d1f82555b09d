"""The step of `adopt`: the resource takes over the outputs and the resources of an existing deployment."""

from driver.azure import deployments
from driver.azure.operations import POLLS
from driver.models.events import FailureCode
from driver.models.orders import Adopt, Order
from driver.models.outcomes import NotOwned, Outcome, State, complete, fail, keep_running
from driver.steps.ownership import NO_ID
from driver.topology import name_entries
from driver.waiting import compute_age, tell_time


class AdoptState(State):
    """`since`: when the deployment was first seen to run (ISO 8601)."""

    since: str = ""


def adopt_deployment(order: Order, state: AdoptState, attempt: int) -> Outcome:
    """Read the deployment. Nothing in Azure is changed."""
    work = order.work
    if not isinstance(work, Adopt):
        raise TypeError(f"a step of adopt was called for a {work.verb}")
    deployment = deployments.get(order.location, work.deployment_id)
    if deployment.failure is not None:
        reason = f"{work.deployment_id} cannot be adopted, it has failed: {deployment.failure.text}"
        return fail(FailureCode.INFRASTRUCTURE_ERROR, reason, state)
    if deployment.state != "Succeeded":
        looked = state.model_copy(update={"since": state.since or tell_time()})
        wait = POLLS.compute_seconds(compute_age(looked.since))
        return keep_running(wait, looked, f"{work.deployment_id} is still {deployment.state}")
    topology = name_entries([*deployment.resource_ids, work.deployment_id], home=work.deployment_id)
    adopted = complete(deployments.read_outputs(deployment, work.outputs), dict(topology))
    not_owned = tuple(NotOwned(id=text, reason=NO_ID) for text in deployment.unnamed)
    return adopted.model_copy(update={"not_owned": not_owned, "not_owned_total": len(not_owned)})
