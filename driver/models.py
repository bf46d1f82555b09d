"""What passes between the API, the orchestrator and the activities: the order, outcomes of its steps, and the event.

Frozen models; what crosses the durable boundary is plain JSON of them.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

VERSION = "1.0.0"
LONGEST_DESCRIPTION = 8_000  # characters; a Kafka record has its limit too
# Seconds from the acceptance of a request to its event at the earliest: Brent must have read the 202 before.
EARLIEST_EVENT_SECONDS = 2.0

Topology = dict[str, "TopologyEntry | None"]


class FailureCode(StrEnum):
    """The failure codes of the contract; no other value may be sent."""

    RESOURCE_ALREADY_EXISTS = "RESOURCE_ALREADY_EXISTS"
    RESOURCE_NOT_FOUND = "RESOURCE_NOT_FOUND"
    INFRASTRUCTURE_ERROR = "INFRASTRUCTURE_ERROR"
    INSUFFICIENT_CAPACITY = "INSUFFICIENT_CAPACITY"
    INTERNAL_ERROR = "INTERNAL_ERROR"


class Model(BaseModel):
    """Frozen; camelCase on the wire; unknown fields are ignored, as the contract asks."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, hide_input_in_errors=True)


class TopologyEntry(Model):
    """One external element of a resource: its ARM id and its ARM type."""

    id: str = Field(min_length=1)
    type: str = ""


class AzureLocation(Model):
    """An Azure subscription and how to sign in for it, from a deployment location's properties."""

    name: str
    tenant_id: str
    client_id: str
    client_secret: str = Field(repr=False)
    subscription_id: str
    authority_host: str
    resource_manager_url: str
    credential_scope: str


class Deploy(Model):
    """A deployment to make. The template is `{file}` of a built-in package, or stands here whole. `references` are
    parameters whose values ARM reads from a Key Vault.
    """

    verb: Literal["deploy"] = "deploy"
    package: str
    file: str
    template: dict[str, Any] | None = None
    name: str
    scope: Literal["resourceGroup", "subscription"]
    resource_group: str = ""
    location: str = ""
    parameters: dict[str, Any] = Field(repr=False)
    references: dict[str, Any] = Field(default_factory=dict)
    secure: tuple[str, ...] = ()


class Target(Model):
    """An owned resource by ARM type and by the name in its id, segments joined with `/`; in any group unless one is
    given.
    """

    type: str
    name: str
    resource_group: str = ""


class Remove(Model):
    """Owned resources to delete: those named, or all (`targets` is None). `groups` says whether an entry of the old
    driver that names a resource group means that group.
    """

    verb: Literal["remove"] = "remove"
    targets: tuple[Target, ...] | None = None
    groups: bool = False
    awaits: tuple[str, ...] = ()


class Call(Model):
    """An ARM action on each owned resource of a type."""

    verb: Literal["call"] = "call"
    action: str
    on: str


class Adopt(Model):
    """An existing deployment whose outputs and resources become this resource's."""

    verb: Literal["adopt"] = "adopt"
    deployment_id: str
    outputs: tuple[str, ...]


class Preview(Model):
    """ARM's what-if of a deployment; `drift` asks only for what differs among the resources that are owned."""

    verb: Literal["preview"] = "preview"
    deploy: Deploy
    drift: bool


class Order(Model):
    """All that the activities need to know of an accepted request; travels sealed."""

    request_id: str
    location: AzureLocation
    topology: Topology
    work: Deploy | Remove | Call | Adopt | Preview = Field(discriminator="verb")

    @property
    def secrets(self) -> tuple[str, ...]:
        """Texts that must never be shown."""
        values = [self.location.client_secret]
        deploy = self.work.deploy if isinstance(self.work, Preview) else self.work
        if isinstance(deploy, Deploy):
            values += [text for name in deploy.secure for text in _texts(deploy.parameters.get(name))]
        return tuple(value for value in values if value)


def _texts(value: Any) -> list[str]:
    """All texts in a JSON value, keys of objects left out."""
    if isinstance(value, Mapping):
        return [text for one in value.values() for text in _texts(one)]
    if isinstance(value, list):
        return [text for one in value for text in _texts(one)]
    return [] if value is None or isinstance(value, bool) else [str(value)]


class Outcome(Model):
    """What an activity made of a step. Expected failures are outcomes; only bugs raise.

    Succeeded: on to the next step.  Running: the same step again after `after` seconds.
    Retry: what was tried has to be tried again after `after` seconds, `reason` says why.
    Failed: the transition has failed with `code` and `reason`.
    Completed: the transition is over; `event` says so. `published` if Kafka has acknowledged it, `sent` if it may be on
    its way.

    `state` is handed to the step that comes next; the orchestrator does not read it. `repeatable` says of a Completed
    step that it gives the same event if it runs again. `settled`: what was begun has succeeded and is only to be
    reported, so the deadline does not end it. `collected`: `state` names all that a failed deployment has made. `shown`
    is what the execution shows of the deployment from now on.
    """

    kind: Literal["Succeeded", "Running", "Retry", "Failed", "Completed"]
    state: dict[str, Any] = Field(default_factory=dict)
    after: float = 0
    code: FailureCode | None = None
    reason: str = ""
    event: dict[str, Any] | None = None
    repeatable: bool = False
    published: bool = False
    sent: bool = False
    settled: bool = False
    collected: bool = False
    shown: dict[str, str] = Field(default_factory=dict)


def succeeded(state: dict[str, Any]) -> Outcome:
    return Outcome(kind="Succeeded", state=state)


def running(after: float, state: dict[str, Any], reason: str = "", settled: bool = False) -> Outcome:
    return Outcome(kind="Running", after=after, reason=reason, state=state, settled=settled)


def retry(after: float, reason: str, state: dict[str, Any]) -> Outcome:
    return Outcome(kind="Retry", after=after, reason=reason, state=state)


def failed(code: FailureCode, reason: str, state: dict[str, Any], collected: bool = False) -> Outcome:
    return Outcome(kind="Failed", code=code, reason=reason, state=state, collected=collected)


def completed(outputs: dict[str, Any], topology: Mapping[str, Any], repeatable: bool = True) -> Outcome:
    """The last step of a transition: the outputs and the topology of its event."""
    state = {"outputs": outputs, "topology": dict(topology)}
    return Outcome(kind="Completed", state=state, repeatable=repeatable)


def event(request_id: str, state: Mapping[str, Any], failure: tuple[FailureCode, str] | None = None) -> dict[str, Any]:
    """The message that reports the end of a lifecycle: the value of the Kafka record."""
    message: dict[str, Any] = {
        "requestId": request_id,
        "status": "FAILED" if failure else "COMPLETE",
        "outputs": state.get("outputs", {}) if not failure else {},
        "associatedTopology": state.get("topology", {}),
        "version": VERSION,
    }
    if failure:
        message["failureDetails"] = {"failureCode": str(failure[0]), "description": failure[1][:LONGEST_DESCRIPTION]}
    return message


def earliest_event(accepted_at: str) -> datetime:
    """When the event of a request that was accepted at that time (ISO 8601) may be published."""
    return datetime.fromisoformat(accepted_at) + timedelta(seconds=EARLIEST_EVENT_SECONDS)
