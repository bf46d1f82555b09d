"""The order: all that the activities need to know of an accepted request."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from driver.models.events import Topology
from driver.models.model import Model
from driver.resource_ids import ResourceId

ORDER_VERSION = 1  # a release that changes an order still reads the older ones


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
    """A deployment to make. `template` is None for the `file` of a built-in package. `references` are the parameters
    whose values ARM reads from a Key Vault. `secure` are the names of the secure parameters.
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
    """

    verb: Literal["remove"] = "remove"
    targets: tuple[Target, ...] | None = None
    groups: bool = False
    refuse_foreign: bool = False
    purge: bool = False


class Call(Model):
    """An ARM action on each owned resource of a type."""

    verb: Literal["call"] = "call"
    action: str
    on: str


class Adopt(Model):
    """An existing deployment whose outputs and resources become this resource's."""

    verb: Literal["adopt"] = "adopt"
    deployment_id: ResourceId
    outputs: tuple[str, ...]


class Preview(Model):
    """ARM's what-if of a deployment. With `drift` only changes of owned resources are reported."""

    verb: Literal["preview"] = "preview"
    deploy: Deploy
    drift: bool


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
    work: Deploy | Remove | Call | Adopt | Preview = Field(discriminator="verb")

    @property
    def secrets(self) -> tuple[str, ...]:
        """Texts that must not stand in a log, error, history or event."""
        values = [self.location.client_secret]
        deploy = self.work.deploy if isinstance(self.work, Preview) else self.work
        if isinstance(deploy, Deploy):
            values += [text for name in deploy.secure for text in _list_texts(deploy.parameters.get(name))]
        return tuple(value for value in values if value)


def _list_texts(value: Any) -> list[str]:
    """All texts and numbers in a JSON value, as texts. Keys of objects are left out."""
    if isinstance(value, Mapping):
        return [text for element in value.values() for text in _list_texts(element)]
    if isinstance(value, list):
        return [text for element in value for text in _list_texts(element)]
    return [] if value is None or isinstance(value, bool) else [str(value)]
