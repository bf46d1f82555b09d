"""Beginnings and ends of instances in the task hub: new ones, next generations, and what a parent learns of a child."""

import json
from dataclasses import replace
from typing import Any
from uuid import uuid4

from emulators.functions_host.episodes import Episode
from emulators.functions_host.history import Event, EventType, event, execution_started, now
from emulators.functions_host.store import Instance, Store


def create(
    store: Store,
    name: str,
    instance_id: str,
    execution_id: str,
    data: str | None,
    version: str | None,
    parent: str | None = None,
) -> None:
    """Put a new instance in the place of what the hub has under that id. `data` and `parent` are JSON text."""
    store.delete_instance(instance_id)
    created = now()
    instance = Instance(instance_id, execution_id, name, version, "Pending", data, None, None, created, created, parent)
    store.put_instance(instance)
    store.send(instance_id, execution_id, _start(instance, Generation=None if parent else 0))


def create_child(store: Store, caller: Instance, created: Event, data: str | None, version: str | None) -> None:
    """Create the sub-orchestration that an event of the caller's history announces. `data` is the call's input."""
    parent = {
        "Name": caller.name,
        "OrchestrationInstance": {"InstanceId": caller.id, "ExecutionId": caller.execution_id},
        "TaskScheduleId": created["EventId"],
        "Version": None,
    }
    text = None if data is None else json.dumps(data, ensure_ascii=False)
    create(store, created["Name"], created["InstanceId"], uuid4().hex, text, version, json.dumps(parent))


def continue_as_new(instance: Instance, episode: Episode) -> tuple[Instance, list[Event]]:
    """The next generation of an instance whose episode has continued as new, and its first messages.

    It gets the `carried` events with its first; other external events of the last generation are lost.
    """
    moment = now()
    following = replace(
        instance,
        execution_id=uuid4().hex,
        status="Running",
        input=episode.continued,
        custom_status=episode.custom_status or instance.custom_status,
        created=moment,
        updated=moment,
    )
    return following, [_start(following), *episode.carried, event(EventType.OrchestratorCompleted)]


def tell_parent(store: Store, instance: Instance, status: str, output: str | None) -> str | None:
    """Send a child's end to its parent; the parent's id, or None where there is none. `output` is JSON text."""
    if instance.parent is None:
        return None
    parent = json.loads(instance.parent)
    caller, task = parent["OrchestrationInstance"], {"TaskScheduledId": parent["TaskScheduleId"]}
    if status == "Completed":
        message = event(EventType.SubOrchestrationInstanceCompleted, **task, Result=output)
    else:
        reason = str(json.loads(output or "null"))
        error = reason.removeprefix(f"Orchestrator function '{instance.name}' failed: ")
        details = f"Message: {error}, StackTrace: none at the local host"
        kind = EventType.SubOrchestrationInstanceFailed
        message = event(kind, **task, Reason=reason, Details=details, FailureDetails=None)
    store.send(caller["InstanceId"], caller["ExecutionId"], message)
    return str(caller["InstanceId"])


def _start(instance: Instance, **differing: Any) -> Event:
    """The first event of a generation."""
    parent = json.loads(instance.parent) if instance.parent else None
    return execution_started(
        instance.id,
        instance.execution_id,
        instance.name,
        instance.input,
        instance.version,
        ParentInstance=parent,
        **differing,
    )
