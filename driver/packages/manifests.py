"""`lifecycle.yaml`: what a resource package does for each transition. docs/lifecycle.schema.json is generated from
these models.
"""

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel

from driver.errors import InvalidRequest
from driver.faults import suggest_name
from driver.packages.manifest_values import (
    Action,
    ArmType,
    Duration,
    OwnedType,
    Query,
    check_query,
    read_seconds,
    require_single_names,
)

FILE = "lifecycle.yaml"
_LONGEST_CONDITION = 1_000  # characters
# What every package has without defining it.
ADOPT = "Adopt"
INTEGRITY = "Integrity"
UPDATES = ("Reconfigure", "Upgrade")  # the template of Create again
PREVIEWS = ("CheckDrift", "WhatIf")
PRECHECK = "Precheck"
# Transitions that TNC-O's descriptor has under `lifecycle`; any other is an operation.
STANDARD = (
    *("Create", "Install", "Configure", "Start", "Stop", "Integrity", "Reconfigure", "Upgrade", "Uninstall", "Delete"),
    ADOPT,
)
# Transitions of TNC-O's state model for which nothing is to be done in Azure, unless the package defines them.
IDLE = ("Configure", "Install", "Start", "Stop", "Uninstall")


class _Strict(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True, hide_input_in_errors=True
    )


class Condition(_Strict):
    """What the resources of a type have to meet once their deployment has succeeded."""

    on: ArmType = Field(description="ARM type of the resources; the template must deploy one.", max_length=300)
    that: Annotated[str, Field(max_length=_LONGEST_CONDITION), AfterValidator(check_query)] = Field(
        description="JMESPath over the resource as a GET shows it: met unless it gives false, null or something empty."
    )
    timeout: Duration = Field(
        default="10m", description="How long it is waited for once the deployment has succeeded: 90s, 10m, 1h."
    )

    @property
    def seconds(self) -> int:
        return read_seconds(self.timeout)


class OwnedResource(_Strict):
    """A resource to be found in the inventory."""

    type: OwnedType = Field(description="ARM type, such as Microsoft.Network/virtualNetworks/subnets.")
    name: str = Field(description="Its name, a child's after its parent's: `{{ vnet_name }}/{{ subnet_name }}`.")
    resource_group: str = Field(default="", description="Its resource group; any where this is not given.")


def _find_form(removed: Any) -> str:
    """The form of `remove` to validate against. Without it one fault would be reported once for each form."""
    return _ONE if isinstance(removed, dict | OwnedResource) else _LIST if isinstance(removed, list) else _ALL


_ALL, _ONE, _LIST = FORMS = ("<all>", "<one>", "<list>")
Removed = Annotated[
    Annotated[Literal["all"], Tag(_ALL)]
    | Annotated[OwnedResource, Tag(_ONE)]
    | Annotated[list[OwnedResource], Tag(_LIST)],
    Discriminator(_find_form),
]


class Transition(_Strict):
    """What one transition or operation does: exactly one of deploy, remove and call; with ifMissing deploy and call."""

    deploy: str | None = Field(default=None, description="Template to deploy: a .bicep or .json file of the package.")
    remove: Removed | None = Field(
        default=None, description="What to delete of the resources this resource owns: `all`, one, or a list."
    )
    call: Action | None = Field(
        default=None, description="ARM action (POST) on an owned resource: start, restart, deallocate ..."
    )
    on: ArmType | None = Field(default=None, description="ARM type of the owned resource that `call` acts on.")
    if_missing: bool = Field(
        default=False,
        description="With `deploy`: only if something that this resource owns is missing. A `call` beside it follows in"
        " any case.",
    )
    prune: bool = Field(
        default=False,
        description="With `deploy`: once it has succeeded, what the Create, Reconfigure or Upgrade before it wrote and"
        " this one does not is removed, if this resource owns it.",
    )
    precheck: bool = Field(
        default=False,
        description="With `deploy`: before anything is written, the operation Precheck is done. If it finds a fault,"
        " the transition fails with it.",
    )
    changes: tuple[str, ...] = Field(
        default=(),
        description="With `deploy`: the properties that it changes in place, `volatile` in TNC-O's descriptor.",
    )
    ready_when: tuple[Condition, ...] = Field(
        default=(),
        description="With `deploy`: once it has succeeded, the transition waits until its resources meet all of these.",
        max_length=10,
    )
    retain: bool = Field(
        default=False, description="With `remove`: everything is released, it stays in Azure and is owned no more."
    )
    parameters: dict[str, Any] = Field(default={}, description="Template parameters that do not bind by name.")
    resource_group: str | None = Field(default=None, description="Resource group of this transition's deployment.")
    location: str | None = Field(default=None, description="Where the record of a subscription deployment is kept.")
    timeout: Duration | None = Field(
        default=None,
        description="Time until its event: a number and s, m or h, such as 30m. Over 14m TNC-O needs more, too.",
    )

    @field_validator("parameters")
    @classmethod
    def _check_names(cls, parameters: dict[str, Any]) -> dict[str, Any]:
        return require_single_names(parameters, "parameter")

    @model_validator(mode="after")
    def _check_verb(self) -> "Transition":
        given = [verb for verb in ("deploy", "remove", "call") if getattr(self, verb) is not None]
        if len(given) != 1 and not (self.if_missing and self.remove is None and len(given) == 2):
            raise ValueError(f"takes exactly one of deploy, remove and call; it has {' and '.join(given) or 'none'}")
        if (self.call is None) != (self.on is None):
            raise ValueError("call and on belong together")
        if self.deploy is None and self.parameters:
            raise ValueError("parameters belong to deploy")
        if self.remove is None and self.retain:
            raise ValueError("retain belongs to remove")
        with_deploy = (self.prune, self.precheck, self.changes, self.if_missing, self.ready_when)
        if self.deploy is None and any(with_deploy):
            raise ValueError("prune, precheck, changes, ifMissing and readyWhen belong to deploy")
        if (self.prune or self.precheck) and self.if_missing:
            raise ValueError("ifMissing excludes prune and precheck")
        return self

    @property
    def seconds(self) -> int | None:
        """The timeout in seconds; None if none is given."""
        return read_seconds(self.timeout) if self.timeout else None


