"""A transition that takes too long."""

import json
import time
from typing import Any

import pytest

from dev.brent import Resource, vnet
from dev.stack import ROOT
from tests.e2e.trial import Trial, ids
from tests.support.driver_files import zipped

MANIFEST = """
version: 1
resourceGroup: "{{ resourcegroup_name }}"
transitions:
  Create: {deploy: main.json, timeout: %ss}
  Delete: {remove: all, timeout: %ss}
"""
pytestmark = pytest.mark.slow
SECONDS = 16
LATE = 5.0  # seconds that a step is given at its deadline at least, and the event takes


def with_own_package(trial: Trial, resource: Resource, transition: str, seconds: int = SECONDS) -> dict[str, Any]:
    """A request with driver files: the built-in template, and a timeout."""
    template = (ROOT / "infra/resources/AzureVNet/main.json").read_text(encoding="utf-8")
    return {
        **trial.body(resource, transition),
        "driverFiles": zipped({"lifecycle.yaml": MANIFEST % (seconds, seconds), "main.json": template}),
    }


def test_a_deployment_that_takes_too_long_is_cancelled_and_what_it_made_reported(trial: Trial, group: str) -> None:
    wanted = vnet("vnet-1", group)
    with trial.faults({"kind": "slow", "factor": 1_000_000, "path": f"/{group}/.*/virtualNetworks/"}):
        request_id = trial.post(with_own_package(trial, wanted, "Create", 8)).json()["requestId"]
        details, half = trial.failed(request_id, wanted)
    assert details["failureCode"] == "INFRASTRUCTURE_ERROR"
    assert "seconds of 8, in step watch_deployment: still under way; deployment 'vnet-1-" in details["description"]
    assert "Microsoft.Network/virtualNetworks/vnet-1 is Running since " in details["description"]
    deployment = next(entry["id"] for entry in half.topology.values() if "/deployments/" in entry["id"])
    in_azure = trial.arm("GET", deployment.removeprefix(trial.subscription), version="2025-04-01").json()
    assert in_azure["properties"]["provisioningState"] == "Canceled"
    assert {one for one in trial.in_azure(group) if "/providers/" in one} <= ids(half.topology)
    assert json.loads(trial.told(request_id))["requestId"] == request_id


@pytest.mark.parametrize("transition", ["Create", "Delete"])
def test_an_azure_that_hangs_does_not_keep_the_event_back(trial: Trial, group: str, transition: str) -> None:
    """No call is answered within the timeout. What the deployment makes then is in no topology, but its record is."""
    network = vnet("vnet-1", group)
    if transition == "Delete":
        network = trial.run(network)
    hit = (
        {"method": "PUT", "path": "/deployments/"}
        if transition == "Create"
        else {"method": "DELETE", "path": "/vnet-1$"}
    )
    hanging = {"kind": "delay", "seconds": 60, "path": "^/subscriptions/", "after": hit, "forSeconds": SECONDS + LATE}
    with trial.faults(hanging, {"kind": "slow", "factor": 1_000, "path": f"/{group}/.*/virtualNetworks/"}):
        begun = time.monotonic()
        request_id = trial.post(with_own_package(trial, network, transition)).json()["requestId"]
        details, _ = trial.failed(request_id, network)
        took = time.monotonic() - begun
    assert details["failureCode"] == "INFRASTRUCTURE_ERROR"
    assert f"seconds of {SECONDS}, in step " in details["description"]
    assert 0.8 * SECONDS < took < SECONDS + 2 * LATE


def test_waits_and_the_last_quarter_are_in_the_log(trial: Trial, group: str) -> None:
    network = vnet("vnet-1", group)
    throttled = {"kind": "throttle", "method": "GET", "path": "/operationStatuses/", "retryAfter": 1, "times": 2}
    slow = {"kind": "slow", "factor": 1_000, "path": f"/{group}/.*/virtualNetworks/"}
    with trial.faults(throttled, slow):
        request_id = trial.post(with_own_package(trial, network, "Create")).json()["requestId"]
        details, _ = trial.failed(request_id, network)
    lines = [line for line in trial.log().splitlines() if request_id in line]
    for text in (
        "watch_deployment waits for Azure until ",
        "watch_deployment has waited for Azure for ",
        "three quarters",
    ):
        assert len([line for line in lines if text in line]) == 1, text
    assert "last refusal: SubscriptionRequestsThrottled" in details["description"]
