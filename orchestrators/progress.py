"""How far the execution of a lifecycle is, and what the execution shows of it as its custom status."""

import json
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from azure.durable_functions import DurableOrchestrationContext
from pydantic import TypeAdapter

from driver.errors import drop_traces
from driver.models.outcomes import DeploymentShown, NotOwned, OperationShown, Outcome
from driver.models.runs import PUBLISH, WaitingSince

LARGEST_STATUS = 16_000  # bytes: a custom status of more than 16 KB of UTF-16 fails the orchestration
LONGEST_REASON = 1_000  # characters
_MOST_NOT_OWNED = 20
_MOST_WARNINGS = 10
# How far a custom status that is too large is cut: the longest reason in characters, and the entries of notOwned
# and operations.
_CUTS = ((400, 20), (150, 20), (60, 20), (60, 10), (60, 5), (60, 1), (60, 0))
_SHORTEST_TEXT = 40  # characters of each text in a status that is too large even so


@dataclass(frozen=True)
class Progress:
    """How far a run is: the next step and its input, and what the execution shows.

    `deadline` is that of the step; abandoning a deployment has a later one than the run. At the end `event` is the
    event to publish. A run that has failed has `failure` (code, reason) instead, and `of`, the step that failed: the
    event is built from both and from the state of that step. `restarted_at` is the attempt of the step that went back
    to the first one. `ended_at` is when the transition was over; its event is still to be published.

    `ends_at` is the timeout of the transition, `warned`: the log has said that it is near. `refusal` is the last one
    that the run has met, `first` the first of those that came one after another until now. `waited` is a
    wait that the deadline has just ended, for the next activity to log. `wakes_at` is when the next step is due after a
    long wait, with which a generation begins.
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
    not_owned: tuple[NotOwned, ...] = ()
    not_owned_total: int = 0
    warnings: tuple[str, ...] = ()
    operations: tuple[OperationShown, ...] = ()
    operations_total: int = 0
    restarted_at: int = 0
    ended_at: str = ""
    ends_at: str = ""
    warned: bool = False
    refusal: str = ""
    first: str = ""
    waited: WaitingSince | None = None
    wakes_at: str = ""


_PROGRESS = TypeAdapter(Progress)


def read_progress(run_input: dict[str, Any]) -> Progress | None:
    """The progress in the input of a run that has continued as new."""
    return _PROGRESS.validate_python(run_input["progress"]) if "progress" in run_input else None


def dump_progress(progress: Progress) -> dict[str, Any]:
    """A progress as JSON, for the input of a run that continues as new."""
    content: dict[str, Any] = _PROGRESS.dump_python(progress, mode="json")
    return content


def note_findings(progress: Progress, outcome: Outcome) -> Progress:
    """The progress with what the execution shows of an outcome for good: the newest deployment, the operations that
    were seen last, not-owned resources and warnings that were named.
    """
    if outcome.deployment is not None:
        progress = replace(progress, deployment=outcome.deployment)
    if outcome.operations:
        total = max(outcome.operations_total, len(outcome.operations))
        operations = _keep_times(progress.operations, outcome.operations)
        progress = replace(progress, operations=operations, operations_total=total)
    if outcome.warnings:
        shown_warnings = tuple(text[:LONGEST_REASON] for text in outcome.warnings[:_MOST_WARNINGS])
        progress = replace(progress, warnings=shown_warnings)
    if not outcome.not_owned:
        return progress
    shown = tuple(
        NotOwned(id=entry.id[:LONGEST_REASON], reason=drop_traces(entry.reason)[:LONGEST_REASON])
        for entry in outcome.not_owned[:_MOST_NOT_OWNED]
    )
    total = max(outcome.not_owned_total, len(outcome.not_owned))
    return replace(progress, not_owned=shown, not_owned_total=total)


def _keep_times(before: tuple[OperationShown, ...], now: tuple[OperationShown, ...]) -> tuple[OperationShown, ...]:
    """The operations, with the times that were known before where they have none: a record lists resources only."""
    known = {one.resource: one for one in before}
    return tuple(
        one
        if one.since or one.resource not in known
        else one.model_copy(update={"since": known[one.resource].since, "until": known[one.resource].until})
        for one in now
    )


def find_publication_time(progress: Progress) -> datetime | None:
    """When a run that waits for Kafka publishes its event again; None if it does not wait for Kafka."""
    waiting = progress.waiting
    return datetime.fromisoformat(waiting.until) if waiting and waiting.waits_for == "kafka" else None


def end_wait(progress: Progress, now: datetime) -> Progress:
    """The progress of a run that need not wait any longer."""
    waiting = progress.waiting
    return replace(progress, waiting=waiting and waiting.model_copy(update={"until": now.isoformat()}))


def note_refusal(progress: Progress, outcome: Outcome) -> Progress:
    """The progress with the refusal that an outcome tells of, or with the end of those that came one after another."""
    if not outcome.refused:
        return replace(progress, first="") if progress.first else progress
    reason = outcome.reason[:LONGEST_REASON]
    return replace(progress, refusal=reason, first=progress.first or reason)


def note_waiting(step: str, progress: Progress, outcome: Outcome, now: datetime, wake: datetime | None) -> Progress:
    """The progress with what the run waits for after the outcome of a step, until the time `wake`. A wait for the same
    thing keeps its `since`.
    """
    before, waiting = progress.waiting, outcome.find_wait("kafka" if step == PUBLISH else "azure")
    if waiting is None:
        return replace(progress, waiting=None) if before else progress
    since = before.since if before and before.waits_for == waiting.waits_for else now.isoformat()
    shown = WaitingSince(
        waits_for=waiting.waits_for,
        reason=drop_traces(outcome.reason)[:LONGEST_REASON] or waiting.reason,
        request_id=waiting.request_id,
        since=since,
        until=(wake or now).isoformat(),
    )
    if progress.failure is not None and progress.step != step:  # its time is over, which the activity could not know
        return replace(progress, waiting=None, waited=shown)
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
    shown["operations"] = [one.model_dump(mode="json") for one in progress.operations]
    shown["operationsTotal"] = progress.operations_total
    if progress.ended_at:
        shown["endedAt"] = progress.ended_at
    shown["notOwned"] = [entry.model_dump(mode="json", by_alias=True) for entry in progress.not_owned]
    shown["notOwnedTotal"] = progress.not_owned_total
    shown["warnings"] = list(progress.warnings)
    context.set_custom_status(fit_status(shown))


def fit_status(shown: dict[str, Any]) -> dict[str, Any]:
    """A custom status no larger than the task hub takes: first reasons and warnings are cut, then entries of `notOwned`
    and `operations` are left out, at last every text is cut.
    """
    if len(json.dumps(shown)) * 2 <= LARGEST_STATUS or _measure(shown) <= LARGEST_STATUS:  # the first bound is fast
        return shown
    for longest, most in _CUTS:
        entries = [{**entry, "reason": entry["reason"][:longest]} for entry in shown["notOwned"][:most]]
        waiting = shown["waiting"] and {**shown["waiting"], "reason": shown["waiting"]["reason"][:longest]}
        warnings = [text[:longest] for text in shown["warnings"]]
        cut = {**shown, "waiting": waiting, "notOwned": entries, "warnings": warnings}
        cut["operations"] = shown["operations"][:most]
        if _measure(cut) <= LARGEST_STATUS:
            return cut
    return {name: _cut_texts(value) for name, value in cut.items()}


def _cut_texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _cut_texts(inner) for name, inner in value.items()}
    return value[:_SHORTEST_TEXT] if isinstance(value, str) else value


def _measure(shown: dict[str, Any]) -> int:
    """The bytes of a status as JSON, in UTF-8 or UTF-16, whichever are more."""
    text = json.dumps(shown, ensure_ascii=False)
    return max(len(text.encode(encoding, "surrogatepass")) for encoding in ("utf-8", "utf-16-le"))
