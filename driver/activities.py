"""The activities: each unseals the order, takes one step with it and returns an Outcome. Only bugs raise.

Payload of a step: `{"requestId", "tenant", "trace", "acceptedAt", "sealed", "step", "state", "attempt"}`.

Functions that the app registers take `typing.Mapping`. With `dict[str, Any]` or the Mapping of collections.abc the
worker refuses the whole app, and no function is registered.
"""

import logging
import typing
from typing import Any

from driver import executions, sealing, settings, telemetry
from driver.azure.refusals import Refusal
from driver.azure.verdicts import UNTIL_TIMEOUT
from driver.encoding import decode_state, encode_outcome
from driver.errors import Bug, DriverError, NotReady
from driver.executions import Executions
from driver.models.events import FailureCode
from driver.models.orders import Order
from driver.models.outcomes import Outcome, State, WaitingFor, fail, keep_running, retry, succeed
from driver.publication import report_completion
from driver.steps import removal
from driver.steps.table import STEPS, Step
from driver.waiting import Waiting

# Steps that only read. After a refusal that passes, such a step is repeated; nothing is started again.
_WATCHING = ("watch_deployment", "watch_action", "watch_preview")
_SLOWEST_RETRY = 30.0  # seconds
_AWAITS = Waiting(initial=2.0)  # until the status of an awaited execution is read again
_log = logging.getLogger("driver.lifecycle")


def take_step(payload: typing.Mapping[str, Any]) -> dict[str, Any]:
    """Take the step that the payload names. If it completes the transition, publish the event, if that is allowed."""
    name = payload["step"]
    state = STEPS[name].state.model_validate(decode_state(payload["state"]))
    with telemetry.bind_fields({"requestId": payload["requestId"], **payload["trace"]}):
        try:
            order = Order.model_validate(sealing.unseal(payload["sealed"], settings.current().sealing_keys))
        except DriverError as error:
            return encode_outcome(fail(FailureCode.INTERNAL_ERROR, str(error), state))
        with telemetry.bind_fields({}, order.secrets):
            outcome = _attempt_step(STEPS[name], name, order, state, payload["attempt"])
            _log_outcome(name, order, outcome)
            if outcome.kind == "Completed":
                outcome = report_completion(payload, outcome)
            return encode_outcome(_redact_outcome(outcome), state)


async def await_executions(payload: typing.Mapping[str, Any], client: Executions) -> dict[str, Any]:
    """Wait for the executions of a resource that still ran when its Delete was accepted. `found` in the state that
    follows holds the topology that they reported.
    """
    found: dict[str, Any] = {}
    for request_id in payload["awaits"]:
        waiting = WaitingFor(waits_for="request", request_id=request_id)
        try:
            status = await executions.find_execution(client, request_id)
        except NotReady as error:
            return encode_outcome(_await_again(waiting, str(error)))
        if status is not None and executions.is_active(status):
            return encode_outcome(_await_again(waiting, f"execution {request_id} of this resource has not ended"))
        found |= executions.read_topology(status)
    return encode_outcome(succeed(removal.RemoveState(found=found)))


def _await_again(waiting: WaitingFor, reason: str) -> Outcome:
    again = keep_running(_AWAITS.compute_seconds(0), removal.RemoveState(), reason)
    return again.model_copy(update={"waiting": waiting})


def _attempt_step(step: Step, name: str, order: Order, state: State, attempt: int) -> Outcome:
    try:
        return step.take(order, state, attempt)
    except Refusal as refused:
        return _judge_refusal(name, refused, state, attempt)
    except Exception as error:
        _log.exception("%s failed unexpectedly", name)
        # Without its cause: the worker writes the whole chain into the history, where nothing is redacted.
        raise Bug(telemetry.redact(f"{type(error).__name__}: {error}")) from None


def _redact_outcome(outcome: Outcome) -> Outcome:
    not_owned = tuple(
        entry.model_copy(update={"reason": telemetry.redact(entry.reason)}) for entry in outcome.not_owned
    )
    return outcome.model_copy(update={"reason": telemetry.redact(outcome.reason), "not_owned": not_owned})


def _judge_refusal(name: str, refused: Refusal, state: State, attempt: int) -> Outcome:
    """The outcome for a refusal. The step is tried again as often as the verdict allows. The waits double, are
    shortened at random, and are no shorter than Retry-After.
    """
    verdict = refused.verdict
    if attempt >= verdict.tries:
        return fail(verdict.code, f"{name}: {refused.cause.text}", state)
    waits = Waiting(initial=verdict.wait, factor=2, maximum=_SLOWEST_RETRY, jitter=0.5)
    wait = waits.compute_seconds(attempt, refused.retry_after)
    if name in _WATCHING and verdict.tries == UNTIL_TIMEOUT:
        return keep_running(wait, state, refused.cause.text)
    return retry(wait, refused.cause.text, state)


def _log_outcome(name: str, order: Order, outcome: Outcome) -> None:
    """Log retries and started deployments for the operator. All other outcomes, such as polls, are logged at DEBUG."""
    where = f"{order.work.verb} in deployment location '{order.location.name}'"
    if outcome.kind == "Retry":
        _log.warning("%s: %s is tried again in %.0f s: %s", where, name, outcome.after, outcome.reason)
    elif outcome.deployment is not None:
        started = outcome.deployment
        _log.info("%s: deployment '%s' started (correlation id %s)", where, started.name, started.correlation_id)
    else:
        _log.debug("%s: %s: %s", where, name, outcome.kind)
