"""Resource ids: taken apart and put together."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ResourceId:
    """`{scope}/providers/{namespace}/{type}/{name}[/{type}/{name} ...]`; `scope` is "" or an id."""

    scope: str
    namespace: str
    types: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def type(self) -> str:
        return "/".join((self.namespace, *self.types))

    @property
    def name(self) -> str:
        return self.names[-1]

    @property
    def full_name(self) -> str:
        return "/".join(self.names)

    @property
    def parent(self) -> "ResourceId | None":
        """The resource this one is a child of."""
        if len(self.types) == 1:
            return None
        return ResourceId(self.scope, self.namespace, self.types[:-1], self.names[:-1])

    def __str__(self) -> str:
        pairs = "/".join(f"{kind}/{name}" for kind, name in zip(self.types, self.names, strict=True))
        return f"{self.scope}/providers/{self.namespace}/{pairs}"


def parse(text: str) -> ResourceId | None:
    """The id of a resource below a provider; None for anything else (a subscription, a group, a list of a type)."""
    segments = [segment for segment in text.split("/") if segment]
    lowered = [segment.lower() for segment in segments]
    if "providers" not in lowered:
        return None
    at = len(lowered) - 1 - lowered[::-1].index("providers")
    rest = segments[at + 2 :]
    if not rest or len(rest) % 2:
        return None
    scope = "".join(f"/{segment}" for segment in segments[:at])
    return ResourceId(scope, segments[at + 1], tuple(rest[0::2]), tuple(rest[1::2]))


def group_of(resource_id: str) -> str:
    """The name of the resource group an id lies in; "" for one at subscription or tenant scope."""
    segments = resource_id.split("/")
    return segments[4] if len(segments) > 4 and segments[3].lower() == "resourcegroups" else ""


def subscription_of(resource_id: str) -> str:
    segments = resource_id.split("/")
    return segments[2] if len(segments) > 2 and segments[1].lower() == "subscriptions" else ""
