"""How far the execution of a lifecycle is, and what the execution shows of it as its custom status."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from azure.durable_functions import DurableOrchestrationContext
from pydantic import TypeAdapter

from driver.models.outcomes import DeploymentShown, Outcome, WaitingFor
from driver.models.runs import PUBLISH, WaitingSince

LONGEST_REASON = 1_000  # a custom status of more than 16 KB fails the orchestration


@dataclass(frozen=True)
class Progress:
    """How far a run is: the next step and its input, and what the execution shows.

    `deadline` is that of the step; abandoning a deployment has a later one than the run. At the end `event` is the
    event to publish. A run that has failed has `failure` (code, reason) instead, and `of`, the step that failed: the
    event is built from both and from the state of that step.
    """

    step: str
    state: Any = field(default_factory=dict)  # plain JSON, which only the steps read
    attempt: int = 0
    deadline: str = ""
    event: dict[str, Any] | None = None
    failure: tuple[str, str] | None = None
    of: str = ""
    sent: bool = False
    waiting: WaitingSince | None = None
    deployment: DeploymentShown | None = None


_PROGRESS = TypeAdapter(Progress)


def read_progress(run_input: dict[str, Any]) -> Progress | None:
    """The progress in the input of a run that has continued as new."""
    return _PROGRESS.validate_python(run_input["progress"]) if "progress" in run_input else None


def dump_progress(progress: Progress) -> dict[str, Any]:
    """A progress as JSON, for the input of a run that continues as new."""
    content: dict[str, Any] = _PROGRESS.dump_python(progress, mode="json")
    return content


def note_waiting(progress: Progress, outcome: Outcome, now: datetime) -> Progress:
    """The progress with what the run waits for. A wait for the same thing keeps its `since`."""
    reason, before = outcome.reason[:LONGEST_REASON], progress.waiting
    waiting = outcome.waiting
    if waiting is None and reason and outcome.kind in ("Running", "Retry"):
        waiting = WaitingFor(waits_for="kafka" if progress.step == PUBLISH else "azure")
    if waiting is None:
        return replace(progress, waiting=None) if before else progress
    since = before.since if before and before.waits_for == waiting.waits_for else now.isoformat()
    until = (now + timedelta(seconds=outcome.after)).isoformat()
    shown = WaitingSince(
        waits_for=waiting.waits_for,
        reason=reason or waiting.reason,
        request_id=waiting.request_id,
        since=since,
        until=until,
    )
    return replace(progress, waiting=shown)


def show_progress(context: DurableOrchestrationContext, status: dict[str, Any], progress: Progress) -> None:
    """Set the custom status of the execution: `status` is that of the run before its first step."""
    shown: dict[str, Any] = {**status}
    if progress.step:
        shown |= {"step": progress.step, "attempt": progress.attempt}
    if progress.waiting is not None:
        shown["waiting"] = progress.waiting.model_dump(mode="json", by_alias=True)
    if progress.deployment is not None:
        shown["deployment"] = progress.deployment.model_dump(mode="json", by_alias=True)
    context.set_custom_status(shown)
