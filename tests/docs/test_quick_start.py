"""The commands of README and quick start, run as they stand in a copy of the repository, on free ports."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from jsonschema import Draft202012Validator

from dev import endpoints, events
from dev.ports import free_port
from tests.docs.pages import ROOT, blocks

# Its own test would run it again without end.
LEFT_OUT = ("make test\n",)
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


class Clone:
    """A copy of the repository with the environment of this one, and ports of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ports = {"7071": str(free_port()), "9443": str(free_port())}
        listed = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
        names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
        for name in names.split("\0"):
            if name and (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, folder / name)
        (folder / ".venv").symlink_to(ROOT / ".venv")
        for name in ("requirements.lock", "requirements-dev.lock"):
            os.utime(folder / name, (0, 0))  # what is installed is taken as it is

    def run(self, commands: str) -> str:
        """Runs commands in bash, stopping at the first that fails; returns their output."""
        for left_out in LEFT_OUT:
            commands = commands.replace(left_out, "")
        for usual, port in self.ports.items():
            commands = commands.replace(usual, port)
        environment = {**os.environ, "DRIVER_PORT": self.ports["7071"], "AZURE_PORT": self.ports["9443"]}
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode == 0, f"{commands}\n{done.stdout}"
        return done.stdout


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Clone]:
    clone = Clone(tmp_path)
    yield clone
    clone.run("make stop")


def test_the_readme(clone: Clone) -> None:
    demo, run, create, look, settings = blocks("README.md", "shell")
    assert "nothing is left" in clone.run(demo)
    clone.run(run)
    answer = clone.run(create)
    assert "202 Accepted" in answer
    (request_id,) = UUID.findall(answer)
    running = endpoints.read(clone.folder / ".run")
    assert running is not None
    (event,) = events.read_events(running.kafka, lambda seen: len(seen) == 1)
    assert event.key == request_id
    (shown,) = blocks("README.md", "json")
    shown_id = json.loads(shown)["requestId"]
    assert event.value == json.loads(shown.replace(shown_id, request_id))
    assert "rg-branch-7" in clone.run(look)
    clone.run(settings)
    values = json.loads((clone.folder / "local.settings.json").read_text(encoding="utf-8"))["Values"]
    assert len(values["SEALING_KEYS"]) == 44
    assert values["PYTHON_ENABLE_INIT_INDEXING"] == "1"


def test_the_quick_start(clone: Clone) -> None:
    _, send, look = blocks("docs/index.md", "shell")
    answer = clone.run(send)
    assert '"app":{"status":"OK"' in answer
    running = endpoints.read(clone.folder / ".run")
    assert running is not None
    (event,) = events.read_events(running.kafka, lambda seen: len(seen) == 1)
    assert event.value["status"] == "COMPLETE"
    assert event.key in answer
    assert "rg-trial" in clone.run(look)


def test_openapi_describes_what_the_driver_answers(clone: Clone) -> None:
    clone.run("make run")
    running = endpoints.read(clone.folder / ".run")
    assert running is not None
    execute = f"{running.driver}/api/driver/lifecycle/execute"
    body = json.loads((clone.folder / ".run" / "create-group.json").read_text(encoding="utf-8"))
    assert _faults("LifecycleRequest", body) == []
    assert len(_faults("LifecycleRequest", {"lifecycleName": 1})) == 4
    accepted = requests.post(execute, json=body, timeout=30)
    assert (accepted.status_code, _faults("Accepted", accepted.json())) == (202, [])
    refused = requests.post(execute, json={"lifecycleName": 1}, timeout=30)
    assert (refused.status_code, _faults("Error", refused.json())) == (400, [])
    asked = requests.get(f"{running.driver}/api/driver/lifecycle/executions/{accepted.json()['requestId']}", timeout=30)
    assert (asked.status_code, _faults("Execution", asked.json())) == (200, [])
    unknown = requests.get(f"{running.driver}/api/driver/lifecycle/executions/none", timeout=30)
    assert (unknown.status_code, _faults("Error", unknown.json())) == (404, [])
    events.read_events(running.kafka, lambda seen: len(seen) == 1)
    group = f"/subscriptions/{body['deploymentLocation']['properties']['subscriptionId']}/resourceGroups/rg-trial"
    wanted = {"instanceName": group, "driverFiles": "", "deploymentLocation": body["deploymentLocation"]}
    assert _faults("ReferenceRequest", wanted) == []
    found = requests.post(f"{running.driver}/api/driver/references/find", json=wanted, timeout=30)
    assert (found.status_code, _faults("Found", found.json())) == (200, [])
    assert found.json()["result"] is not None
    health = requests.get(f"{running.driver}/management/health", timeout=30)
    assert (health.status_code, _faults("Health", health.json())) == (200, [])


def _faults(schema: str, content: Any) -> list[str]:
    """What is wrong with a body by a schema of docs/openapi.json."""
    document = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))
    validator = Draft202012Validator({"$ref": f"#/components/schemas/{schema}", **document})
    return [f"{fault.json_path}: {fault.message}" for fault in validator.iter_errors(content)]


def test_the_secrets_of_the_azure_installation(clone: Clone) -> None:
    (export,) = blocks("docs/install-azure.md", "shell")
    lines = clone.run(f'{export}\necho "$SEALING_KEYS $ROUTE_PREFIX"').split()
    assert re.fullmatch(r"[\w-]{43}=", lines[-2])
    assert re.fullmatch(r"[\w-]{32}", lines[-1])
