"""Resources as their services keep them: what a PUT leaves behind, children included."""

import uuid
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from emulators.azure.providers import canonical_types, texts, type_of
from emulators.azure.providers.types import ABSENT, ResourceType
from emulators.azure.resources import checks
from emulators.azure.world import ids, locations
from emulators.azure.world.clock import now
from emulators.azure.world.cloud import Cloud, guid
from emulators.azure.world.entities import Resource
from emulators.azure.world.ids import ResourceId

_SECRETS = {"adminPassword", "customData", "protectedSettings"}
BY_AZURE = "byAzure"  # the fact of a resource that Azure has made beside another, and nobody has PUT since
OWN_KEYS = {"id", "name", "type", "etag", "location", "tags", "properties", "apiVersion", "systemData"}


def canonical(cloud: Cloud, rid: ResourceId) -> ResourceId:
    """The id in the case of what is stored: group, parents and type keep the case of their creation."""
    stored = cloud.state.resources.get(str(rid).lower())
    if stored is not None:
        found = ids.parse(stored.id)
        return found if found is not None else rid
    namespace, types = canonical_types(rid.namespace, rid.types)
    scope = rid.scope
    outer = ids.parse(scope)
    if outer is not None:
        scope = str(canonical(cloud, outer))
    else:
        group = cloud.state.groups.get(scope.lower())
        scope = group.id if group else scope
    names = rid.names
    if rid.parent is not None:
        above = canonical(cloud, rid.parent)
        names = (*above.names, rid.name)
    return ResourceId(scope, namespace, types, names)


def accepted(row: ResourceType, sent: Any) -> dict[str, Any]:
    """The properties that the service takes from a request; what it computes itself is left out."""
    ignored = {field.name for field in row.fields if field.computed or field.dropped} | {"provisioningState"}
    kept = {key: value for key, value in (sent or {}).items() if key not in ignored}
    return {key: _pruned(value) for key, value in kept.items() if value is not None}


def _pruned(value: Any) -> Any:
    """A copy without nulls, and without the objects that held nothing else."""
    if isinstance(value, dict):
        kept = {key: _pruned(part) for key, part in value.items() if part is not None}
        return {key: part for key, part in kept.items() if part != {} or value[key] == {}}
    if isinstance(value, list):
        return [_pruned(part) for part in value]
    return value


def child_lists(
    row: ResourceType, properties: dict[str, Any], version: str, existing: Resource | None
) -> dict[str, list[dict[str, Any]]]:
    """The lists of children that this PUT replaces, taken out of the properties."""
    lists = {}
    for field in row.fields:
        if field.children is None:
            continue
        given = properties.pop(field.name, None)
        if given is None and existing is not None and field.kept_since and version >= field.kept_since:
            continue
        lists[field.children] = given or []
    return lists


def check_children(cloud: Cloud, rid: ResourceId, child_type: str, items: list[dict[str, Any]]) -> None:
    """A list that leaves out a child deletes it, unless it is in use."""
    wanted = {str(item.get("name", "")).lower() for item in items}
    for child in cloud.state.children_of(str(rid)):
        if child.type.lower() == child_type.lower() and child.name.lower() not in wanted:
            checks.unused(cloud, child)


def write_children(cloud: Cloud, rid: ResourceId, child_type: str, items: list[dict[str, Any]], version: str) -> None:
    row = type_of(child_type)
    wanted = {str(item.get("name", "")).lower() for item in items}
    for child in cloud.state.children_of(str(rid)):
        if child.type.lower() == child_type.lower() and child.name.lower() not in wanted:
            cloud.state.remove(child.id, str(rid))
    for item in items:
        child_id = ResourceId(
            rid.scope, rid.namespace, (*rid.types, row.name.rsplit("/", 1)[1]), (*rid.names, item["name"])
        )
        checks.name(row, child_id)
        properties = accepted(row, item.get("properties"))
        if row.accept is not None:
            row.accept(cloud.state, child_id, properties)
        targets = checks.referenced(properties)
        if row.checks_references:
            checks.references(cloud, child_id, targets)
        before = cloud.state.resources.get(str(child_id).lower())
        is_part = row.part and (before is None or BY_AZURE in before.facts)
        stored = store(cloud, row, child_id, item, properties, version)
        if is_part:
            stored.facts[BY_AZURE] = True
        refer(cloud, str(child_id), targets)


