"""Providers that a subscription is not registered for, through the real SDK against a server on HTTPS."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from driver import settings
from driver.azure import deployments, operations, registrations
from driver.azure.refusals import Refused, Unreachable
from driver.models.orders import AzureLocation, Deploy
from tests.support.arm_stub import DROP, Asked, Reply, Stub
from tests.support.requests import SUBSCRIPTION

TEXT = "The subscription is not registered to use namespace 'Contoso.Play'. See https://aka.ms/rps-not-found."
ERROR = {"error": {"code": "MissingSubscriptionRegistration", "message": TEXT}}
MISSING = Reply(409, ERROR)
THING = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-1/providers/Contoso.Play/things/one"
WORK = Deploy(package="p", file="f", resource_group="rg-1", name="d", scope="resourceGroup", parameters={})
CALLS: dict[str, Callable[[AzureLocation], Any]] = {
    "get": lambda at: operations.get(at, THING, "2024-05-01"),
    "validate": lambda at: deployments.validate(at, WORK, {}),
    "what-if": lambda at: deployments.start_what_if(at, WORK, {}),
}


@pytest.fixture(autouse=True)
def nothing_registered() -> Iterator[None]:
    registrations._registered.clear()
    yield
    registrations._registered.clear()


def registering(answer: Reply, missing: Reply = MISSING) -> Callable[[Asked], Reply]:
    return lambda asked: answer if "/register?" in asked.path else missing


def posts(stub: Stub) -> list[str]:
    return [asked.path.partition("?")[0] for asked in stub.asked if "/register" in asked.path]


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("code", ["MissingSubscriptionRegistration", "SubscriptionNotRegistered"])
def test_a_missing_provider_is_registered_once(stub: Stub, location: AzureLocation, name: str, code: str) -> None:
    missing = Reply(409, {"error": {"code": code, "message": TEXT}})
    stub.answer = registering(Reply(body={"registrationState": "Registering"}), missing)
    for _ in range(3):
        with pytest.raises(Refused) as caught:
            CALLS[name](location)
        assert (
            caught.value.cause.text == "ProviderIsBeingRegistered: Contoso.Play is being registered in the subscription"
        )
        assert (caught.value.status, caught.value.verdict.tries) == (409, 30)
    assert posts(stub) == [f"/subscriptions/{SUBSCRIPTION}/providers/Contoso.Play/register"]


def test_it_is_registered_for_a_deployment_that_failed(stub: Stub, location: AzureLocation) -> None:
    failed = Reply(body={"status": "Failed", "error": {"code": "DeploymentFailed", "details": [ERROR["error"]]}})
    stub.answer = registering(Reply(body={}), failed)
    with pytest.raises(Refused) as caught:
        operations.poll(location, f"{stub.url}/operations/1")
    assert (caught.value.status, caught.value.cause.code) == (200, "ProviderIsBeingRegistered")
    assert caught.value.verdict.restarts == 30
    assert len(posts(stub)) == 1


def test_it_is_registered_in_the_subscription_of_the_nested_deployment(stub: Stub, location: AzureLocation) -> None:
    inner = {"code": "MissingSubscriptionRegistration", "message": TEXT}
    nested = {"code": "DeploymentFailed", "target": "/subscriptions/other/resourceGroups/b", "details": [inner]}
    outer = {"code": "DeploymentFailed", "target": f"/subscriptions/{SUBSCRIPTION}/x", "details": [nested]}
    stub.answer = registering(Reply(body={}), Reply(body={"status": "Failed", "error": outer}))
    with pytest.raises(Refused, match="ProviderIsBeingRegistered"):
        operations.poll(location, "/poll")
    assert posts(stub) == ["/subscriptions/other/providers/Contoso.Play/register"]


def test_it_is_registered_in_the_subscription_of_the_resource(stub: Stub, location: AzureLocation) -> None:
    stub.answer = registering(Reply(body={}))
    with pytest.raises(Refused):
        operations.get(location, THING.replace(SUBSCRIPTION, "other"), "2024-05-01")
    with pytest.raises(Refused):
        operations.get(location, THING, "2024-05-01")
    assert posts(stub) == [f"/subscriptions/{one}/providers/Contoso.Play/register" for one in ("other", SUBSCRIPTION)]


def test_of_many_threads_one_registers(stub: Stub, location: AzureLocation) -> None:
    both = threading.Barrier(8, timeout=10)

    def answer(asked: Asked) -> Reply:
        if "/register?" not in asked.path:
            both.wait()
        return Reply(body={}) if "/register?" in asked.path else MISSING

    def call(_: int) -> str:
        with pytest.raises(Refused) as caught:
            CALLS["get"](location)
        return caught.value.cause.code

    stub.answer = answer
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(call, range(8))) == {"ProviderIsBeingRegistered"}
    assert len(posts(stub)) == 1


def test_where_the_role_does_not_allow_it_the_text_says_what_to_do(stub: Stub, location: AzureLocation) -> None:
    stub.answer = registering(Reply(403, {"error": {"code": "AuthorizationFailed", "message": "may not register"}}))
    for _ in range(2):
        with pytest.raises(Refused) as caught:
            CALLS["get"](location)
        assert caught.value.verdict.tries == 0
        assert "could not register it: AuthorizationFailed: may not register" in caught.value.cause.text
        assert "az provider register --namespace Contoso.Play" in caught.value.cause.text
    assert len(posts(stub)) == 1


def test_a_registration_that_found_no_answer_is_sent_again(stub: Stub, location: AzureLocation) -> None:
    stub.answer = registering(Reply(DROP))
    with pytest.raises(Unreachable):
        CALLS["get"](location)
    stub.answer = registering(Reply(body={}))
    with pytest.raises(Refused, match="is being registered"):
        CALLS["get"](location)


def test_it_is_not_registered_where_that_is_switched_off(
    stub: Stub, location: AzureLocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGISTER_PROVIDERS", "false")
    settings.current.cache_clear()
    stub.answer = registering(Reply(body={}))
    with pytest.raises(Refused, match=r"az provider register --namespace Contoso\.Play") as caught:
        CALLS["get"](location)
    assert caught.value.verdict.tries == 0
    assert posts(stub) == []
    monkeypatch.undo()
    settings.current.cache_clear()
