"""When a run gives up, so that its event is published by the timeout of its transition.

A deployment is cancelled, and what it made is collected, in the last 90 seconds, or in the last 15% of a short timeout.
All else may take until 10 seconds before the timeout, or until 5% of a short one are left. Runs before version 2 used
the whole timeout, and began to cancel after it.
"""

from datetime import datetime, timedelta

from driver.models.runs import Run
from orchestrators.progress import Progress

ABANDON_SECONDS = 900  # for collecting, of a run before version 2
SETTLED_SECONDS = 86_400  # after its deadline in which such a run whose work has succeeded may still report it
_CANCEL_SECONDS, _CANCEL_SHARE = 90.0, 0.15
_LAST_SECONDS, _LAST_SHARE = 10.0, 0.05
_LEAST_SECONDS = 5.0  # that a step is given at its deadline
# A step that begins less than this before its deadline, and has not answered by then, is given up. None takes longer.
_WATCHED_SECONDS = 300.0
# Never given up: what they begin in Azure has to be known before anything else is done. Their calls end in time.
_BEGINNING = ("start_deployment", "call_action")
_WARNED_SHARE = 0.75


def find_end(run: Run, now: datetime) -> datetime:
    """The timeout of the transition; `now` is the start of a run that does not know its deadline."""
    return datetime.fromisoformat(run.deadline) if run.deadline else now + timedelta(seconds=_read_seconds(run))


def find_deadline(run: Run, end: datetime) -> datetime:
    """When the steps of the verb must be over."""
    if run.version < 2 or run.transition is None:
        return end
    limit, share = (_LAST_SECONDS, _LAST_SHARE)
    if run.transition.verb == "deploy":
        limit, share = (_CANCEL_SECONDS, _CANCEL_SHARE)
    return end - timedelta(seconds=min(limit, share * run.transition.seconds))


def find_abandon_deadline(run: Run, end: datetime, now: datetime) -> datetime:
    """When a deployment that has failed must be cancelled and what it made be collected."""
    if run.version < 2:
        return now + timedelta(seconds=ABANDON_SECONDS)
    return end - timedelta(seconds=min(_LAST_SECONDS, _LAST_SHARE * _read_seconds(run)))


def find_limit(run: Run, progress: Progress, now: datetime) -> datetime | None:
    """The time at which a step that begins now is given up if it does not answer; None if its deadline is far away."""
    deadline = datetime.fromisoformat(progress.deadline)
    is_far = (deadline - now).total_seconds() > _WATCHED_SECONDS
    if run.version < 2 or is_far or progress.step in _BEGINNING:
        return None
    grace = timedelta(seconds=min(_LAST_SECONDS, _LAST_SHARE * _read_seconds(run)))
    return max(deadline + grace, now + timedelta(seconds=_LEAST_SECONDS))


def is_warning_due(run: Run, progress: Progress, now: datetime) -> bool:
    """Whether three quarters of the time are over, and the warning was not logged yet."""
    if progress.warned or not progress.ends_at:
        return False
    left = (datetime.fromisoformat(progress.ends_at) - now).total_seconds()
    return left <= (1 - _WARNED_SHARE) * _read_seconds(run)


def describe_timeout(run: Run, progress: Progress, reason: str, now: datetime) -> str:
    """Why a run that is not over in time has failed: the step, the deployment, the last refusal."""
    seconds = _read_seconds(run)
    if run.version < 2:
        return f"not over after {seconds} seconds, in step {progress.step}: {reason or 'still under way'}"
    spent = seconds - (datetime.fromisoformat(progress.ends_at or progress.deadline) - now).total_seconds()
    text = f"not over after {spent:.0f} seconds of {seconds}, in step {progress.step}: {reason or 'still under way'}"
    if progress.deployment is not None:
        text += f"; deployment '{progress.deployment.name}' (correlation id {progress.deployment.correlation_id})"
    if progress.refusal and progress.refusal not in text:
        text += f"; last refusal: {progress.refusal}"
    return text


def _read_seconds(run: Run) -> int:
    return run.transition.seconds if run.transition else 0
