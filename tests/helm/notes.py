"""What `helm install` prints."""

from collections.abc import Mapping
from typing import Any

import yaml

from tests.helm.chart import CHART, NAMESPACE, run
from tests.helm.tools import HELM4


def notes(*settings: str, values: str | Mapping[str, Any] | None = None) -> str:
    """NOTES.txt as rendered; only Helm 4 does it without a cluster."""
    arguments = ["install", "azure-driver", str(CHART), "--namespace", NAMESPACE, "--dry-run=client"]
    for setting in settings:
        arguments += ["--set", setting]
    if isinstance(values, str):
        arguments += ["--values", str(CHART / "ci" / f"{values}-values.yaml")]
    given = yaml.safe_dump(dict(values)) if isinstance(values, Mapping) else None
    if given is not None:
        arguments += ["--values", "-"]
    _, _, printed = run(HELM4, *arguments, stdin=given).partition("\nNOTES:\n")
    return printed
