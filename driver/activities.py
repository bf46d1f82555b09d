"""The activities: each opens the sealed order, takes one step with it and answers an Outcome. Only bugs raise.

Payload: `{"requestId", "trace", "sealed", "step", "state", "attempt"}`; of publish_event `{"requestId", "trace",
"tenant", "event"}`.

Functions that the app registers take `typing.Mapping`: the worker refuses an app with `dict[str, Any]` or with the
Mapping of collections.abc, and then has no functions at all.
"""

import logging
import random
import typing
from collections.abc import Callable
from typing import Any

from driver import actions, adoption, creation, events, executions, previews, removal, sealing, settings, telemetry
from driver.arm_errors import UNTIL_TIMEOUT, Refusal
from driver.errors import DriverError
from driver.executions import Executions
from driver.models import FailureCode, Order, Outcome, event, failed, retry, running, succeeded

Step = Callable[[Order, dict[str, Any], int], Outcome]

STEPS: dict[str, Step] = {
    "inspect_resources": creation.inspect_resources,
    "start_deployment": creation.start_deployment,
    "watch_deployment": creation.watch_deployment,
    "abandon_deployment": creation.abandon_deployment,
    "remove_resources": removal.remove_resources,
    "call_action": actions.call_action,
    "watch_action": actions.watch_action,
    "adopt_deployment": adoption.adopt_deployment,
    "start_preview": previews.start_preview,
    "watch_preview": previews.watch_preview,
}
# Steps that only look: what they could not see is looked at again, without starting anything anew.
_WATCHING = ("watch_deployment", "watch_action", "watch_preview")
_SLOWEST_RETRY = 30.0
_PUBLISH_AGAIN = 5.0
_AWAIT_AGAIN = 2.0
_log = logging.getLogger("driver.lifecycle")


class Bug(Exception):
    """What an activity raises for an unexpected error: its text without secrets, for the history."""


def take_step(payload: typing.Mapping[str, Any]) -> dict[str, Any]:
    """Take the step that the payload names."""
    name = payload["step"]
    state = payload["state"]
    with telemetry.bound({"requestId": payload["requestId"], **payload["trace"]}):
        try:
            order = Order.model_validate(sealing.unseal(payload["sealed"], settings.current().sealing_keys))
        except DriverError as error:
            return _json(failed(FailureCode.INTERNAL_ERROR, str(error), state))
        with telemetry.bound({}, order.secrets):
            outcome = _attempt(STEPS[name], name, order, state, payload["attempt"])
            _tell(name, order, outcome)
            return _json(outcome.model_copy(update={"reason": telemetry.redacted(outcome.reason)}))


def publish_event(payload: typing.Mapping[str, Any]) -> dict[str, Any]:
    """Send the event to Kafka; Retry if it has not been acknowledged."""
    message = payload["event"]
    with telemetry.bound({"requestId": payload["requestId"], **payload["trace"]}):
        try:
            events.publish(message, payload["tenant"], settings.current())
        except events.TooLarge as error:
            reason = f"the event is too large for Kafka, its outputs were left out: {error}"
            state = {"topology": message["associatedTopology"]}
            smaller = event(message["requestId"], state, (FailureCode.INTERNAL_ERROR, reason))
            if message["outputs"]:
                return publish_event({**payload, "event": smaller})
            raise Bug(reason) from None
        except events.Undelivered as error:
            _log.warning("event not acknowledged by Kafka, it is sent again: %s", error)
            return _json(retry(_PUBLISH_AGAIN, str(error), {}))
        details = message.get("failureDetails")
        _log.info(
            "%s published%s",
            message["status"],
            f": {details['failureCode']}: {details['description']}" if details else "",
        )
        return _json(succeeded({}))


async def await_executions(payload: typing.Mapping[str, Any], client: Executions) -> dict[str, Any]:
    """Wait for the executions that still ran for a resource when its Delete came; `found` is what they have made."""
    found: dict[str, Any] = {}
    for request_id in payload["awaits"]:
        status = await client.get_status(request_id)
        if executions.is_active(status):
            return _json(running(_AWAIT_AGAIN, {}))
        found |= executions.topology(status)
    return _json(succeeded({"found": found}))


def _attempt(step: Step, name: str, order: Order, state: dict[str, Any], attempt: int) -> Outcome:
    try:
        return step(order, state, attempt)
    except Refusal as refused:
        return _refused(name, refused, state, attempt)
    except Exception as error:
        _log.exception("%s failed unexpectedly", name)
        raise Bug(telemetry.redacted(f"{type(error).__name__}: {error}")) from None


def _refused(name: str, refused: Refusal, state: dict[str, Any], attempt: int) -> Outcome:
    """A refusal as an outcome: try again while its verdict allows, with Retry-After or growing, scattered waits."""
    verdict = refused.verdict
    if attempt >= verdict.tries:
        text = refused.cause.text
        return failed(verdict.code, f"{name}: {text}", state)
    growing = min(verdict.wait * 2 ** min(attempt, 10), _SLOWEST_RETRY)
    wait = max(refused.retry_after, growing * random.uniform(0.5, 1.0))  # noqa: S311 - scatters retries, guards nothing
    if name in _WATCHING and verdict.tries == UNTIL_TIMEOUT:
        return running(wait, state)
    return retry(wait, refused.cause.text, state)


def _tell(name: str, order: Order, outcome: Outcome) -> None:
    """One line for what an operator wants to know, and no line for polls."""
    where = f"{order.work.verb} in deployment location '{order.location.name}'"
    if outcome.kind == "Retry":
        _log.warning("%s: %s is tried again in %.0f s: %s", where, name, outcome.after, outcome.reason)
    elif outcome.kind == "Succeeded" and name == "start_deployment":
        deployment, correlation = outcome.state["deployment"], outcome.state["correlationId"]
        _log.info("%s: deployment '%s' started (correlation id %s)", where, deployment, correlation)
    else:
        _log.debug("%s: %s: %s", where, name, outcome.kind)


def _json(outcome: Outcome) -> dict[str, Any]:
    return outcome.model_dump(mode="json")
