"""The orchestration context of the minimal Durable host."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.properties.world import World


@dataclass
class Context:
    """The orchestration context, as far as the orchestrator uses it. Tasks are tuples that the host carries out."""

    data: Any
    clock: World
    instance_id: str
    status: dict[str, Any] = field(default_factory=dict)
    continued: Any = None
    is_replaying: bool = False

    @property
    def current_utc_datetime(self) -> datetime:
        return datetime.fromtimestamp(self.clock.now, UTC)

    def get_input(self) -> Any:
        return json.loads(json.dumps(self.data))

    def call_activity_with_retry(self, name: str, retries: Any, payload: Any) -> tuple[str, str, Any]:
        return "activity", name, json.loads(json.dumps(payload))

    def create_timer(self, fire_at: datetime) -> tuple[str, datetime]:
        return "timer", fire_at

    def set_custom_status(self, status: dict[str, Any]) -> None:
        self.status = json.loads(json.dumps(status))

    def continue_as_new(self, data: Any) -> None:
        self.continued = data
