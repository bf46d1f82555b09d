"""The command for authors of packages, as a process."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "packages" / "AzureApplicationSecurityGroup"


def command(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in ("BICEP_PATH", "PATH")}
    return subprocess.run(
        [sys.executable, "-m", "driver", *map(str, arguments)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def written(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text)
    return folder / name


def test_a_package_is_shown_with_what_it_takes() -> None:
    checked = command("check", EXAMPLE)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert checked.stdout.splitlines() == [
        "Create: deploys main.bicep at resourceGroup scope",
        "  will own: microsoft.network/applicationsecuritygroups",
        "  asg_name: string, required",
        "  asg_location: string, optional",
        "Start: deploys main.bicep at resourceGroup scope, if something that it owns is missing",
        "  will own: microsoft.network/applicationsecuritygroups",
        "  asg_name: string, required",
        "  asg_location: string, optional",
        "Delete: removes all that the resource owns",
    ]


def test_with_properties_it_shows_what_would_be_sent(tmp_path: Path) -> None:
    properties = written(tmp_path, "p.yaml", "resourcegroup_name: rg-1\nasg_name: asg-1\n")
    checked = command("check", EXAMPLE / "Lifecycle" / "azure", "--resource-properties", properties)
    assert checked.returncode == 0
    assert '  resource group: rg-1\n  asg_name = "asg-1"\n' in checked.stdout


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("asg_name: asg-1\n", "error: lifecycle.yaml line 2, resourceGroup: "),
        ("resourcegroup_name: rg-1\n", "error: Create: property 'asg_name' is missing: it is required (string)"),
        ("[1, 2]", "p.yaml: it takes an object"),
        ("a: [", "error: "),
    ],
)
def test_faulty_properties_are_told_and_fail(tmp_path: Path, text: str, fault: str) -> None:
    checked = command("check", EXAMPLE, "--resource-properties", written(tmp_path, "p.yaml", text))
    assert checked.returncode == 1
    assert fault in checked.stderr
    assert "Traceback" not in checked.stderr


def test_every_fault_of_a_package_is_told_with_its_line(tmp_path: Path) -> None:
    written(tmp_path, "lifecycle.yaml", "version: 1\ntransitions:\n  Create: {}\n  Start: {call: start}\n")
    checked = command("check", tmp_path)
    assert checked.returncode == 1
    assert checked.stderr.splitlines() == [
        "error: lifecycle.yaml line 3, transitions.Create: takes exactly one of deploy, remove and call; it has none",
        "error: lifecycle.yaml line 4, transitions.Start: call and on belong together",
    ]


def test_conditions_are_shown_and_one_that_nothing_could_meet_is_a_fault(tmp_path: Path) -> None:
    folder = tmp_path / "package"
    shutil.copytree(EXAMPLE / "Lifecycle" / "azure", folder)
    text = "version: 1\nresourceGroup: rg\ntransitions:\n  Create:\n    deploy: main.json\n    readyWhen:\n"
    kind = "Microsoft.Network/applicationSecurityGroups"
    written(folder, "lifecycle.yaml", f"{text}      - {{on: {kind}, that: tags.ready, timeout: 90s}}\n")
    assert f"  then waits at most 90s until each {kind} meets: tags.ready\n" in command("check", folder).stdout
    written(folder, "lifecycle.yaml", f"{text}      - {{on: Microsoft.Network/virtualHubs, that: tags.ready}}\n")
    checked = command("check", folder)
    told = "error: lifecycle.yaml line 7, transitions.Create.readyWhen.0: 'main.json' deploys no"
    assert (checked.returncode, told in checked.stderr) == (1, True)


def test_what_is_no_package_fails(tmp_path: Path) -> None:
    assert "holds neither a lifecycle.yaml nor a template" in command("check", tmp_path).stderr
    assert "is no folder" in command("check", tmp_path / "nowhere").stderr
    assert "No such file" in command("check", EXAMPLE, "--resource-properties", tmp_path / "gone.yaml").stderr
    assert command().returncode == 2


@pytest.mark.parametrize(
    ("location", "fault"),
    [
        ("type: Azure\nproperties: {}", "location.yaml: 'name' is missing"),
        ("{name: trial, properties: [1]}", "error: deploymentLocation.properties: takes an object"),
        ("{name: trial, properties: {tenantId: 2024-01-01}}", "property 'clientSecret' is missing"),
    ],
)
def test_a_faulty_deployment_location_is_named(tmp_path: Path, location: str, fault: str) -> None:
    planned = command("plan", EXAMPLE, "--deployment-location", written(tmp_path, "location.yaml", location))
    assert (planned.returncode, planned.stdout) == (1, "")
    assert fault in planned.stderr
    assert "Traceback" not in planned.stderr


def test_bicep_without_a_compiler_says_what_to_do(tmp_path: Path) -> None:
    written(tmp_path, "main.bicep", "param a string")
    checked = command("check", tmp_path)
    assert checked.returncode == 1
    assert "put the compiled 'main.json' beside it (bicep build main.bicep)" in checked.stderr
