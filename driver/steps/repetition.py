"""How often, and when, something that has failed in Azure is begun again, and what is said of it."""

import re

from driver.azure.refusals import Refusal, SignInRefused, SignInUnavailable
from driver.models.outcomes import Outcome, WaitingFor
from driver.waiting import Waiting

# How long ARM may answer 404 about something that it has accepted a moment ago: its regions replicate with a lag.
ABSENT_SECONDS = 60.0
_LEAST_PAUSE, _LONGEST_PAUSE = 10.0, 160.0  # seconds
# From the second failure on. Many may wait for something that Azure does one at a time, like the writes of a network,
# and a try takes the turn only if it is free just then. So these tries are scattered and stay frequent.
_SCATTERED = Waiting(initial=20.0, factor=1.2, maximum=60.0, jitter=0.55)
_VARYING = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d+", re.IGNORECASE)  # ids and times in a message


def compute_restart(failed: Refusal, failures: int) -> float | None:
    """The seconds until an operation that has failed is begun again, having failed `failures` times before; None if it
    is not.
    """
    verdict = failed.verdict
    if failures >= verdict.restarts:
        return None
    if verdict.takes_turns and failures:
        return _SCATTERED.compute_seconds(failures - 1, max(verdict.wait, failed.retry_after))
    least, most = max(_LEAST_PAUSE, verdict.wait), max(_LONGEST_PAUSE, verdict.wait)
    growing = Waiting(initial=least, factor=2, maximum=most, jitter=0.1)
    return growing.compute_seconds(failures, max(verdict.wait, failed.retry_after))


def join_causes(first: str, last: str) -> str:
    """A text with the first and the last cause of a failure that was repeated; with one if they say the same."""
    if not first or _VARYING.sub("", first) == _VARYING.sub("", last):
        return last
    return f"first: {first}; last: {last}"


def explain_wait(outcome: Outcome, refused: Refusal) -> Outcome:
    """The outcome of a step that waits because of a refusal: it names whom it waits for, and the code of the failure if
    there is no time for another try.
    """
    waiting = WaitingFor(waits_for="entra" if isinstance(refused, SignInRefused | SignInUnavailable) else "azure")
    return outcome.model_copy(update={"refused": True, "waiting": waiting, "code": refused.verdict.code})
