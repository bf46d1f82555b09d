"""Real ARM templates as driver files: each is created, owns what Azure then has, and is deleted without a trace."""

import base64
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from dev.brent import Resource, apply_event
from tests.e2e.trial import Trial
from tests.support.shared import SHARED, needs_shared

TEMPLATES = sorted((SHARED / "corpus" / "arm-templates").glob("*.json"))
# Templates that Azure refuses, and those that need something the test does not make; with the reason it gives.
REFUSED = {"201-web-app-asev2-create": "InvalidTemplate"}


def zipped(files: Mapping[str, bytes]) -> str:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        for path, content in files.items():
            target.writestr(path, content)
    return base64.b64encode(archive.getvalue()).decode()


def resource_of(template: Path, group: str) -> Resource:
    given: dict[str, Any] = json.loads((SHARED / "corpus" / "parameters" / template.name).read_text())["parameters"]
    values = {name: one["value"] for name, one in given.items() if one["value"] is not None}
    properties = {"location": "westeurope", **values, "resourcegroup_name": group}
    return Resource(name=template.stem, type="resource::Own::1.0", properties=properties)


@needs_shared
@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.stem)
def test_a_real_template_is_created_and_deleted(trial: Trial, group: str, template: Path) -> None:
    files = zipped({"main.json": template.read_bytes()})
    resource = resource_of(template, group)
    before = every_id(trial)

    def begin(transition: str, of: Resource) -> str:
        answer = trial.post({**trial.body(of, transition), "driverFiles": files})
        assert answer.status_code == 202, answer.text
        return str(answer.json()["requestId"])

    created = trial.event(begin("Create", resource)).value
    if template.stem in REFUSED:
        assert created["status"] == "FAILED"
        assert REFUSED[template.stem] in created["failureDetails"]["description"]
        return
    assert created["status"] == "COMPLETE", created["failureDetails"]
    made = apply_event(resource, created)
    assert {entry["id"].lower() for entry in made.topology.values()} == every_id(trial) - before
    deleted = trial.event(begin("Delete", made)).value
    assert deleted["status"] == "COMPLETE", deleted["failureDetails"]
    assert every_id(trial) - before == set()


def every_id(trial: Trial) -> set[str]:
    return trial.in_azure("subscriptions")
