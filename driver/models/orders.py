"""The order: all that the activities need to know of an accepted request."""

from typing import Any, Literal

from pydantic import AliasChoices, Field

from driver.models.events import Topology
from driver.models.model import Model
from driver.redaction import list_key_forms, list_key_texts, list_texts
from driver.resource_ids import ResourceId

Authentication = Literal["clientSecret", "clientCertificate", "workloadIdentity", "managedIdentity"]
ORDER_VERSION = 2  # a release that changes an order still reads the older ones


class AzureLocation(Model):
    """An Azure subscription and how to sign in for it, from a deployment location's properties. An order of release
    2.0.0 has a client secret and nothing else to sign in with.

    `client_certificate` is PEM: the key, not encrypted, and the certificate with its chain. With workloadIdentity the
    assertion is a token for `assertion_scope` of the managed identity `assertion_client_id` (empty: the system-assigned
    one); without a scope it is in the token file of the pod. A token of each of the `auxiliary_tenants` goes along with
    what changes something.
    """

    name: str
    authentication: Authentication = "clientSecret"
    tenant_id: str
    client_id: str
    client_secret: str = Field(default="", repr=False)
    client_certificate: str = Field(default="", repr=False)
    send_certificate_chain: bool = False
    assertion_scope: str = ""
    assertion_client_id: str = ""
    auxiliary_tenants: tuple[str, ...] = ()
    subscription_id: str
    authority_host: str
    resource_manager_url: str
    credential_scope: str

    @property
    def secrets(self) -> tuple[str, ...]:
        """Texts that must not stand in a log, error, history or event."""
        return (*((self.client_secret,) if self.client_secret else ()), *list_key_texts(self.client_certificate))


class TemplateFacts(Model):
    """What is needed of a template once it was sent to ARM: the names of its `outputs`; `is_nested`, whether it has
    nested deployments; `is_vague`, whether it refers to resources whose ids only ARM knows; the
    `plans` of marketplace offers that it deploys: publisher, offer and plan.
    """

    outputs: tuple[str, ...]
    is_nested: bool
    is_vague: bool
    plans: tuple[tuple[str, str, str], ...] = ()


class Content(Model):
    """What a deployment sends to ARM, as in `Deploy`."""

    template: dict[str, Any] | None
    parameters: dict[str, Any] = Field(repr=False)
    references: dict[str, Any]


class Call(Model):
    """An ARM action on each owned resource of a type. `may_be_gone`: one that does not exist needs no action."""

    verb: Literal["call"] = "call"
    action: str
    on: str
    may_be_gone: bool = False


class Condition(Model):
    """What every resource of the ARM type `on` that a deployment names has to meet, at most `seconds` after it has
    succeeded: `that`, a JMESPath over its body. It is read with the first of the api-versions that is not refused.
    """

    on: str
    that: str
    seconds: int
    versions: tuple[str, ...] = ()


