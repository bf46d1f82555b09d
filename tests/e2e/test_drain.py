"""`python -m driver drain`: before an upgrade that lets nothing run."""

import subprocess
import sys
from pathlib import Path

import pytest

from dev.brent import vnet
from dev.stack import ROOT
from tests.e2e.trial import INSTANCES, Trial


def drain(trial: Trial, key_file: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "driver", "drain", "--url", trial.stack.driver, "--key-file", str(key_file)]
    return subprocess.run([*command, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)


@pytest.fixture
def key_file(trial: Trial, tmp_path: Path) -> Path:
    file = tmp_path / "key"
    file.write_text(trial.log().rsplit(f"{INSTANCES}?code=", 1)[1].split()[0] + "\n")
    return file


@pytest.mark.slow
def test_what_still_runs_is_shown_with_its_reason_and_waited_for(trial: Trial, group: str, key_file: Path) -> None:
    refused = {"kind": "error", "method": "PUT", "path": f"/{group}/.*/deployments/", "status": 503, "code": "Busy"}
    network = vnet("vnet-drained", group)
    with trial.faults(refused):
        request_id = trial.begin(network)
        late = drain(trial, key_file, "--seconds", "3")
    assert (late.returncode, late.stderr) == (1, "error: not drained after 3 seconds\n")
    line = [line for line in late.stdout.splitlines() if request_id in line][-1]
    assert "Create of vnet-drained: start_deployment, for " in line
    assert "waits for azure: " in line
    assert "Busy" in line
    done = drain(trial, key_file, "--seconds", "60")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "nothing runs")
    trial.completed(request_id, network)


@pytest.mark.slow
def test_a_wrong_key_and_a_host_that_is_away_are_told(trial: Trial, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("wrong")
    told = drain(trial, wrong)
    assert (told.returncode, "(status 401): is the key right?" in told.stderr) == (2, True)
    away = drain(trial, wrong, "--url", "http://127.0.0.1:1")
    assert (away.returncode, "http://127.0.0.1:1 does not list its executions: " in away.stderr) == (2, True)
    none = drain(trial, wrong, "--url", "localhost")
    assert (none.returncode, "--url is 'localhost'" in none.stderr) == (2, True)
