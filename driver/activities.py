"""The activities: each opens the sealed order, takes one step with it and answers an Outcome. Only bugs raise.

Payload: `{"requestId", "tenant", "trace", "acceptedAt", "sealed", "step", "state", "attempt"}`; of publish_event
`{"requestId", "tenant", "trace", "event", "state", "failure", "of", "sent"}`, where the event of a failed run is yet to
be built from the failure and the state of the step `of`.

Functions that the app registers take `typing.Mapping`: the worker refuses an app with `dict[str, Any]` or with the
Mapping of collections.abc, and then has no functions at all.
"""

import logging
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from driver import events, executions, reports, sealing, settings, telemetry
from driver.azure.refusals import Refusal
from driver.azure.verdicts import UNTIL_TIMEOUT
from driver.encoding import decode_state, encode_outcome
from driver.errors import DriverError, NotReady
from driver.executions import Executions
from driver.models.events import FailureCode, build_event, find_earliest_event
from driver.models.orders import Order
from driver.models.outcomes import Outcome, State, WaitingFor, fail, keep_running, retry, succeed
from driver.steps import actions, adoption, creation, previews, removal
from driver.waiting import Waiting


@dataclass(frozen=True)
class Step:
    """A step: the function that takes it, and the model of its verb's state."""

    take: Callable[[Order, Any, int], Outcome]
    state: type[State]


STEPS = {
    "inspect_resources": Step(creation.inspect_resources, creation.DeployState),
    "start_deployment": Step(creation.start_deployment, creation.DeployState),
    "watch_deployment": Step(creation.watch_deployment, creation.DeployState),
    "abandon_deployment": Step(creation.abandon_deployment, creation.DeployState),
    "remove_resources": Step(removal.remove_resources, removal.RemoveState),
    "call_action": Step(actions.call_action, actions.CallState),
    "watch_action": Step(actions.watch_action, actions.CallState),
    "adopt_deployment": Step(adoption.adopt_deployment, State),
    "start_preview": Step(previews.start_preview, previews.PreviewState),
    "watch_preview": Step(previews.watch_preview, previews.PreviewState),
}
# Steps that only look: what they could not see is looked at again, without starting anything anew.
_WATCHING = ("watch_deployment", "watch_action", "watch_preview")
_SLOWEST_RETRY = 30.0  # seconds
_PUBLISH_AGAIN = Waiting(initial=5.0)
_ACKNOWLEDGED_SECONDS = 1.0  # that a step which completes a transition waits for Kafka
_AWAITS = Waiting(initial=2.0)  # until an awaited execution is looked at again
_log = logging.getLogger("driver.lifecycle")


class Bug(Exception):
    """What an activity raises for an unexpected error: its text without secrets, for the history."""


def take_step(payload: typing.Mapping[str, Any]) -> dict[str, Any]:
    """Take the step that the payload names. One that completes the transition publishes the event, if it may."""
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
                outcome = _report_completion(payload, outcome)
            return encode_outcome(outcome.model_copy(update={"reason": telemetry.redact(outcome.reason)}), state)


def publish_event(payload: typing.Mapping[str, Any]) -> dict[str, Any]:
    """Send the event to Kafka, and answer with what was sent; Retry if it has not been acknowledged."""
    with telemetry.bind_fields({"requestId": payload["requestId"], **payload["trace"]}):
        message, sent = payload["event"], payload["sent"]
        if message is None:
            message = reports.fit_event(_build_failure(payload), settings.current().payload_limit)
        try:
            published = _publish(message, payload["tenant"], sent)
        except events.Undelivered as error:
            _log.warning("event not acknowledged by Kafka, it is sent again: %s", error)
            again = retry(0 if error.on_its_way else _PUBLISH_AGAIN.compute_seconds(0), str(error), State())
            return encode_outcome(again.model_copy(update={"sent": error.on_its_way}))
        return encode_outcome(Outcome(kind="Completed", event=published, published=True))


def _build_failure(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The event FAILED of a run, with the topology that its last state names."""
    state = STEPS[payload["of"]].state.model_validate(decode_state(payload["state"]))
    code, reason = payload["failure"]
    return build_event(payload["requestId"], state.report_topology(), failure=(FailureCode(code), reason))


def _publish(message: dict[str, Any], tenant: str | None, sent: bool) -> dict[str, Any]:
    """Publish an event, or the first smaller one that Kafka takes; which it was. Raises Undelivered."""
    smaller = reports.reduce_event(message, "Kafka refuses it")
    while True:
        try:
            events.publish(message, tenant, settings.current(), sent=sent)
        except events.TooLarge as error:
            following = next(smaller, None)
            if following is None:
                raise Bug(f"Kafka does not even take an event without outputs and topology: {error}") from error
            message, sent = following, False
        else:
            _log_published(message)
            return message


def _report_completion(payload: Mapping[str, Any], outcome: Outcome) -> Outcome:
    """The outcome with the event COMPLETE, published if that may be done here.

    A step that would not give the same event if it ran again must have its event in the history before Kafka has it.
    What Kafka does not acknowledge within a second is left to `publish_event`.
    """
    whole = build_event(payload["requestId"], outcome.topology, outcome.outputs)
    message = reports.fit_event(whole, settings.current().payload_limit)
    complete = outcome.model_copy(update={"outputs": {}, "topology": {}, "event": message})
    is_early = datetime.now(UTC) < find_earliest_event(payload["acceptedAt"])
    if message["status"] == "FAILED" or not outcome.repeatable or is_early or events.is_away():
        return complete
    try:
        events.publish(message, payload["tenant"], settings.current(), _ACKNOWLEDGED_SECONDS)
    except events.TooLarge:
        return complete
    except events.Undelivered as error:
        return complete.model_copy(update={"sent": error.on_its_way})
    _log_published(message)
    return complete.model_copy(update={"published": True})


def _log_published(message: Mapping[str, Any]) -> None:
    details = message.get("failureDetails")
    text = f": {details['failureCode']}: {details['description']}" if details else ""
    _log.info("%s published%s", message["status"], text)


async def await_executions(payload: typing.Mapping[str, Any], client: Executions) -> dict[str, Any]:
    """Wait for the executions that still ran for a resource when its Delete came; `found` is what they have made."""
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
        raise Bug(telemetry.redact(f"{type(error).__name__}: {error}")) from None


def _judge_refusal(name: str, refused: Refusal, state: State, attempt: int) -> Outcome:
    """A refusal as an outcome: try again while its verdict allows, with Retry-After or growing, scattered waits."""
    verdict = refused.verdict
    if attempt >= verdict.tries:
        return fail(verdict.code, f"{name}: {refused.cause.text}", state)
    waits = Waiting(initial=verdict.wait, factor=2, maximum=_SLOWEST_RETRY, jitter=0.5)
    wait = waits.compute_seconds(attempt, refused.retry_after)
    if name in _WATCHING and verdict.tries == UNTIL_TIMEOUT:
        return keep_running(wait, state, refused.cause.text)
    return retry(wait, refused.cause.text, state)


def _log_outcome(name: str, order: Order, outcome: Outcome) -> None:
    """One line for what an operator wants to know, and no line for polls."""
    where = f"{order.work.verb} in deployment location '{order.location.name}'"
    if outcome.kind == "Retry":
        _log.warning("%s: %s is tried again in %.0f s: %s", where, name, outcome.after, outcome.reason)
    elif outcome.deployment is not None:
        started = outcome.deployment
        _log.info("%s: deployment '%s' started (correlation id %s)", where, started.name, started.correlation_id)
    else:
        _log.debug("%s: %s: %s", where, name, outcome.kind)
