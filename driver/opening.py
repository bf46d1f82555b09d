"""Opening of what is sealed for a step, and what the step does if this host cannot open it.

A host that lacks the key waits: it may get the key yet, or another host may take the step next (ADR 31). What is
damaged is a failure at once.
"""

from collections.abc import Mapping
from typing import Any

from driver import contents, keys, sealing, settings, turns
from driver.azure.operations import POLLS
from driver.errors import NotReady
from driver.executions import Executions
from driver.models.events import FailureCode
from driver.models.orders import Order
from driver.models.outcomes import Outcome, State, WaitingFor, fail, keep_running, retry
from driver.waiting import compute_age

_CONTENT_SECONDS = 5.0  # until the content of a deployment is read again
_MOST_LOOKS = 5  # at a content that the task hub does not have


def open_order(payload: Mapping[str, Any], state: State) -> Order | Outcome:
    """The order in the payload of a step, or the outcome if it cannot be opened."""
    request_id = payload["requestId"]
    try:
        order = Order.model_validate(sealing.unseal(payload["sealed"], request_id, _read_keys()))
    except NotReady as error:
        return _wait_for_host(payload, state, str(error))
    except sealing.Damaged as error:
        return fail(FailureCode.INTERNAL_ERROR, str(error), state)
    if order.request_id != request_id:  # a text of release 2.0.0 opens for any id
        return fail(FailureCode.INTERNAL_ERROR, f"what is sealed belongs to request {order.request_id}", state)
    return order


def load_content(order: Order, payload: Mapping[str, Any], state: State, client: Executions) -> Order | Outcome:
    """The order with the content of its deployment, or the outcome if that cannot be read."""
    try:
        return contents.load_order(order, client, _read_keys())
    except sealing.UnknownKey as error:
        return _wait_for_host(payload, state, str(error))
    except NotReady as error:
        return turns.wait_for(None, _CONTENT_SECONDS, state, str(error))
    except sealing.Damaged as error:
        return fail(FailureCode.INTERNAL_ERROR, str(error), state)
    except contents.MissingContent as missing:
        if payload["attempt"] < _MOST_LOOKS:
            return retry(_CONTENT_SECONDS, str(missing), state)
        return fail(FailureCode.INTERNAL_ERROR, str(missing), state)


def _read_keys() -> tuple[str, ...]:
    return keys.read_keys(settings.current())


def _wait_for_host(payload: Mapping[str, Any], state: State, reason: str) -> Outcome:
    """The outcome of a step that this host cannot open. If no host can until the deadline, the run fails with the
    reason.
    """
    waited = compute_age((payload.get("waiting") or {}).get("since", ""))
    outcome = keep_running(POLLS.compute_seconds(waited), state, reason)
    # A run before version 2 may be in the hands of a host of release 2.0.0, which does not know this kind of wait.
    waiting = WaitingFor(waits_for="host", reason=reason) if "deadline" in payload else None
    return outcome.model_copy(update={"code": FailureCode.INTERNAL_ERROR, "waiting": waiting})
