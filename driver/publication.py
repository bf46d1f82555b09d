"""Publication of a run's event: by the step that completes the transition, or by the activity `publish_event`.

Payload of publish_event: `{"requestId", "tenant", "trace", "event", "state", "failure", "of", "sent", "attempt"}`.
For a failed run `event` is null at the first try: it is built from `failure` and from the state of the step `of`.
`waiting` is a wait that the timeout has ended, `measured` what the metrics need of the transition. `isWoken`: the run
is woken once Kafka answers again.
"""

import logging
import typing
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from driver import events, floods, metrics, progress_events, reports, settings, telemetry, traces, waits
from driver.encoding import decode_state, encode_outcome
from driver.models.events import FailureCode, build_event, find_earliest_event
from driver.models.outcomes import Outcome, State, WaitingFor, retry
from driver.steps import passes
from driver.steps.states import DeployState
from driver.steps.table import STEPS
from driver.waiting import Waiting

# Until Kafka is tried again. At most 60 s, so that all events are out soon after Kafka is back.
_PAUSES = Waiting(initial=2.0, factor=2.0, maximum=60.0, jitter=0.1)
# While Kafka does not answer, of runs that are woken once it does. They end only where nobody wakes them.
_WOKEN_PAUSES = replace(_PAUSES, initial=60.0, factor=10.0, maximum=600.0)
_ROOM = 20_000  # bytes that an outcome may have beside its event
_log = logging.getLogger("driver.lifecycle")


def publish_event(payload: typing.Mapping[str, Any]) -> dict[str, Any]:
    """Send the event to Kafka. The outcome holds the event that was sent; it is Retry if Kafka has not acknowledged it,
    and at once if Kafka is known to be away. The outcome then holds the event to send again if it is not the payload's.
    """
    followed = traces.follow("publish_event", payload["trace"], payload["requestId"])
    with telemetry.bind_fields({"requestId": payload["requestId"], **payload["trace"]}), followed:
        message, attempt = payload["event"], payload.get("attempt", 0)
        waits.log_end(payload.get("of", ""), payload)
        if message is None:
            message = reports.fit_event(build_failure(payload), _find_limit())
        if attempt == 0:
            _log_failure(message)
        sent_message, undelivered = _publish(message, payload)
        if undelivered is None:
            return encode_outcome(Outcome(kind="Completed", event=sent_message, published=True))
        is_woken = payload.get("isWoken", False) and events.read_condition(settings.current()).is_silent
        pauses = _WOKEN_PAUSES if is_woken else _PAUSES
        again = retry(pauses.compute_seconds(attempt), str(undelivered), State())
        if attempt == 0:
            _log_wait(str(undelivered), again.after)
        event = sent_message if sent_message != payload["event"] else None
        return encode_outcome(again.model_copy(update={"sent": undelivered.on_its_way, "event": event}))


