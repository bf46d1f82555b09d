"""The activities: each unseals the order, takes one step with it and returns an Outcome. Only bugs raise.

Payload of a step: `{"requestId", "tenant", "trace", "acceptedAt", "sealed", "step", "state", "attempt"}`; of a first
step that takes turns with other executions of the resource also `since` (turns.py). From run version 2 on also the
`deadline` of the step; `first`, the first of the latest uninterrupted series of refusals; `waiting`, what the execution
waited for until now; once `late`, `{"seconds", "endsAt"}`, when three quarters of the time are over. The template of a
deployment may be kept apart (contents.py).

Functions that the app registers take `typing.Mapping`. With `dict[str, Any]` or the Mapping of collections.abc the
worker refuses the whole app, and no function is registered.
"""

import logging
import time
import typing
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from math import inf
from typing import Any

from driver import executions, metrics, opening, telemetry, traces, turns, waits
from driver.azure import deadlines
from driver.azure.operations import POLLS
from driver.azure.refusals import Refusal
from driver.azure.verdicts import UNTIL_TIMEOUT
from driver.encoding import decode_state, encode_outcome
from driver.errors import Bug, NotReady
from driver.executions import Executions
from driver.models.orders import Order
from driver.models.outcomes import Outcome, State, fail, keep_running, retry, succeed
from driver.publication import report_completion
from driver.steps import passes
from driver.steps.previews import PreviewState
from driver.steps.progress import log_progress, select_operations
from driver.steps.repetition import explain_wait, join_causes
from driver.steps.states import DeployState
from driver.steps.table import STEPS, Step
from driver.topology import apply_changes
from driver.waiting import Waiting, compute_age

# Steps that only read. After a refusal that passes, such a step is repeated; nothing is started again.
_WATCHING = ("watch_deployment", "watch_action", "watch_preview")
_SLOWEST_RETRY = 30.0  # seconds
_AWAIT_SECONDS = 2.0  # until the status of an awaited execution is read again
_ABANDON = "abandon_deployment"
_log = logging.getLogger("driver.lifecycle")


async def await_executions(payload: typing.Mapping[str, Any], client: Executions) -> dict[str, Any]:
    """The first step of a Delete of run version 0 or 1: wait for the executions that ran when it was accepted. `found`
    in the state that follows holds what they reported.
    """
    found: dict[str, Any] = {}
    for request_id in payload["awaits"]:
        try:
            status = await executions.find_execution(client, request_id)
        except NotReady as error:
            return encode_outcome(turns.wait_for(request_id, _AWAIT_SECONDS, passes.RemoveState(), str(error)))
        if status is not None and executions.is_active(status):
            return encode_outcome(turns.wait_for(request_id, _AWAIT_SECONDS, passes.RemoveState()))
        found |= executions.read_topology(status)
    return encode_outcome(succeed(passes.RemoveState(found=found)))


def take_step(payload: typing.Mapping[str, Any], client: Executions) -> dict[str, Any]:
    """Take the step that the payload names. If it completes the transition, publish the event, if that is allowed.

    With `since` in the payload, the step first looks for the other executions of the resource. Until this one may go
    on, the outcome is Running, and the next look is a new call.
    """
    name = payload["step"]
    state: State = STEPS[name].state.model_validate(decode_state(payload["state"]))
    followed = traces.follow(name, payload["trace"], payload["requestId"])
    with telemetry.bind_fields({"requestId": payload["requestId"], **payload["trace"]}), followed:
        order = opening.open_order(payload, state)
        if isinstance(order, Outcome):
            waits.log_change(name, payload, order)
            return encode_outcome(order)
        with telemetry.bind_fields({}, order.secrets):
            _warn_if_late(name, payload)
            if name != _ABANDON and _measure_time_left(payload) < -deadlines.GRACE_SECONDS:
                # It may have been given up. Nothing may be begun that nobody would know of.
                return encode_outcome(keep_running(0, state, "the driver was too busy to take this step in time"))
            must_look = "since" in payload and not state.has_turn
            if must_look:
                with _redact_bugs("the look for other executions"):
                    looked = turns.take_turn(payload, order.topology, state, client)
                if isinstance(looked, Outcome):
                    waits.log_change(name, payload, looked)
                    return encode_outcome(looked)
                state = looked
            if state.found:
                order = order.model_copy(update={"topology": apply_changes(order.topology, state.found)})
            if STEPS[name].needs_content:
                loaded = opening.load_content(order, payload, state, client)
                if isinstance(loaded, Outcome):
                    waits.log_change(name, payload, loaded)
                    return encode_outcome(loaded)
                order = loaded
            outcome = _attempt_step(STEPS[name], order, state, payload)
            log_progress(name, order, state, outcome)
            waits.log_change(name, payload, outcome)
            _log_outcome(name, outcome)
            if outcome.kind == "Completed":
                outcome = report_completion(payload, _add_found(outcome, state, is_new=must_look))
            return encode_outcome(_finish_outcome(outcome, state), state)


