"""The outcome of a step, and the state that a step leaves for the next one."""

from typing import Any, Literal

from pydantic import Field, SerializeAsAny

from driver.models.events import FailureCode, Topology
from driver.models.model import Model
from driver.resource_ids import ResourceId

STATE_VERSION = 1  # a release that changes a state still reads the older ones


class DeploymentShown(Model):
    """A deployment, as shown by an execution. `id` and `correlation_id` are ARM's."""

    name: str
    id: str
    correlation_id: str


class NotOwned(Model):
    """A resource that a deployment wrote and that is not owned: its ARM id, and why it is not owned."""

    id: str
    reason: str


class OperationShown(Model):
    """A resource that a deployment writes, as shown by an execution: its ARM id, how far it is, when ARM began it and
    when it ended (ISO 8601; None if that is not known, or not yet).
    """

    resource: str
    state: Literal["Running", "Succeeded", "Failed"]
    since: str | None = None
    until: str | None = None


class WrittenResource(Model):
    """A resource that a deployment writes, for the progress events: its ARM id, and how far it is since when."""

    id: ResourceId
    state: Literal["running", "succeeded", "failed"]
    error_code: str = ""
    error: str = ""
    since: str = ""
    until: str = ""


class WaitingFor(Model):
    """What a run waits for, and why. `request_id` names the execution that is waited for, if it is one. `host`: a host
    that has the sealing key, and the release, which the step needs. `operator`: somebody has suspended it.
    """

    waits_for: Literal["azure", "entra", "kafka", "request", "condition", "host", "operator"] = Field(
        serialization_alias="for"
    )
    reason: str = ""
    request_id: str | None = None


class State(Model):
    """What a step leaves for the next one. Each verb has a model of its own, which only its steps read.

    These fields are the activities': `has_turn`, the other executions of the resource let this one go on; `looks`, how
    often it looked before; `awaited`, the requestIds that it has waited for; `found`, the topology that others reported
    and that was not in the request (null: removed).
    """

    version: int = STATE_VERSION
    has_turn: bool = False
    looks: int = 0
    awaited: tuple[str, ...] = ()
    found: Topology = Field(default_factory=dict)

    def report_topology(self) -> Topology:
        """The topology to report if the run fails here."""
        return {}

    def keep_turn(self, before: "State") -> "State":
        """This state with the activities' fields of the one before."""
        names = ("has_turn", "looks", "awaited", "found")
        return self.model_copy(update={name: getattr(before, name) for name in names})


class Outcome(Model):
    """The outcome of a step. An expected failure is an outcome; only bugs raise.

    Succeeded: the next step follows, or the one that `following` names.
    Running: the same step follows again, after `after` seconds.
    Retry: the step was refused and is tried again after `after` seconds; `reason` says why. With `restart` the verb is
    begun again from its first step instead, with this state.
    Failed: the transition has failed with `code` and `reason`.
    Completed: the transition is over with `outputs` and `topology`, or with the `event` that was built of them.
    `published`: Kafka has acknowledged the event. `sent`: it may be on its way to Kafka.

    `ended_at`: when the step ended, by the clock of its worker, ISO 8601; `after` counts from it. Empty if nothing is
    waited for, and in the answers of earlier releases.
    `version` is the newest run version that the code knows which took the step; 0 if it is of release 2.0.0.
    `state` is for the step that follows; in the task hub it is plain JSON. `repeatable`: if the step ran again, it
    would give the same event. `refused`: the reason is what Azure or Entra ID refused with; `code` is then that of the
    failure if there is no time for another try. `settled`: the work in Azure has succeeded and only has to be reported;
    before run version 2 the deadline did not end that. `collected`: `state` names all that a failed deployment has
    created. The execution shows `waiting`, `deployment`, `warnings`, `not_owned` and `operations`; of the last two
    there are `not_owned_total` and `operations_total`, if that is more than are named. `written` is what the record or
    the operations of a deployment show; it becomes progress events and `operations`, and never enters the task hub.
    """

    kind: Literal["Succeeded", "Running", "Retry", "Failed", "Completed"]
    version: int = 0
    state: dict[str, Any] | SerializeAsAny[State] = Field(default_factory=dict, union_mode="left_to_right")
    after: float = 0
    ended_at: str = ""
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
    restart: bool = False
    following: str = ""
    refused: bool = False
    waiting: WaitingFor | None = None
    deployment: DeploymentShown | None = None
    not_owned: tuple[NotOwned, ...] = ()
    not_owned_total: int = 0
    warnings: tuple[str, ...] = ()
    operations: tuple[OperationShown, ...] = ()
    operations_total: int = 0
    written: tuple[WrittenResource, ...] = ()

    def find_wait(self, otherwise: Literal["azure", "kafka"] = "azure") -> WaitingFor | None:
        """What the run waits for after this outcome: what it names, or `otherwise` if it only gives a reason; None if
        it waits for nothing.
        """
        if self.waiting is not None or self.kind not in ("Running", "Retry") or not (self.reason and self.after):
            return self.waiting
        return WaitingFor(waits_for=otherwise, reason=self.reason)


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
