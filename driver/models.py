"""The driver's data: requests as Brent sends them, the event it gets, and what passes between orchestrator and
activities.

Everything is parsed once, where it enters, into these frozen models. What crosses the durable boundary is plain JSON
of them.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic.alias_generators import to_camel

from driver.errors import InvalidRequest

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


class Property(Model):
    """A property value `{"type", "value"}`, or a key `{"type": "key", "keyName", "publicKey", "privateKey"}`."""

    type: str = "string"
    value: Any = Field(default=None, repr=False)
    key_name: str | None = None
    public_key: str | None = None
    private_key: str | None = Field(default=None, repr=False)

    @model_validator(mode="before")
    @classmethod
    def _accept_bare_value(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return {"value": data}
        if data and "value" not in data and "type" not in data:
            raise ValueError('must be {"type": ..., "value": ...}')
        return {name: value for name, value in data.items() if not (name == "type" and value is None)}

    @property
    def is_key(self) -> bool:
        return self.type.lower() == "key"

    @property
    def content(self) -> Any:
        """The value as templates see it: of a key the mapping of its three fields."""
        if not self.is_key:
            return self.value
        return {"keyName": self.key_name, "publicKey": self.public_key, "privateKey": self.private_key}


Properties = dict[str, Property]


class TopologyEntry(Model):
    """One external element of a resource: its ARM id and its ARM type."""

    id: str = Field(min_length=1)
    type: str = ""


class DeploymentLocation(Model):
    """Where a resource lives, as Brent knows it; `properties` are read by driver.locations."""

    name: str = Field(min_length=1)
    type: str | None = None
    properties: dict[str, Any] = Field(default_factory=dict, repr=False)


class _Request(Model):
    driver_files: str = Field(repr=False)
    deployment_location: DeploymentLocation

    @field_validator("driver_files", mode="before")
    @classmethod
    def _no_files(cls, value: Any) -> Any:
        # The contract's own examples send null or {} where there are no files.
        return "" if value is None or value == {} else value


class LifecycleRequest(_Request):
    """The body of POST /api/driver/lifecycle/execute."""

    lifecycle_name: str = Field(min_length=1)
    system_properties: Properties
    resource_properties: Properties = Field(default_factory=dict)
    request_properties: Properties = Field(default_factory=dict)
    associated_topology: Topology = Field(default_factory=dict)

    @field_validator("resource_properties", "request_properties", "associated_topology", mode="before")
    @classmethod
    def _absent(cls, value: Any) -> Any:
        return {} if value is None else value

    def system(self, name: str) -> str:
        """A system property as text; empty where it is missing."""
        found = self.system_properties.get(name)
        return "" if found is None or found.value is None else str(found.value)


class ReferenceRequest(_Request):
    """The body of POST /api/driver/references/find."""

    instance_name: str = Field(min_length=1)


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


Parsed = TypeVar("Parsed", bound=Model)


def parse(model: type[Parsed], body: bytes) -> Parsed:
    """A request body as its model. Raises InvalidRequest naming every fault; never repeats a value, which may be
    secret.
    """
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        faults = [
            f"{'.'.join(map(str, fault['loc'])) or 'body'}: {fault['msg'].removeprefix('Value error, ')}"
            for fault in error.errors(include_input=False)
        ]
        raise InvalidRequest(*faults) from None
