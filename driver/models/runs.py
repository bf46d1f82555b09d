"""An execution: its input and its custom status."""

from typing import Any

from pydantic import Field

from driver.models.model import Model
from driver.models.outcomes import DeploymentShown, NotOwned, OperationShown, WaitingFor

PUBLISH = "publish_event"  # the step that sends the event, whatever the verb
KAFKA_ANSWERS = "kafka-answers"  # the external event that ends a wait for Kafka
RUN_VERSION = 2  # a release that changes a run still goes on with the older ones
_LONGEST_TEXT = 200  # characters of a text from a request: a custom status of more than 16 KB fails the orchestration
_READING = ("integrity", "precheck")  # operations that only read, whatever the action that they call


class ResourceShown(Model):
    """A resource as TNC-O knows it."""

    id: str = ""
    name: str = ""
    type: str = ""


class TransitionShown(Model):
    """A transition: its name, the driver's verb for it, and its timeout in seconds. `precheck`: its deployment is
    checked before.
    """

    name: str
    verb: str
    seconds: int
    precheck: bool = False


class Run(Model):
    """The input of an execution. Everything secret is in `sealed`, an Order. If `event` is given, the run only
    publishes that event. `accepted_at` and `deadline` (ISO 8601) do not change when a long run continues as new.

    `since` is set if the same request has failed before: the time of that end. What the resource's executions reported
    from then on is not in the order's topology. Runs before version 2 waited for `awaits`, named at their acceptance.
    """

    version: int = 0
    request_id: str
    tenant: str | None = None
    trace: dict[str, str] = Field(default_factory=dict)
    accepted_at: str = ""
    deadline: str = ""
    since: str = ""
    resource: ResourceShown = ResourceShown()
    transition: TransitionShown | None = None
    deployment_location: str = ""
    awaits: tuple[str, ...] = ()
    sealed: str = Field(default="", repr=False)
    event: dict[str, Any] | None = None


class WaitingSince(WaitingFor):
    """A wait with its times (ISO 8601): `since` it began, `until` the next try."""

    since: str
    until: str


class ExecutionStatus(Model):
    """The custom status of an execution. It holds all that a list of executions shows, so that a list needs no inputs.

    `step` and `attempt` are None once it has ended. `operations` are the newest 20 of its deployment, `not_owned` the
    first 20 resources that it wrote and does not own, `warnings` what a precheck could not find out. `ended_at`: the
    transition is over; its event may not be acknowledged yet.
    """

    resource: ResourceShown
    transition: str
    verb: str
    deployment_location: str
    tenant_id: str | None
    accepted_at: str
    deadline: str
    step: str | None = None
    attempt: int | None = None
    waiting: WaitingSince | None = None
    deployment: DeploymentShown | None = None
    operations: tuple[OperationShown, ...] = ()
    operations_total: int = 0
    not_owned: tuple[NotOwned, ...] = ()
    not_owned_total: int = 0
    warnings: tuple[str, ...] = ()
    ended_at: str | None = None


def name_fields(resource: ResourceShown, transition: str, location: str) -> dict[str, str]:
    """The fields of every log line about a request beside its requestId. What the request does not have is left out.

    It is `resourceType`, since logstash has a `type` of its own. The id of the resource is left to the lines of the
    edge: with it the log of a network would take 6 KB.
    """
    fields = {
        "resource": resource.name,
        "resourceType": resource.type,
        "transition": transition,
        "location": location,
    }
    return {name: text[:_LONGEST_TEXT] for name, text in fields.items() if text}


def takes_turn(transition: str, verb: str) -> bool:
    """Whether a transition must be the only one of its resource: it waits for others, and they for it. One that only
    reads, or does nothing, need not be.
    """
    return verb not in ("preview", "precheck", "check", "idle") and not (
        verb == "call" and transition.lower() in _READING
    )


def show_run(run: Run) -> ExecutionStatus:
    """The custom status of an execution before its first step."""
    resource = {name: cut_text(text) for name, text in run.resource.model_dump().items()}
    return ExecutionStatus(
        resource=ResourceShown(**resource),
        transition=cut_text(run.transition.name) if run.transition else "",
        verb=run.transition.verb if run.transition else "",
        deployment_location=cut_text(run.deployment_location),
        tenant_id=show_tenant(run.tenant) if run.tenant else run.tenant,
        accepted_at=run.accepted_at,
        deadline=run.deadline,
    )


def cut_text(text: str) -> str:
    """A text of a request as a custom status shows it."""
    return text[:_LONGEST_TEXT]


def show_tenant(header: str) -> str:
    """The tenant in a header, of which HTTP servers make one character of each byte: its text if its bytes are UTF-8.
    It is cut as all texts of a custom status.
    """
    try:
        return cut_text(header.encode("latin-1").decode())
    except UnicodeError:
        return cut_text(header)
