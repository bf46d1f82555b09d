"""What a deployment would change, without changing it."""

from contextlib import suppress
from copy import deepcopy
from dataclasses import replace
from typing import Any

from emulators.azure.deployments import previews
from emulators.azure.deployments.previews import Previewed
from emulators.azure.language import Resource as Declared
from emulators.azure.providers import type_of
from emulators.azure.providers.types import Field, Items
from emulators.azure.resources import groups, storing
from emulators.azure.resources.views import show
from emulators.azure.wire.errors import Refusal
from emulators.azure.world import ids, locations
from emulators.azure.world.cloud import Cloud
from emulators.azure.world.entities import Deployment, Resource

Body = dict[str, Any]


def changes(cloud: Cloud, deployment: Deployment) -> list[Body]:
    """One change for each resource of the template and, as Ignore, for each other one in the resource group."""
    found = [_tell_change(cloud, item) for item in previews.preview_resources(cloud, deployment)]
    named = {change["resourceId"].lower() for change in found}
    if ids.group_of(deployment.id):
        for resource in cloud.state.below(deployment.scope):
            if resource.location is not None and resource.id.lower() not in named:
                body = _shown(cloud, resource, resource.api_version)
                found.append({"resourceId": resource.id, "changeType": "Ignore", "before": body, "after": body})
    return sorted(found, key=lambda change: str(change["resourceId"]).lower())


def _tell_change(cloud: Cloud, previewed: Previewed) -> Body:
    if previewed.body is not None:
        return _change(cloud, previewed.declared, previewed.body)
    reason = f"Changes to the resource cannot be analyzed: {previewed.reason}"
    return {"resourceId": previewed.id, "changeType": "Unsupported", "unsupportedReason": reason}


def _change(cloud: Cloud, declared: Declared, body: Body) -> Body:
    version = declared.api_version.lower()
    rid = ids.parse(declared.id)
    if rid is None:
        before = _group(cloud, declared.id)
        said = {"location": locations.normal(str(body.get("location", ""))), "tags": body.get("tags")}
        after = {"id": declared.id, "name": declared.name, "type": declared.type, "apiVersion": version} | said
        return _compared(declared.id, before | {"apiVersion": version} if before else None, _ordered(after))
    existing = cloud.state.resources.get(declared.id.lower())
    if existing is not None and declared.only_if_not_exists:
        present = _ordered(_shown(cloud, existing, version))
        return _compared(existing.id, present, present)
    wanted = _hypothetical(cloud, declared, existing, body)
    after = _shown(cloud, wanted, version)
    after |= _given_children(cloud, declared, body, version)
    if existing is None:
        return _compared(declared.id, None, _ordered(after))
    before = _shown(cloud, existing, version) | _present_children(cloud, existing, body, version)
    return _compared(existing.id, _ordered(before), _ordered(after), _completed(cloud, wanted, version))


def _group(cloud: Cloud, group_id: str) -> Body | None:
    group = cloud.state.groups.get(group_id.lower())
    if group is None:
        return None
    shown = groups.show(group)
    shown.pop("properties")
    return shown


def _hypothetical(cloud: Cloud, declared: Declared, existing: Resource | None, body: Body) -> Resource:
    """The resource as it would be stored."""
    row = type_of(declared.type)
    base = existing or Resource(declared.id, row.name, declared.name.rsplit("/", 1)[-1], declared.api_version)
    properties = storing.accepted(row, body.get("properties"))
    for field in row.fields:
        if field.children is not None:
            properties.pop(field.name, None)
    location = body.get("location")
    wanted = replace(
        base,
        tags=body.get("tags"),
        location=locations.normal(location) if location else base.location,
        top={key: deepcopy(value) for key, value in body.items() if key not in storing.OWN_KEYS and value is not None},
        properties=properties,
    )
    if existing is not None and existing.top.get("identity"):
        storing.add_identity(cloud, wanted)
    return wanted


def _completed(cloud: Cloud, wanted: Resource, version: str) -> Body:
    """The resource with all that its service would fill in."""
    row, rid = type_of(wanted.type), ids.parse(wanted.id)
    completed = replace(wanted, properties=deepcopy(wanted.properties))
    if row.accept is not None and rid is not None:
        with suppress(Refusal, ValueError, TypeError, AttributeError):  # an expression may stand where an address would
            row.accept(cloud.state, rid, completed.properties)
    return show(cloud.state, completed, version)


def _given_children(cloud: Cloud, declared: Declared, body: Body, version: str) -> Body:
    """The lists of children that the template gives, as they would be shown."""
    found: Body = {}
    for field in type_of(declared.type).fields:
        given = (body.get("properties") or {}).get(field.name)
        if field.children is not None and isinstance(given, list):
            found[field.name] = [_child(cloud, declared.id, field, item, version) for item in given]
    return {"children": found} if found else {}


def _child(cloud: Cloud, parent_id: str, field: Field, item: Body, version: str) -> Body:
    row = type_of(str(field.children))
    child = Resource(f"{parent_id}/{field.name}/{item['name']}", row.name, item["name"], version)
    child.properties = storing.accepted(row, item.get("properties"))
    return _part(_shown(cloud, child, version))


