"""The orchestration context of the minimal Durable host, and the tasks that it carries out."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.properties.world import World


@dataclass
class Call:
    """An activity; `tries` of it if its worker dies. `result` is an exception if it has failed."""

    name: str
    payload: Any
    tries: int = 1
    result: Any = None


@dataclass
class Timer:
    fire_at: datetime

    def cancel(self) -> None:
        """It never fires."""


@dataclass
class Race:
    """An activity that is waited for until a timer fires."""

    call: Call
    timer: Timer


@dataclass
class Context:
    """The orchestration context, as far as the orchestrator uses it."""

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

    def call_activity(self, name: str, payload: Any) -> Call:
        return Call(name, json.loads(json.dumps(payload)))

    def call_activity_with_retry(self, name: str, retries: Any, payload: Any) -> Call:
        return Call(name, json.loads(json.dumps(payload)), retries.max_number_of_attempts)

    def create_timer(self, fire_at: datetime) -> Timer:
        return Timer(fire_at)

    def task_any(self, tasks: tuple[Call, Timer]) -> Race:
        return Race(*tasks)

    def set_custom_status(self, status: dict[str, Any]) -> None:
        self.status = json.loads(json.dumps(status))

    def continue_as_new(self, data: Any) -> None:
        self.continued = data
