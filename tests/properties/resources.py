"""Resources and resource groups in the model of ARM: what a PUT, a GET and a DELETE do."""

from typing import Any

from tests.properties.world import GROUP, Operation, Refused, Thing, World, find_group_id, find_parent_id, split_id

# Types whose PUT and DELETE are asynchronous; the others answer when they are done.
SLOW = "microsoft.network/"
ROLE = "microsoft.authorization/roleassignments"
_SHARE = 0.1  # of the seconds that a deployment takes


def put(
    world: World, thing_id: str, body: dict[str, Any], maker: tuple[str, ...] = (), limit: float | None = None
) -> tuple[bool, Operation | None]:
    """Create or update a resource; `limit` is the most seconds that it may take. Returns whether it is new, and the
    operation if it is asynchronous.
    """
    scope, kind, _ = split_id(thing_id)
    world.require_group(thing_id, writable=True)
    parent = find_parent_id(thing_id)
    if parent and world.find(parent) is None:
        raise Refused(404, "ParentResourceNotFound")
    if not parent and "/providers/" in scope and world.find(scope) is None:
        raise build_absence(world, scope)
    thing = world.find(thing_id)
    is_new = thing is None
    if thing is None:
        thing = Thing(thing_id, kind, world.now, maker)
        world.things[thing_id.lower()] = thing
        world.created.append(thing)
    before = (thing.state, thing.location, thing.properties)
    thing.location = body.get("location") or thing.location
    thing.properties = dict(body.get("properties") or {})
    if not kind.lower().startswith(SLOW):
        return is_new, None
    if before == ("Succeeded", thing.location, thing.properties) and not is_new:
        return False, Operation(f"operation-{world.number()}", over=True)
    thing.state = "Updating"
    seconds = _SHARE * world.provisioning
    return is_new, world.begin(min(seconds, seconds if limit is None else limit), lambda: _settle(world, thing_id))


def put_group(world: World, group_id: str, body: dict[str, Any], maker: tuple[str, ...] = ()) -> bool:
    """Create or update a resource group. Returns whether it is new."""
    group = world.find(group_id)
    if group is None:
        group = Thing(group_id, "Microsoft.Resources/resourceGroups", world.now, maker, body.get("location"))
        world.things[group_id.lower()] = group
        world.created.append(group)
        return True
    if group.state == "Deleting":
        raise Refused(409, "ResourceGroupBeingDeleted")
    return False


def get(world: World, thing_id: str) -> Thing:
    """The resource or group. Raises Refused if there is none."""
    world.require_group(thing_id)
    thing = world.find(thing_id)
    if thing is None:
        raise build_absence(world, thing_id)
    return thing


def delete(world: World, thing_id: str) -> Operation | None:
    """Delete a resource or a group; the operation if it is asynchronous. Refuses what is locked."""
    world.require_group(thing_id)
    thing = world.find(thing_id)
    if thing is None:
        parent = find_parent_id(thing_id)
        if parent and world.find(parent) is None:
            raise build_absence(world, thing_id)
        return None
    if thing.type.lower() != "microsoft.authorization/locks":
        world.require_unlocked(thing_id)
    is_group = thing.type.lower() == GROUP
    if not is_group and not thing.type.lower().startswith(SLOW):
        world.remove(thing_id)
        return None
    running = world.deletions.get(thing_id.lower())
    if thing.state == "Deleting" and running is not None:
        return running
    thing.state = "Deleting"
    seconds = (0.5 if is_group else _SHARE) * world.provisioning
    operation = world.begin(seconds, lambda: world.remove(thing_id), final=200 if is_group else 204)
    world.deletions[thing_id.lower()] = operation
    return operation


def build_absence(world: World, thing_id: str) -> Refused:
    """What ARM answers for a resource that is not there: ARM names the topmost absent one, a service its child."""
    world.require_group(thing_id)
    kind, parent = split_id(thing_id)[1].lower(), find_parent_id(thing_id)
    has_parent = bool(parent) and world.find(parent) is not None
    if has_parent and kind.startswith(SLOW):
        return Refused(404, "NotFound", f"Resource {thing_id} not found.")
    if kind == ROLE:
        name = thing_id.rpartition("/")[2]
        return Refused(404, "RoleAssignmentNotFound", f"The role assignment '{name}' is not found.")
    while not has_parent and parent:
        thing_id, parent = parent, find_parent_id(parent)
    _, kind, name = split_id(thing_id)
    place = f"under resource group '{find_group_id(thing_id).rpartition('/')[2]}'"
    return Refused(404, "ResourceNotFound", f"The Resource '{kind}/{name}' {place} was not found.")


def _settle(world: World, thing_id: str) -> None:
    thing = world.find(thing_id)
    if thing is not None and thing.state == "Updating":
        thing.state = "Succeeded"