def build_failure(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The event FAILED of a run, with the topology in the state of its last step and what other executions reported.

    `await_executions` is no step of a verb, and runs of version 0 did not name the step: their states tell themselves.
    """
    content = decode_state(payload["state"])
    step = STEPS.get(payload["of"])
    unnamed = passes.RemoveState if "removed" in content else DeployState
    state = (step.state if step else unnamed).model_validate(content)
    code, reason = payload["failure"]
    topology = {**state.found, **state.report_topology()}
    return build_event(payload["requestId"], topology, failure=(FailureCode(code), reason))


def _publish(message: dict[str, Any], payload: Mapping[str, Any]) -> tuple[dict[str, Any], events.Undelivered | None]:
    """Publish the event, or if it is too large the first smaller one that Kafka takes. Returns that event, and why it
    is not acknowledged, if it is not: then the same one has to be sent again.
    """
    whole, smaller = message, reports.reduce_event(message, "Kafka refuses it")
    undelivered: events.Undelivered | None = None
    sent: bool = payload["sent"]
    while True:
        try:
            events.publish(message, payload["tenant"], settings.current(), sent=sent)
            _note_publication(message, payload)
            break
        except events.Undelivered as error:
            undelivered = error
            break
        except events.TooLarge as error:
            following = next(smaller, None)
            if following is None:
                text = f"topic {settings.current().kafka_topic} takes not even an event without outputs and topology"
                return whole, events.Undelivered(f"{text}: {error}")
            message, sent = following, False
    if message is not whole:
        reports.log_left_out(whole, message)
        if whole["status"] != "FAILED":
            _log_failure(message)
    return message, undelivered


def report_completion(payload: Mapping[str, Any], outcome: Outcome) -> Outcome:
    """The outcome with the event COMPLETE in it. The event is published here if that is allowed.

    A step may run twice. If its second run could give another event, the event has to be in the history before it is
    sent, so it is left to `publish_event`. So is an event that Kafka does not acknowledge within a second, any event
    while Kafka is known to be away, and any past the deadline of the step: the orchestrator may have given the step up.
    """
    whole = build_event(payload["requestId"], outcome.topology, outcome.outputs)
    message = reports.fit_event(whole, _find_limit())
    complete = outcome.model_copy(update={"outputs": {}, "topology": {}, "event": message})
    now = datetime.now(UTC)
    is_early = now < find_earliest_event(payload["acceptedAt"])
    is_late = "deadline" in payload and now >= datetime.fromisoformat(payload["deadline"])
    if events.is_away(settings.current()):
        return _wait_for_kafka(complete, events.read_condition(settings.current()).reason)
    if message["status"] == "FAILED" or not outcome.repeatable or is_early or is_late:
        return complete
    try:
        events.publish(message, payload["tenant"], settings.current())
    except events.TooLarge:
        return complete
    except events.Undelivered as error:
        return _wait_for_kafka(complete, str(error)).model_copy(update={"sent": error.on_its_way})
    _note_publication(message, payload)
    return complete.model_copy(update={"published": True})


def _wait_for_kafka(complete: Outcome, reason: str) -> Outcome:
    """The outcome of a step that has completed the transition while Kafka is away: the first try to publish its event
    is as much later as the next one after it.
    """
    waiting, pause = WaitingFor(waits_for="kafka", reason=reason), _PAUSES.compute_seconds(0)
    _log_wait(reason, pause)
    return complete.model_copy(update={"waiting": waiting, "after": pause})


def _find_limit() -> int:
    """The largest event that the task hub takes, in bytes; 0 if there is no limit."""
    limit = settings.current().payload_limit
    return limit and limit - _ROOM


def _log_wait(reason: str, seconds: float) -> None:
    floods.log_line(_log, logging.WARNING, "kafka", f"the event waits for Kafka: {reason}")
    progress_events.log_wait("kafka", seconds, reason)


def _log_failure(message: Mapping[str, Any]) -> None:
    """Log why a transition has failed: at once, whether or not Kafka takes the event."""
    if failure := message.get("failureDetails"):
        _log.warning("FAILED: %s: %s", failure["failureCode"], failure["description"])


def _note_publication(message: Mapping[str, Any], payload: Mapping[str, Any]) -> None:
    """Log and count an event that Kafka has acknowledged."""
    failure = message.get("failureDetails")
    _log.info("%s published", message["status"])
    error = {"error": {"code": failure["failureCode"], "message": failure["description"]}} if failure else {}
    progress_events.log_event("EventPublished", {"status": message["status"], **error})
    _measure_transition(message["status"], failure, payload.get("measured"))


def _measure_transition(outcome: str, failure: Mapping[str, Any] | None, measured: Mapping[str, str] | None) -> None:
    """Count a transition whose event is acknowledged. Nothing is measured of an event that was sent before."""
    if measured is None:
        return
    now = datetime.now(UTC)
    ended_at = datetime.fromisoformat(measured["endedAt"]) if measured.get("endedAt") else now
    transition = (measured["type"], measured["verb"], outcome)
    spent = ended_at - datetime.fromisoformat(measured["acceptedAt"])
    metrics.record(metrics.TRANSITIONS, 1, *transition, failure["failureCode"] if failure else "")
    metrics.record(metrics.PROVISIONING, spent.total_seconds(), *transition)
    metrics.record(metrics.PUBLISHING, (now - ended_at).total_seconds(), outcome)
