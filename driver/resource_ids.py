"""ARM ids. An id is parsed once, where it enters the program, and compared without regard to case.

Forms (learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules, and the recordings):

    /subscriptions/{subscription}
    /subscriptions/{subscription}/resourceGroups/{group}
    {scope}/providers/{namespace}/{type}/{name}[/{child type}/{name} ...]

A scope is empty (the tenant), a subscription, a resource group or, for an extension resource, any other resource.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import sha256
from typing import Any

from pydantic_core import CoreSchema, core_schema

GROUP_TYPE = "Microsoft.Resources/resourceGroups"
SUBSCRIPTION_TYPE = "Microsoft.Resources/subscriptions"
DEPLOYMENT_TYPE = "Microsoft.Resources/deployments"
_PROVIDERS = "providers"


@dataclass(frozen=True, eq=False, repr=False)
class ResourceId:
    """An ARM id. Two ids are equal if they differ only in case. `text` is the id as it was given.

    `type` is the ARM type (`Microsoft.Network/virtualNetworks/subnets`); empty if the text is no ARM id. `name` of a
    child includes its parent's (`vnet-1/subnet-1`). `scope` is the text before the last `/providers/`.
    `subscription` and `resource_group` are empty if the id has none.
    """

    text: str
    type: str
    name: str
    scope: str
    subscription: str
    resource_group: str

    @classmethod
    def parse(cls, text: str) -> "ResourceId":
        """Parse any text."""
        return _parse(text)

    @cached_property
    def folded(self) -> str:
        """The text in lower case: the same for equal ids."""
        return self.text.lower()

    @cached_property
    def parent(self) -> "ResourceId | None":
        """The parent of a child resource; None for any other."""
        return _parse(self.text.rsplit("/", 2)[0]) if self.type.count("/") > 1 else None

    @cached_property
    def extended(self) -> "ResourceId | None":
        """The resource that an extension resource extends; None if its scope is a subscription or a resource group."""
        scope = _parse(self.scope)
        return scope if scope.type and scope.folded != self.folded and not _is_container(scope) else None

    @cached_property
    def fingerprint(self) -> str:
        """A short hash. It keeps the state of a run small, which lists what existed before a deployment."""
        return sha256(self.folded.encode()).hexdigest()[:12]

    @property
    def depth(self) -> int:
        """The level at which it is deleted, the highest first: children, their parents, resource groups (1), and
        deployments' records (0).
        """
        if self.is_deployment:
            return 0
        return 1 if self.is_group else 1 + self.folded.partition("/providers/")[2].count("/")

    @property
    def is_resource(self) -> bool:
        """Whether it is the ARM id of something that can be deleted: a resource or a resource group."""
        return bool(self.type) and not self.is_of_type(SUBSCRIPTION_TYPE)

    @property
    def is_group(self) -> bool:
        return self.is_of_type(GROUP_TYPE)

    @property
    def is_deployment(self) -> bool:
        return self.is_of_type(DEPLOYMENT_TYPE)

    @property
    def is_top_level(self) -> bool:
        """Whether it lies directly in a resource group: neither a child nor an extension of another resource."""
        return bool(self.resource_group) and not self.is_group and self.parent is None and self.extended is None

    def is_of_type(self, kind: str) -> bool:
        """Whether it has that ARM type."""
        return self.type.lower() == kind.lower()

    def is_named(self, name: str) -> bool:
        """Whether it has that name. A child's name includes its parent's."""
        return self.name.lower() == name.lower()

    def is_in_subscription(self, subscription: str) -> bool:
        """Whether it is in that subscription, or is that subscription."""
        return self.subscription.lower() == subscription.lower()

    def is_in_group(self, group: str) -> bool:
        """Whether it is in a resource group of that name, or is that group."""
        return self.resource_group.lower() == group.lower()

    def is_within(self, other: "ResourceId") -> bool:
        """Whether deleting the other one deletes this one, too: this is its child, or lies in that resource group.

        An extension resource does not count as within the resource that it extends: a lock has to be deleted before.
        """
        if other.is_group:
            return self.folded.startswith(f"{other.folded}/")
        return any(outer == other for outer in self.list_parents())

    def list_parents(self) -> Iterator["ResourceId"]:
        """Its parent, the parent of that, and so on."""
        outer = self.parent
        while outer is not None:
            yield outer
            outer = outer.parent

    def list_containers(self) -> Iterator["ResourceId"]:
        """What it cannot exist without: its parents, the resource that it extends with the containers of that, its
        resource group.
        """
        yield from self.list_parents()
        if self.extended is not None:
            yield self.extended
            yield from self.extended.list_containers()
        elif self.resource_group and not self.is_group:
            yield _parse(f"/subscriptions/{self.subscription}/resourceGroups/{self.resource_group}")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ResourceId) and self.folded == other.folded

    def __hash__(self) -> int:
        return hash(self.folded)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"ResourceId({self.text!r})"

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: Any) -> CoreSchema:
        """In the JSON of a model an id is its text."""
        serialize = core_schema.plain_serializer_function_ser_schema(str, when_used="always")
        return core_schema.no_info_plain_validator_function(_validate, serialization=serialize)

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: Any, _handler: Any) -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "description": "ARM id."}


def _validate(value: Any) -> ResourceId:
    if isinstance(value, ResourceId):
        return value
    if not isinstance(value, str) or not value:
        raise ValueError("must be a text, an ARM id")
    return _parse(value)


def _is_container(resource_id: ResourceId) -> bool:
    return resource_id.is_group or resource_id.is_of_type(SUBSCRIPTION_TYPE)


@lru_cache(maxsize=4096)
def _parse(text: str) -> ResourceId:
    segments = text.split("/")[1:] if text.startswith("/") else []
    subscription, group, rest = _split_container(segments)
    chunks = _split_providers(rest)
    if chunks is None or "" in segments:
        return ResourceId(text, "", text, "", "", "")
    if chunks:
        namespace, *pairs = chunks[-1]
        kind, name = "/".join([namespace, *pairs[::2]]), "/".join(pairs[1::2])
        scope = text[: len(text) - len("/".join([_PROVIDERS, *chunks[-1]])) - 1]
        return ResourceId(text, kind, name, scope, subscription, group)
    if group:
        return ResourceId(text, GROUP_TYPE, group, text.rsplit("/", 2)[0], subscription, group)
    if subscription:
        return ResourceId(text, SUBSCRIPTION_TYPE, subscription, "", subscription, "")
    return ResourceId(text, "", text, "", "", "")


def _split_container(segments: list[str]) -> tuple[str, str, list[str]]:
    """The subscription and resource group at the beginning, and what follows them."""
    words = [segment.lower() for segment in segments[:3]]
    if len(segments) < 2 or words[0] != "subscriptions":
        return "", "", segments
    if len(segments) >= 4 and words[2] == "resourcegroups":
        return segments[1], segments[3], segments[4:]
    return segments[1], "", segments[2:]


def _split_providers(segments: list[str]) -> list[list[str]] | None:
    """`providers/namespace/type/name...` chunks, without the word; None where the segments are no such chunks.

    A resource may be named `providers`: the word counts as a name where a name is expected.
    """
    chunks: list[list[str]] = []
    at = 0
    while at < len(segments):
        if segments[at].lower() == _PROVIDERS and len(segments) >= at + 4:
            chunks.append(segments[at + 1 : at + 4])
            at += 4
        elif chunks and segments[at].lower() != _PROVIDERS and len(segments) >= at + 2:
            chunks[-1] += segments[at : at + 2]
            at += 2
        else:
            return None
    return chunks
