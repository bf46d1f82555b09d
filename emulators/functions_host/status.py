"""The history of an instance as status queries show it: only what ended, with the name and time of what began it."""

import json
from typing import Any

from emulators.functions_host.history import Event, EventType

# What ends a task, and what began it.
ENDINGS = {
    EventType.TaskCompleted: EventType.TaskScheduled,
    EventType.TaskFailed: EventType.TaskScheduled,
    EventType.SubOrchestrationInstanceCompleted: EventType.SubOrchestrationInstanceCreated,
    EventType.SubOrchestrationInstanceFailed: EventType.SubOrchestrationInstanceCreated,
}
UNSEEN = {EventType.OrchestratorStarted, EventType.OrchestratorCompleted, EventType.TaskScheduled}
HIDDEN = {
    "EventType", "EventId", "IsPlayed", "TaskScheduledId", "TimerId", "OrchestrationInstance", "ParentInstance",
    "Version", "Timestamp",
}  # fmt: skip


def history_events(history: list[str], show_output: bool, name: str) -> list[dict[str, Any]]:
    """The `historyEvents` of a status answer; `history` holds events as JSON texts, `name` is the orchestrator's."""
    events: list[Event] = [json.loads(text) for text in history]
    begun = {(event["EventType"], event["EventId"]): event for event in events}
    ended = {
        (ENDINGS[event["EventType"]], event["TaskScheduledId"]) for event in events if event["EventType"] in ENDINGS
    }
    shown = []
    for event in events:
        kind = EventType(event["EventType"])
        if kind not in UNSEEN and (kind, event["EventId"]) not in ended:
            shown.append(_shown(event, kind, begun, show_output, name))
    return shown


def _shown(
    event: Event, kind: EventType, begun: dict[tuple[int, int], Event], show_output: bool, name: str
) -> dict[str, Any]:
    content = {"EventType": kind.name, **{key: value for key, value in event.items() if key not in HIDDEN}}
    if "Result" in content:
        result = content.pop("Result")
        if show_output:
            content["Result"] = None if result is None else json.loads(result)
    content["Timestamp"] = event["Timestamp"]
    if kind is EventType.ExecutionStarted:
        del content["Name"], content["Tags"]
        content["FunctionName"] = name
    if kind in ENDINGS:
        beginning = begun[ENDINGS[kind], event["TaskScheduledId"]]
        scheduled = beginning["Timestamp"].replace("Z", "+00:00")
        content |= {"ScheduledTime": scheduled, "FunctionName": beginning["Name"], "Input": None}
    return content
