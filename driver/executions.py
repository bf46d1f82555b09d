"""Executions in the task hub: finding one, and reading what is known of one."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from pydantic import ValidationError

from driver import instances
from driver.errors import NotReady
from driver.models.runs import Run, WaitingSince, show_run
from driver.request_ids import PREFIX_LENGTH

ORCHESTRATOR = "run_lifecycle"  # of executions; the task hub has instances of other orchestrators, too
ACTIVE = ("Pending", "Running", "ContinuedAsNew", "Suspended")
# What is shown of an execution whose custom status or input says nothing: all fields, so that a reader finds each.
_UNKNOWN = show_run(Run(request_id="")).model_dump(mode="json", by_alias=True)
_LOST = "it ended without an event, FAILED is reported within ten minutes"
_SUSPENDED = "it was suspended with the Durable management API, and goes on when it is resumed there"


class Executions(Protocol):
    """The methods of azure.durable_functions.DurableOrchestrationClient that the driver calls."""

    async def start_new(
        self, orchestration_function_name: str, instance_id: str | None = None, client_input: Any | None = None
    ) -> str: ...

    async def get_status(
        self,
        instance_id: str,
        show_history: bool = False,
        show_history_output: bool = False,
        show_input: bool = False,
    ) -> Any: ...

    async def purge_instance_history(self, instance_id: str) -> Any: ...


@dataclass(frozen=True)
class Status:
    """What a list shows of an execution, by the names of the SDK's status."""

    instance_id: str
    runtime_status: str
    last_updated_time: datetime
    custom_status: Any
    input_: Any
    output: Any


async def find_execution(
    client: Executions, instance_id: str, seconds: float = instances.ANSWER_SECONDS, show_input: bool = False
) -> Any | None:
    """The status of an execution; None if the task hub has none of that id. Raises NotReady if the task hub does not
    answer within the seconds.

    For an unknown id the SDK returns an object with a message and no status; for an error of the host an object with
    neither.
    """
    try:
        status = await asyncio.wait_for(client.get_status(instance_id, show_input=show_input), seconds)
    except TimeoutError as error:
        raise NotReady(f"the task hub has not answered within {seconds:g} seconds") from error
    except Exception as error:
        raise NotReady(f"the task hub does not answer ({type(error).__name__})") from error
    if read_state(status):
        return status
    if isinstance(getattr(status, "message", None), str):
        return None
    raise NotReady("the task hub answers with an error: its storage cannot be reached")


def list_resource_executions(client: Any, request_id: str) -> list[Mapping[str, Any]]:
    """All executions of the resource of a request, without their inputs. Raises NotReady."""
    return list(instances.list_instances(client, prefix=request_id[:PREFIX_LENGTH]))


def read_execution(client: Any, request_id: str) -> Mapping[str, Any] | None:
    """An execution with its input, as the list shows it; None if the task hub has none of that id. Raises NotReady."""
    listed = instances.list_instances(client, prefix=request_id, show_input=True)
    return next((instance for instance in listed if instance["instanceId"] == request_id), None)


def read_status(instance: Mapping[str, Any]) -> Status:
    """The status of an instance that a list has shown."""
    return Status(
        instance_id=instance["instanceId"],
        runtime_status=instance["runtimeStatus"],
        last_updated_time=datetime.fromisoformat(instance["lastUpdatedTime"]),
        custom_status=instance.get("customStatus"),
        input_=instance.get("input"),
        output=instance.get("output"),
    )


def is_active(status: Any) -> bool:
    """Whether an execution has not ended."""
    return read_state(status) in ACTIVE


def read_state(status: Any) -> str:
    """The name of the runtime status; empty for an unknown execution."""
    runtime_status = getattr(status, "runtime_status", None)
    return str(getattr(runtime_status, "value", runtime_status) or "")


def read_run(status: Any) -> Run | None:
    """The run that an execution was started with; None if its input holds none: somebody else has started it, or the
    task hub has lost its input.
    """
    content = read_json(getattr(status, "input_", None))
    if not isinstance(content, dict) or "requestId" not in content:
        return None
    try:
        return Run.model_validate(content)
    except ValidationError:
        return None


def read_event(status: Any) -> dict[str, Any] | None:
    """The event that an ended execution reported; None if it ended without one."""
    output = read_json(getattr(status, "output", None))
    return output if isinstance(output, dict) and "status" in output else None


def read_topology(status: Any) -> dict[str, Any]:
    """The topology that an ended execution reported."""
    return dict((read_event(status) or {}).get("associatedTopology", {}))


def describe_execution(status: Any) -> dict[str, Any]:
    """The body that GET executions/{requestId} answers. It is made from the custom status and the output; before the
    first step there is no custom status, and the input takes its place. What neither says is empty.
    """
    shown = read_json(status.custom_status)
    if not isinstance(shown, dict):
        run = read_run(status)
        shown = show_run(run).model_dump(mode="json", by_alias=True) if run else {}
    shown = _UNKNOWN | shown | _show_suspension(status)
    event, is_over = read_event(status), not is_active(status)
    outcome = "FAILED" if event is None else event["status"]
    ended = {"step": None, "attempt": None, "waiting": None} if is_over else {}
    details = (event or {}).get("failureDetails")
    if is_over and event is None:
        details = {"failureCode": "INTERNAL_ERROR", "description": f"{_LOST} ({read_state(status)})"}
    return {
        "requestId": status.instance_id,
        "status": outcome if is_over else "IN_PROGRESS",
        **{name: value for name, value in shown.items() if name != "verb"},  # turns.py needs it, not the reader
        **ended,
        "endedAt": _format_time(status.last_updated_time) if is_over else None,
        "event": event,
        "failureDetails": details,
    }


def _show_suspension(status: Any) -> dict[str, Any]:
    """What a suspended execution waits for. The task hub holds it back, so it cannot show that itself."""
    if read_state(status) != "Suspended":
        return {}
    waiting = WaitingSince(
        waits_for="operator", reason=_SUSPENDED, since=_format_time(status.last_updated_time) or "", until=""
    )
    return {"waiting": waiting.model_dump(mode="json", by_alias=True)}


def read_json(content: Any) -> Any:
    """The content of an input, output or custom status; None if it is not JSON. The SDK encodes an input twice, so the
    status holds JSON text.
    """
    while isinstance(content, str):
        try:
            content = json.loads(content)
        except ValueError:
            return None
    return content


def _format_time(value: Any) -> str | None:
    return value.isoformat() if isinstance(value, datetime) else value
