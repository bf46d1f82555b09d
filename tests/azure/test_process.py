"""The emulator as a process: its state over a restart, its certificate, its end."""

import ssl
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from emulators.azure.__main__ import main
from tests.azure.emulator import SUBSCRIPTION, start, started
from tests.azure.templates import deployment, network, subnet, template, vnet_id

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
GET = f"{GROUP}?api-version=2022-09-01"
ONE = f"{GROUP}/providers/Microsoft.Resources/deployments/one?api-version=2025-04-01"


def test_a_restart_keeps_state_and_goes_on_with_what_was_running(tmp_path: Path) -> None:
    options = ["--state", str(tmp_path / "state.json"), "--provisioning-seconds", "60"]
    body = template(
        network(), subnet("a", "10.0.0.0/24", "net", vnet_id()), outputs={"id": {"type": "string", "value": vnet_id()}}
    )
    with started(tmp_path, options) as first:
        first.call("PUT", GET, {"location": "northeurope"})
        first.call("PUT", ONE, deployment(body))
        first.advance(30)
        token = first.token
        assert first.stop() == 0
    with started(tmp_path, options) as second:
        second.token = token
        second.advance(30)
        names = [item["name"] for item in second.control("GET", "resources")["resources"]]
        assert "net" in names
        second.advance(60)
        found: dict[str, Any] = second.call("GET", ONE).json()["properties"]
        assert (found["provisioningState"], set(found["outputs"])) == ("Succeeded", {"id"})


@pytest.mark.slow
def test_state_is_saved_while_it_runs(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    with started(tmp_path, ["--state", str(file)]) as emulator:
        emulator.call("PUT", GET, {"location": "northeurope"})
        deadline = time.monotonic() + 10
        while not (file.exists() and "northeurope" in file.read_text()):
            assert time.monotonic() < deadline, "the state was not saved"
        emulator.process.kill()
        emulator.process.wait(10)
        assert emulator.process.stdout is not None
        emulator.process.stdout.close()
        emulator.session.close()
    with started(tmp_path, ["--state", str(file)]) as again:
        assert again.call("HEAD", GET).status_code == 204


def test_it_ends_at_once_though_clients_keep_their_connections(tmp_path: Path) -> None:
    emulator = start(tmp_path)
    emulator.call("GET", GET)
    begun = time.monotonic()
    assert emulator.stop() == 0
    assert time.monotonic() - begun < 5


def test_a_port_that_is_taken_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with started(tmp_path) as emulator:
        port = emulator.url.rsplit(":", 1)[1]
        assert main(["start", "--port", port, "--tls-dir", str(tmp_path)]) == 1
    assert f"cannot listen on 127.0.0.1:{port}" in capsys.readouterr().err


def test_the_certificate_holds_for_both_names_and_no_other_ca(tmp_path: Path) -> None:
    with started(tmp_path) as emulator:
        port = emulator.url.rsplit(":", 1)[1]
        assert requests.get(f"https://127.0.0.1:{port}/emulator/counters", verify=str(emulator.ca), timeout=10).ok
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(
                f"{emulator.url}/emulator/counters", verify=ssl.get_default_verify_paths().openssl_cafile, timeout=10
            )


def test_the_ca_is_kept_for_the_next_start(tmp_path: Path) -> None:
    with started(tmp_path) as emulator:
        before = emulator.ca.read_bytes()
    with started(tmp_path) as emulator:
        assert emulator.ca.read_bytes() == before


def test_what_is_deleted_softly_and_what_a_run_asked_for_outlive_a_restart(tmp_path: Path) -> None:
    group = GET.partition("?")[0]
    vault = f"{group}/providers/Microsoft.KeyVault/vaults/kept?api-version=2023-07-01"
    known = "resourceId('Contoso.Play/things','there'),'2024-05-01'"
    there = f"{group}/providers/Contoso.Play/things/there?api-version=2024-05-01"
    output = {"said": {"type": "object", "value": f"[reference({known})]"}}
    options = ["--state", str(tmp_path / "state.json"), "--provisioning-seconds", "60"]
    with started(tmp_path, options) as emulator:
        emulator.call("PUT", GET, {"location": "northeurope"})
        for path in (vault, there):
            emulator.call("PUT", path, {"location": "northeurope", "properties": {}})
        emulator.call("DELETE", vault)
        emulator.call("PUT", ONE, deployment(template(network(), outputs=output)))
        emulator.advance(60)
        emulator.stop()
    with started(tmp_path, options) as emulator:
        body = {"location": "northeurope", "properties": {}}
        assert emulator.call("PUT", vault, body).json()["error"]["code"] == "ConflictError"
        items = emulator.call("GET", ONE.replace("?", "/operations?")).json()["value"]
        kinds = [item["properties"]["provisioningOperation"] for item in items]
        assert sorted(kinds) == ["Create", "EvaluateDeploymentOutput", "Read"]


def test_no_secret_stays_in_the_state_file(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    parameters = {"secret": {"type": "securestring"}}
    with started(tmp_path, ["--state", str(file), "--provisioning-seconds", "60"]) as emulator:
        emulator.call("PUT", GET, {"location": "northeurope"})
        emulator.call("PUT", ONE, deployment(template(network(), parameters=parameters), secret="needle"))
        emulator.advance(60)
        assert emulator.call("GET", ONE).json()["properties"]["provisioningState"] == "Succeeded"
        emulator.stop()
    assert "needle" not in file.read_text()
