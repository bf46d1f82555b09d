"""What keeps a resource from being deleted: other resources that use it, locks, and what else is in its group.

Azure often goes on refusing for a while after the reason is gone: a machine reserves its interface for 180 s, a lock is
obeyed after it was deleted, a subnet is held by the association link of an app that is gone.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

from driver.azure import operations, providers, resources
from driver.azure.operations import DELETING
from driver.azure.refusals import Refusal
from driver.models.events import FailureCode
from driver.models.orders import AzureLocation
from driver.resource_ids import ResourceId
from driver.steps.entries import LOCK_TYPE, TERMINAL, Entry, is_lock, is_related, read_state

_LOCKS_VERSION = "2020-05-01"
_MOST_HOLDERS = 5  # named in one refusal that are looked at
_OWNERS = ("privateEndpoint", "privateLinkService")  # properties of an interface that was made for another resource
_IN_USE_CODE = re.compile(
    r"inuse|cannotbedeleted|cannotdelete|deletionblocked|attached|has\w*assignments$", re.IGNORECASE
)
_IN_USE_TEXT = re.compile(
    r"\bin use\b|\b(used|referenced) by\b|referencing|provisioned using|attached to|associated with|assigned to"
    r"|linked to|(is|are) linked|depend(s|ent)|nested resource|not empty"
    r"|\b(delete|remove|detach|disconnect|unlink)d?\b.{0,80}\b(first|before)\b",
    re.IGNORECASE,
)
# An id in a text. A resource group's name may have parentheses.
_ID = re.compile(r"/subscriptions/(?:[^\s'\"<>,;()\]}\\]|\([^\s'\"()]*\))+", re.IGNORECASE)
_NESTED = re.compile(r"(?<![\w/])[A-Za-z]+\.[A-Za-z.]+(?:/[\w.()-]+){4,}")  # namespace/type/name/type/name
_NOT_TERMINAL = re.compile(r"not in (a )?terminal|terminal (provisioning )?state", re.IGNORECASE)


@dataclass(frozen=True)
class Hold:
    """Why a resource cannot be deleted now. It `stays` until somebody does something, `passes` by itself, or is
    `unknown`. `by` names what holds it, if that is known.
    """

    kind: Literal["stays", "passes", "unknown"]
    by: tuple[ResourceId, ...] = ()


def is_in_use(refused: Refusal) -> bool:
    """Whether a refusal says that something else needs the resource."""
    code, message = refused.cause.code, refused.cause.message
    is_missing = refused.verdict.code is FailureCode.RESOURCE_NOT_FOUND
    return not is_missing and bool(_IN_USE_CODE.search(code) or _IN_USE_TEXT.search(message))


def find_hold(location: AzureLocation, entry: Entry, refused: Refusal, entries: Iterable[Entry]) -> Hold:
    """Look at what a refusal names as needing the resource. What is gone, is being deleted, or is deleted by this
    removal, holds it no longer than Azure takes to notice.
    """
    others = [other for other in entries if other.id != entry.id]
    states = {
        holder: _look_at_holder(location, entry.id, holder, others)
        for holder in islice(_list_holders(entry.id, refused), _MOST_HOLDERS)
    }
    stays = tuple(holder for holder, state in states.items() if state == "stays")
    if stays:
        return Hold("stays", stays)
    is_passing = bool(states) and "unknown" not in states.values()
    return Hold("passes" if is_passing or _NOT_TERMINAL.search(refused.body) else "unknown", tuple(states))


def find_locks(
    location: AzureLocation, entry: Entry, refused: Refusal, entries: Iterable[Entry], unlocked: Iterable[ResourceId]
) -> Hold:
    """Look at the locks that keep a resource. `unlocked` are the locks that this removal has deleted: Azure may obey
    and list them a little longer.
    """
    known = {*unlocked, *(other.id for other in entries if is_lock(other.id) and other.phase != "stuck")}
    ours = {lock for lock in known if is_related(lock, entry.id)}
    named = [scope for scope in _list_ids(refused.body) if scope != entry.id]
    containers = dict.fromkeys(_find_container(scope) for scope in [entry.id, *named])
    try:
        found = [lock for container in containers for lock in _list_locks(location, container)]
    except Refusal:
        is_ours = all(any(lock.scope.lower() == scope.folded for lock in ours) for scope in named)
        return Hold("passes" if ours and is_ours else "unknown")
    stays = tuple(dict.fromkeys(lock for lock in found if is_related(lock, entry.id) and lock not in ours))
    if stays:
        return Hold("stays", stays)
    return Hold("passes" if ours else "unknown")


def list_foreign(location: AzureLocation, group: ResourceId, entries: Iterable[Entry]) -> list[ResourceId]:
    """What is in a resource group and does not belong to this removal, as far as ARM lists it: not its own resources,
    and not what those have made for themselves, such as a machine's disks. Raises a Refusal.
    """
    owned = [entry.id for entry in entries if not entry.id.is_group]
    listed = operations.list_values(location, f"{group.text}/resources", providers.RESOURCES_VERSION)
    foreign = []
    for resource in listed:
        resource_id, manager = ResourceId.parse(resource["id"]), ResourceId.parse(resource.get("managedBy") or "-")
        if not any(resource_id == own or resource_id.is_within(own) or manager == own for own in owned):
            foreign.append(resource_id)
    return foreign


def _list_holders(resource_id: ResourceId, refused: Refusal) -> Iterable[ResourceId]:
    """What a refusal names beside the resource itself: not what the resource lies in. Of what lies in the resource only
    what has to be deleted before it.
    """
    is_nested = "nested" in refused.cause.message.lower()
    inside = f"{resource_id.folded}/"
    for named in dict.fromkeys(_list_ids(refused.body)):
        if named == resource_id or resource_id.folded.startswith(f"{named.folded}/"):
            continue
        if not named.folded.startswith(inside) or is_nested or resource_id.is_group or _is_link(named):
            yield named
    if is_nested:
        for relative in _NESTED.findall(refused.cause.message):
            yield ResourceId.parse(f"{resource_id.scope}/providers/{relative}")


def _look_at_holder(
    location: AzureLocation, resource_id: ResourceId, holder: ResourceId, others: Iterable[Entry]
) -> Literal["stays", "passes", "unknown"]:
    if _is_link(holder):
        return "passes"  # Azure deletes it some time after the app that it was made for
    is_inside = holder.folded.startswith(f"{resource_id.folded}/")
    looked_at = holder if is_inside else _find_root(holder)
    if ours := _find_entry(holder, others) or _find_entry(looked_at, others):
        return "stays" if ours.phase == "stuck" else "passes"
    try:
        body = resources.get(location, looked_at)
        if body is None or read_state(body) in DELETING or _has_no_owner(location, body, others):
            return "passes"
    except Refusal:
        return "unknown"
    if is_inside and resource_id.is_group:
        return "unknown" if read_state(body) in TERMINAL else "passes"
    return "stays" if is_inside or _mentions(body, resource_id) else "unknown"


def _has_no_owner(location: AzureLocation, body: Mapping[str, Any], others: Iterable[Entry]) -> bool:
    """Whether a resource was made by another one that is gone or is deleted by this removal, as the interface of a
    private endpoint: it goes with that one. Raises a Refusal.
    """
    properties = body.get("properties") or {}
    made_by = [body.get("managedBy"), *((properties.get(name) or {}).get("id") for name in _OWNERS)]
    owner = next((ResourceId.parse(text) for text in made_by if text), None)
    if owner is None or not owner.type:
        return False
    ours = _find_entry(owner, others)
    return ours.phase != "stuck" if ours else resources.get(location, owner) is None


def _find_entry(resource_id: ResourceId, entries: Iterable[Entry]) -> Entry | None:
    return next((e for e in entries if resource_id == e.id or resource_id.is_within(e.id)), None)


def _is_link(resource_id: ResourceId) -> bool:
    return "/serviceassociationlinks/" in resource_id.folded


def _mentions(body: Mapping[str, Any], resource_id: ResourceId) -> bool:
    """Whether a resource refers to another one. After it was released, Azure's refusals lag behind."""
    return resource_id.folded in json.dumps(body).lower()


def _find_root(resource_id: ResourceId) -> ResourceId:
    """The resource of which it is a part: `networkInterfaces/nic` of `networkInterfaces/nic/ipConfigurations/ip`."""
    return list(resource_id.list_parents())[-1] if resource_id.parent else resource_id


def _find_container(resource_id: ResourceId) -> str:
    """The path of its resource group; of its subscription if it is in none."""
    subscription = f"/subscriptions/{resource_id.subscription}".lower()
    group = resource_id.resource_group.lower()
    return f"{subscription}/resourcegroups/{group}" if group else subscription


def _list_locks(location: AzureLocation, scope: str) -> list[ResourceId]:
    path = f"{scope}/providers/{LOCK_TYPE}"
    return [ResourceId.parse(lock["id"]) for lock in operations.list_values(location, path, _LOCKS_VERSION)]


def _list_ids(text: str) -> list[ResourceId]:
    """The ARM ids in a text."""
    found = (ResourceId.parse(match.rstrip(".:")) for match in _ID.findall(text.replace("\\/", "/")))
    return [resource_id for resource_id in found if resource_id.type]
