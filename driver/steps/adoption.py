"""The step of `adopt`: an existing deployment's outputs and resources become the resource's own."""

from typing import Any

from driver.azure import deployments
from driver.azure.connection import FIRST_POLL
from driver.models import Adopt, FailureCode, Order, Outcome, completed, failed, running
from driver.topology import entries


def adopt_deployment(order: Order, state: dict[str, Any], attempt: int) -> Outcome:
    """Read the deployment; nothing in Azure is changed."""
    work = order.work
    if not isinstance(work, Adopt):
        raise TypeError(f"a step of adopt was called for a {work.verb}")
    found = deployments.get(order.location, work.deployment_id)
    if found.failure is not None:
        reason = f"{work.deployment_id} cannot be adopted, it has failed: {found.failure.text}"
        return failed(FailureCode.INFRASTRUCTURE_ERROR, reason, {})
    if found.state != "Succeeded":
        return running(FIRST_POLL * 5, {})
    topology = entries([*found.resource_ids, work.deployment_id])
    return completed(deployments.outputs(found, work.outputs), topology)
