"""The embedded Azure as a whole: its settings, its state, its faults and its counters."""

import math
import uuid
from dataclasses import dataclass, field
from typing import Any

from emulators.azure.faults.faults import Faults
from emulators.azure.language import Expansion
from emulators.azure.world.clock import now
from emulators.azure.world.counters import Counters
from emulators.azure.world.entities import Operation
from emulators.azure.world.quotas import Quotas
from emulators.azure.world.settings import Settings
from emulators.azure.world.state import State

DEPLOYMENT_SECONDS = 60.0  # the median of a real deployment, to which Azure's Retry-After values belong


@dataclass
class Cloud:
    """`begun` is the operation that the call of the moment has begun. `secure_outputs` are the outputs of nested
    deployments, by id in lower case, for as long as the deployment around them runs; they are never saved.
    """

    settings: Settings = field(default_factory=Settings)
    state: State = field(default_factory=State)
    counters: Counters = field(default_factory=Counters)
    expansions: dict[str, Expansion] = field(default_factory=dict)
    secure_outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    begun: Operation | None = None
    quotas: Quotas = field(default_factory=Quotas)

    def __post_init__(self) -> None:
        self.faults = Faults(now, lambda: self.state.gone)
        self._first_settings = self.settings

    def reset(self) -> None:
        """Empty again, as it was started."""
        self.settings = self._first_settings
        self.state, self.counters = State(signing_key=self.state.signing_key), Counters()
        self.faults.clear()
        self.quotas.buckets.clear()
        self.expansions.clear()
        self.secure_outputs.clear()

    def retry_after(self, azure_seconds: int) -> int:
        """Azure's Retry-After, scaled to the provisioning time; whole seconds, rounded up."""
        return math.ceil(azure_seconds * self.settings.provisioning_seconds / DEPLOYMENT_SECONDS)


def guid() -> str:
    return str(uuid.uuid4())
