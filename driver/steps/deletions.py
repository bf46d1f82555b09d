"""What is done for one entry of a removal, and what its answers mean.

A resource is gone when a GET answers 404 about it. Everything else - an operation that is over, a poll that finds no
operation, an answer without a polling URL - only says that it is time to look.
"""

import logging
from datetime import datetime

from driver.azure import deployments, operations, resources
from driver.azure.operations import DELETING, Operation
from driver.azure.refusals import Refusal, Refused, SignInRefused, SignInUnavailable
from driver.azure.verdicts import UNTIL_TIMEOUT
from driver.steps import judgement, purges
from driver.steps.entries import Entry, read_state
from driver.steps.estate import Estate
from driver.waiting import compute_age, tell_time

_UNREADABLE = (401, 403, 404, 405, 410)  # of a poll: they tell nothing of the operation
_MOST_LOOKS = 15  # while it is there and is not being deleted, until its DELETE is sent again
_LOOK_BESIDE = 5  # of so many polls in a row that fail, one is followed by a GET
_LONG_SECONDS = 300.0  # an operation that runs for longer may never end, though the resource is gone
_RECORD_SECONDS = 60.0  # in which the DELETE of a record is tried: it is no reason to fail once all else is gone
_MOST_DENIED = 3
_DENIED_SECONDS = 20.0
_log = logging.getLogger("driver.lifecycle")


def send_delete(estate: Estate, entry: Entry) -> Entry:
    """The entry after its DELETE was sent."""
    if entry.id.is_deployment:
        return _send_record_delete(estate, entry)
    try:
        if entry.id.is_group and (kept := judgement.judge_contents(estate, entry)):
            return kept
        entry = purges.note_places(estate, entry)
        operation = estate.delete(entry.id)
    except Refusal as refused:
        return _judge(estate, entry, refused)
    if operation.url:
        return _begin_polling(estate, entry, operation)
    accepted = entry.accepted or operation.status in (200, 202)
    begun = {"url": "", "since": "", "looks": 0, "accepted": accepted, "succeeded": False}
    return _look(estate, _note_answer(entry, operation).change(phase="confirming", **begun))


def watch(estate: Estate, entry: Entry) -> Entry:
    """The entry after a look at its operation, or at the resource if none runs any more."""
    if entry.phase == "confirming":
        return _look(estate, entry)
    try:
        operation = operations.poll(estate.location, entry.url)
    except Refusal as refused:
        return _judge_poll(estate, entry, refused)
    if operation.is_over:
        is_told = not operation.body or bool(operation.body.get("status"))  # else it is no answer of ARM
        return _look(estate, entry.change(phase="confirming", url="", since="", looks=0, succeeded=is_told))
    if operation.is_unclear:
        return _look(estate, entry)
    shortage = estate.measure_shortage()
    if compute_age(entry.since) > _LONG_SECONDS and not shortage and _is_absent(estate, entry):
        return entry.end()
    return entry.look_again(operation.retry_after, "is being deleted", shortage=shortage)


def _begin_polling(estate: Estate, entry: Entry, operation: Operation) -> Entry:
    begun = {"url": operation.url, "since": tell_time(), "looks": 0, "denied": 0, "accepted": True, "refused": False}
    shortage = estate.measure_shortage()
    return (
        _note_answer(entry, operation)
        .change(phase="deleting", succeeded=False, **begun)
        .look_again(operation.retry_after, "is being deleted", shortage=shortage)
    )


def _note_answer(entry: Entry, operation: Operation) -> Entry:
    """The entry with the time of the first DELETE that was not refused."""
    if entry.answered_at or operation.answered_at is None:
        return entry
    return entry.change(answered_at=operation.answered_at.isoformat())


def _is_absent(estate: Estate, entry: Entry) -> bool:
    try:
        return estate.look(entry.id).body is None
    except Refusal:
        return False


def _judge_poll(estate: Estate, entry: Entry, refused: Refusal) -> Entry:
    """The entry after a poll that was refused, or whose operation has failed."""
    _check_sign_in(estate, refused)
    passes = refused.status != 200 and refused.verdict.tries == UNTIL_TIMEOUT
    if passes and (entry.looks + 1) % _LOOK_BESIDE:
        text = f"its operation cannot be read: {refused.cause.text}"
        return entry.look_again(refused.retry_after, text, refused.verdict.wait, estate.measure_shortage())
    if passes or refused.status == 403:
        return _look(estate, entry)
    if not isinstance(refused, Refused) or refused.status in _UNREADABLE or refused.is_about_method:
        return _look(estate, entry.change(phase="confirming", url="", since="", looks=0))
    return _look(estate, entry, refused)


def _look(estate: Estate, entry: Entry, failure: Refusal | None = None) -> Entry:
    """The entry after a GET. `failure` is that of its operation: if the resource is there, the DELETE has failed."""
    try:
        body = estate.look(entry.id).body
    except Refusal as refused:
        return _judge_look(estate, entry, refused, failure)
    if body is None:
        return entry.end()
    state = read_state(body)
    created = resources.read_creation_time(entry.id, body)
    if state not in DELETING and (successor := _describe_successor(entry, created)):
        return entry.end(successor)
    if failure:
        return _judge(estate, entry, failure)
    reason = "its DELETE was answered, and it is still there" + (f" ({state})" if state else "")
    if entry.looks < _MOST_LOOKS or state in DELETING:
        return entry.look_again(0, reason, shortage=estate.measure_shortage())
    return _delete_again(estate, entry, reason)


