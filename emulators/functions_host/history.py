"""History events, their times and their JSON text, in the form in which the Durable extension hands them to the SDK."""

import json
import traceback
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any

Event = dict[str, Any]
_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)  # json.dumps would make one for each call


class EventType(IntEnum):
    """DurableTask's history event types, as far as the local host uses them."""

    ExecutionStarted = 0
    ExecutionCompleted = 1
    ExecutionTerminated = 3
    TaskScheduled = 4
    TaskCompleted = 5
    TaskFailed = 6
    SubOrchestrationInstanceCreated = 7
    SubOrchestrationInstanceCompleted = 8
    SubOrchestrationInstanceFailed = 9
    TimerCreated = 10
    TimerFired = 11
    OrchestratorStarted = 12
    OrchestratorCompleted = 13
    EventRaised = 15


def write_json(value: Any) -> str:
    """A value as compact JSON text. Raises TypeError for what JSON does not have."""
    return _ENCODER.encode(value)


def now() -> str:
    """The time of this moment: `2026-11-22T23:46:28.521473Z`. Replays need many, and `iso` takes longer."""
    return datetime.now(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def iso(moment: datetime) -> str:
    """A UTC time with microseconds and Z."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def parse(moment: str) -> datetime:
    """The time of an event, back from `iso`."""
    return datetime.fromisoformat(moment)


def event(kind: EventType, event_id: int = -1, **fields: Any) -> Event:
    """An event that happens now; `event_id` only where the orchestration caused it."""
    return {"EventType": int(kind), **fields, "EventId": event_id, "IsPlayed": False, "Timestamp": now()}


def execution_started(
    instance_id: str, execution_id: str, name: str, data: str | None, version: str | None, **differing: Any
) -> Event:
    """The first event of a generation. `data` is JSON text; `differing` sets Generation and ParentInstance."""
    fields = {
        "OrchestrationInstance": {"InstanceId": instance_id, "ExecutionId": execution_id},
        "ParentInstance": None,
        "Name": name,
        "Version": version,
        "Input": data,
        "Tags": None,
        "Correlation": None,
        "ParentTraceContext": None,
        "ScheduledStartTime": None,
        "Generation": None,
        "GenerateNewTrace": False,
    }
    return event(EventType.ExecutionStarted, **(fields | differing))


def task_failed(task_id: int, name: str, error: Exception) -> Event:
    """An activity failed. Details are JSON text, with the keys that tell something of the .NET exceptions around it."""
    text, stack = f"{type(error).__name__}: {error}", "".join(traceback.format_tb(error.__traceback__))
    inner = {
        "$type": "Microsoft.Azure.WebJobs.Script.Workers.Rpc.RpcException, Microsoft.Azure.WebJobs.Script",
        "IsUserException": False,
        "RemoteStackTrace": stack,
        "RemoteMessage": text,
        "Message": f"Result: Failure\nException: {text}\nStack: {stack}",
    }
    details = {
        "$type": "System.Exception, System.Private.CoreLib",
        "ClassName": "System.Exception",
        "Message": f" {text}",
        "Data": None,
        "InnerException": inner,
    }
    return event(
        EventType.TaskFailed,
        TaskScheduledId=task_id,
        Reason=f"Activity function '{name}' failed:  {text}",
        Details=write_json(details),
        FailureDetails=None,
    )
