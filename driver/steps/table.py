"""All steps by name: the function that takes each, and the state that it reads."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from driver.models.orders import Order
from driver.models.outcomes import Outcome, State
from driver.steps import (
    abandonment,
    actions,
    adoption,
    creation,
    integrity,
    passes,
    prechecks,
    previews,
    pruning,
    readiness,
    removal,
)
from driver.steps.states import DeployState


@dataclass(frozen=True)
class Step:
    """A step: the function that takes it, and the model of its verb's state. `needs_content`: it sends the template to
    ARM, or reads it.
    """

    take: Callable[[Order, Any, int], Outcome]
    state: type[State]
    needs_content: bool = False


STEPS = {
    "inspect_resources": Step(creation.inspect_resources, DeployState, needs_content=True),
    "start_deployment": Step(creation.start_deployment, DeployState, needs_content=True),
    "watch_deployment": Step(creation.watch_deployment, DeployState),
    "await_readiness": Step(readiness.await_readiness, readiness.ReadinessState),
    "abandon_deployment": Step(abandonment.abandon_deployment, DeployState),
    "remove_resources": Step(removal.remove_resources, passes.RemoveState),
    "prune_resources": Step(pruning.prune_resources, pruning.PruneState),
    "call_action": Step(actions.call_action, actions.CallState),
    "watch_action": Step(actions.watch_action, actions.CallState),
    "adopt_deployment": Step(adoption.adopt_resource, adoption.AdoptState),
    "precheck_deployment": Step(prechecks.precheck_deployment, prechecks.PrecheckState, needs_content=True),
    "check_integrity": Step(integrity.check_integrity, integrity.CheckState),
    "start_preview": Step(previews.start_preview, previews.PreviewState, needs_content=True),
    "watch_preview": Step(previews.watch_preview, previews.PreviewState),
}
