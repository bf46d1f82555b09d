"""The activities: each unseals the order, takes one step with it and returns an Outcome. Only bugs raise.

Payload of a step: `{"requestId", "tenant", "trace", "acceptedAt", "sealed", "step", "state", "attempt"}`. Payload of
publish_event: `{"requestId", "tenant", "trace", "event", "state", "failure", "of", "sent"}`. `event` is null for a
failed run: its event is built from `failure` and from the state of the step `of`.

Functions that the app registers take `typing.Mapping`. With `dict[str, Any]` or the Mapping of collections.abc the
worker refuses the whole app, and no function is registered.
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
from driver.steps.states import DeployState
from driver.waiting import Waiting


@dataclass(frozen=True)
class Step:
    """A step: the function that takes it, and the model of its verb's state."""

    take: Callable[[Order, Any, int], Outcome]
    state: type[State]


STEPS = {
    "inspect_resources": Step(creation.inspect_resources, DeployState),
    "start_deployment": Step(creation.start_deployment, DeployState),
    "watch_deployment": Step(creation.watch_deployment, DeployState),
    "abandon_deployment": Step(creation.abandon_deployment, DeployState),
    "remove_resources": Step(removal.remove_resources, removal.RemoveState),
    "call_action": Step(actions.call_action, actions.CallState),
    "watch_action": Step(actions.watch_action, actions.CallState),
    "adopt_deployment": Step(adoption.adopt_deployment, State),
    "start_preview": Step(previews.start_preview, previews.PreviewState),
    "watch_preview": Step(previews.watch_preview, previews.PreviewState),
}
# Steps that only read. After a refusal that passes, such a step is repeated; nothing is started again.
_WATCHING = ("watch_deployment", "watch_action", "watch_preview")
_SLOWEST_RETRY = 30.0  # seconds
_PUBLISH_AGAIN = Waiting(initial=5.0)
_ACKNOWLEDGED_SECONDS = 1.0  # how long the last step waits for Kafka's acknowledgement
_AWAITS = Waiting(initial=2.0)  # until the status of an awaited execution is read again
_log = logging.getLogger("driver.lifecycle")


class Bug(Exception):
    """An unexpected error. Its text goes into the history, so it holds no secrets."""


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
                outcome = _report_completion(payload, outcome)
            return encode_outcome(_redact_outcome(outcome), state)


def publish_event(payload: typing.Mapping[str, Any]) -> dict[str, Any]:
    """Send the event to Kafka. The outcome holds the event that was sent; it is Retry if Kafka has not acknowledged."""
    with telemetry.bind_fields({"requestId": payload["requestId"], **payload["trace"]}):
        message, sent = payload["event"], payload["sent"]
        if message is None:
            message = reports.fit_event(build_failure(payload), settings.current().payload_limit)
        try:
            published = _publish(message, payload["tenant"], sent)
        except events.Undelivered as error:
            _log.warning("event not acknowledged by Kafka, it is sent again: %s", error)
            again = retry(0 if error.on_its_way else _PUBLISH_AGAIN.compute_seconds(0), str(error), State())
            return encode_outcome(again.model_copy(update={"sent": error.on_its_way}))
        return encode_outcome(Outcome(kind="Completed", event=published, published=True))


def build_failure(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The event FAILED of a run, with the topology in the state of its last step.

    `await_executions` is no step of a verb, and runs of version 0 did not name the step: their states tell themselves.
    """
    content = decode_state(payload["state"])
    step = STEPS.get(payload["of"])
    unnamed = removal.RemoveState if "removed" in content else DeployState
    state = (step.state if step else unnamed).model_validate(content)
    code, reason = payload["failure"]
    return build_event(payload["requestId"], state.report_topology(), failure=(FailureCode(code), reason))


def _publish(message: dict[str, Any], tenant: str | None, sent: bool) -> dict[str, Any]:
    """Publish the event, or if it is too large the first smaller one that Kafka takes. Returns the one that was sent.

    Raises Undelivered.
    """
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
            _log_publication(message)
            return message


def _report_completion(payload: Mapping[str, Any], outcome: Outcome) -> Outcome:
    """The outcome with the event COMPLETE in it. The event is published here if that is allowed.

    A step may run twice. If its second run could give another event, the event has to be in the history before it is
    sent, so it is left to `publish_event`. So is an event that Kafka does not acknowledge within a second.
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
    _log_publication(message)
    return complete.model_copy(update={"published": True})


def _log_publication(message: Mapping[str, Any]) -> None:
    details = message.get("failureDetails")
    text = f": {details['failureCode']}: {details['description']}" if details else ""
    _log.info("%s published%s", message["status"], text)


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
