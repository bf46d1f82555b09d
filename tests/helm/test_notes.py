"""What the user reads after the installation."""

import subprocess

import pytest

from tests.helm.notes import notes


def test_registers_with_lmctl() -> None:
    lines = [line.strip() for line in notes().splitlines()]
    assert (
        "lmctl resourcedriver add --type azure --url https://azure-driver:7275"
        " --certificate azure-driver-tls.pem ENVIRONMENT"
    ) in lines
    (command,) = [line for line in lines if "get secret azure-driver-tls" in line]
    assert """-o 'go-template={{index .data "tls.crt"}}' | base64 -d > azure-driver-tls.pem""" in command
    assert "helm test azure-driver -n lm" in lines


def test_commands_are_shell() -> None:
    commands = [line.strip() for line in notes().splitlines() if line.startswith("   ")]
    assert len(commands) >= 4
    for command in commands:
        checked = subprocess.run(["bash", "-n", "-c", command], capture_output=True, text=True)
        assert checked.returncode == 0, checked.stderr


def test_without_tls_there_is_no_certificate() -> None:
    printed = notes(values="edge")
    assert "lmctl resourcedriver add --type azure --url http://azure-driver:7275 ENVIRONMENT" in printed
    assert "--certificate" not in printed


def test_tells_what_the_pods_wait_for() -> None:
    assert "WAITING: the pods start once the Secret azure-driver-database exists, with key connectionString" in notes(
        values="ocp"
    )
    assert "the Secret azure-driver-storage exists" in notes(values="keda-azure-storage")
    assert "the Secret azure-driver-scheduler exists" in notes(values="durable-task-scheduler")
    assert "the Secret my-tls exists, with key tls.crt, tls.key" in notes(values="existing-secrets")
    assert "WAITING" not in notes(values="workload-identity")


def test_warns_of_what_is_for_trials() -> None:
    printed = notes(values="bundled-mssql")
    assert "WARNING: durable.mssql.bundled is for trials" in printed
    assert "WAITING" not in printed
    assert "WARNING: networkPolicy.enabled=false" in notes(values="extras")
    assert "WARNING" not in notes()


@pytest.mark.parametrize("case", ["defaults", "trial", "old-values", "old-readme"])
def test_first_line_says_what_a_trial_loses(case: str) -> None:
    first, *rest = notes(values=case).splitlines()
    assert first.startswith(
        "TRIAL: the task hub is Azurite, and when its pod is killed the last seconds of accepted work"
    )
    assert "For production set durable.backend" in first
    assert "WAITING" not in "".join(rest), "nothing has to be made beforehand"


def test_no_trial_where_a_backend_is_named() -> None:
    assert notes(values="ocp").startswith("The Azure resource driver 2.0.0 is installed in namespace lm.")
    assert "TRIAL" not in notes(values="ocp")
