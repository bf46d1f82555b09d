"""What fails after the 202: the right failure code, the deepest cause in the description, and nothing lost."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from dev.brent import Resource, resource_group, vnet
from tests.e2e.trial import Trial, eventually, ids

UNKNOWN = "99999999-9999-9999-9999-999999999999"


def begin_at(trial: Trial, resource: Resource, **properties: str) -> str:
    """Send a Create for a deployment location with other properties."""
    body = trial.body(resource)
    location = body["deploymentLocation"]
    body["deploymentLocation"] = {**location, "properties": {**location["properties"], **properties}}
    answer = trial.post(body)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["requestId"])


@pytest.mark.parametrize(
    ("properties", "code", "told"),
    [
        ({"clientSecret": "wrong-secret"}, "INFRASTRUCTURE_ERROR", "AADSTS7000215"),
        ({"clientId": UNKNOWN}, "INFRASTRUCTURE_ERROR", "AADSTS700016"),
        ({"tenantId": UNKNOWN}, "INFRASTRUCTURE_ERROR", "AADSTS90002"),
    ],
    ids=["secret", "client", "tenant"],
)
def test_a_sign_in_that_is_refused_fails_at_once(
    trial: Trial, group: str, properties: Mapping[str, str], code: str, told: str
) -> None:
    request_id = begin_at(trial, vnet("vnet-1", group), **properties)
    trial.event(request_id, seconds=10)  # it is not tried again until the transition's time is over
    details, after = trial.failed(request_id, vnet("vnet-1", group))
    assert (details["failureCode"], after.topology) == (code, {})
    assert told in details["description"]
    assert "wrong-secret" not in details["description"]
    assert trial.ended(request_id)["failureDetails"] == details


@pytest.mark.slow
def test_an_unknown_subscription_is_named(trial: Trial) -> None:
    details, _ = trial.failed(begin_at(trial, resource_group("rg-nowhere"), subscriptionId=UNKNOWN), vnet("v", "g"))
    assert details["failureCode"] == "RESOURCE_NOT_FOUND"
    assert "SubscriptionNotFound" in details["description"]
    assert UNKNOWN in details["description"]


@pytest.mark.slow
def test_a_missing_resource_group_is_named(trial: Trial) -> None:
    wanted = vnet("vnet-1", "rg-missing")
    details, after = trial.failed(trial.begin(wanted), wanted)
    assert details["failureCode"] == "RESOURCE_NOT_FOUND"
    assert "ResourceGroupNotFound" in details["description"]
    assert "'rg-missing'" in details["description"]
    assert after.topology == {}


def test_quota_is_insufficient_capacity(trial: Trial, group: str) -> None:
    wanted = vnet("vnet-1", group)
    with trial.faults({"kind": "quota", "type": ".*/virtualNetworks", "path": group, "message": "Limit is 0 VNets."}):
        details, after = trial.failed(trial.begin(wanted), wanted)
    assert details["failureCode"] == "INSUFFICIENT_CAPACITY"
    assert "QuotaExceeded: Limit is 0 VNets." in details["description"]
    assert len(trial.in_azure(group)) == 1 + len(after.topology)


def test_a_failed_deployment_tells_the_deepest_cause_and_where_to_look(trial: Trial, group: str) -> None:
    wanted = vnet("vnet-1", group)
    fault = {"kind": "fail", "type": ".*/subnets", "code": "SubnetIsCursed", "message": "Not here.", "after": True}
    with trial.faults({**fault, "path": group}):
        request_id = trial.begin(wanted)
        details, after = trial.failed(request_id, wanted)
    deployment = next(entry["id"] for entry in after.topology.values() if "/deployments/" in entry["id"])
    in_azure = trial.arm("GET", deployment.removeprefix(trial.subscription), version="2025-04-01").json()
    assert details["failureCode"] == "INFRASTRUCTURE_ERROR"
    assert "SubnetIsCursed: Not here." in details["description"]
    assert in_azure["properties"]["correlationId"] in details["description"]
    assert deployment.rsplit("/", 1)[1] in details["description"]
    assert trial.ended(request_id)["failureDetails"] == details
    assert ids(after.topology) == {one for one in trial.in_azure(group) if "/providers/" in one}


def test_what_arm_refuses_is_told_with_its_code(trial: Trial, group: str) -> None:
    wanted = vnet("vnet-1", group, location="atlantis")
    details, _ = trial.failed(trial.begin(wanted), wanted)
    assert details["failureCode"] == "INTERNAL_ERROR"
    assert "LocationNotAvailableForResourceType" in details["description"]
    assert "atlantis" in details["description"]


@pytest.mark.slow
def test_retry_after_is_obeyed(trial: Trial, group: str) -> None:
    trial.run(vnet("vnet-1", group))
    before = trial.count_calls(group, "PUT")["PUT"]
    throttle = {"kind": "throttle", "method": "PUT", "path": "/deployments/", "times": 1, "retryAfter": 3}
    begun = time.time()
    with trial.faults(throttle):
        request_id = trial.begin(vnet("vnet-2", group))
        trial.completed(request_id, vnet("vnet-2", group))
    assert trial.count_calls(group, "PUT")["PUT"] == before + 2  # the one that was throttled, and one more
    assert trial.event(request_id).received - begun >= 3


def test_while_azure_is_out_of_reach_work_is_accepted_and_waits(trial: Trial, group: str) -> None:
    with trial.faults({"kind": "drop", "path": "^/subscriptions/"}):
        request_id = trial.begin(vnet("vnet-1", group))
        vital = eventually(lambda: _find_unhealthy(trial, "azure")) or {}
        assert "cannot be reached" in vital["reason"]
        assert datetime.fromisoformat(vital["since"]) <= datetime.now(UTC)
        assert trial.get("/management/health").status_code == 200
        waiting = eventually(lambda: trial.execution(request_id)["waiting"])
        assert "ConnectionFailed" in waiting["reason"]
    trial.completed(request_id, vnet("vnet-1", group))
    assert trial.get("/management/health").json()["vitals"]["azure"]["status"] == "OK"


def _find_unhealthy(trial: Trial, name: str) -> dict[str, str] | None:
    vital: dict[str, str] = trial.get("/management/health").json()["vitals"][name]
    return vital if vital["status"] == "UNHEALTHY" else None


@pytest.mark.slow
def test_throttling_errors_and_broken_connections_fail_no_lifecycle(trial: Trial, group: str) -> None:
    """10 % of ARM's answers are 429 with Retry-After, 5 % are 500, 5 % of the connections break, half of them after
    the call was carried out.
    """
    arm = "^/subscriptions/"
    faults: list[dict[str, Any]] = [
        {"kind": "throttle", "rate": 0.10, "path": arm, "seed": 7},
        {"kind": "error", "rate": 0.05, "path": arm, "status": 500},
        {"kind": "drop", "rate": 0.025, "path": arm},
        {"kind": "drop", "rate": 0.025, "path": arm, "after": True},
    ]
    before = trial.counters()["statuses"]
    networks = [vnet(f"vnet-{number}", group) for number in range(15)]
    with trial.faults(*faults):
        creating = [trial.begin(one) for one in networks]
        made = [trial.completed(*one) for one in zip(creating, networks, strict=True)]
        deleting = [trial.begin(one, "Delete") for one in made]
        left = [trial.completed(*one) for one in zip(deleting, made, strict=True)]
        statuses = trial.counters()["statuses"]
    assert [one.topology for one in left] == [{}] * len(networks)
    assert len(trial.in_azure(group)) == 1
    assert all(statuses.get(status, 0) > before.get(status, 0) for status in ("0", "429", "500"))
