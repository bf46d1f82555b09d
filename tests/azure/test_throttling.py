"""Throttling by setting: ARM's token buckets, and what resource providers count themselves."""

from typing import Any

import pytest
import requests

from tests.azure.emulator import SCOPE, SUBSCRIPTION, TENANT, Emulator
from tests.azure.templates import deployment, network, template

OTHER = "11112222-3333-4444-5555-000000000000"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
VERSION = "api-version=2025-04-01"
LEFT = "x-ms-ratelimit-remaining-subscription-"


@pytest.fixture
def counted(azure: Emulator) -> Emulator:
    azure.call("PUT", f"{GROUP}?{VERSION}", {"location": "northeurope"})
    azure.control("POST", "settings", {"throttling": True})
    return azure


def write(azure: Emulator, group: str = GROUP) -> requests.Response:
    return azure.call("PUT", f"{group}?{VERSION}", {"location": "northeurope"})


def until_refused(azure: Emulator, most: int) -> tuple[int, requests.Response]:
    """How many writes were taken, and the refusal of the next one."""
    for taken in range(most):
        answer = write(azure)
        if answer.status_code == 429:
            return taken, answer
    raise AssertionError(f"{most} writes were taken")


def test_a_bucket_of_200_writes_fills_by_10_a_second(counted: Emulator) -> None:
    first = write(counted)
    assert (first.headers[LEFT + "writes"], first.headers[LEFT + "global-writes"]) == ("199", "2999")
    taken, refused = until_refused(counted, 400)
    assert taken >= 199
    assert refused.json()["error"]["code"] == "SubscriptionRequestsThrottled"
    assert (refused.headers["retry-after"], refused.headers[LEFT + "writes"]) == ("1", "0")
    counted.advance(5)
    again, _ = until_refused(counted, 200)
    assert again >= 49


def test_each_kind_of_call_each_subscription_and_each_principal_has_a_bucket(counted: Emulator) -> None:
    until_refused(counted, 400)
    read = counted.call("GET", f"{GROUP}?{VERSION}")
    assert (read.status_code, int(read.headers[LEFT + "reads"])) == (200, 249)
    assert counted.call("DELETE", f"{GROUP}x?{VERSION}").status_code == 404
    assert write(counted, f"/subscriptions/{OTHER}/resourceGroups/rg").status_code == 201
    form = {"grant_type": "client_credentials", "client_id": "another", "client_secret": "secret", "scope": SCOPE}
    token = counted.session.post(f"{counted.url}/{TENANT}/oauth2/v2.0/token", data=form, timeout=10).json()
    answer = counted.call(
        "PUT", f"{GROUP}?{VERSION}", {"location": "northeurope"}, Authorization=f"Bearer {token['access_token']}"
    )
    assert answer.status_code == 200


def test_without_the_setting_nothing_is_counted(azure: Emulator) -> None:
    assert {write(azure).headers[LEFT + "writes"] for _ in range(2)} == {"799"}


def thing(name: str) -> dict[str, Any]:
    return {
        "type": "Contoso.Play/things",
        "apiVersion": "2024-05-01",
        "name": name,
        "location": "northeurope",
        "properties": {},
    }


def test_a_provider_counts_for_itself(azure: Emulator) -> None:
    write(azure)
    azure.control("POST", "settings", {"providerRequests": {"contoso.play/write": 2}})
    path = f"{GROUP}/providers/Contoso.Play/things"
    answers = [azure.call("PUT", f"{path}/{n}?api-version=2024-05-01", thing("x")) for n in ("a", "b", "c")]
    assert [one.status_code for one in answers] == [201, 201, 429]
    assert answers[2].json()["error"]["code"] == "ResourceRequestsThrottled"
    assert int(answers[2].headers["retry-after"]) > 100
    body = {"location": "northeurope", "properties": network()["properties"]}
    other = azure.call("PUT", f"{GROUP}/providers/Microsoft.Network/virtualNetworks/net?api-version=2024-05-01", body)
    assert other.status_code == 201


def test_a_deployment_waits_for_a_provider_that_throttles_it(azure: Emulator) -> None:
    write(azure)
    azure.control("POST", "settings", {"providerRequests": {"contoso.play/write": 3}})
    url = f"{GROUP}/providers/Microsoft.Resources/deployments/one?{VERSION}"
    azure.call("PUT", url, deployment(template(*map(thing, "abcde"))))
    azure.advance(60)
    assert azure.call("GET", url).json()["properties"]["provisioningState"] == "Running"
    azure.advance(600)
    assert azure.call("GET", url).json()["properties"]["provisioningState"] == "Succeeded"
