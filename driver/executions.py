"""Executions in the task hub: their ids, and what is known of them."""

import asyncio
import hmac
import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, Protocol

from driver.errors import NotReady
from driver.requests import LifecycleRequest

_ACTIVE = ("Pending", "Running", "ContinuedAsNew", "Suspended")
_RESOURCE_DIGITS = 16
FIND_SECONDS = 10.0  # a hub that is there answers in milliseconds


class Executions(Protocol):
    """What is used of azure.durable_functions.DurableOrchestrationClient."""

    async def start_new(
        self, orchestration_function_name: str, instance_id: str | None = None, client_input: Any | None = None
    ) -> str: ...

    async def get_status(self, instance_id: str) -> Any: ...

    async def get_status_by(
        self,
        created_time_from: datetime | None = None,
        created_time_to: datetime | None = None,
        runtime_status: list[Any] | None = None,
    ) -> list[Any]: ...

    async def purge_instance_history_by(
        self,
        created_time_from: datetime | None = None,
        created_time_to: datetime | None = None,
        runtime_status: list[Any] | None = None,
    ) -> Any: ...


def request_id(request: LifecycleRequest, key: str) -> str:
    """The requestId of a request, which is its execution's instance id: the same for a POST that is repeated, random
    where Brent sends no request id of its own. Its first half tells the resource. Keyed, so that it tells nothing of a
    property's value.
    """
    own = request.system("requestId")
    if own:
        properties = [request.resource_properties, request.request_properties]
        parts = [
            own,
            request.system("resourceId"),
            request.lifecycle_name.lower(),
            [{name: value.model_dump() for name, value in sorted(one.items())} for one in properties],
            request.deployment_location.name,
            request.driver_files,
        ]
        tail = _digest(key, parts)[:_RESOURCE_DIGITS]
    else:
        tail = uuid.uuid4().hex[:_RESOURCE_DIGITS]
    return str(uuid.UUID(hex=_resource_digits(request, key) + tail))


def of_same_resource(ids: list[str], request_id: str) -> list[str]:
    """Those of the ids that are executions of the same resource, without the one itself."""
    head = request_id[: _RESOURCE_DIGITS + 2]
    return [one for one in ids if one.startswith(head) and one != request_id]


async def find_execution(client: Executions, instance_id: str, seconds: float = FIND_SECONDS) -> Any | None:
    """The status of an execution; None where the task hub has none of that id. Raises NotReady where the task hub does
    not answer within the seconds: the SDK gives the status of an unknown one as a text, an error of the host as
    neither.
    """
    try:
        status = await asyncio.wait_for(client.get_status(instance_id), seconds)
    except TimeoutError as error:
        raise NotReady(f"the task hub has not answered within {seconds:g} seconds") from error
    except Exception as error:
        raise NotReady(f"the task hub does not answer ({type(error).__name__})") from error
    if state(status):
        return status
    if isinstance(getattr(status, "message", None), str):
        return None
    raise NotReady("the task hub answers with an error: its storage cannot be reached")


def is_active(status: Any) -> bool:
    """Whether an execution has not ended."""
    return state(status) in _ACTIVE


def state(status: Any) -> str:
    """The runtime status' name; empty for an execution that is not known."""
    runtime_status = getattr(status, "runtime_status", None)
    return str(getattr(runtime_status, "value", runtime_status) or "")


def run_of(status: Any) -> dict[str, Any] | None:
    """What an execution was started for: requestId, tenant and trace; None where its input says nothing of it."""
    content = _content(getattr(status, "input_", None))
    if not isinstance(content, dict) or "requestId" not in content:
        return None
    return {"requestId": content["requestId"], "tenant": content.get("tenant"), "trace": content.get("trace", {})}


def event_of(status: Any) -> dict[str, Any] | None:
    """The event that an ended execution reported; None where it ended without one."""
    output = _content(getattr(status, "output", None))
    return output if isinstance(output, dict) and "status" in output else None


def topology(status: Any) -> dict[str, Any]:
    """The topology that an ended execution reported."""
    return dict((event_of(status) or {}).get("associatedTopology", {}))


def _content(text: Any) -> Any:
    """The content of an input or output. The SDK's client encodes an input twice, so its status holds JSON text."""
    if not isinstance(text, str):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return None


def _resource_digits(request: LifecycleRequest, key: str) -> str:
    resource = request.system("resourceId")
    return _digest(key, resource)[:_RESOURCE_DIGITS] if resource else uuid.uuid4().hex[:_RESOURCE_DIGITS]


def _digest(key: str, content: Any) -> str:
    return hmac.new(key.encode(), json.dumps(content, sort_keys=True, default=str).encode(), sha256).hexdigest()


def report(status: Any) -> Mapping[str, Any]:
    """What GET executions/{requestId} answers."""
    event = event_of(status) or {}
    told = "IN_PROGRESS" if is_active(status) else event.get("status", "FAILED")
    answer = {
        "requestId": status.instance_id,
        "status": told,
        "runtimeStatus": state(status),
        "customStatus": status.custom_status,
        "createdTime": _time(status.created_time),
        "lastUpdatedTime": _time(status.last_updated_time),
    }
    if "failureDetails" in event:
        answer["failureDetails"] = event["failureDetails"]
    return answer


def _time(value: Any) -> str | None:
    return value.isoformat() if isinstance(value, datetime) else value
