"""A task hub in memory: as much of the Durable client as the API uses, with the SDK's own status objects."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from azure.durable_functions import OrchestrationRuntimeStatus
from azure.durable_functions.models.DurableOrchestrationStatus import DurableOrchestrationStatus


@dataclass
class TaskHub:
    """Instances by id, as the management API gives them. `failure` is raised by the next starts."""

    instances: dict[str, dict[str, Any]] = field(default_factory=dict)
    started: list[tuple[str, str, Any]] = field(default_factory=list)
    purged: list[tuple[datetime | None, datetime | None, list[str]]] = field(default_factory=list)
    failure: Exception | None = None

    def put(self, instance_id: str, status: str, output: Any = None, data: Any = None, custom: Any = None) -> None:
        """Put an instance there; the SDK's client has encoded its input twice."""
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.instances[instance_id] = {
            "name": "run_lifecycle",
            "instanceId": instance_id,
            "runtimeStatus": status,
            "input": json.dumps(data),
            "output": output,
            "customStatus": custom,
            "createdTime": now,
            "lastUpdatedTime": now,
        }

    async def start_new(
        self, orchestration_function_name: str, instance_id: str | None = None, client_input: Any | None = None
    ) -> str:
        if self.failure is not None:
            raise self.failure
        assert instance_id is not None
        running = self.instances.get(instance_id, {}).get("runtimeStatus")
        if running in ("Pending", "Running"):
            message = f"An Orchestration instance with the status {running} already exists."
            raise Exception({"Message": message})
        self.started.append((orchestration_function_name, instance_id, client_input))
        self.put(instance_id, "Pending", data=client_input)
        return instance_id

    async def get_status(self, instance_id: str) -> DurableOrchestrationStatus:
        if instance_id not in self.instances:
            return DurableOrchestrationStatus.from_json("Instance not found or pending")
        return DurableOrchestrationStatus.from_json(dict(self.instances[instance_id]))

    async def get_status_by(
        self,
        created_time_from: datetime | None = None,
        created_time_to: datetime | None = None,
        runtime_status: list[OrchestrationRuntimeStatus] | None = None,
    ) -> list[DurableOrchestrationStatus]:
        wanted = {status.name for status in runtime_status or []}
        found = [one for one in self.instances.values() if one["runtimeStatus"] in wanted]
        return [DurableOrchestrationStatus.from_json(dict(one)) for one in found]

    async def purge_instance_history_by(
        self,
        created_time_from: datetime | None = None,
        created_time_to: datetime | None = None,
        runtime_status: list[OrchestrationRuntimeStatus] | None = None,
    ) -> None:
        self.purged.append((created_time_from, created_time_to, [status.name for status in runtime_status or []]))
