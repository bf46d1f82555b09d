"""Whether Azure would take a Create: the operation Precheck, and `precheck: true`, from the POST to the event."""

import json
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest

from dev.brent import Resource, vnet
from tests.e2e.trial import Trial
from tests.support.driver_files import zipped

SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
PERMISSIONS = "/Microsoft.Authorization/permissions$"
SECRET = "Pr3check-needle"
QUOTA = {"kind": "quota", "type": "Microsoft.Network/virtualNetworks", "message": "limit of networks"}
PACKAGE = """
version: 1
resourceGroup: "{{ resourcegroup_name }}"
transitions:
  Create: {deploy: main.json, precheck: true}
"""
TEMPLATE: dict[str, Any] = {
    "$schema": SCHEMA,
    "contentVersion": "1.0.0.0",
    "parameters": {"secret": {"type": "securestring"}},
    "resources": [
        {
            "type": "Microsoft.Network/virtualNetworks",
            "apiVersion": "2024-05-01",
            "name": "own-net",
            "location": "northeurope",
            "tags": {"hidden": "[parameters('secret')]"},
            "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}},
        }
    ],
}
FILES = zipped({"lifecycle.yaml": PACKAGE, "main.json": json.dumps(TEMPLATE)})


def own(group: str) -> Resource:
    return Resource("own", "resource::Own::1.0", {"resourcegroup_name": group, "secret": SECRET})


@contextmanager
def unchanged(trial: Trial, group: str) -> Iterator[None]:
    """Nothing is written in the block, nor registered."""
    before, there = trial.count_calls(group, "PUT", "DELETE", "PATCH"), trial.in_azure(group)
    yield
    assert trial.count_calls(group, "PUT", "DELETE", "PATCH") == before
    assert trial.in_azure(group) == there


def test_a_precheck_completes_where_azure_would_take_the_create(trial: Trial, group: str) -> None:
    with unchanged(trial, group):
        request_id = trial.begin(vnet("vnet-1", group), "Precheck")
        value = trial.event(request_id).value
    assert (value["status"], value["outputs"], value["associatedTopology"]) == ("COMPLETE", {}, {})
    assert trial.ended(request_id)["warnings"] == []
    made = trial.run(vnet("vnet-1", group))
    assert trial.run(made, "Precheck").topology == made.topology  # of what exists, too
    trial.run(made, "Delete")


@pytest.mark.slow
def test_a_precheck_fails_with_what_azure_would_refuse(trial: Trial, group: str) -> None:
    limited = {"value": [{"actions": ["*"], "notActions": ["Microsoft.Network/virtualNetworks/delete"]}]}
    fault = {"method": "GET", "path": PERMISSIONS, "body": limited}
    with unchanged(trial, group), trial.faults(QUOTA, fault):
        details, after = trial.failed(trial.begin(vnet("vnet-1", group), "Precheck"), vnet("vnet-1", group))
    assert (details["failureCode"], after.topology) == ("INSUFFICIENT_CAPACITY", {})
    assert "the precheck has found 2 faults: QuotaExceeded: limit of networks; " in details["description"]
    assert "Microsoft.Network/virtualNetworks/delete" in details["description"]


@pytest.mark.slow
def test_what_azure_does_not_tell_is_a_warning_in_execution_and_log(trial: Trial, group: str) -> None:
    with trial.faults({"kind": "answer", "path": PERMISSIONS, "status": 502, "html": "<html>proxy</html>"}):
        request_id = trial.begin(vnet("vnet-1", group), "Precheck")
        assert trial.event(request_id).value["status"] == "COMPLETE"
    (warning,) = trial.ended(request_id)["warnings"]
    assert warning.startswith("the permissions at ")
    (line,) = [one for one in trial.log_lines() if one.get("requestId") == request_id and one["level"] == "WARNING"]
    assert warning in line["message"]


@pytest.mark.slow
def test_a_create_with_a_precheck_writes_nothing_that_azure_would_refuse(trial: Trial, group: str) -> None:
    with unchanged(trial, group), trial.faults(QUOTA):
        answer = trial.post(trial.body(own(group), files=FILES))
        details, _ = trial.failed(answer.json()["requestId"], own(group))
    assert "the precheck has found QuotaExceeded" in details["description"]
    answer = trial.post(trial.body(own(group), files=FILES))
    request_id = answer.json()["requestId"]
    made = trial.completed(request_id, own(group))
    trial.completed(trial.post(trial.body(made, "Delete", files=FILES)).json()["requestId"], made)
    shown = [trial.log(), trial.told(request_id), json.dumps(trial.instances(f"/{request_id}", showInput="true"))]
    shown += [json.dumps(trial.instances(f"/{request_id}", showHistory="true", showHistoryOutput="true"))]
    needles = (SECRET, b64encode(SECRET.encode()).decode().rstrip("="))
    assert [one for one in needles if any(one in text for text in shown)] == []


@pytest.mark.slow
def test_a_precheck_does_not_wait_until_azure_has_answered(trial: Trial, group: str) -> None:
    with trial.faults(
        {"kind": "delay", "path": f"{PERMISSIONS}|/validate$|/providers/Microsoft.Network$", "seconds": 30}
    ):
        request_id = trial.begin(vnet("vnet-1", group), "Precheck")
        assert trial.event(request_id).value["status"] == "COMPLETE"
    shown = trial.ended(request_id)
    took = datetime.fromisoformat(shown["endedAt"]) - datetime.fromisoformat(shown["acceptedAt"])
    assert took.total_seconds() < 20  # 8 s in the step, and what a busy machine needs around it
    assert len(shown["warnings"]) >= 2
