"""What a template asks of a subscription, as far as it is known without ARM: resource providers, ARM types to write."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from driver.packages.templates import DEPLOYMENTS

# Keys of a resource that is perhaps not written, or not in this subscription.
_PERHAPS = ("condition", "copy", "scope")
_NO_ARM_TYPES = ("extension", "import")


@dataclass(frozen=True)
class Demands:
    """`namespaces` are the providers that a template names for the subscription of its deployment, nested templates
    included; of those in `certain` it writes something in any case. `types` are the ARM types that it writes in any
    case, in the scope of its deployment, without those that extend another resource. Names are spelled as the template
    spells them first.
    """

    namespaces: tuple[str, ...]
    certain: frozenset[str]
    types: tuple[str, ...]


@dataclass(frozen=True)
class _Place:
    """Where resources of a template are written: whether in any case, in the scope and in the subscription of the
    deployment.
    """

    is_certain: bool = True
    is_in_scope: bool = True
    is_in_subscription: bool = True

    def narrow(self, resource: Mapping[str, Any]) -> "_Place":
        """The place of a resource that stands here, and of what is nested in it."""
        is_perhaps = any(key in resource for key in _PERHAPS) or "onlyIfNotExists" in (resource.get("@options") or {})
        is_outside = any(resource.get(key) for key in ("scope", "resourceGroup", "subscriptionId"))
        return _Place(
            self.is_certain and not is_perhaps,
            self.is_in_scope and not is_outside,
            self.is_in_subscription and not resource.get("subscriptionId"),
        )


def find_demands(body: Mapping[str, Any]) -> Demands:
    """The demands of a template."""
    namespaces: dict[str, str] = {}
    certain: set[str] = set()
    types: dict[str, str] = {}
    for kind, place in _walk_writes(body.get("resources"), "", _Place()):
        namespace = kind.partition("/")[0]
        if "/" not in kind or kind.startswith("[") or not place.is_in_subscription:
            continue
        spelled = namespaces.setdefault(namespace.lower(), namespace)
        if place.is_certain:
            certain.add(spelled)
        if place.is_certain and place.is_in_scope and "/providers/" not in kind.lower():
            types.setdefault(kind.lower(), kind)
    return Demands(tuple(namespaces.values()), frozenset(certain), tuple(types.values()))


def _walk_writes(resources: Any, parent: str, outer: _Place) -> Iterator[tuple[str, _Place]]:
    """Type and place of each resource that is not only referred to."""
    every = resources.values() if isinstance(resources, Mapping) else resources
    for resource in every if isinstance(every, Iterable) and not isinstance(every, str) else ():
        if not isinstance(resource, Mapping) or any(resource.get(key) for key in _NO_ARM_TYPES):
            continue
        name, place = str(resource.get("type", "")), outer.narrow(resource)
        kind = name if not parent or ("/" in name and name.lower().startswith(parent.lower())) else f"{parent}/{name}"
        if resource.get("existing") is not True:
            yield kind, place
        yield from _walk_writes(resource.get("resources"), kind, place)
        properties = resource.get("properties")
        inner = properties.get("template") if isinstance(properties, Mapping) else None
        if kind.lower() == DEPLOYMENTS.lower() and isinstance(inner, Mapping):
            yield from _walk_writes(inner.get("resources"), "", place)
