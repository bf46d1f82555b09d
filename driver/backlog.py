"""What the task hub still has to do: for the metrics, and the same for all worker processes and hosts of the hub."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from driver import executions, instances
from driver.models.runs import PUBLISH


@dataclass(frozen=True)
class Backlog:
    """The number of transitions `in_flight`; the age of the oldest of them in seconds; the greatest share of its
    timeout that one has used; the number of events `pending`, whose transitions are over, and the time since the end of
    the first of those.
    """

    in_flight: int = 0
    oldest_age: float = 0.0
    time_used: float = 0.0
    pending: int = 0
    pending_age: float = 0.0


def read_backlog(client: Any) -> Backlog:
    """The backlog of the task hub. It blocks, for some milliseconds for each 100 executions. Raises NotReady."""
    backlog, now = Backlog(), datetime.now(UTC)
    for page in instances.list_pages(client, statuses=executions.ACTIVE):
        for instance in page:
            if instance["name"] == executions.ORCHESTRATOR:
                backlog = _add_execution(backlog, instance, now)
    return backlog


def _add_execution(backlog: Backlog, instance: Mapping[str, Any], now: datetime) -> Backlog:
    """The backlog with an execution as the host lists it. Until its first step it has no custom status."""
    shown = executions.read_json(instance.get("customStatus"))
    shown = shown if isinstance(shown, dict) else {}
    accepted_at = datetime.fromisoformat(shown.get("acceptedAt") or instance["createdTime"])
    age, used = (now - accepted_at).total_seconds(), 0.0
    if shown.get("endedAt") or shown.get("step") == PUBLISH:
        pending_age = (now - datetime.fromisoformat(shown["endedAt"])).total_seconds() if shown.get("endedAt") else age
        return replace(backlog, pending=backlog.pending + 1, pending_age=max(backlog.pending_age, pending_age))
    if deadline := shown.get("deadline"):
        used = age / max((datetime.fromisoformat(deadline) - accepted_at).total_seconds(), 1.0)
    return replace(
        backlog,
        in_flight=backlog.in_flight + 1,
        oldest_age=max(backlog.oldest_age, age),
        time_used=max(backlog.time_used, used),
    )
