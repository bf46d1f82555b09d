"""Publication of a run's event: by the step that completes the transition, or by the activity `publish_event`.

Payload of publish_event: `{"requestId", "tenant", "trace", "event", "state", "failure", "of", "sent"}`. `event` is null
for a failed run: its event is built from `failure` and from the state of the step `of`.
"""

import logging
import typing
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from driver import events, reports, settings, telemetry
from driver.encoding import decode_state, encode_outcome
from driver.errors import Bug
from driver.models.events import FailureCode, build_event, find_earliest_event
from driver.models.outcomes import Outcome, State, WaitingFor, retry
from driver.steps import removal
from driver.steps.states import DeployState
from driver.steps.table import STEPS
from driver.waiting import Waiting

_PUBLISH_AGAIN = Waiting(initial=5.0)
_ACKNOWLEDGED_SECONDS = 1.0  # how long the last step waits for Kafka's acknowledgement
_AWAY = WaitingFor(waits_for="kafka", reason="Kafka has not acknowledged the last event")
_log = logging.getLogger("driver.lifecycle")


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
    topology = {**state.report_removed(), **state.report_topology()}
    return build_event(payload["requestId"], topology, failure=(FailureCode(code), reason))


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


def report_completion(payload: Mapping[str, Any], outcome: Outcome) -> Outcome:
    """The outcome with the event COMPLETE in it. The event is published here if that is allowed.

    A step may run twice. If its second run could give another event, the event has to be in the history before it is
    sent, so it is left to `publish_event`. So is an event that Kafka does not acknowledge within a second.
    """
    whole = build_event(payload["requestId"], outcome.topology, outcome.outputs)
    message = reports.fit_event(whole, settings.current().payload_limit)
    complete = outcome.model_copy(update={"outputs": {}, "topology": {}, "event": message})
    is_early = datetime.now(UTC) < find_earliest_event(payload["acceptedAt"])
    if events.is_away():
        return complete.model_copy(update={"waiting": _AWAY})
    if message["status"] == "FAILED" or not outcome.repeatable or is_early:
        return complete
    try:
        events.publish(message, payload["tenant"], settings.current(), _ACKNOWLEDGED_SECONDS)
    except events.TooLarge:
        return complete
    except events.Undelivered as error:
        return complete.model_copy(update={"sent": error.on_its_way, "waiting": _AWAY})
    _log_publication(message)
    return complete.model_copy(update={"published": True})


def _log_publication(message: Mapping[str, Any]) -> None:
    details = message.get("failureDetails")
    text = f": {details['failureCode']}: {details['description']}" if details else ""
    _log.info("%s published%s", message["status"], text)