def _attempt_step(step: Step, order: Order, state: State, payload: Mapping[str, Any]) -> Outcome:
    try:
        with _redact_bugs(payload["step"]), _limit_calls(payload):
            return step.take(order, state, _count_refusals(payload, state))
    except Refusal as refused:
        return _judge_refusal(refused, state, payload)


def _count_refusals(payload: Mapping[str, Any], state: State) -> int:
    """How often calls of this step were refused before. The attempts of the orchestrator count each failure of the
    operation, too, which has a limit of its own; those of the step that abandons it begin anew.
    """
    if payload["step"] == _ABANDON or not isinstance(state, DeployState | PreviewState):
        return int(payload["attempt"])
    return max(0, int(payload["attempt"]) - state.failures)


def _limit_calls(payload: Mapping[str, Any]) -> AbstractContextManager[None]:
    """Within the block no call to ARM lasts more than some seconds past the deadline of the step: then the step is
    given up.
    """
    left = _measure_time_left(payload)
    if left == inf:
        return nullcontext()
    return deadlines.limit_calls(time.monotonic() + max(left, 0) + deadlines.GRACE_SECONDS)


def _measure_time_left(payload: Mapping[str, Any]) -> float:
    """The seconds until the deadline of the step; infinite for a run before version 2."""
    if "deadline" not in payload:
        return inf
    return (datetime.fromisoformat(payload["deadline"]) - datetime.now(UTC)).total_seconds()


@contextmanager
def _redact_bugs(what: str) -> Iterator[None]:
    """Raise an unexpected error of the block as a Bug without secrets."""
    try:
        yield
    except Refusal:
        raise
    except Exception as error:
        _log.exception("%s failed unexpectedly", what)
        # Without its cause: the worker writes the whole chain into the history, where nothing is redacted.
        raise Bug(telemetry.redact(f"{type(error).__name__}: {error}")) from None


def _add_found(outcome: Outcome, state: State, is_new: bool) -> Outcome:
    """The outcome with the reports of other executions added to its topology, since Brent may have read them in another
    order, or not at all. `is_new`: if this step ran again, it might find other reports.
    """
    if not state.found:
        return outcome
    topology, repeatable = {**state.found, **outcome.topology}, outcome.repeatable and not is_new
    return outcome.model_copy(update={"topology": topology, "repeatable": repeatable})


def _finish_outcome(outcome: Outcome, before: State) -> Outcome:
    """The outcome without secrets, as the task hub gets it. Its state keeps what the look for other executions has
    found.
    """
    not_owned = tuple(
        entry.model_copy(update={"reason": telemetry.redact(entry.reason)}) for entry in outcome.not_owned
    )
    state = outcome.state.keep_turn(before) if isinstance(outcome.state, State) else outcome.state
    warnings = tuple(map(telemetry.redact, outcome.warnings))
    shown = {"reason": telemetry.redact(outcome.reason), "not_owned": not_owned, "warnings": warnings}
    operations = {"operations": select_operations(outcome.written), "operations_total": len(outcome.written)}
    return outcome.model_copy(update={**shown, **operations, "state": state, "written": ()})


def _judge_refusal(refused: Refusal, state: State, payload: Mapping[str, Any]) -> Outcome:
    """The outcome for a refusal. The step is tried again as often as the verdict allows. The waits grow; a Retry-After
    replaces them. A step that only reads waits for a fifth of the time that it has waited so far.
    """
    name, attempt, verdict = payload["step"], _count_refusals(payload, state), refused.verdict
    text = join_causes(payload.get("first", ""), refused.cause.text)
    if attempt >= verdict.tries:
        return fail(verdict.code, text, state)
    metrics.record(metrics.RETRIES, 1, refused.cause.code)
    if name in _WATCHING and verdict.tries == UNTIL_TIMEOUT:
        waited = compute_age((payload.get("waiting") or {}).get("since", ""))
        wait = max(verdict.wait, POLLS.compute_seconds(waited, refused.retry_after))
        outcome = keep_running(wait, state, text)
    else:
        pauses = Waiting(initial=verdict.wait, factor=2, maximum=max(_SLOWEST_RETRY, verdict.wait), jitter=0.5)
        outcome = retry(pauses.compute_seconds(attempt, refused.retry_after), text, state)
    return explain_wait(outcome, refused)


def _warn_if_late(where: str, payload: Mapping[str, Any]) -> None:
    if (late := payload.get("late")) is None:
        return
    waiting = payload.get("waiting") or {}
    reason = f"; it waits for {waiting['for']}: {waiting['reason']}" if waiting else ""
    text = "%s has used three quarters of its %d s and is not over; at %s it fails%s"
    _log.warning(text, where, late["seconds"], late["endsAt"], reason)


def _log_outcome(where: str, outcome: Outcome) -> None:
    """Log warnings and a started deployment for the operator. All other outcomes, such as polls, are logged at
    DEBUG.
    """
    if outcome.warnings:
        _log.warning("%s: %s", where, " ".join("; ".join(outcome.warnings).split()))
    if outcome.deployment is not None:
        started = outcome.deployment
        _log.info("%s: deployment '%s' started (correlation id %s)", where, started.name, started.correlation_id)
    else:
        _log.debug("%s: %s", where, outcome.kind)
