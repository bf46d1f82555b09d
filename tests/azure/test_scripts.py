"""Faults as scripts: when they hit, what they answer, and what is said of a bad one."""

import time
from typing import Any

import pytest
import requests

from tests.azure.emulator import SCOPE, SUBSCRIPTION, TENANT, Emulator

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourcegroups/rg"
GET = f"{GROUP}?api-version=2022-09-01"
VNET = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/net"
VERSION = "api-version=2024-05-01"
SPACE = {"location": "northeurope", "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}}


@pytest.fixture
def network(azure: Emulator) -> Emulator:
    """A group and a network in it, ready."""
    azure.call("PUT", GET, {"location": "northeurope"})
    azure.call("PUT", f"{VNET}?{VERSION}", SPACE)
    azure.advance(60)
    return azure


def script(azure: Emulator, *faults: dict[str, Any]) -> None:
    azure.control("POST", "faults", {"faults": list(faults)})


def statuses(azure: Emulator, count: int, method: str = "GET", path: str = GET) -> list[int]:
    return [azure.call(method, path).status_code for _ in range(count)]


def sign_in(azure: Emulator) -> requests.Response:
    form = {"grant_type": "client_credentials", "client_id": "tests", "client_secret": "secret", "scope": SCOPE}
    return azure.session.post(f"{azure.url}/{TENANT}/oauth2/v2.0/token", data=form, timeout=10)


def test_the_nth_call_and_as_many_as_told_are_hit(network: Emulator) -> None:
    script(network, {"kind": "error", "method": "GET", "path": "/rg$", "nth": 2, "times": 2, "status": 409})
    assert statuses(network, 5) == [200, 409, 409, 200, 200]


def test_the_query_is_matched_too(network: Emulator) -> None:
    script(network, {"kind": "error", "query": "api-version=2022", "status": 400, "code": "NoRegisteredProviderFound"})
    assert [network.call("GET", f"{GROUP}?api-version={v}").status_code for v in ("2022-09-01", "2025-04-01")] == [
        400,
        200,
    ]


def test_a_fault_lasts_as_long_as_told_by_the_emulators_clock(network: Emulator) -> None:
    script(network, {"kind": "error", "status": 503, "forSeconds": 30})
    assert statuses(network, 1) == [503]
    network.advance(29)
    assert statuses(network, 1) == [503]
    network.advance(2)
    assert statuses(network, 1) == [200]


def test_a_fault_begins_after_a_call_was_answered(network: Emulator) -> None:
    event = {"method": "DELETE", "path": "/net$", "status": 202}
    script(network, {"kind": "error", "method": "GET", "status": 404, "after": event})
    assert statuses(network, 1) == [200]
    network.call("DELETE", f"{VNET}?{VERSION}")
    assert statuses(network, 1) == [404]


def test_a_fault_begins_when_something_is_gone_and_its_time_runs_from_then(network: Emulator) -> None:
    script(network, {"kind": "error", "status": 400, "after": {"gone": "/virtualnetworks/net$"}, "forSeconds": 20})
    network.call("DELETE", f"{VNET}?{VERSION}")
    assert statuses(network, 1) == [200]
    network.advance(10)
    assert statuses(network, 1) == [400]
    network.advance(20)
    assert statuses(network, 1) == [200]


def test_an_answer_in_place_of_the_call(network: Emulator) -> None:
    body = {"error": {"code": "X", "message": "y"}}
    script(
        network, {"kind": "answer", "method": "DELETE", "status": 418, "headers": {"Retry-After": "7"}, "body": body}
    )
    answer = network.call("DELETE", f"{VNET}?{VERSION}")
    assert (answer.status_code, answer.headers["retry-after"], answer.json()) == (418, "7", body)
    assert network.call("GET", f"{VNET}?{VERSION}").json()["properties"]["provisioningState"] == "Succeeded"


def test_an_error_has_the_headers_of_arm(network: Emulator) -> None:
    script(network, {"kind": "error", "status": 401, "code": "ExpiredAuthenticationToken", "shape": "gateway"})
    answer = network.call("GET", GET, **{"x-ms-correlation-request-id": "mine"})
    assert answer.headers["x-ms-correlation-request-id"] == "mine"
    assert 'error_description="ExpiredAuthenticationToken"' in answer.headers["www-authenticate"]


def test_html_in_place_of_json(network: Emulator) -> None:
    script(network, {"kind": "answer", "html": "<html>Hello</html>"})
    answer = network.call("GET", GET)
    assert (answer.status_code, answer.headers["content-type"], answer.text) == (200, "text/html", "<html>Hello</html>")


def test_parts_of_the_true_answer_are_changed_once_the_call_is_carried_out(network: Emulator) -> None:
    gone = {"azure-asyncoperation": None, "location": None}
    script(
        network,
        {"kind": "answer", "carryOut": True, "method": "DELETE", "headers": gone},
        {"kind": "answer", "carryOut": True, "method": "GET", "body": {"properties": {"extra": 1}, "tags": None}},
    )
    answer = network.call("DELETE", f"{VNET}?{VERSION}")
    assert (answer.status_code, set(answer.headers) & set(gone)) == (202, set())
    found = network.call("GET", f"{VNET}?{VERSION}").json()
    assert (found["properties"]["extra"], found["properties"]["provisioningState"]) == (1, "Deleting")


def test_headers_are_rewritten(network: Emulator) -> None:
    script(network, {"kind": "answer", "carryOut": True, "rewrite": {"https://localhost": "https://behind"}})
    answer = network.call("DELETE", f"{VNET}?{VERSION}")
    assert answer.headers["azure-asyncoperation"].startswith("https://behind:")


def test_json_that_is_cut_off(network: Emulator) -> None:
    script(network, {"kind": "cut", "times": 1})
    with pytest.raises(ValueError, match=r"."):
        network.call("GET", GET).json()
    assert network.call("GET", GET).json()["name"] == "rg"


def test_a_stalled_call_is_answered_all_the_same(network: Emulator) -> None:
    script(network, {"kind": "delay", "seconds": 0.3})
    begun = time.monotonic()
    assert statuses(network, 1) == [200]
    assert time.monotonic() - begun >= 0.3


def test_an_operation_that_fails_leaves_the_resource(network: Emulator) -> None:
    fault = {"kind": "operation", "method": "DELETE", "times": 1, "outcome": "Failed", "code": "OperationPreempted"}
    script(network, fault)
    url = network.call("DELETE", f"{VNET}?{VERSION}").headers["azure-asyncoperation"]
    network.advance(60)
    polled = network.call("GET", url).json()
    assert (polled["status"], polled["error"]["code"]) == ("Failed", "OperationPreempted")
    assert network.call("GET", f"{VNET}?{VERSION}").status_code == 200
    network.call("DELETE", f"{VNET}?{VERSION}")
    network.advance(60)
    assert network.call("GET", f"{VNET}?{VERSION}").status_code == 404


def test_a_groups_delete_that_is_blocked_leaves_it(network: Emulator) -> None:
    blocked = {"outcome": "Failed", "status": 409, "code": "ResourceGroupDeletionBlocked"}
    script(network, {"kind": "operation", "method": "DELETE", "path": "/rg$", "times": 1, **blocked})
    url = network.call("DELETE", GET).headers["location"]
    network.advance(60)
    polled = network.call("GET", url)
    assert (polled.status_code, polled.json()["error"]["code"]) == (409, "ResourceGroupDeletionBlocked")
    assert network.call("GET", GET).json()["properties"]["provisioningState"] == "Succeeded"


def test_an_operation_may_end_with_a_body_of_its_own(network: Emulator) -> None:
    body = {"Error": {"Code": "ResourceGroupDeletionBlocked", "Details": []}}
    script(network, {"kind": "operation", "method": "DELETE", "outcome": "Failed", "status": 409, "body": body})
    url = network.call("DELETE", GET).headers["location"]
    network.advance(60)
    assert (network.call("GET", url).status_code, network.call("GET", url).json()) == (409, body)


@pytest.mark.parametrize(("seconds", "there"), [(600, 200), (1, 404)])
def test_an_operation_takes_the_time_it_is_told(network: Emulator, seconds: float, there: int) -> None:
    script(network, {"kind": "operation", "method": "DELETE", "seconds": seconds})
    network.call("DELETE", f"{VNET}?{VERSION}")
    network.advance(2 if seconds == 1 else 300)
    assert network.call("GET", f"{VNET}?{VERSION}").status_code == there


def test_entra_id_has_faults_of_its_own(network: Emulator) -> None:
    script(network, {"kind": "answer", "host": "entra", "status": 503, "times": 1})
    assert statuses(network, 1) == [200]
    assert [sign_in(network).status_code for _ in range(2)] == [503, 200]


def test_entra_id_breaks_connections(network: Emulator) -> None:
    script(network, {"kind": "drop", "host": "entra", "times": 1})
    with pytest.raises(requests.ConnectionError):
        sign_in(network)
    assert sign_in(network).status_code == 200


def test_tokens_live_as_long_as_the_setting_says(azure: Emulator) -> None:
    azure.control("POST", "settings", {"tokenSeconds": 1})
    assert sign_in(azure).json()["expires_in"] == 1


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"kind": "explode"}, "kind must be one of answer, error"),
        ({"kind": "error", "colour": "red"}, "a fault of kind 'error' has no colour; it takes"),
        ({"kind": "drop", "status": 500}, "a fault of kind 'drop' has no status"),
        ({"kind": "error", "path": "("}, "path: '(' is no regular expression"),
        ({"kind": "error", "status": "many"}, "status: Input should be a valid integer"),
        ({"kind": "operation", "outcome": "broken"}, "outcome: Input should be '', 'Failed' or 'Canceled'"),
        ({"kind": "error", "nth": 0}, "nth: Input should be greater than or equal to 1"),
        ({"kind": "error", "after": {"method": "GET"}}, "after: takes either path (of a call) or gone (of a resource)"),
        ({"faults": [{"kind": "drop"}, {"kind": "cut", "host": "graph"}]}, "faults[1].host: Input should be 'arm' or"),
    ],
)
def test_a_bad_script_is_told_what_is_wrong_and_nothing_of_it_is_played(
    azure: Emulator, body: dict[str, Any], said: str
) -> None:
    answer = azure.session.post(f"{azure.url}/emulator/faults", json=body, timeout=10)
    assert answer.status_code == 400
    assert said in answer.json()["error"]
    assert azure.control("GET", "faults")["value"] == []


@pytest.mark.parametrize(
    ("body", "said"), [({"colour": 1}, "colour: Extra"), ({"tokenSeconds": -1}, "tokenSeconds: Input should be")]
)
def test_a_bad_setting_is_told(azure: Emulator, body: dict[str, Any], said: str) -> None:
    answer = azure.session.post(f"{azure.url}/emulator/settings", json=body, timeout=10)
    assert answer.status_code == 400
    assert said in answer.json()["error"]
    assert "the settings are provisioningSeconds" in answer.json()["error"]


def test_calls_are_kept_in_their_order_and_a_reset_brings_back_the_first_settings(network: Emulator) -> None:
    network.control("DELETE", "counters")
    network.control("POST", "settings", {"latencySeconds": 0.01})
    network.call("HEAD", GET)
    script(network, {"kind": "drop", "host": "entra"})
    with pytest.raises(requests.ConnectionError):
        sign_in(network)
    calls = network.control("GET", "calls")["value"]
    assert [(one["host"], one["method"], one["status"]) for one in calls] == [
        ("arm", "HEAD", 204),
        ("entra", "POST", 0),
    ]
    assert calls[0]["path"] == GROUP
    network.control("POST", "reset")
    assert network.control("GET", "settings")["latencySeconds"] == 0
