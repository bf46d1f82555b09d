"""The embedded Azure as a whole: its settings, its state and its clock."""

import math
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from emulators.azure.faults.faults import Faults
from emulators.azure.language import Expansion
from emulators.azure.world.counters import Counters
from emulators.azure.world.state import State

DEPLOYMENT_SECONDS = 60.0  # the median of a real deployment, to which Azure's Retry-After values belong


@dataclass(frozen=True)
class Settings:
    """`provisioning_seconds`: a whole deployment from PUT to Succeeded.

    Empty `tenants`, `subscriptions`, `clients`: any are known.

    `clients` maps client ids to secrets.
    """

    provisioning_seconds: float = 2.0
    latency_seconds: float = 0.0
    tenants: frozenset[str] = frozenset()
    subscriptions: frozenset[str] = frozenset()
    clients: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Cloud:
    settings: Settings = field(default_factory=Settings)
    state: State = field(default_factory=State)
    faults: Faults = field(default_factory=Faults)
    counters: Counters = field(default_factory=Counters)
    expansions: dict[str, Expansion] = field(default_factory=dict)

    def retry_after(self, azure_seconds: int) -> int:
        """Azure's Retry-After, scaled to the provisioning time; whole seconds, rounded up."""
        return math.ceil(azure_seconds * self.settings.provisioning_seconds / DEPLOYMENT_SECONDS)


def guid() -> str:
    return str(uuid.uuid4())
