"""What an activity makes of a step, and what the steps of a verb remember."""

from typing import Any, Literal

from pydantic import Field, SerializeAsAny

from driver.models.events import FailureCode, Topology
from driver.models.model import Model

STATE_VERSION = 1  # a release that changes a state still reads the older ones


class DeploymentShown(Model):
    """A deployment as an execution shows it. `id` and `correlation_id` are ARM's."""

    name: str
    id: str
    correlation_id: str


class WaitingFor(Model):
    """What a run waits for, and why. `request_id` is the other execution's where it waits for a request."""

    waits_for: Literal["azure", "entra", "kafka", "request", "condition"] = Field(serialization_alias="for")
    reason: str = ""
    request_id: str | None = None


class State(Model):
    """What the steps of a verb remember from one to the next: one model for each verb, which only its steps read."""

    version: int = STATE_VERSION

    def report_topology(self) -> Topology:
        """The topology to report if the run fails here."""
        return {}


class Outcome(Model):
    """What an activity made of a step. Expected failures are outcomes; only bugs raise.

    Succeeded: on to the next step.  Running: the same step again after `after` seconds.
    Retry: what was tried has to be tried again after `after` seconds, `reason` says why.
    Failed: the transition has failed with `code` and `reason`.
    Completed: the transition is over with `outputs` and `topology`; `event` says so once it is built. `published` if
    Kafka has acknowledged it, `sent` if it may be on its way.

    `state` is handed to the step that comes next; on its way it is plain JSON. `repeatable` says of a Completed step
    that it gives the same event if it runs again. `settled`: what was begun has succeeded and is only to be reported,
    so the deadline does not end it. `collected`: `state` names all that a failed deployment has made. `waiting` and
    `deployment` are what the execution shows of it.
    """

    kind: Literal["Succeeded", "Running", "Retry", "Failed", "Completed"]
    state: dict[str, Any] | SerializeAsAny[State] = Field(default_factory=dict, union_mode="left_to_right")
    after: float = 0
    code: FailureCode | None = None
    reason: str = ""
    outputs: dict[str, Any] = Field(default_factory=dict)
    topology: Topology = Field(default_factory=dict)
    event: dict[str, Any] | None = None
    repeatable: bool = False
    published: bool = False
    sent: bool = False
    settled: bool = False
    collected: bool = False
    waiting: WaitingFor | None = None
    deployment: DeploymentShown | None = None


def succeed(state: State, after: float = 0) -> Outcome:
    return Outcome(kind="Succeeded", state=state, after=after)


def keep_running(after: float, state: State, reason: str = "", settled: bool = False) -> Outcome:
    return Outcome(kind="Running", after=after, reason=reason, state=state, settled=settled)


def retry(after: float, reason: str, state: State) -> Outcome:
    return Outcome(kind="Retry", after=after, reason=reason, state=state)


def fail(code: FailureCode, reason: str, state: State, collected: bool = False) -> Outcome:
    return Outcome(kind="Failed", code=code, reason=reason, state=state, collected=collected)


def complete(outputs: dict[str, Any], topology: Topology, repeatable: bool = True) -> Outcome:
    return Outcome(kind="Completed", outputs=outputs, topology=topology, repeatable=repeatable)
