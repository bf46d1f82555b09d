"""The real Azure CLI, signed in to an embedded Azure. Where it is missing the tests skip; with AZ_REQUIRED=1 (CI) they
fail.
"""

import json
import os
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.azure.emulator import ROOT, SUBSCRIPTION, TENANT, Emulator

PYTHON = ROOT / ".cache" / "az-tools" / "bin" / "python"
SESSION = Path(__file__).with_name("session.py")
CLOUD = "EmbeddedAzure"


@dataclass(frozen=True)
class Result:
    """What became of a command; `value` is its output as JSON, None where it prints nothing."""

    status: int
    value: Any
    errors: str


class AzureCli:
    """An az that keeps its settings in a folder of its own."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def run(self, command: str) -> Result:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(shlex.split(command)) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        value = json.loads(answer["output"]) if answer["output"].strip() else None
        return Result(answer["status"], value, answer["errors"])

    def sign_in(self, azure: Emulator) -> None:
        """Register the embedded Azure as a cloud, and sign in as a service principal."""
        for command in (
            f"cloud register --name {CLOUD} --endpoint-resource-manager {azure.url}",
            f"cloud set --name {CLOUD}",
            f"login --service-principal --username client --password secret --tenant {TENANT}",
        ):
            answer = self.run(command)
            assert answer.status == 0, f"az {command}: {answer.errors}"


@contextmanager
def signed_in(azure: Emulator, folder: Path) -> Iterator[AzureCli]:
    if not PYTHON.exists():
        if os.environ.get("AZ_REQUIRED") == "1":
            pytest.fail("AZ_REQUIRED=1 asks for the Azure CLI: make az-tools")
        pytest.skip("the Azure CLI is missing: make az-tools")
    azure.control("POST", "settings", {"subscriptions": [SUBSCRIPTION]})
    process = subprocess.Popen(
        [PYTHON, SESSION],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=Path(__file__).parent,
        env={**_without_proxies(), **_settings(azure, folder)},
    )
    try:
        cli = AzureCli(process)
        cli.sign_in(azure)
        yield cli
    finally:
        process.communicate(timeout=60)  # closes its input, so it ends


def _without_proxies() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}


def _settings(azure: Emulator, folder: Path) -> dict[str, str]:
    return {
        "HOME": str(folder),
        "AZURE_CONFIG_DIR": str(folder / "azure"),
        "AZURE_EXTENSION_DIR": str(folder / "extensions"),
        "AZURE_EXTENSION_USE_DYNAMIC_INSTALL": "no",
        "AZURE_CORE_COLLECT_TELEMETRY": "no",
        "AZURE_CORE_INSTANCE_DISCOVERY": "no",
        "AZURE_CORE_LOGIN_EXPERIENCE_V2": "off",
        "AZURE_CORE_ONLY_SHOW_ERRORS": "yes",
        "AZURE_CORE_OUTPUT": "json",
        "REQUESTS_CA_BUNDLE": str(azure.ca),
    }
