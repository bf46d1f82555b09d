"""The next state of an entry whose DELETE Azure has refused, at once or by an operation that failed."""

import logging
import re

from driver.azure.operations import DELETING
from driver.azure.refusals import Refusal
from driver.azure.verdicts import UNTIL_TIMEOUT, VERDICTS
from driver.resource_ids import ResourceId
from driver.steps import holders
from driver.steps.entries import TERMINAL, Entry, read_state
from driver.steps.estate import Estate
from driver.steps.holders import Hold
from driver.steps.precedence import find_container

# Nothing can have such a name or type. Sources: the recorded refusals, "common deployment errors" and "common error
# codes for Azure Key Vault" at learn.microsoft.com.
_IMPOSSIBLE = {
    "accountnameinvalid",
    "invalididentityname",
    "invalidresourcegroup",
    "invalidresourcename",
    "invalidresourcenamespace",
    "invalidresourcetype",
    "resourcenameinvalid",
    "vaultnamenotvalid",
}
# Services without such a code say it in words.
_IMPOSSIBLE_NAME = re.compile(
    r"\bname\b.{0,200}\b(is|has)\b.{0,20}\b(invalid|not valid)\b|\bnot a valid\b.{0,80}\bname\b",
    re.IGNORECASE | re.DOTALL,
)
# Azure's own delays: they end by themselves, whatever else is the case.
_DELAYS = {"nicreservedforanothervm"}
_CANCELED = {"operationcanceled", "canceled", "cancelled"}
_LEAST_WAIT = 5.0  # seconds until a refused DELETE is sent again
_CONFLICT_TRIES = 8
_UNKNOWN_TRIES = 4  # while it is not known what keeps a resource, or why an operation has failed
_MOST_NAMED = 10  # resources in one text
_log = logging.getLogger("driver.lifecycle")


def judge(estate: Estate, entry: Entry, refused: Refusal) -> Entry:
    """The entry after a refusal of its DELETE: it is tried again, is stuck, is gone, or is released."""
    verdict, text, code = refused.verdict, refused.cause.text, refused.cause.code.lower()
    if verdict.tries == UNTIL_TIMEOUT:
        return entry.try_again(verdict.wait, refused.retry_after, text, refused=False)
    if refused.is_about_method:
        return _release(estate, entry, text)
    if is_impossible(refused):
        return _judge_name(estate, entry, refused)
    if code in _DELAYS:  # tried at once, too: Azure tells how long it reserves, and not since when
        return entry.try_again(_LEAST_WAIT, refused.retry_after, text, verdict.wait, refused=True)
    if refused.is_about_version:
        return entry.try_again(_LEAST_WAIT, refused.retry_after, text, refused=True)
    if code == "scopelocked":
        entries = estate.entries.values()
        hold = holders.find_locks(estate.location, entry, refused, entries, estate.unlocked)
        return _apply_hold(estate, entry, refused, hold, "locked by")
    if holders.is_in_use(refused):
        hold = holders.find_hold(estate.location, entry, refused, estate.entries.values())
        return _apply_hold(estate, entry, refused, hold, "held by")
    tries = max(verdict.tries, _CONFLICT_TRIES if code in _CANCELED else 0)
    if refused.status == 200 and (code == "operationfailed" or code not in VERDICTS):  # it says nothing that is known
        tries = max(tries, _UNKNOWN_TRIES)
    if refused.status in (400, 409) and estate.removed:  # what used it may be gone, which Azure notices later
        tries = max(tries, _UNKNOWN_TRIES)
    return _try_some_times(estate, entry, refused, tries)


def is_impossible(refused: Refusal) -> bool:
    """Whether a refusal says that nothing can have this name or type."""
    if refused.status in (400, 404) and refused.cause.code.lower() in _IMPOSSIBLE:
        return True
    if refused.status != 400 or refused.is_page or refused.is_about_version or holders.is_in_use(refused):
        return False
    return bool(_IMPOSSIBLE_NAME.search(refused.cause.message))