_DELETE = Transition(remove="all")


class Reference(_Strict):
    """How references/find finds such a resource."""

    type: ArmType = Field(description="ARM type of what is looked for.")
    resource_group: str = Field(
        default="", description="Resource group to look in; the whole subscription where not given."
    )
    outputs: dict[str, Query] = Field(default={}, description="Outputs: name and JMESPath over the ARM resource.")


class AdoptOptions(_Strict):
    """What the transition Adopt takes over."""

    group: bool = Field(
        default=False,
        description="Whether a resource group may be adopted. A later Delete deletes it with all that is in it.",
    )
    skip_status_check: bool = Field(
        default=False, description="Whether something may be adopted that is not in the provisioning state Succeeded."
    )


class SoftDelete(_Strict):
    """What becomes of resources that Azure keeps for some days after their DELETE."""

    purge_on_delete: bool = Field(
        default=False,
        description="Whether what this resource owned is also purged, so that its name is free: Key Vault, Managed "
        "HSM, Azure AI services, API Management, App Configuration. What is purged cannot be recovered.",
    )


def build_schema() -> dict[str, Any]:
    """The JSON schema of a lifecycle.yaml, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Manifest.model_json_schema()}


class Manifest(_Strict):
    """A resource package's lifecycle.yaml."""

    version: Literal[1] = Field(description="Version of this format.")
    resource_group: str = Field(
        default="", description="Resource group of the deployments; Jinja2 over the properties."
    )
    location: str = Field(default="", description="Where the records of subscription deployments are kept.")
    transitions: dict[str, Transition] = Field(description="Transitions and operations by name.")
    refuse_foreign: bool = Field(
        default=False,
        description="Whether a Delete keeps an owned resource group that holds something else, and fails.",
    )
    retain: tuple[ArmType, ...] = Field(
        default=(), description="ARM types that are released instead of deleted, with what holds them."
    )
    soft_delete: SoftDelete = SoftDelete()
    adopt: AdoptOptions = AdoptOptions()
    reference: Reference | None = None

    @field_validator("transitions")
    @classmethod
    def _check_names(cls, transitions: dict[str, Transition]) -> dict[str, Transition]:
        return require_single_names(transitions, "transition")

    def find_built_in(self, name: str) -> str:
        """The name of the transition or operation that every package has; empty if the package defines it itself, or
        if it is none of these.
        """
        names = (ADOPT, INTEGRITY, PRECHECK, *PREVIEWS)
        known = next((one for one in names if one.lower() == name.lower()), "")
        return "" if known.lower() in map(str.lower, self.transitions) else known

    def find_transition(self, name: str) -> Transition | None:
        """The transition of that name, without regard to case. If the package does not define them, Delete removes all,
        Reconfigure and Upgrade deploy what Create deploys, and for those in IDLE nothing is to be done: None. Raises
        InvalidRequest naming the known transitions.
        """
        known = {key.lower(): value for key, value in self.transitions.items()}
        wanted = name.lower()
        if wanted in known:
            return known[wanted]
        if wanted == "delete":
            return _DELETE
        if wanted in map(str.lower, IDLE):
            return None
        create = known.get("create")
        if wanted in map(str.lower, UPDATES) and create and create.deploy:
            return create
        updates = UPDATES if create and create.deploy else ()
        names = sorted({*self.transitions, *updates, "Delete", ADOPT, INTEGRITY, PRECHECK, *PREVIEWS})
        raise InvalidRequest(
            f"lifecycleName: this resource type has no transition or operation '{name[:200]}', it has"
            f" {', '.join(names)}{suggest_name(name, names)}"
        )
