"""A transition that takes too long."""

import json
from typing import Any

from dev.brent import Resource, vnet
from dev.stack import ROOT
from tests.e2e.trial import Trial, ids
from tests.support.driver_files import zipped

MANIFEST = """
version: 1
resourceGroup: "{{ resourcegroup_name }}"
transitions:
  Create: {deploy: main.json, timeout: 2s}
  Delete: {remove: all}
"""


def with_own_package(trial: Trial, resource: Resource, transition: str) -> dict[str, Any]:
    """A request with driver files: the built-in template, and a time-out of two seconds."""
    template = (ROOT / "infra/resources/AzureVNet/main.json").read_text(encoding="utf-8")
    return {
        **trial.body(resource, transition),
        "driverFiles": zipped({"lifecycle.yaml": MANIFEST, "main.json": template}),
    }


def test_a_deployment_that_takes_too_long_is_cancelled_and_what_it_made_reported(trial: Trial, group: str) -> None:
    wanted = vnet("vnet-1", group)
    with trial.faults({"kind": "slow", "factor": 1_000_000, "path": f"/{group}/.*/virtualNetworks/"}):
        request_id = trial.post(with_own_package(trial, wanted, "Create")).json()["requestId"]
        details, half = trial.failed(request_id, wanted)
    assert details["failureCode"] == "INFRASTRUCTURE_ERROR"
    assert "seconds of 2, in step watch_deployment: still under way; deployment 'vnet-1-" in details["description"]
    assert "Microsoft.Network/virtualNetworks/vnet-1 is Running since " in details["description"]
    deployment = next(entry["id"] for entry in half.topology.values() if "/deployments/" in entry["id"])
    in_azure = trial.arm("GET", deployment.removeprefix(trial.subscription), version="2025-04-01").json()
    assert in_azure["properties"]["provisioningState"] == "Canceled"
    assert {one for one in trial.in_azure(group) if "/providers/" in one} <= ids(half.topology)
    assert json.loads(trial.told(request_id))["requestId"] == request_id
