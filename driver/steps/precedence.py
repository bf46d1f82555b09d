"""The order of deletion: which entries of a removal wait for which others."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import chain

from driver.resource_ids import ResourceId
from driver.steps.entries import LOCK_TYPE, Entry, has_only_records, is_lock, is_related

_LOCKS = f"/providers/{LOCK_TYPE}/".lower()


def find_deletable(entries: Mapping[str, Entry], now: datetime) -> list[str]:
    """The keys of the entries whose DELETE may be sent now, the deepest first.

    Locks go first, then extension resources before what they extend. What lies within another entry waits for that one,
    unless Azure refuses to delete it. A parent waits for children that are being deleted. Records of deployments wait
    until nothing else is left.
    """
    only_records = has_only_records(entries)
    near = _index_near(entries.values())
    keys = [
        key
        for key, entry in entries.items()
        if entry.phase == "waiting"
        and entry.is_due(now)
        and (only_records or not entry.id.is_deployment)
        and find_obstacle(entry, near(entry)) is None
    ]
    return sorted(keys, key=lambda key: entries[key].id.depth, reverse=True)


def find_obstacle(entry: Entry, entries: Iterable[Entry]) -> Entry | None:
    """Another entry that this one waits for; None if there is none."""
    mine = entry.id.folded
    for other in entries:
        theirs = other.id.folded
        is_near = theirs.startswith(mine) or mine.startswith(theirs) or _LOCKS in theirs
        if is_near and other is not entry and _goes_first(other, entry):
            return other
    return None


def find_container(entry: Entry, entries: Iterable[Entry]) -> Entry | None:
    """Another entry with which this one goes: it lies within it, or extends it."""
    others = (other for other in entries if other is not entry)
    return next((other for other in others if entry.id.is_within(other.id) or _extends(entry.id, other.id)), None)


def _index_near(entries: Collection[Entry]) -> Callable[[Entry], Iterator[Entry]]:
    """A function that gives the entries which may be an obstacle to one: locks, what it lies in, and what lies in it.

    With a thousand entries, comparing each with each takes seconds.
    """
    locks = [entry for entry in entries if is_lock(entry.id)]
    by_id: dict[str, list[Entry]] = {}
    inside: dict[str, list[Entry]] = {}
    for entry in entries:
        by_id.setdefault(entry.id.folded, []).append(entry)
        for outer in _list_outer(entry):
            inside.setdefault(outer, []).append(entry)

    def list_near(entry: Entry) -> Iterator[Entry]:
        around = (other for outer in _list_outer(entry) for other in by_id.get(outer, ()))
        return chain(locks, inside.get(entry.id.folded, ()), around)

    return list_near


def _list_outer(entry: Entry) -> list[str]:
    """The paths above an entry's id, in lower case."""
    segments = entry.id.folded.split("/")
    return ["/".join(segments[:length]) for length in range(3, len(segments))]


def _goes_first(other: Entry, entry: Entry) -> bool:
    if is_lock(other.id):
        return not is_lock(entry.id) and other.phase != "stuck" and is_related(other.id, entry.id)
    if other.id.is_within(entry.id):
        return other.is_under_way
    if is_lock(entry.id):
        return False
    if entry.id.is_within(other.id):
        return not other.refused
    return other.phase != "stuck" and _extends(other.id, entry.id)


def _extends(extension: ResourceId, resource_id: ResourceId) -> bool:
    """Whether it is an extension resource of the other one, or of something within that one. All that is in a resource
    group goes with the group.
    """
    is_below = extension.folded.startswith(f"{resource_id.folded}/")
    return is_below and not resource_id.is_group and not extension.is_within(resource_id)
