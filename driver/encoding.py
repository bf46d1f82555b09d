"""Outcomes and states as JSON, no larger than the task hub takes."""

import base64
import json
import zlib
from collections.abc import Mapping
from typing import Any

from driver import settings
from driver.models.events import FailureCode
from driver.models.outcomes import Outcome, State, fail
from driver.models.runs import RUN_VERSION
from driver.waiting import tell_time

_LARGE_STATE = 4_000  # characters; a state that is longer is compressed


def decode_state(state: Mapping[str, Any]) -> dict[str, Any]:
    """A state as the step returned it, before it was compressed."""
    packed = state.get("packed")
    return dict(state) if packed is None else dict(json.loads(zlib.decompress(base64.b85decode(packed))))


def _compress_state(state: dict[str, Any]) -> dict[str, Any]:
    """A state as it is put into the task hub: `{"packed"}` (zlib, base 85) if it is large."""
    text = json.dumps(state, separators=(",", ":"))
    if len(text) <= _LARGE_STATE:
        return state
    return {"packed": base64.b85encode(zlib.compress(text.encode())).decode("ascii")}


def encode_outcome(outcome: Outcome, before: State | None = None) -> dict[str, Any]:
    """An outcome as JSON. If it is larger than the task hub takes, it is a failure with the state `before` the step.

    Fields that have their default are left out: each replay reads all outcomes of the run again. A wait counts from
    now, not from when an orchestrator comes to read the outcome.
    """
    if outcome.after:
        outcome = outcome.model_copy(update={"ended_at": tell_time()})
    result = outcome.model_dump(mode="json", exclude={"state"}, exclude_defaults=True) | {"version": RUN_VERSION}
    if isinstance(outcome.state, State):
        result["state"] = _compress_state(outcome.state.model_dump(mode="json"))
    limit = settings.current().payload_limit
    size = len(json.dumps(result).encode()) if limit else 0
    if size <= limit:
        return result
    reason = f"the state of the run has {size} bytes, the task hub takes {limit}"
    return encode_outcome(fail(FailureCode.INTERNAL_ERROR, reason, before or State()))
