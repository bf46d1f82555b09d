"""Purging of what Azure keeps of a deleted resource, where the package asks for it (`softDelete.purgeOnDelete`).

Only what this resource owned is purged: an entry comes here once it is gone, and what Azure keeps has to name its id.
"""

from driver.azure import soft_deletion
from driver.azure.refusals import Refusal, SignInRefused
from driver.azure.verdicts import UNTIL_TIMEOUT
from driver.steps.entries import Entry
from driver.steps.estate import Estate
from driver.waiting import compute_age

_LAG_SECONDS = 20.0  # while Azure does not list what it keeps of something that was deleted just now
_MOST_LOOKS = 20  # at what is being purged, until it is purged again


def is_to_purge(estate: Estate, entry: Entry) -> bool:
    """Whether what Azure keeps of a resource has to be purged once it is gone."""
    return estate.purge and entry.phase not in ("released", "purged") and soft_deletion.is_kept_when_deleted(entry.id)


def note_places(estate: Estate, entry: Entry) -> Entry:
    """Note the Azure locations of the resources that are deleted with this one: they cannot be read afterwards. Returns
    this entry. Raises a Refusal that passes; after any other one the subscription is searched.
    """
    for key, other in list(estate.entries.items()):
        goes = other.id == entry.id or other.id.is_within(entry.id)
        if not goes or other.place or not is_to_purge(estate, other):
            continue
        try:
            body = estate.look(other.id).body or {}
        except Refusal as refused:
            if refused.verdict.tries == UNTIL_TIMEOUT:
                raise
            continue
        estate.entries[key] = other.change(place=soft_deletion.read_place(body))
    return next((other for other in estate.entries.values() if other.id == entry.id), entry)


def begin(entry: Entry) -> Entry:
    """The entry of a resource that is gone, and that has to be purged."""
    if entry.phase == "kept":
        return entry
    fresh = {"url": "", "due": "", "since": "", "looks": 0, "attempts": 0, "first": "", "purging": False}
    return entry.change(phase="kept", reason="is deleted, and is purged next", **fresh)


def watch(estate: Estate, entry: Entry) -> Entry:
    """The entry after a look at what Azure keeps of it, and after its purge was sent."""
    try:
        kept = soft_deletion.find_kept(estate.location, entry.id, entry.place)
        if kept is None and entry.purging:
            return entry.end(phase="purged")
        if kept is None and compute_age(entry.since) >= _LAG_SECONDS:
            return entry.end("is deleted; Azure lists nothing that it keeps of it", "purged")
        if kept is None:
            text = "is deleted; nothing is listed yet that Azure keeps of it"
            return entry.look_again(0, text, shortage=estate.measure_shortage())
        if kept.is_protected:
            return entry.end(_describe_protection(kept.until), "purged")
        if not entry.purging or entry.looks >= _MOST_LOOKS:
            soft_deletion.purge(estate.location, entry.id, kept)
            entry = entry.change(purging=True, looks=0, since="", attempts=0, first="")
    except Refusal as refused:
        return _judge(entry, refused)
    return entry.look_again(0, "is deleted and is being purged", shortage=estate.measure_shortage())


def _judge(entry: Entry, refused: Refusal) -> Entry:
    verdict, text = refused.verdict, refused.cause.text
    if isinstance(refused, SignInRefused):
        raise refused
    if refused.status == 405 or "purge protection" in refused.cause.message.lower():
        return entry.end(f"{_describe_protection('')} ({text})", "purged")
    reason = f"is deleted, and could not be purged: {text}"
    if verdict.tries == UNTIL_TIMEOUT or entry.attempts < verdict.tries:
        return entry.try_again(verdict.wait, refused.retry_after, reason)
    return entry.get_stuck(reason)


def _describe_protection(until: str) -> str:
    held = f" until {until}" if until else ""
    return f"is deleted and cannot be purged: its purge protection holds the name back{held}"