def refer(cloud: Cloud, resource_id: str, targets: list[str]) -> None:
    own = resource_id.lower() + "/"
    lowered = dict.fromkeys(target.lower() for target in targets)
    cloud.state.refer(resource_id, [target for target in lowered if not (target + "/").startswith(own)])


def sent(body: dict[str, Any]) -> dict[str, Any]:
    """What a PATCH builds on: the last PUT, without its secrets."""
    return {
        key: _without_secrets(value)
        for key, value in body.items()
        if key not in ("id", "name", "type", "apiVersion", "etag")
    }


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_secrets(part) for key, part in value.items() if key not in _SECRETS}
    return [_without_secrets(part) for part in value] if isinstance(value, list) else value


def store(
    cloud: Cloud, row: ResourceType, rid: ResourceId, body: dict[str, Any], properties: dict[str, Any], version: str
) -> Resource:
    moment = now()
    existing = cloud.state.resources.get(str(rid).lower())
    resource = existing or Resource(str(rid), row.name, rid.name, version, etag=guid(), created=moment)
    for field in row.fields:
        if callable(field.default):
            properties[field.name] = resource.properties.get(field.name) or field.default()
    wanted_location = body.get("location")
    if wanted_location:
        resource.location = locations.normal(wanted_location)
    resource.tags = body.get("tags")
    resource.top = {key: deepcopy(value) for key, value in body.items() if key not in OWN_KEYS}
    add_identity(cloud, resource)
    resource.facts.pop(BY_AZURE, None)
    resource.properties = properties
    resource.sent = deepcopy(sent(body))
    resource.api_version = version
    resource.changed = moment
    cloud.state.add(resource, str(rid.parent) if rid.parent else rid.scope)
    for created, held in companions(resource):
        companion, kept = type_of(created.type), texts.fill(held, resource)
        if kept is not ABSENT and str(created).lower() not in cloud.state.resources:
            if companion.accept is not None:
                companion.accept(cloud.state, created, kept)
            body = {"location": resource.location} if companion.located and created.parent is None else {}
            store(cloud, companion, created, body, kept, version).facts[BY_AZURE] = True
            refer(cloud, str(created), checks.referenced(kept))
    return resource


def companions(resource: Resource) -> Iterator[tuple[ResourceId, dict[str, Any]]]:
    """The ids of the resources that come and go with one, and their properties before they are filled in."""
    for path, held in type_of(resource.type).creates.items():
        below = resource.id if path[0] != "/" else f"{resource.id.rsplit('/providers/', 1)[0]}/providers"
        created = ids.parse(texts.fill(f"{below}/{path.removeprefix('/')}", resource))
        if created is not None:
            yield created, held


def add_identity(cloud: Cloud, resource: Resource) -> None:
    """A system-assigned identity has a principal, the same one as long as the resource lives. Of user-assigned ones
    their principals are shown.
    """
    identity = resource.top.get("identity")
    if not isinstance(identity, dict):
        return
    for key, shown in (identity.get("userAssignedIdentities") or {}).items():
        assigned = cloud.state.resources.get(key.lower())
        if assigned is not None and isinstance(shown, dict):
            shown.update({name: assigned.properties.get(name) for name in ("principalId", "clientId")})
    if "systemassigned" in str(identity.get("type", "")).lower().replace(" ", ""):
        resource.facts.setdefault("principalId", guid())
        tenant = str(uuid.uuid5(uuid.NAMESPACE_URL, ids.subscription_of(resource.id)))
        resource.top["identity"] = {"principalId": resource.facts["principalId"], "tenantId": tenant} | identity
