"""What ARM and the services check before a write or a delete goes ahead."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from emulators.azure.providers import KNOWN, is_known, type_of
from emulators.azure.providers.types import ResourceType
from emulators.azure.providers.usage import users
from emulators.azure.resources import operations
from emulators.azure.resources.views import shown_etag
from emulators.azure.wire.errors import KINDS, Refusal, refusal
from emulators.azure.world import ids, locations
from emulators.azure.world.clock import now
from emulators.azure.world.cloud import Cloud
from emulators.azure.world.entities import Group, Resource
from emulators.azure.world.ids import ResourceId

DATE = re.compile(r"\d{4}-\d{2}-\d{2}(-preview|-alpha|-beta|-privatepreview)?")


def group(cloud: Cloud, resource_id: str) -> Group | None:
    """The living group an id lies in; None at other scopes."""
    segments = resource_id.split("/")
    if len(segments) < 5 or segments[3].lower() != "resourcegroups":
        return None
    found = cloud.state.groups.get("/".join(segments[:5]).lower())
    if found is None:
        raise refusal("ResourceGroupNotFound", group=segments[4])
    return found


def writable_group(cloud: Cloud, resource_id: str) -> Group | None:
    found = group(cloud, resource_id)
    if found is not None and found.state == "Deleting":
        raise refusal("ResourceGroupBeingDeleted", group=found.name)
    return found


def api_version(row: ResourceType, rid: ResourceId, version: str, location: str = "") -> None:
    """A type that its provider has, and an api-version that it serves."""
    if not version:
        raise refusal("MissingApiVersionParameter")
    if not is_known(rid.type):
        raise refusal("InvalidResourceType", namespace=rid.namespace, version=version)
    if not is_served(version, row.versions):
        raise refusal(
            "NoRegisteredProviderFound",
            location=location,
            version=version,
            type="/".join(rid.types),
            versions=", ".join(reversed(row.versions)),
            regions=", ".join(locations.NAMES),
        )


def is_served(version: str, known: tuple[str, ...]) -> bool:
    """Whether a type whose known api-versions are given serves one: those, and any date from the first of them up to
    today; where none is known any date up to today.
    """
    if version in known:
        return True
    try:
        day = date.fromisoformat(version[:10])
    except ValueError:
        return False
    today = datetime.fromtimestamp(now(), UTC).date()
    return DATE.fullmatch(version) is not None and day <= today and (not known or known[0][:10] <= version[:10])


def name(row: ResourceType, rid: ResourceId) -> None:
    if row.name_rule is not None and not re.fullmatch(row.name_rule, rid.name):
        raise refusal(row.name_error, name=rid.name, rule=row.name_text)


def location(row: ResourceType, existing: Resource | None, rid: ResourceId, wanted: str | None) -> None:
    if not row.located or row.name.lower() not in KNOWN:
        return
    if not wanted:
        if existing is None:
            raise refusal("LocationRequired")
        return
    if locations.normal(wanted) not in locations.KNOWN:
        raise refusal("LocationNotAvailableForResourceType", location=wanted, type=row.name, regions=locations.LISTED)
    if existing is not None and existing.location != locations.normal(wanted):
        raise refusal(
            "InvalidResourceLocation",
            name=rid.name,
            existing=existing.location,
            group=ids.group_of(existing.id),
            location=locations.normal(wanted),
        )


def conditions(
    cloud: Cloud, rid: ResourceId, existing: Resource | None, headers: Mapping[str, str], version: str
) -> None:
    """If-Match and If-None-Match, of types that have an etag: `*` is any, also where an api-version shows none."""
    if not type_of(rid.type).etag:
        return
    current = shown_etag(cloud.state, existing, version) if existing is not None else None
    for name in ("If-Match", "If-None-Match"):
        value = headers.get(name.lower(), "")
        holds = existing is not None and (value == "*" or _bare(value) == _bare(current or ""))
        if value and holds != (name == "If-Match"):
            kind = "DnsPreconditionFailed" if "dnszones" in rid.type.lower() else "PreconditionFailed"
            raise refusal(kind, header=name, value=value, current=current, id=rid)


def _bare(etag: str) -> str:
    return etag.removeprefix("W/").strip('"')


def parents(cloud: Cloud, rid: ResourceId, action: str) -> None:
    """The parent, and for an extension resource the resource it extends, must be there."""
    parent = rid.parent
    if parent is not None and not there(cloud, parent):
        raise refusal("ParentResourceNotFound", action=action, type=rid.type, parent=parent)
    if parent is None and "/providers/" in rid.scope.lower():
        extended = ids.parse(rid.scope)
        if extended is not None and str(extended).lower() not in cloud.state.resources:
            raise missing(cloud, extended)


def there(cloud: Cloud, rid: ResourceId) -> bool:
    """A singleton named `default` (blobServices/default) is there with its parent, as is what is no resource itself."""
    if str(rid).lower() in cloud.state.resources:
        return True
    is_implied = rid.name.lower() == "default" or type_of(rid.type).implied
    return is_implied and rid.parent is not None and there(cloud, rid.parent)


def missing(cloud: Cloud, rid: ResourceId) -> Refusal:
    """404, as the one answers who notices first: ARM for the topmost resource, the service for a child in it."""
    group(cloud, rid.scope)
    parent = rid.parent
    row = type_of(rid.type)
    if parent is not None and there(cloud, parent):
        return _child_missing(row, rid)
    top = rid
    while top.parent is not None:
        top = top.parent
    if row.not_found in KINDS:
        return refusal(row.not_found, name=rid.name)
    if row.not_found == "service" and str(rid).lower() in cloud.state.gone:
        message = f"Entity {rid.name} in resource group {ids.group_of(rid.scope)} is not found."
        return Refusal(404, "NotFound", message, "service")
    return refusal("ResourceNotFound", type=top.type, name=top.name, group=ids.group_of(rid.scope))


def _child_missing(row: ResourceType, rid: ResourceId) -> Refusal:
    if not row.not_found and rid.namespace.lower() == "microsoft.network":
        return refusal("NotFound", id=rid)
    return refusal("ResourceNotFound", type=rid.type, name=rid.full_name, group=ids.group_of(rid.scope))


def registered(cloud: Cloud, rid: ResourceId) -> None:
    """The subscription must be registered for the namespace."""
    if f"{ids.subscription_of(rid.scope)}/{rid.namespace}".lower() in cloud.state.unregistered:
        error = refusal("MissingSubscriptionRegistration", namespace=rid.namespace)
        error.details = [{"code": error.code, "target": rid.namespace, "message": error.message}]
        raise error


def busy(cloud: Cloud, row: ResourceType, rid: ResourceId, url: str, superseding: bool = False) -> None:
    """Some services refuse a write to a family of resources (a network and its subnets) while another one runs.

    `superseding`: the write of a child, which cancels a running write of the parent itself.
    """
    top = rid
    while top.parent is not None:
        top = top.parent
    root = cloud.state.resources.get(str(top).lower())
    if row.busy is None or root is None:
        return
    running = operations.running_on(cloud, root)
    if running is None:
        return
    if superseding and running.kind == "write" and running.target.lower() == root.id.lower():
        operations.supersede(running, row.name)
        return
    if row.busy == "AnotherOperationInProgress":
        path = f"/subscriptions/{ids.subscription_of(root.id)}/providers/Microsoft.Network/locations/{root.location}"
        raise refusal(row.busy, url=f"{url}{path}/operations/{running.id}?api-version={running.api_version}")
    retryable(cloud, f"Operation ({running.id}) is updating resource {root.id}.", "RetryableErrorDueToAnotherOperation")


def retryable(cloud: Cloud, message: str, code: str) -> None:
    seconds = cloud.retry_after(12)
    error = refusal("RetryableError")
    error.details = [{"code": code, "message": f"{message} The call can be retried in {seconds} seconds."}]
    error.retry_after = seconds
    raise error


def references(cloud: Cloud, rid: ResourceId, targets: list[str]) -> None:
    """Every network resource that the body names is there, and ready."""
    own = str(rid).lower()
    for target in targets:
        wanted = ids.parse(target)
        if (
            wanted is None
            or wanted.namespace.lower() != "microsoft.network"
            or (target.lower() + "/").startswith(own + "/")
        ):
            continue
        if not _resolves(cloud, wanted):
            raise refusal("InvalidResourceReference", target=target, id=rid)
        found = cloud.state.resources.get(target.lower())
        if found is not None and found.state in ("Updating", "Creating") and not _same_root(wanted, rid):
            message = (
                f"Cannot proceed with operation because resource {target} used by resource {rid} is not in Succeeded "
            )
            message += f"state. Resource is in {found.state} state."
            retryable(cloud, message, "ReferencedResourceNotProvisioned")


def _same_root(one: ResourceId, other: ResourceId) -> bool:
    return (one.scope.lower(), one.names[0].lower()) == (other.scope.lower(), other.names[0].lower())


def _resolves(cloud: Cloud, rid: ResourceId) -> bool:
    if str(rid).lower() in cloud.state.resources:
        return True
    parent = cloud.state.resources.get(str(rid.parent).lower())
    if parent is None:
        return False
    part = next((value for key, value in parent.properties.items() if key.lower() == rid.types[-1].lower()), None)
    return isinstance(part, list) and any(item.get("name", "").lower() == rid.name.lower() for item in part)


def referenced(value: Any) -> list[str]:
    """The ids of the resources that a body names in its `id` keys."""
    found: dict[str, None] = {}
    _collect(value, found)
    return list(found)


def _collect(value: Any, found: dict[str, None]) -> None:
    if isinstance(value, dict):
        for key, part in value.items():
            if isinstance(part, str):
                if key.lower().endswith("id") and part.startswith("/") and "/providers/" in part.lower():
                    found[part] = None
            else:
                _collect(part, found)
    elif isinstance(value, list):
        for part in value:
            _collect(part, found)


def unused(cloud: Cloud, resource: Resource) -> None:
    """Nobody else refers to the resource, nor to a child of it."""
    for member in (resource, *cloud.state.children_of(resource.id)):
        rule = type_of(member.type).in_use
        if rule is None:
            continue
        family = resource.id.lower() + "/"
        for user, part in users(cloud.state, member.id):
            if (user.id.lower() + "/").startswith(family) or (rule.by and user.type not in rule.by):
                continue
            message = rule.message.format(id=member.id, name=member.name, part=part, user=user.id)
            raise Refusal(rule.status, rule.code, message, rule.shape)


def childless(cloud: Cloud, row: ResourceType, resource: Resource) -> None:
    """Some are not deleted before their children are."""
    if row.refuses_children is None:
        return
    for child in cloud.state.children_of(resource.id):
        if child.type.endswith("/" + row.refuses_children):
            relative = child.id.split("/providers/")[-1]
            raise refusal("CannotDeleteResource", child=relative)


def unlocked(cloud: Cloud, scope_id: str, verb: str = "delete") -> None:
    """No lock stands on the scope, on what it lies in or on what lies in it."""
    wanted = scope_id.lower()
    for key, resource in cloud.state.resources.items():
        if resource.type.lower() != "microsoft.authorization/locks":
            continue
        locked = key.rsplit("/providers/microsoft.authorization/locks/", 1)[0]
        if (wanted + "/").startswith(locked + "/") or (locked + "/").startswith(wanted + "/"):
            scope = resource.id.rsplit("/providers/", 1)[0]
            raise refusal("ScopeLocked", id=scope_id, verb=verb, locked=scope)
