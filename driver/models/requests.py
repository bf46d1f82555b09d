"""Requests as Brent sends them."""

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import from_json

from driver.errors import InvalidRequest
from driver.faults import describe_fault
from driver.models.events import Topology
from driver.models.model import Model

LONGEST_TENANT = 1_000  # bytes of the header tenantId


def _add_bare_values(schema: dict[str, Any]) -> None:
    """Let the schema of a property take what `_accept_bare_value` takes: any value as it is, but no other object."""
    whole = {name: schema.pop(name) for name in ("properties", "type")}
    whole["properties"]["type"] = {"anyOf": [{"type": "string"}, {"type": "null"}], "default": "string"}
    forms = [{"required": ["value"]}, {"required": ["type"]}, {"maxProperties": 0}]
    bare = {"type": ["string", "number", "boolean", "array", "null"]}
    schema["anyOf"] = [{**whole, "anyOf": forms}, bare]


class Property(Model):
    """A property value `{"type", "value"}`, or a key `{"type": "key", "keyName", "publicKey", "privateKey"}`."""

    model_config = ConfigDict(json_schema_extra=_add_bare_values)

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
        is_typed = data.get("type", "") is not None
        return data if is_typed else {name: value for name, value in data.items() if name != "type"}

    @property
    def is_key(self) -> bool:
        return self.type.lower() == "key"

    @property
    def content(self) -> Any:
        """The value, as expressions see it. That of a key is an object with its three fields."""
        if not self.is_key:
            return self.value
        return {"keyName": self.key_name, "publicKey": self.public_key, "privateKey": self.private_key}


Properties = dict[str, Property]


class DeploymentLocation(Model):
    """A deployment location as Brent sends it. `driver.azure.locations` reads its properties."""

    name: str = Field(min_length=1)
    type: str | None = None
    properties: dict[str, Any] = Field(
        default_factory=dict, repr=False, description="The subscription, and how to sign in for it."
    )


_Nothing = Annotated[dict[str, Any], Field(max_length=0)]


class _Request(Model):
    driver_files: str = Field(
        repr=False,
        description="Base64 of a zip of the package's Lifecycle/azure; empty for a built-in resource type.",
    )
    deployment_location: DeploymentLocation

    @field_validator("driver_files", mode="before", json_schema_input_type=str | _Nothing | None)
    @classmethod
    def _accept_absent_files(cls, value: Any) -> Any:
        # The contract's own examples send null or {} if there are no files.
        return "" if value is None or value == {} else value


class LifecycleRequest(_Request):
    """The body of POST /api/driver/lifecycle/execute."""

    lifecycle_name: str = Field(min_length=1, description="A transition such as Create, or an operation.")
    system_properties: Properties = Field(description="resourceId, resourceName, resourceType and requestId are read.")
    resource_properties: Properties = Field(default_factory=dict)
    request_properties: Properties = Field(default_factory=dict)
    associated_topology: Topology = Field(default_factory=dict)

    @field_validator(
        "resource_properties", "request_properties", mode="before", json_schema_input_type=Properties | None
    )
    @classmethod
    def _accept_no_properties(cls, value: Any) -> Any:
        return {} if value is None else value

    @field_validator("associated_topology", mode="before", json_schema_input_type=Topology | None)
    @classmethod
    def _accept_no_topology(cls, value: Any) -> Any:
        return {} if value is None else value

    def read_system_property(self, name: str) -> str:
        """A system property as text; empty if it is missing."""
        entry = self.system_properties.get(name)
        return "" if entry is None or entry.value is None else str(entry.value)


class ReferenceRequest(_Request):
    """The body of POST /api/driver/references/find."""

    instance_name: str = Field(min_length=1, description="ARM id, name, or tag:<name>=<value>.")


Parsed = TypeVar("Parsed", bound=Model)


def parse(model: type[Parsed], body: bytes) -> Parsed:
    """A request body as its model. Raises InvalidRequest, which names every fault but no value, since a value may be
    secret.
    """
    try:
        if b"NaN" in body or b"Infinity" in body:  # which pydantic takes for numbers, also where they are no text
            from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise InvalidRequest(f"body: Invalid JSON: {error}") from error
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        faults = [
            f"{'.'.join(map(str, fault['loc'])) or 'body'}: {describe_fault(fault)}"
            for fault in error.errors(include_input=False)
        ]
        raise InvalidRequest(*faults) from error
