"""Events as the driver builds them, from plain values."""

from collections.abc import Mapping
from typing import Any

from driver.models.events import FailureCode, TopologyEntry, build_event


def make_event(
    topology: Mapping[str, Any] | None = None,
    outputs: Mapping[str, Any] | None = None,
    failure: tuple[FailureCode, str] | None = None,
    request_id: str = "r",
) -> dict[str, Any]:
    """An event whose topology is given as JSON."""
    entries = {key: entry and TopologyEntry.model_validate(entry) for key, entry in (topology or {}).items()}
    return build_event(request_id, entries, outputs, failure)
