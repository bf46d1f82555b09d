"""All steps by name: the function that takes each, and the state that it reads."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from driver.models.orders import Order
from driver.models.outcomes import Outcome, State
from driver.steps import abandonment, actions, adoption, creation, previews, removal
from driver.steps.states import DeployState


@dataclass(frozen=True)
class Step:
    """A step: the function that takes it, and the model of its verb's state."""

    take: Callable[[Order, Any, int], Outcome]
    state: type[State]


# The steps before which an execution takes its turn with the others of its resource.
FIRST_STEPS = ("inspect_resources", "remove_resources", "call_action", "adopt_deployment")
STEPS = {
    "inspect_resources": Step(creation.inspect_resources, DeployState),
    "start_deployment": Step(creation.start_deployment, DeployState),
    "watch_deployment": Step(creation.watch_deployment, DeployState),
    "abandon_deployment": Step(abandonment.abandon_deployment, DeployState),
    "remove_resources": Step(removal.remove_resources, removal.RemoveState),
    "call_action": Step(actions.call_action, actions.CallState),
    "watch_action": Step(actions.watch_action, actions.CallState),
    "adopt_deployment": Step(adoption.adopt_deployment, adoption.AdoptState),
    "start_preview": Step(previews.start_preview, previews.PreviewState),
    "watch_preview": Step(previews.watch_preview, previews.PreviewState),
}
