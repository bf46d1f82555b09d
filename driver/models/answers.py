"""What the HTTP API answers, and the event, as models: driver/openapi.py describes the API by them.

The driver builds these bodies as plain JSON; tests hold answers and events against this description.
"""

from typing import Any, Literal

from pydantic import ConfigDict, Field

from driver.models.events import FailureCode, Topology
from driver.models.model import Model
from driver.models.outcomes import DeploymentShown, NotOwned, OperationShown
from driver.models.runs import ResourceShown, WaitingSince

Status = Literal["OK", "UNHEALTHY"]


class _Answer(Model):
    model_config = ConfigDict(defer_build=True)  # only the description of the API needs them


class Accepted(_Answer):
    """The request is accepted; the end comes as an event on Kafka."""

    request_id: str = Field(description="A UUID; the key of the event's record.")
    associated_topology: Topology = Field(description="Always empty.")
    version: Literal["1.0.0"]


class Error(_Answer):
    """Why a request is refused."""

    localized_message: str = Field(description="Names every fault of the request at once.")
    status: int = Field(description="The HTTP status.")


class FailureDetails(_Answer):
    """Why a transition has failed."""

    failure_code: FailureCode
    description: str = Field(max_length=8_000)


class Event(_Answer):
    """How a lifecycle ended: the value of a record on Kafka. `failureDetails` is there if it is FAILED."""

    request_id: str
    status: Literal["COMPLETE", "FAILED"]
    outputs: dict[str, Any] = Field(description="Values for the properties of the resource.")
    associated_topology: Topology = Field(description="What the resource owns, by ARM type and name; null: it is gone.")
    version: Literal["1.0.0"]
    failure_details: FailureDetails | None = None


class Execution(_Answer):
    """What is known of a request. Before its first step it is only what it was accepted with; `step`, `attempt` and
    `waiting` are null once it has ended.
    """

    request_id: str
    status: Literal["IN_PROGRESS", "COMPLETE", "FAILED"]
    resource: ResourceShown | None = None
    transition: str = ""
    deployment_location: str = Field(default="", description="Its name.")
    tenant_id: str | None = None
    accepted_at: str = Field(default="", description="ISO 8601.")
    deadline: str = Field(default="", description="The timeout of the transition, ISO 8601.")
    ended_at: str | None = Field(description="ISO 8601.")
    step: str | None = None
    attempt: int | None = Field(default=None, description="Tries of the step before this one.")
    waiting: WaitingSince | None = None
    deployment: DeploymentShown | None = None
    operations: tuple[OperationShown, ...] = Field(
        default=(), description="The newest 20 resources that the deployment writes, as they were seen last."
    )
    operations_total: int = Field(default=0, description="How many resources the deployment writes.")
    not_owned: tuple[NotOwned, ...] = Field(
        default=(), description="The first 20 resources that a deployment wrote and that are not owned."
    )
    not_owned_total: int = Field(default=0, description="How many resources are not owned.")
    warnings: tuple[str, ...] = Field(default=(), description="What a precheck could not find out.")
    event: Event | None = Field(description="The event that was sent.")
    failure_details: FailureDetails | None


class ExecutionList(_Answer):
    """Executions, the newest of this answer first. Which ones it has follows their requestIds, not their times."""

    executions: tuple[Execution, ...]
    continuation: str | None = Field(
        description="The parameter that asks for those after these; null: they are the last."
    )


class FoundResource(_Answer):
    """A resource that is in Azure already."""

    resource_id: str = Field(description="A UUID, always the same one for an ARM id.")
    associated_topology: Topology
    outputs: dict[str, Any]


class Found(_Answer):
    """The one resource that matches, or null."""

    result: FoundResource | None


class Vital(_Answer):
    """`reason`: why it is UNHEALTHY, or what shows that it is OK. `since`: since when it is so, ISO 8601."""

    status: Status
    reason: str = ""
    since: str = ""


class Health(_Answer):
    """The vitals app, taskHub, kafka, azure and entra."""

    vitals: dict[str, Vital]