def _delete_again(estate: Estate, entry: Entry, reason: str) -> Entry:
    """The entry whose DELETE has done nothing, unless what is there now is something else of its id."""
    if entry.id.is_group and entry.succeeded:  # ARM tells no time of creation of a group
        later = f"the group that is there {compute_age(entry.since):.0f} s later is somebody's new one"
        return entry.end(f"counts as gone: its DELETE has succeeded; {later}, or ARM's answer lags")
    try:
        created = resources.find_creation_time(estate.location, entry.id)
    except Refusal as refused:
        _check_sign_in(estate, refused)
        if refused.verdict.tries == UNTIL_TIMEOUT:
            return entry.look_again(refused.retry_after, reason, refused.verdict.wait, estate.measure_shortage())
        created = None  # the driver may not read it
    if successor := _describe_successor(entry, created):
        return entry.end(successor)
    return entry.try_again(5, 0, f"{reason}; the DELETE is sent again", phase="waiting", url="")


def _describe_successor(entry: Entry, created: datetime | None) -> str:
    """A text about what has been made with the id of an entry since that was deleted; empty if nothing shows that."""
    if created is None or not entry.answered_at:
        return ""
    if created.replace(microsecond=0) <= datetime.fromisoformat(entry.answered_at):
        return ""
    times = f"it was created at {created.isoformat()}, after the DELETE of {entry.answered_at}"
    return f"is gone, and what has its id now is not this resource's: {times}"


def _judge_look(estate: Estate, entry: Entry, refused: Refusal, failure: Refusal | None) -> Entry:
    """The entry after a GET that shows neither that it is there nor that it is gone."""
    _check_sign_in(estate, refused)
    verdict, text = refused.verdict, f"cannot be looked at: {refused.cause.text}"
    if entry.id.is_group and entry.accepted and refused.status == 403 and not refused.is_page:
        # The role that allowed it all may have been assigned on the group, and be gone with it.
        if entry.denied + 1 < _MOST_DENIED:
            return entry.wait(_DENIED_SECONDS, text, denied=entry.denied + 1)
        return entry.end(
            f"counts as gone: its DELETE was accepted, and since then {_MOST_DENIED} GETs in a row were forbidden"
        )
    if verdict.tries == UNTIL_TIMEOUT or refused.is_about_version:
        return entry.look_again(refused.retry_after, text, verdict.wait, estate.measure_shortage())
    if failure:
        return _judge(estate, entry, failure)
    if refused.status == 403 or refused.is_about_method:
        return _repeat_delete(estate, entry, refused)
    if entry.attempts < max(verdict.tries, 3):
        return entry.try_again(verdict.wait, refused.retry_after, text)
    return entry.get_stuck(text)


def _repeat_delete(estate: Estate, entry: Entry, refused: Refusal) -> Entry:
    """The entry after another DELETE, which tells whether something without a GET is gone."""
    try:
        operation = estate.delete(entry.id)
    except Refusal as failure:
        return _judge(estate, entry, failure)
    if operation.status in (204, 404):
        return entry.end()
    if operation.url:
        return _begin_polling(estate, entry, operation)
    text, shortage = f"cannot be looked at: {refused.cause.text}", estate.measure_shortage()
    return _note_answer(entry, operation).look_again(0, text, shortage=shortage, phase="confirming", accepted=True)


def _check_sign_in(estate: Estate, refused: Refusal) -> None:
    """Raise the Refusal if Entra ID does not let the driver in: nothing else can be deleted then, either. Note if it is
    away.
    """
    if isinstance(refused, SignInRefused):
        raise refused
    estate.is_entra_away = estate.is_entra_away or isinstance(refused, SignInUnavailable)


def _judge(estate: Estate, entry: Entry, refused: Refusal) -> Entry:
    _check_sign_in(estate, refused)
    if not isinstance(refused, Refused) or refused.status in (408, 429) or refused.status >= 500:
        estate.busy += 1
    return judgement.judge(estate, entry.change(phase="waiting", url=""), refused)


def _send_record_delete(estate: Estate, entry: Entry) -> Entry:
    """The entry of a deployment's record after its DELETE, which is not waited for. A refused one stays in Azure."""
    refused = _refuse_record_delete(estate, entry)
    if refused is None or refused.is_absence:
        estate.busy = 0
        return entry.end()
    may_go_on = "active" in refused.cause.code.lower()  # then it may still make something, until it is canceled
    if refused.verdict.tries == UNTIL_TIMEOUT and (may_go_on or compute_age(entry.since) < _RECORD_SECONDS):
        estate.busy += refused.status != 409
        since = entry.since or tell_time()
        return entry.try_again(refused.verdict.wait, refused.retry_after, refused.cause.text, since=since)
    _log.warning("the record %s stays in Azure, all else is gone: %s", entry.id, refused.cause.text)
    return entry.end()


def _refuse_record_delete(estate: Estate, entry: Entry) -> Refusal | None:
    """Send the DELETE of a record: why it is refused. That of an active deployment is refused until it is canceled."""
    try:
        deployments.delete(estate.location, entry.id)
    except Refusal as refused:
        try:
            if refused.status == 409 and refused.verdict.tries == UNTIL_TIMEOUT:
                deployments.cancel(estate.location, entry.id)
        except Refusal as other:
            return other
        return refused
    return None
