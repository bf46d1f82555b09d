"""What Microsoft's deployments engine predicts for the hosting templates, without Azure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dev.bicep import Bicep

INFRA = Path(__file__).resolve().parents[2] / "infra"
SUBSCRIPTION = "33333333-3333-3333-3333-333333333333"
VAULT_REFERENCE = "@Microsoft.KeyVault(SecretUri="


@dataclass(frozen=True)
class Snapshot:
    """The predicted resources of a parameters file; expressions that only Azure can resolve stay as they are."""

    resources: tuple[dict[str, Any], ...]

    def types(self) -> Counter[str]:
        return Counter(str(one["type"]) for one in self.resources)

    def all(self, resource_type: str) -> list[dict[str, Any]]:
        return [one for one in self.resources if one["type"] == resource_type]

    def one(self, resource_type: str) -> dict[str, Any]:
        """The only resource of the type; its properties."""
        (found,) = self.all(resource_type)
        return found

    def settings(self) -> Mapping[str, str]:
        settings: dict[str, str] = self.one("Microsoft.Web/sites/config")["properties"]
        return settings


def take(compiler: Bicep, parameters: Path) -> Snapshot:
    snapshot = compiler.snapshot(parameters, SUBSCRIPTION, None, "westeurope")
    assert snapshot["diagnostics"] == []
    return Snapshot(tuple(snapshot["predictedResources"]))