def judge_contents(estate: Estate, group: Entry) -> Entry | None:
    """What becomes of an owned resource group because of what else is in it: it is stuck if the order refuses to delete
    that; else the log names it, and this is None. Raises a Refusal if it cannot be told.
    """
    if group.accepted and not estate.refuse_foreign:
        return None
    try:
        foreign = holders.list_foreign(estate.location, group.id, estate.entries.values())
    except Refusal as refused:
        if refused.is_absence:
            return None
        if estate.refuse_foreign or refused.verdict.tries == UNTIL_TIMEOUT:
            raise
        _log.warning("%s is deleted, and what is in it cannot be listed: %s", group.id, refused.cause.text)
        return None
    if not foreign:
        return None
    names = _name(foreign)
    if estate.refuse_foreign:
        return group.get_stuck(f"refuseForeign: it holds what is not this resource's: {names}")
    _log.warning("%s is deleted with all that is in it; not this resource's: %s", group.id, names)
    return None


def _apply_hold(estate: Estate, entry: Entry, refused: Refusal, hold: Hold, word: str) -> Entry:
    text = refused.cause.text
    if unnamed := [resource_id for resource_id in hold.by if resource_id.folded not in text.lower()]:
        text = f"{text} ({word} {_name(unnamed)})"
    if hold.kind == "stays":
        return entry.get_stuck(text)
    if hold.kind == "passes":
        return entry.try_again(_LEAST_WAIT, refused.retry_after, text, refused=True)
    return _try_some_times(estate, entry, refused, max(refused.verdict.tries, _UNKNOWN_TRIES))


def _try_some_times(estate: Estate, entry: Entry, refused: Refusal, tries: int) -> Entry:
    """The entry after a refusal that is tried again a few times. Before it is stuck, a GET tells whether it is: it may
    be gone, or Azure may still be at work on it.
    """
    text = refused.cause.text
    if entry.attempts < tries:
        least = max(refused.verdict.wait, _LEAST_WAIT)
        return entry.try_again(least, refused.retry_after, text, refused=True)
    try:
        body = estate.look(entry.id).body
    except Refusal as other:
        if other.verdict.tries == UNTIL_TIMEOUT:
            return entry.try_again(max(other.verdict.wait, _LEAST_WAIT), other.retry_after, text, refused=True)
        return entry.get_stuck(text)
    if body is None:
        return entry.end()
    state = read_state(body)
    if state in DELETING:
        text, shortage = f"is being deleted: {text}", estate.measure_shortage()
        return entry.look_again(0, text, _LEAST_WAIT, shortage, phase="confirming", refused=False)
    if state not in TERMINAL:
        return entry.try_again(_LEAST_WAIT, refused.retry_after, f"{text} (while it is {state})", refused=True)
    return entry.get_stuck(text)


def _release(estate: Estate, entry: Entry, text: str) -> Entry:
    """The entry of a type without DELETE. It goes with what it belongs to; without that it is owned no more."""
    if container := find_container(entry, estate.entries.values()):
        return entry.get_stuck(f"{text}; it goes with {container.id}")
    try:
        body = estate.look(entry.id).body
    except Refusal as refused:
        if refused.verdict.tries == UNTIL_TIMEOUT:
            return entry.try_again(refused.verdict.wait, refused.retry_after, refused.cause.text)
    else:
        if body is None:
            return entry.end()
    return entry.end(f"released: its type has no DELETE, so it stays in Azure ({text})", "released")


def _judge_name(estate: Estate, entry: Entry, refused: Refusal) -> Entry:
    """The entry after a DELETE that says that nothing can be called so. It is gone if a GET says the same."""
    text = refused.cause.text
    try:
        body = estate.look(entry.id).body
    except Refusal as other:
        if is_impossible(other):
            return entry.end(f"counts as gone: GET and DELETE say that nothing can be called so ({text})")
        if other.verdict.tries == UNTIL_TIMEOUT:
            return entry.try_again(other.verdict.wait, other.retry_after, other.cause.text)
        return entry.get_stuck(text)
    return entry.end() if body is None else _try_some_times(estate, entry, refused, refused.verdict.tries)


def _name(resource_ids: list[ResourceId]) -> str:
    names = ", ".join(map(str, resource_ids[:_MOST_NAMED]))
    more = len(resource_ids) - _MOST_NAMED
    return f"{names} and {more} more" if more > 0 else names