def _present_children(cloud: Cloud, existing: Resource, body: Body, version: str) -> Body:
    found: Body = {}
    for field in type_of(existing.type).fields:
        if field.children is not None and (body.get("properties") or {}).get(field.name) is not None:
            children = [item for item in cloud.state.children_of(existing.id) if item.type == field.children]
            found[field.name] = [_part(_shown(cloud, item, version)) for item in children]
    return {"children": found} if found else {}


def _part(shown: Body) -> Body:
    return {key: value for key, value in shown.items() if key in ("name", "properties")}


def _shown(cloud: Cloud, resource: Resource, version: str) -> Body:
    """What a template can say of the resource: nothing that the service makes itself."""
    row = type_of(resource.type)
    whole = show(cloud.state, resource, version)
    stored = resource.properties
    properties = whole.get("properties") or {}
    for field in row.fields:
        if field.children is not None or field.is_made(stored):
            properties.pop(field.name, None)
        elif field.reworked is not None and field.name in stored:
            properties[field.name] = stored[field.name]
        elif field.reworked is not None:
            properties.pop(field.name, None)
        elif field.items is not None:
            properties.pop(field.name, None)
            if stored.get(field.name):
                properties[field.name] = [_said(field.items, item) for item in stored[field.name]]
    properties.pop("provisioningState", None)
    kept = {key: value for key, value in whole.items() if key not in ("etag", "properties", "systemData")}
    if "sku" in kept and "tier" not in (resource.top.get("sku") or {}):
        kept["sku"] = {key: value for key, value in kept["sku"].items() if key != "tier"}
    return _ordered(kept | {"properties": properties, "apiVersion": version})


def _said(items: Items, item: Body) -> Body:
    """A sub-resource without what the service makes of it."""
    sent = item.get("properties") or {}
    made = {field.name for field in items.fields if field.is_made(sent)}
    properties = {key: value for key, value in sent.items() if key not in made}
    return {key: item[key] for key in item if key not in ("id", "etag", "type")} | {"properties": properties}


def _ordered(body: Body) -> Body:
    return dict(_sorted(body))


def _sorted(value: Any) -> Any:
    """Keys in order, empty objects and lists left out, children among the properties."""
    if isinstance(value, dict):
        if "children" in value and "apiVersion" in value:
            children = value["children"]
            rest = {key: part for key, part in value.items() if key != "children"}
            value = rest | {"properties": {**(value.get("properties") or {}), **children}}
        kept = {key: _sorted(value[key]) for key in sorted(value)}
        return {key: part for key, part in kept.items() if part not in ({}, [], None)}
    if isinstance(value, list):
        return [_sorted(part) for part in value]
    return value


def _compared(resource_id: str, before: Body | None, after: Body, filled: Any = None) -> Body:
    if before is None:
        return {"resourceId": resource_id, "changeType": "Create", "after": after}
    found = delta(before, after, "", filled)
    change: Body = {
        "resourceId": resource_id,
        "changeType": "Modify" if found else "NoChange",
        "before": before,
        "after": after,
    }
    return change | ({"delta": found} if found else {})


def delta(before: Any, after: Any, path: str, filled: Any = None) -> list[Body]:
    """The differences by path: Create, Delete, Modify, Array with children. What is gone, but would be filled in again
    by the service, is none.
    """
    if before == after or path in ("id", "apiVersion", "name", "type"):
        return []
    if isinstance(before, dict) and isinstance(after, dict):
        again = filled if isinstance(filled, dict) else {}
        found = []
        for key in sorted({*before, *after}):
            inner = f"{path}.{key}" if path else key
            if key not in before:
                found.append({"path": inner, "propertyChangeType": "Create", "after": after[key]})
            elif key in after:
                found += delta(before[key], after[key], inner, again.get(key))
            elif _sorted(again.get(key)) != before[key]:
                found.append({"path": inner, "propertyChangeType": "Delete", "before": before[key]})
        return found
    if isinstance(before, list) and isinstance(after, list):
        items = _items(before, after, filled if isinstance(filled, list) else [])
        return [{"path": path, "propertyChangeType": "Array", "children": items}] if items else []
    return [{"path": path, "propertyChangeType": "Modify", "before": before, "after": after}]


def _items(before: list[Any], after: list[Any], filled: list[Any]) -> list[Body]:
    found: list[Body] = []
    for at in range(max(len(before), len(after))):
        if at >= len(before):
            found.append({"path": str(at), "propertyChangeType": "Create", "after": after[at]})
        elif at >= len(after):
            found.append({"path": str(at), "propertyChangeType": "Delete", "before": before[at]})
        elif before[at] != after[at]:
            again = filled[at] if at < len(filled) else None
            children = [] if isinstance(before[at], dict) else delta({"": before[at]}, {"": after[at]}, "")
            children = children or delta(before[at], after[at], "", again)
            if children:
                found.append({"path": str(at), "propertyChangeType": "Modify", "children": children})
    return found
