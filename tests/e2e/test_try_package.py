"""`make try`: a package goes through its life on a trial stack, as its author sees it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dev import try_package
from dev.stack import ROOT, Stack
from dev.try_package import read_try, try_out
from driver.__main__ import main as run_driver_command
from driver.errors import InvalidRequest
from tests.e2e.trial import Trial, started
from tests.support.kafka import Kafka

pytestmark = pytest.mark.timeout(300)

EXAMPLE = ROOT / "examples" / "packages" / "AzureApplicationSecurityGroup"
PROPERTIES = "resourcegroup_name: rg-try\nasg_name: web\n"
LIFECYCLE = """version: 1
resourceGroup: "{{ resourcegroup_name }}"
transitions:
  Create: {deploy: main.json}
  Other: {deploy: main.json}
"""
# The second resource refers to a subnet that is not there.
TEMPLATE: dict[str, Any] = {
    "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    "contentVersion": "1.0.0.0",
    "resources": [
        {
            "type": "Microsoft.Network/applicationSecurityGroups",
            "apiVersion": "2024-05-01",
            "name": "web",
            "location": "northeurope",
        },
        {
            "type": "Microsoft.Network/networkInterfaces",
            "apiVersion": "2024-05-01",
            "name": "nic",
            "location": "northeurope",
            "dependsOn": ["[resourceId('Microsoft.Network/applicationSecurityGroups', 'web')]"],
            "properties": {
                "ipConfigurations": [
                    {
                        "name": "ip",
                        "properties": {
                            "subnet": {
                                "id": "[resourceId('Microsoft.Network/virtualNetworks/subnets', 'no-such', 'default')]"
                            }
                        },
                    }
                ]
            },
        },
    ],
}


@pytest.fixture(scope="module")
def trial(kafka: Kafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    """A stack of these tests' own: a try takes whatever is new in Azure for its own."""
    with started(Stack(tmp_path_factory.mktemp("try"), provisioning_seconds=0.3, kafka=kafka.address)) as trial:
        yield trial


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package whose Create fails in Azure half-way."""
    files = {"lifecycle.yaml": LIFECYCLE, "main.json": json.dumps(TEMPLATE)}
    (tmp_path / "Lifecycle" / "azure").mkdir(parents=True)
    for name, text in files.items():
        (tmp_path / "Lifecycle" / "azure" / name).write_text(text)
    (tmp_path / "properties.yaml").write_text(PROPERTIES)
    return tmp_path


@pytest.mark.slow
def test_a_package_is_created_operated_and_deleted_on_a_stack_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "given.yaml").write_text(PROPERTIES)
    asked = {"PACKAGE": str(EXAMPLE), "PROPERTIES": str(tmp_path / "given.yaml"), "OPERATIONS": "Start CheckDrift"}
    command = [sys.executable, "-m", "dev.try_package"]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **asked}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    web = "/resourceGroups/rg-try/providers/Microsoft.Network/applicationSecurityGroups/web"
    for text in (f"Azure  + {web}", f"output    asg_id = {web}", f"Azure  - {web}"):
        assert text in done.stdout
    assert done.stdout.endswith("\nCreate, Start, CheckDrift, Delete: COMPLETE. Nothing is left in Azure.\n")
    assert "\033" not in done.stdout


@pytest.mark.slow
def test_a_failure_shows_code_cause_and_place_and_is_cleaned_up(
    trial: Trial, package: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert try_out(read_try(package, package / "properties.yaml", "Other"), trial.stack.endpoints()) == 1
    shown = capsys.readouterr().out
    assert "Kafka    FAILED" in shown
    assert "docs/failure-codes.md" in shown
    assert "cause      " in shown
    assert "no-such" in shown
    assert "failed     /resourceGroups/rg-try/providers/Microsoft.Network/networkInterfaces/nic" in shown
    assert "Other resource::" not in shown  # after a failure only the Delete follows
    assert "topology  Microsoft.Network/applicationSecurityGroups/web is gone" in shown
    assert shown.splitlines()[-1].startswith("Failed: Create: ")
    assert shown.endswith(" Nothing is left in Azure.\n")
    assert trial.in_azure("rg-try") == set()


@pytest.mark.slow
def test_what_the_driver_refuses_after_a_create_is_shown_and_the_delete_follows(
    trial: Trial, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    group = trial.make_group("rg-there-before")
    (tmp_path / "given.yaml").write_text(f"resourcegroup_name: {group}\nasg_name: web\n")
    tried = read_try(EXAMPLE, tmp_path / "given.yaml", "")
    create, delete = tried.transitions
    misspelled = replace(tried, transitions=(create, ("Strat", {}), delete))
    assert try_out(misspelled, trial.stack.endpoints()) == 1
    shown = capsys.readouterr().out
    assert "Strat: the driver answered 400: lifecycleName: this resource type has no transition" in shown
    assert shown.endswith("Failed: Strat was refused. Nothing is left in Azure.\n")
    assert trial.in_azure(group) == {f"{trial.subscription}/resourcegroups/{group}"}


@pytest.mark.slow
def test_after_a_refused_create_there_is_nothing_to_delete(
    trial: Trial, package: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    without_files = replace(read_try(package, package / "properties.yaml", ""), driver_files="")
    assert try_out(without_files, trial.stack.endpoints()) == 1
    shown = capsys.readouterr().out
    assert "Create: the driver answered 400: systemProperties.resourceType: " in shown
    assert "Delete" not in shown
    assert shown.endswith("Failed: Create was refused. Nothing is left in Azure.\n")


def test_what_check_refuses_is_said_as_check_says_it(
    package: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = "version: 1\ntransitions:\n  Create: {deply: a}\n"
    (package / "Lifecycle" / "azure" / "lifecycle.yaml").write_text(wrong)
    monkeypatch.setenv("BICEP_PATH", "")
    monkeypatch.setenv("PACKAGE", str(package))
    assert try_package.main() == 1
    shown = capsys.readouterr().err
    assert run_driver_command(["check", str(package), "--resource-properties", str(package / "properties.yaml")]) == 1
    assert shown == capsys.readouterr().err
    assert "error: lifecycle.yaml line 3" in shown


def test_without_a_package_it_says_what_it_takes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BICEP_PATH", "")
    monkeypatch.delenv("PACKAGE", raising=False)
    assert try_package.main() == 1
    assert "PROPERTIES  file with the resource's properties" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("properties", "operations", "fault"),
    [
        ("resourcegroup_name: rg-try", "", "property 'asg_name' is missing"),
        (PROPERTIES, "Strat", "no transition or operation 'Strat', it has "),
        (PROPERTIES, "Start=gone.yaml", "gone.yaml: No such file or directory"),
        ("[1]", "", "it takes an object"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_created(
    tmp_path: Path, properties: str, operations: str, fault: str
) -> None:
    (tmp_path / "given.yaml").write_text(properties)
    with pytest.raises(InvalidRequest, match=fault):
        read_try(EXAMPLE, tmp_path / "given.yaml", operations)


def test_without_properties_it_says_where_they_may_be() -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_try(EXAMPLE, None, "")
    expected = f"no properties are given: PROPERTIES=FILE names a file of them, or else {EXAMPLE / 'properties.yaml'}"
    assert refused.value.faults[-1] == expected


def test_operations_take_files_and_the_descriptor_gives_defaults(package: Path) -> None:
    (package / "Definitions" / "lm").mkdir(parents=True)
    declared = {"size": {"default": "2"}, "resourcegroup_name": {"default": "other"}, "note": {}}
    (package / "Definitions" / "lm" / "resource.yaml").write_text(
        json.dumps({"name": "resource::Own::2.0", "properties": declared})
    )
    (package / "other.yaml").write_text("day: 2026-11-26\n")
    tried = read_try(package, package / "properties.yaml", f"Other={package / 'other.yaml'} Start")
    assert tried.resource.type == "resource::Own::2.0"
    assert tried.resource.properties == {"size": "2", "resourcegroup_name": "rg-try", "asg_name": "web"}
    assert tried.transitions == (("Create", {}), ("Other", {"day": "2026-11-26"}), ("Start", {}), ("Delete", {}))
    assert tried.group == "rg-try"
