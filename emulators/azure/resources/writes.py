"""Resources: created, changed and deleted by their type's row."""

import json
import re
from dataclasses import dataclass
from typing import Any

from emulators.azure.providers import type_of
from emulators.azure.providers.types import Form
from emulators.azure.resources import checks, operations, soft_deletion, storing, throttling
from emulators.azure.resources.views import show
from emulators.azure.world import ids
from emulators.azure.world.cloud import Cloud, guid
from emulators.azure.world.entities import SUCCEEDED, Operation, Resource
from emulators.azure.world.ids import ResourceId


@dataclass(frozen=True)
class Written:
    """What a PUT did; `operation` is None for a synchronous one."""

    resource: Resource
    created: bool
    form: Form
    operation: Operation | None


def put(
    cloud: Cloud, rid: ResourceId, body: dict[str, Any], version: str, url: str, limit: float | None = None
) -> Written:
    """Create or replace. `limit`: seconds that the operation may take at most (inside a deployment)."""
    row = type_of(rid.type)
    throttling.count_at_provider(cloud, row.name, ids.subscription_of(rid.scope), "write")
    checks.writable_group(cloud, rid.scope)
    rid = storing.canonical(cloud, rid)
    existing = cloud.state.resources.get(str(rid).lower())
    wanted_location = body.get("location")
    checks.api_version(row, rid, version, str(wanted_location or ""))
    checks.registered(cloud, rid)
    checks.name(row, rid)
    checks.location(row, existing, rid, wanted_location)
    checks.parents(cloud, rid, "write")
    checks.busy(cloud, row, rid, url, superseding=rid.parent is not None)
    body = soft_deletion.claim_name(cloud, rid, body)
    properties = storing.accepted(row, body.get("properties"))
    soft_deletion.check_vault(cloud, rid, properties)
    lists = storing.child_lists(row, properties, version, existing)
    if row.accept is not None:
        row.accept(cloud.state, rid, properties)
    targets = checks.referenced({**body, "properties": properties})
    if row.checks_references:
        checks.references(cloud, rid, targets)
    for child_type, items in lists.items():
        storing.check_children(cloud, rid, child_type, items)
    before = None if existing is None or existing.state != SUCCEEDED else _compared(cloud, existing, version)
    resource = storing.store(cloud, row, rid, body, properties, version)
    storing.refer(cloud, resource.id, targets)
    for child_type, items in lists.items():
        storing.write_children(cloud, rid, child_type, items, version)
    form = row.create if existing is None else row.update
    after = _compared(cloud, resource, version)
    if before is None or before != after:
        new_etag(cloud, resource)
    only_tags = before is not None and _untagged(before) == _untagged(after)
    return _begin(cloud, resource, form, existing is None, only_tags, version, limit)


def _compared(cloud: Cloud, resource: Resource, version: str) -> str:
    """The resource as shown, without what changes by itself."""
    shown = show(cloud.state, resource, version)
    shown.pop("systemData", None)
    text = json.dumps(shown, sort_keys=True)
    return re.sub(r'"(etag|provisioningState)": ("[^"]*\\"[^"]*\\""|"[^"]*")', "", text)


def _untagged(compared: str) -> str:
    return re.sub(r'"tags": \{[^}]*\}(, )?', "", compared)


def _begin(
    cloud: Cloud, resource: Resource, form: Form, created: bool, unchanged: bool, version: str, limit: float | None
) -> Written:
    """An update that changes nothing but tags is ready at once."""
    family = [resource, *cloud.state.children_of(resource.id)]
    unchanged = unchanged and form.polling == "network"
    if not form.polling:
        return Written(resource, created, form, None)
    seconds = 0.0 if unchanged else share(cloud, form, resource.id, limit)
    for member in family:
        member.state = SUCCEEDED if unchanged else form.state
    operation = operations.begin(cloud, form.polling, "write", resource.id, version, seconds)
    operation.retry_after = form.poll_retry_after
    operation.affected = [member.id.lower() for member in family]
    operation.done = unchanged
    resource.operation = operation.id.lower()
    return Written(resource, created, form, operation)