class Deploy(Model):
    """A deployment to make. `template` is None for the `file` of a built-in package. `references` are the parameters
    whose values ARM reads from a Key Vault. `secure` are the names of the secure parameters, `secure_members` the
    values of secure members of the others, `hidden` further texts that are secret: parts of these values, and defaults.
    `prune`: what the deployment before it wrote and this one does not is removed. `if_missing`: only if something that
    this resource owns is missing. `then` follows in any case. `precheck`: ARM is asked before whether it would take it.
    `kept` are the ARM types that a Delete of this resource leaves, `*` stands for all: only a precheck asks.
    `ready_when`: what is waited for once the deployment has succeeded.

    If `content_id` is given, the Content is kept in that instance of the task hub. Here are only the `facts` of the
    template, the secure ones of the parameters, which have to be hidden in texts, and the references.
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
    secure_members: tuple[Any, ...] = Field(default=(), repr=False)
    hidden: tuple[str, ...] = Field(default=(), repr=False)
    prune: bool = False
    if_missing: bool = False
    then: Call | None = None
    precheck: bool = False
    kept: tuple[str, ...] = ()
    ready_when: tuple[Condition, ...] = ()
    content_id: str = ""
    facts: TemplateFacts | None = None


class Target(Model):
    """An owned resource, by its ARM type and by the name in its id (segments joined with `/`). Without a
    `resource_group` it may be in any group.
    """

    type: str
    name: str
    resource_group: str = ""


class Remove(Model):
    """Owned resources to delete: the `targets`, or all if that is None. `groups`: an entry of the former driver that
    names a resource group means that group. `refuse_foreign`: a resource group is kept while it holds something that
    this resource does not own. `purge`: what Azure keeps of the deleted resources is purged.
    `retain` are ARM types that are released instead of deleted; with `retain_all` everything is.
    """

    verb: Literal["remove"] = "remove"
    targets: tuple[Target, ...] | None = None
    groups: bool = False
    refuse_foreign: bool = False
    purge: bool = False
    retain: tuple[str, ...] = ()
    retain_all: bool = False


class Adopt(Model):
    """What exists and becomes this resource's: a deployment with what it wrote, a resource, or a resource group.

    `outputs` are the names of a deployment's, `queries` the JMESPath by name over the body of anything else. `given` is
    the key of the topology's entry that named it.
    """

    verb: Literal["adopt"] = "adopt"
    id: ResourceId = Field(validation_alias=AliasChoices("id", "deployment_id"))  # an order of release 2.0.0
    outputs: tuple[str, ...] = ()
    queries: dict[str, str] = Field(default_factory=dict)
    given: str = ""
    skip_status_check: bool = False


class Preview(Model):
    """ARM's what-if of a deployment. With `drift` only changes of owned resources are reported."""

    verb: Literal["preview"] = "preview"
    deploy: Deploy
    drift: bool


class Precheck(Model):
    """Whether ARM would take a deployment. Nothing is written."""

    verb: Literal["precheck"] = "precheck"
    deploy: Deploy


class Check(Model):
    """Whether what this resource owns exists, is provisioned and runs."""

    verb: Literal["check"] = "check"


class Idle(Model):
    """Nothing is to be done: TNC-O calls the transition, and the package does not define it."""

    verb: Literal["idle"] = "idle"


class Order(Model):
    """All that the activities need to know of an accepted request. It is sealed while it is in the task hub.

    `resource_id` is TNC-O's id of the resource. It and `transition` are empty in an order of release 2.0.0.
    """

    version: int = ORDER_VERSION
    request_id: str
    resource_id: str = ""
    transition: str = ""
    location: AzureLocation
    topology: Topology
    work: Deploy | Remove | Call | Adopt | Preview | Precheck | Check | Idle = Field(discriminator="verb")

    @property
    def deploy(self) -> Deploy | None:
        """The deployment to make, to preview or to check, if there is one."""
        work = self.work.deploy if isinstance(self.work, Preview | Precheck) else self.work
        return work if isinstance(work, Deploy) else None

    def with_deploy(self, deploy: Deploy) -> "Order":
        """The order with another deployment in place of its own."""
        is_inner = isinstance(self.work, Preview | Precheck)
        work = self.work.model_copy(update={"deploy": deploy}) if is_inner else deploy
        return self.model_copy(update={"work": work})

    @property
    def secrets(self) -> tuple[str, ...]:
        """Texts that must not stand in a log, error, history or event."""
        hidden = self.deploy.hidden if self.deploy else ()
        return (*self.whole_secrets, *hidden, *(form for value in hidden for form in list_key_forms(value)))

    @property
    def whole_secrets(self) -> tuple[str, ...]:
        """The secrets without the parts of secure values: some parts are ordinary texts, which an output may be."""
        values = self.secure_values
        return (*self.location.secrets, *values, *(form for value in values for form in list_key_forms(value)))

    @property
    def secure_values(self) -> tuple[str, ...]:
        """The values of the secure parameters, and of the secure members of others, as texts."""
        deploy = self.deploy
        if deploy is None:
            return ()
        secure = [*(deploy.parameters.get(name) for name in deploy.secure), *deploy.secure_members]
        return tuple(text for text in list_texts(secure) if text)
