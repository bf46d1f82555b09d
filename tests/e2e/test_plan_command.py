"""`python -m driver plan`: what a package would change in Azure, by ARM's what-if."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dev.stack import ROOT
from tests.e2e.trial import Trial

EXAMPLE = ROOT / "examples" / "packages" / "AzureApplicationSecurityGroup"


def plan(trial: Trial, folder: Path, properties: dict[str, str], secret: str = "") -> subprocess.CompletedProcess[str]:
    location = json.loads(json.dumps(trial.stack.deployment_location))
    location["properties"]["clientSecret"] = secret or location["properties"]["clientSecret"]
    files = {"properties.json": properties, "location.json": location}
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content))
    given = ["--resource-properties", folder / "properties.json", "--deployment-location", folder / "location.json"]
    azure = {"AZURE_AUTHORITY_HOST": trial.stack.azure, "AZURE_RESOURCE_MANAGER_URL": trial.stack.azure}
    trust = {"REQUESTS_CA_BUNDLE": str(trial.stack.ca), "SSL_CERT_FILE": str(trial.stack.ca)}
    return subprocess.run(
        [sys.executable, "-m", "driver", "plan", *map(str, [EXAMPLE, *given])],
        cwd=ROOT,
        env={**os.environ, **azure, **trust, "BICEP_PATH": ""},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_changes_are_shown_and_not_made(trial: Trial, group: str, tmp_path: Path) -> None:
    before = trial.in_azure(group)
    planned = plan(trial, tmp_path, {"resourcegroup_name": group, "asg_name": "asg-1"})
    assert (planned.returncode, planned.stderr) == (0, "")
    scope = f"{trial.subscription}/resourceGroups/{group}/providers/Microsoft.Network/applicationSecurityGroups"
    assert f"Create       {scope}/asg-1\n" in planned.stdout
    assert trial.in_azure(group) == before


@pytest.mark.slow
def test_what_azure_refuses_fails(trial: Trial, group: str, tmp_path: Path) -> None:
    nowhere = plan(trial, tmp_path, {"resourcegroup_name": "rg-nowhere", "asg_name": "asg-1"})
    assert (nowhere.returncode, nowhere.stdout) == (1, "")
    assert nowhere.stderr.startswith("error: ")
    assert "ResourceGroupNotFound" in nowhere.stderr
    wrong = plan(trial, tmp_path, {"resourcegroup_name": group, "asg_name": "asg-1"}, secret="wr0ng-secret")
    assert wrong.returncode == 1
    assert "AADSTS7000215" in wrong.stderr
    assert "Traceback" not in wrong.stderr