def share(cloud: Cloud, form: Form, resource_id: str, limit: float | None) -> float:
    """The seconds that an operation of this form takes."""
    seconds = form.share * cloud.settings.provisioning_seconds
    slow = cloud.faults.strike(("slow",), "", resource_id)
    return min(seconds, limit if limit is not None else seconds) * (slow.factor if slow else 1.0)


def new_etag(cloud: Cloud, resource: Resource) -> None:
    if type_of(resource.type).own_etag:
        resource.etag = guid()
        return
    rid = ids.parse(resource.id)
    while rid is not None and rid.parent is not None:
        rid = rid.parent
    root = cloud.state.resources.get(str(rid).lower(), resource)
    root.etag = guid()


def delete(cloud: Cloud, rid: ResourceId, version: str, url: str) -> tuple[Form, Operation | None, Resource | None]:
    """Start a delete. Without a resource: it is not there, its parent is (204)."""
    row = type_of(rid.type)
    throttling.count_at_provider(cloud, row.name, ids.subscription_of(rid.scope), "delete")
    checks.group(cloud, rid.scope)
    checks.api_version(row, rid, version)
    resource = cloud.state.resources.get(str(rid).lower())
    if resource is None:
        if rid.parent is not None and not checks.there(cloud, rid.parent):
            raise checks.missing(cloud, rid)
        return Form(row.missing, body="empty"), None, None
    if row.name != "Microsoft.Authorization/locks":
        checks.unlocked(cloud, resource.id)
    checks.unused(cloud, resource)
    checks.childless(cloud, row, resource)
    previous = cloud.state.operations.get(resource.operation or "")
    if resource.state == "Deleting" and previous is not None:
        return row.delete, previous, resource
    checks.busy(cloud, row, rid, url)
    if not row.delete.polling:
        remove(cloud, resource)
        return row.delete, None, resource
    resource.state = "Deleting"
    operation = operations.begin(
        cloud, row.delete.polling, "delete", resource.id, version, share(cloud, row.delete, resource.id, None)
    )
    operation.retry_after = row.delete.poll_retry_after
    resource.operation = operation.id.lower()
    return row.delete, operation, resource


def remove(cloud: Cloud, resource: Resource) -> None:
    """Take a resource out of the world, and the extension resources on it."""
    soft_deletion.keep(cloud, resource)
    rid = ids.parse(resource.id)
    for below in cloud.state.below(resource.id):
        if below.id.lower() in cloud.state.resources:
            parent = ids.parse(below.id)
            cloud.state.remove(below.id, str(parent.parent) if parent and parent.parent else resource.id)
    for companion, _ in storing.companions(resource):
        if companion.parent is None:
            cloud.state.remove(str(companion), companion.scope)
    parent_id = resource.id if rid is None else (str(rid.parent) if rid.parent else rid.scope)
    cloud.state.remove(resource.id, parent_id)
    root = cloud.state.resources.get(parent_id.lower())
    if root is not None:
        new_etag(cloud, root)


def ended(cloud: Cloud, operation: Operation) -> None:
    """An operation is over: what it changed is ready, or failed, or gone."""
    operation.done = True
    target = cloud.state.resources.get(operation.target.lower())
    if target is None:
        return
    follow_up = type_of(target.type).follow_up
    if operation.kind == "delete" and operation.outcome != SUCCEEDED:
        target.state = SUCCEEDED
        return
    if operation.kind == "delete":
        remove(cloud, target)
        if follow_up is not None:
            follow_up(cloud.state, target, True)
        return
    if operation.outcome == SUCCEEDED:
        target.facts |= operation.sets
    target.facts["ready"] = True
    if operation.kind == "write" and follow_up is not None and operation.outcome == SUCCEEDED:
        follow_up(cloud.state, target, False)
    for key in operation.affected:
        member = cloud.state.resources.get(key)
        if member is not None and member.state != "Deleting":
            member.state = SUCCEEDED if operation.outcome == SUCCEEDED else "Failed"
    if operation.kind == "write":
        new_etag(cloud, target)
