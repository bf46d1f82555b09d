"""A subscription that ARM throttles: its lifecycles wait together, and those of another subscription do not notice."""

import re
import time
from typing import Any

import pytest
import requests

from dev import azure
from dev.brent import execute, request_body, resource_group
from tests.e2e.trial import Trial, eventually

OTHER = "44444444-3333-3333-3333-333333333333"
COUNT = 50


def begin(trial: Trial, subscription: str, prefix: str) -> list[str]:
    """Send Creates of so many groups in a subscription; their requestIds."""
    location = trial.stack.deployment_location
    changed = {**location, "name": prefix, "properties": {**location["properties"], "subscriptionId": subscription}}
    bodies = [request_body(resource_group(f"{prefix}-{number}"), "Create", changed) for number in range(COUNT)]
    return [execute(trial.stack.driver, body, trial.session) for body in bodies]


def list_calls(trial: Trial, subscription: str, method: str) -> list[dict[str, Any]]:
    """What ARM was asked in a subscription."""
    form = re.compile(f"/subscriptions/{subscription}", re.IGNORECASE)
    return [one for one in azure.calls(trial.stack.endpoints()) if one["method"] == method and form.match(one["path"])]


@pytest.fixture
def subscriptions(trial: Trial) -> Any:
    """The one of the stack, and another one that Azure knows, too."""
    own = trial.stack.deployment_location["properties"]["subscriptionId"]
    trial._azure("POST", "/emulator/settings", json={"subscriptions": [own, OTHER]}).raise_for_status()
    yield own, OTHER
    trial._azure("POST", "/emulator/settings", json={"subscriptions": [own]}).raise_for_status()


@pytest.mark.slow
def test_a_throttled_subscription_gets_few_calls_and_holds_up_no_other(
    trial: Trial, subscriptions: tuple[str, str]
) -> None:
    throttled, free = subscriptions
    fault = {"kind": "throttle", "method": "PUT", "path": f"/{throttled}/", "retryAfter": 8}
    trial.reset_counters()
    with trial.faults(fault):
        begun = time.monotonic()
        waiting = begin(trial, throttled, "throttled")
        running = begin(trial, free, "free")
        ends = [trial.event(request_id).value["status"] for request_id in running]
        seconds = time.monotonic() - begun
        assert ends == ["COMPLETE"] * COUNT
        puts, gets = list_calls(trial, throttled, "PUT"), list_calls(trial, throttled, "GET")
        assert trial.events_of(waiting[0]) == []
        assert "held back" not in trial.told(running[0])
        shown = [trial.execution(request_id)["waiting"] for request_id in waiting]
        assert all("SubscriptionRequestsThrottled" in one["reason"] for one in shown if one)
        # At first some calls are under way together; then one probes each time.
        assert len(puts) <= 20 + seconds / 8 + 1
        assert len(gets) <= 4 * COUNT
    ends = [trial.event(request_id, seconds=120).value["status"] for request_id in waiting]
    assert ends == ["COMPLETE"] * COUNT


def use_up_writes(trial: Trial) -> None:
    """Send writes until ARM refuses one, over one connection: faster than new ones are allowed."""
    group, body = "/resourceGroups/used-up", {"location": "northeurope"}
    trial.arm("PUT", group, body, "2024-03-01")
    url = f"{trial.stack.azure}{trial.subscription}{group}?api-version=2024-03-01"
    with requests.Session() as somebody:
        somebody.headers["Authorization"] = f"Bearer {trial.token}"
        while somebody.put(url, json=body, verify=str(trial.stack.ca), timeout=30).ok:
            pass


@pytest.mark.slow
def test_more_lifecycles_than_arm_takes_calls_for_all_end(trial: Trial, subscriptions: tuple[str, str]) -> None:
    """The embedded Azure counts as ARM does: 200 writes and 250 reads at once, 10 and 25 more each second."""
    throttled, _ = subscriptions
    trial._azure("POST", "/emulator/settings", json={"throttling": True}).raise_for_status()
    try:
        use_up_writes(trial)
        trial.reset_counters()
        begun = begin(trial, throttled, "counted")
        ends = [trial.event(request_id, seconds=120).value["status"] for request_id in begun]
    finally:
        trial._azure("POST", "/emulator/settings", json={"throttling": False}).raise_for_status()
    assert ends == ["COMPLETE"] * COUNT
    refused = [one for one in list_calls(trial, throttled, "PUT") if one["status"] == 429]
    assert len(refused) <= COUNT // 2
    assert eventually(lambda: trial.execution(begun[-1])["status"] == "COMPLETE")
