"""The real Azure CLI against the embedded Azure, by the table commands.yaml."""

from collections.abc import Iterator
from pathlib import Path
from string import Template
from typing import Any

import jmespath
import pytest
import yaml
from jmespath.exceptions import JMESPathTypeError

from tests.azure.emulator import SUBSCRIPTION, Emulator, started
from tests.azure_cli.client import AzureCli, Result, signed_in

SCENARIOS: dict[str, dict[str, Any]] = {
    item["scenario"]: item for item in yaml.safe_load(Path(__file__).with_name("commands.yaml").read_text())
}


@pytest.fixture(scope="module")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with started(tmp_path_factory.mktemp("tls"), ["--provisioning-seconds", "0.2"]) as emulator:
        yield emulator


@pytest.fixture(scope="module")
def az(azure: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AzureCli]:
    with signed_in(azure, tmp_path_factory.mktemp("az")) as cli:
        yield cli


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", SCENARIOS)
def test_each_command_is_answered_as_on_azure_or_refused_by_name(name: str, azure: Emulator, az: AzureCli) -> None:
    facts: dict[str, Any] = {"group": name, "subscription": SUBSCRIPTION}
    for fault in SCENARIOS[name].get("faults", ()):
        azure.control("POST", "faults", fault)
    found = []
    for row in SCENARIOS[name]["commands"]:
        command = _fill(row["az"], facts)
        result = az.run(command)
        if fault := find_fault(_fill(row, facts), result):
            found.append(f"az {command}: {fault}")
        for fact, path in row.get("save", {}).items():
            facts[fact] = jmespath.search(path, result.value)
    assert not found, "\n".join(found)


def find_fault(row: dict[str, Any], result: Result) -> str:
    """What is wrong with the answer to a command; empty where nothing is."""
    refused = row.get("fails") or row.get("unmodelled")
    if refused and result.status == 0:
        return f"it succeeds, and {refused} was wanted: {result.value}"
    if refused:
        named = ["NotSupportedByEmulator", refused] if "unmodelled" in row else [refused]
        return "" if all(text in result.errors for text in named) else f"{refused} was wanted: {result.errors}"
    if result.status != 0:
        return f"it fails: {result.errors}"
    answers = {path: _find(path, result.value) for path in row.get("expect", {})}
    wrong = {path: answers[path] for path, value in row.get("expect", {}).items() if answers[path] != value}
    return f"it answers {wrong}" if wrong else ""


def _find(path: str, value: Any) -> Any:
    try:
        return jmespath.search(path, value)
    except JMESPathTypeError as error:
        return str(error)


def _fill(value: Any, facts: dict[str, Any]) -> Any:
    """The value with the facts in place of `$name`."""
    if isinstance(value, str):
        return Template(value).safe_substitute(facts)
    if isinstance(value, dict):
        return {_fill(key, facts): _fill(part, facts) for key, part in value.items()}
    return [_fill(part, facts) for part in value] if isinstance(value, list) else value
