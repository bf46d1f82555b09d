"""The activities, with all fields of the outcomes that they answer: on the wire those that have their default are left
out.
"""

from collections.abc import Mapping
from typing import Any

from driver import activities, publication
from driver.executions import Executions
from driver.models.outcomes import Outcome
from tests.support.executions import TaskHub


def take_step(payload: Mapping[str, Any], client: Executions | None = None) -> dict[str, Any]:
    return read_outcome(activities.take_step(payload, client or TaskHub()))


def publish_event(payload: Mapping[str, Any]) -> dict[str, Any]:
    return read_outcome(publication.publish_event(payload))


def read_outcome(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The outcome as the orchestrator reads it."""
    return Outcome.model_validate(answer).model_dump(mode="json")
