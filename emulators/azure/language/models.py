"""What goes into an evaluation of a template and what comes out of it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


class TemplateError(Exception):
    """A template or its parameters are wrong, as ARM answers it: `code` (mostly InvalidTemplate) and `message`."""

    def __init__(self, message: str, code: str = "InvalidTemplate") -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class UnknownCount(TemplateError):
    """How many copies a loop has can only a run know."""


class Unmodelled(dict[str, Any]):
    """Properties of a resource whose service has more than the embedded Azure knows."""

    def __init__(self, properties: Mapping[str, Any] | Iterable[tuple[str, Any]] = (), kind: str = "") -> None:
        super().__init__(properties)
        self.kind = kind


class Runtime(Protocol):
    """What only a run can know: the state of resources. A LookupError means: that resource is not there (yet)."""

    def reference(self, resource_id: str, api_version: str | None, full: bool) -> Any:
        """The resource's `properties`, or with `full` the whole resource; of a resource group too."""

    def list(self, resource_id: str, action: str, api_version: str, body: Any) -> Any:
        """The answer of a `list*` action (listKeys, listSecrets ...) POSTed to the resource."""


Follow = Callable[[Mapping[str, Any]], "Linked"]
FindProvider = Callable[[str], Mapping[str, Any]]
FindRole = Callable[[str], str | None]
ReadSecret = Callable[[str, Mapping[str, Any]], str]


@dataclass(frozen=True)
class Linked:
    """The template that a `templateLink` leads to, and what follows the links in it."""

    template: Mapping[str, Any]
    follow: Follow


@dataclass(frozen=True)
class Context:
    """Where and when a deployment runs. Objects have the shape that ARM's functions of the same names return.

    The scope is the resource group, without one the subscription; `scope` overrides both: "/" is the tenant, a
    management group's id that group. `None` for `environment`, `now`, `new_guid`, `deployer` or one of the `find_`
    functions means: not known before the run, so expressions that need them stay expressions (predictions only).
    `find_role` finds the id (a GUID) of the built-in role of a name, `find_provider` the types of a resource provider
    as ARM lists them. `follow` finds linked templates, `read_secret` what a parameter's reference to a key vault names
    (parameter, reference); without them both are refused.
    """

    tenant_id: str
    subscription_id: str
    subscription: Mapping[str, Any]
    resource_group: Mapping[str, Any] | None
    deployment_name: str
    deployment_location: str | None = None
    environment: Mapping[str, Any] | None = None
    now: datetime | None = None
    new_guid: Callable[[], str] | None = None
    tenant: Mapping[str, Any] = field(default_factory=dict)
    scope: str | None = None
    follow: Follow | None = None
    read_secret: ReadSecret | None = None
    find_role: FindRole | None = None
    find_provider: FindProvider | None = None
    deployer: Mapping[str, Any] | None = None

    @property
    def scope_id(self) -> str:
        """The id of what is deployed to; empty for the tenant."""
        if self.scope is not None:
            return self.scope.rstrip("/")
        return str(self.resource_group["id"]) if self.resource_group else f"/subscriptions/{self.subscription_id}"


@dataclass(frozen=True)
class Resource:
    """One resource of an expanded template.

    `name` is the whole name (`vnet/subnet`); `scope` the id of what the resource lies in: a resource group, or the
    resource that an extension resource extends. `depends_on` are the ids of the resources that must be deployed before,
    all of them in the same expansion, none of them existing or with a false condition. With `only_if_not_exists` it is
    left alone where it is there (Bicep's @onlyIfNotExists). Refused with one of the codes `retry_on`, in lower case, it
    is tried again up to `retries` times (@retryOn).
    """

    symbol: str | None
    id: str
    type: str
    name: str
    api_version: str
    scope: str
    condition: bool = True
    existing: bool = False
    only_if_not_exists: bool = False
    retry_on: tuple[str, ...] = ()
    retries: int = 0
    depends_on: tuple[str, ...] = ()
