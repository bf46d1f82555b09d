"""Calls of activities."""

from collections.abc import Generator
from datetime import datetime, timedelta
from typing import Any

from azure.durable_functions import DurableOrchestrationContext, RetryOptions

# If a worker dies, its activities fail. Durable repeats them only if it is told to.
RETRIES = RetryOptions(first_retry_interval_in_milliseconds=2_000, max_number_of_attempts=5)
_PAUSE = timedelta(milliseconds=RETRIES.first_retry_interval_in_milliseconds)


def await_event(context: DurableOrchestrationContext, name: str, until: datetime) -> Generator[Any, Any, bool]:
    """Whether an external event came before the time was over. After one, continue as new: see `call_activity`."""
    timer = context.create_timer(until)
    winner = yield context.task_any([timer, context.wait_for_external_event(name)])
    if winner is timer:
        return False
    timer.cancel()
    return True


def call_activity(
    context: DurableOrchestrationContext, step: str, payload: dict[str, Any], limit: datetime | None
) -> Generator[Any, Any, dict[str, Any] | None]:
    """The answer of an activity. With a `limit`, None if it has not answered until then.

    Durable's own retries cannot be combined with a timer that may be cancelled: on replay a cancelled timer completes
    at once, and the ids of the following events no longer match those of the retries.
    """
    if limit is None:
        answer: dict[str, Any] = yield context.call_activity_with_retry(step, RETRIES, payload)
        return answer
    for attempt in range(1, RETRIES.max_number_of_attempts + 1):
        call, timer = context.call_activity(step, payload), context.create_timer(limit)
        winner = yield context.task_any([call, timer])
        if winner is timer:
            return None
        timer.cancel()
        if not isinstance(call.result, Exception):
            return dict(call.result)
        if attempt == RETRIES.max_number_of_attempts:
            raise call.result
        yield context.create_timer(context.current_utc_datetime + _PAUSE)
    return None
