"""Faults on request, counters and the other means of control."""

from typing import Any

import pytest
import requests

from tests.azure.emulator import SUBSCRIPTION, Emulator
from tests.azure.templates import deployment, network, subnet, template, vnet_id

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourcegroups/rg"
ONE = f"{GROUP}/providers/Microsoft.Resources/deployments/one?api-version=2025-04-01"
GET = f"{GROUP}?api-version=2022-09-01"


@pytest.fixture
def group(azure: Emulator) -> Emulator:
    azure.call("PUT", GET, {"location": "northeurope"})
    return azure


def fault(azure: Emulator, **body: Any) -> None:
    azure.control("POST", "faults", body)


def state(azure: Emulator) -> dict[str, Any]:
    found: dict[str, Any] = azure.call("GET", ONE).json()["properties"]
    return found


def test_throttling_says_when_to_come_again(group: Emulator) -> None:
    fault(group, kind="throttle", retryAfter=7, method="GET", times=1)
    answer = group.call("GET", GET)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
    assert answer.json()["error"]["code"] == "SubscriptionRequestsThrottled"
    assert group.call("GET", GET).status_code == 200


def test_an_error_is_the_one_that_was_asked_for(group: Emulator) -> None:
    fault(
        group,
        kind="error",
        status=503,
        code="ServerTimeout",
        message="Too late.",
        path="/resourcegroups/rg",
        shape="gateway",
    )
    answer = group.call("GET", GET)
    assert (answer.status_code, answer.json()) == (503, {"error": {"code": "ServerTimeout", "message": "Too late."}})
    assert answer.headers["x-ms-failure-cause"] == "gateway"
    group.control("DELETE", "faults")
    assert group.call("GET", GET).status_code == 200


def test_a_seed_makes_chance_repeatable(group: Emulator) -> None:
    def struck() -> list[int]:
        group.control("DELETE", "faults")
        fault(group, kind="error", rate=0.5, seed=7)
        return [group.call("GET", GET).status_code for _ in range(20)]

    first = struck()
    assert first == struck()
    assert {200, 500} == set(first)


@pytest.mark.parametrize(("after", "made"), [(False, 404), (True, 200)])
def test_a_connection_breaks_before_or_after_the_call_is_carried_out(azure: Emulator, after: bool, made: int) -> None:
    fault(azure, kind="drop", method="PUT", after=after)
    with pytest.raises(requests.ConnectionError):
        azure.call("PUT", GET, {"location": "northeurope"})
    assert azure.call("GET", GET).status_code == made


def test_slow_provisioning(group: Emulator) -> None:
    fault(group, kind="slow", factor=3, path="deployments/one")
    group.call("PUT", ONE, deployment(template(network())))
    group.advance(150)
    assert state(group)["provisioningState"] == "Running"
    group.advance(60)
    assert state(group)["provisioningState"] == "Succeeded"


@pytest.mark.parametrize(("after", "left"), [(False, 1), (True, 2)])
def test_failing_provisioning_of_a_type(group: Emulator, after: bool, left: int) -> None:
    kind = "Microsoft.Network/virtualNetworks/subnets"
    fault(group, kind="fail", type=kind, code="SubnetIsFull", message="Full.", status=400, after=after, shape="network")
    group.call("PUT", ONE, deployment(template(network(), subnet("a", "10.0.0.0/24", "net", vnet_id()))))
    group.advance(90)
    assert "SubnetIsFull" in str(state(group)["error"])
    assert len(group.control("GET", "resources")["resources"]) == left


def test_a_quota_refuses_a_deployment_before_it_begins(group: Emulator) -> None:
    fault(group, kind="quota", type="Microsoft.Network/virtualNetworks", message="No more networks.")
    answer = group.call("PUT", ONE, deployment(template(network())))
    assert answer.status_code == 400
    assert answer.json()["error"]["details"] == [{"code": "QuotaExceeded", "message": "No more networks."}]


@pytest.mark.parametrize("body", [{"kind": "none"}, {"kind": "error", "colour": "red"}, {"kind": "error", "path": "("}])
def test_a_fault_that_is_none_is_refused(azure: Emulator, body: dict[str, Any]) -> None:
    answer = azure.session.post(f"{azure.url}/emulator/faults", json=body, timeout=10)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_faults_spare_the_control_endpoint_and_identity(azure: Emulator) -> None:
    fault(azure, kind="error")
    assert azure.control("GET", "faults")["value"][0]["kind"] == "error"
    azure.sign_in()
    assert azure.call("GET", GET).status_code == 500


def test_calls_are_counted_by_kind(group: Emulator) -> None:
    group.control("DELETE", "counters")
    group.sign_in()
    group.call("GET", GET)
    group.call("HEAD", GET)
    group.call("GET", f"{GET}x")
    found = group.control("GET", "counters")
    assert (found["token"], found["arm"], found["armTotal"]) == (1, {"GET": 2, "HEAD": 1}, 3)
    assert found["statuses"] == {"200": 1, "204": 1, "400": 1}
    assert found["throttled"] == {}
    group.control("DELETE", "counters")
    assert group.control("GET", "counters")["total"] == 0
