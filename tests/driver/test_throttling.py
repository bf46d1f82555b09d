"""What ARM has refused for one lifecycle is not sent for another: what is held back, how long, and who probes."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from unittest import mock

import pytest

from driver.azure import operations, throttling
from driver.azure.operations import compute_poll_wait
from driver.azure.refusals import Refused, Unreachable, read_cause
from driver.azure.throttling import find_reached, find_scopes
from driver.models.orders import AzureLocation
from tests.support.arm_stub import DROP, Asked, Reply, Stub
from tests.support.requests import SUBSCRIPTION
from tests.support.shared import SHARED, needs_shared

OTHER = "44444444-3333-3333-3333-333333333333"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
NETWORK = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/n"
MACHINE = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/m"
VERSION = "2024-05-01"
LEFT = "x-ms-ratelimit-remaining-subscription"


@dataclass
class Clock:
    now: float = 1_000.0


@pytest.fixture
def clock() -> Iterator[Clock]:
    clock = Clock()
    throttling.share_limits.cache_clear()
    with mock.patch("time.monotonic", side_effect=lambda: clock.now):
        yield clock
    throttling.share_limits.cache_clear()


def refuse(stub: Stub, code: str = "", **headers: str) -> None:
    """Answer 429; without a `code` that of the subscription, with the headers that say that nothing is left."""
    body = {"error": {"code": code or "SubscriptionRequestsThrottled", "message": "Too many requests."}}
    headers |= {} if code else {f"{LEFT}-{kind}": "0" for kind in ("reads", "writes", "deletes")}
    stub.answer = lambda asked: Reply(429, body, {name.replace("_", "-"): value for name, value in headers.items()})


def accept(stub: Stub, **headers: str) -> None:
    stub.answer = lambda asked: Reply(200, {"id": "x"}, {f"{LEFT}-{kind}": left for kind, left in headers.items()})


def write(location: AzureLocation, resource: str = NETWORK) -> None:
    operations.act(location, resource, "move", VERSION)


def read(location: AzureLocation, resource: str = NETWORK) -> None:
    operations.get(location, resource, VERSION)


def delete(location: AzureLocation, resource: str = NETWORK) -> None:
    operations.delete(location, resource, VERSION)


def find_refusal(call: Callable[..., None], *arguments: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        call(*arguments)
    return caught.value


def is_sent(stub: Stub, call: Callable[..., None], *arguments: Any) -> bool:
    """Whether a call reaches ARM, which accepts it."""
    accept(stub)
    before = len(stub.asked)
    try:
        call(*arguments)
    except Refused:
        assert len(stub.asked) == before
        return False
    return True


def test_a_subscription_that_takes_no_writes_is_sent_none_until_the_time_is_over(
    clock: Clock, stub: Stub, location: AzureLocation
) -> None:
    refuse(stub, Retry_After="30")
    assert find_refusal(write, location).retry_after == 30
    asked = len(stub.asked)
    clock.now += 10
    held = find_refusal(write, location, MACHINE)
    assert len(stub.asked) == asked
    assert (held.status, held.retry_after, held.cause.code) == (429, 20, "SubscriptionRequestsThrottled")
    assert "Too many requests." in held.cause.message
    assert "not sent" in held.cause.message
    clock.now += 20
    assert is_sent(stub, write, location)


def test_reads_deletes_other_subscriptions_and_other_principals_go_on(
    clock: Clock, stub: Stub, location: AzureLocation
) -> None:
    refuse(stub, Retry_After="30")
    find_refusal(write, location)
    assert is_sent(stub, read, location)
    assert is_sent(stub, delete, location)
    assert is_sent(stub, write, location, NETWORK.replace(SUBSCRIPTION, OTHER))
    assert is_sent(stub, write, location.model_copy(update={"client_id": OTHER}))
    assert not is_sent(stub, write, location.model_copy(update={"name": "another location of the same"}))


def test_a_subscription_that_is_used_up_as_a_whole_holds_back_all_principals(
    clock: Clock, stub: Stub, location: AzureLocation
) -> None:
    refuse(stub, "AnyCode", **{f"{LEFT}-global-writes": "0", f"{LEFT}-writes": "17", "Retry-After": "5"})
    find_refusal(write, location)
    assert not is_sent(stub, write, location.model_copy(update={"client_id": OTHER}))
    assert is_sent(stub, read, location)


@pytest.mark.parametrize("code", ["ResourceRequestsThrottled", "TooManyRequests"])
def test_a_provider_holds_back_what_is_done_with_the_type(
    clock: Clock, stub: Stub, location: AzureLocation, code: str
) -> None:
    refuse(stub, code, Retry_After="300")
    find_refusal(delete, location)
    find_refusal(delete, location)
    assert not is_sent(stub, delete, location, NETWORK.replace("virtualNetworks/n", "virtualnetworks/other"))
    assert is_sent(stub, delete, location, f"{NETWORK}/subnets/s")
    assert is_sent(stub, delete, location, MACHINE)
    assert is_sent(stub, read, location)
    assert is_sent(stub, write, location)


@pytest.mark.parametrize("code", ["SubscriptionRequestsThrottled", "TooManyRequests"])
def test_one_refusal_that_does_not_say_that_nothing_is_left_holds_back_nothing(
    clock: Clock, stub: Stub, location: AzureLocation, code: str
) -> None:
    refuse(stub, code, Retry_After="300")
    find_refusal(write, location)
    assert is_sent(stub, write, location)
    refuse(stub, code, Retry_After="300")
    find_refusal(write, location)
    find_refusal(write, location)
    assert not is_sent(stub, write, location)


@pytest.mark.parametrize("code", ["429", "NamespaceInTransition"])
def test_a_resource_that_is_busy_holds_back_nothing(
    clock: Clock, stub: Stub, location: AzureLocation, code: str
) -> None:
    refuse(stub, code, Retry_After="300")
    find_refusal(write, location)
    assert is_sent(stub, write, location)


def test_each_call_that_is_held_back_is_told_another_time(clock: Clock, stub: Stub, location: AzureLocation) -> None:
    refuse(stub, Retry_After="30")
    find_refusal(write, location)
    told = [find_refusal(write, location).retry_after for _ in range(50)]
    assert told == sorted(set(told))
    assert told[0] == 30
    assert told[-1] == pytest.approx(39.8)


def test_a_limit_without_retry_after_holds_for_ten_seconds(clock: Clock, stub: Stub, location: AzureLocation) -> None:
    refuse(stub)
    find_refusal(write, location)
    assert find_refusal(write, location).retry_after == 10


def test_one_call_probes_and_the_others_wait_for_its_answer(clock: Clock, stub: Stub, location: AzureLocation) -> None:
    refuse(stub, Retry_After="30")
    find_refusal(write, location)
    clock.now += 31
    asked, answering = threading.Event(), threading.Event()

    def answer(call: Asked) -> Reply:
        asked.set()
        assert answering.wait(30)
        return Reply(200, {"id": "x"})

    stub.answer = answer
    probe = threading.Thread(target=write, args=(location,))
    probe.start()
    assert asked.wait(30)
    assert 0 < find_refusal(write, location).retry_after <= 5
    answering.set()
    probe.join()
    assert is_sent(stub, write, location)


def test_a_probe_that_is_refused_holds_all_back_again(clock: Clock, stub: Stub, location: AzureLocation) -> None:
    refuse(stub, Retry_After="30")
    find_refusal(write, location)
    clock.now += 31
    refuse(stub, Retry_After="60")
    asked = len(stub.asked)
    assert find_refusal(write, location).retry_after == 60
    assert len(stub.asked) == asked + 1
    assert find_refusal(write, location).retry_after == 60
    assert len(stub.asked) == asked + 1


def test_a_probe_whose_connection_breaks_lets_another_one_probe(
    clock: Clock, stub: Stub, location: AzureLocation
) -> None:
    refuse(stub, Retry_After="30")
    find_refusal(write, location)
    clock.now += 31
    stub.answer = lambda asked: Reply(DROP)
    with pytest.raises(Unreachable):
        write(location)
    assert is_sent(stub, write, location)


def test_a_success_of_a_call_that_was_under_way_before_opens_nothing(
    clock: Clock, stub: Stub, location: AzureLocation
) -> None:
    asked, answering = threading.Event(), threading.Event()

    def answer(call: Asked) -> Reply:
        asked.set()
        assert answering.wait(30)
        return Reply(200, {"id": "x"})

    stub.answer = answer
    early = threading.Thread(target=write, args=(location,))
    early.start()
    assert asked.wait(30)
    refuse(stub, Retry_After="30")
    find_refusal(write, location)
    answering.set()
    early.join()
    assert not is_sent(stub, write, location)


def test_a_deployment_that_would_be_in_vain_is_known_before(clock: Clock, stub: Stub, location: AzureLocation) -> None:
    throttling.require_open_deployments(location)
    refuse(stub, Retry_After="30")
    find_refusal(write, location)
    assert find_refusal(throttling.require_open_deployments, location).retry_after == 30
    clock.now += 31
    throttling.require_open_deployments(location)
    throttling.require_open_deployments(location)  # it is no probe
    assert is_sent(stub, write, location)


def test_polls_slow_down_while_few_reads_are_left(clock: Clock, stub: Stub, location: AzureLocation) -> None:
    def wait(age: float, where: AzureLocation = location, retry_after: float = 0.0) -> float:
        return compute_poll_wait(where, age, retry_after)

    assert 1 <= wait(0) <= 1.2
    accept(stub, reads="100")
    read(location)
    assert 1 <= wait(0) <= 1.2
    accept(stub, reads="50")
    read(location)
    assert 22.5 <= wait(0) <= 28
    assert 45 <= wait(10_000) <= 54
    accept(stub, reads="0")
    read(location)
    assert 45 <= wait(0) <= 54
    assert wait(0, retry_after=7) == 7
    assert 1 <= wait(0, location.model_copy(update={"subscription_id": OTHER})) <= 1.2
    clock.now += 34  # what has come back meanwhile, by the slowest of ARM's rates
    assert 1 <= wait(0) <= 1.2


@needs_shared
def test_the_recorded_refusals_are_told_apart(location: AzureLocation) -> None:
    recorded = json.loads((SHARED / "recordings" / "refused-by-gateway-and-throttled.json").read_text())
    found = {}
    for exchange in recorded["interactions"]:
        request, response = exchange["request"], exchange["response"]
        if response["status"] == 429:
            scopes = find_scopes(location, request["method"], request["path"])
            cause = read_cause(response["body"])
            reached = find_reached(scopes, cause.code, response["headers"])
            found[cause.code] = reached and (reached.kind, reached.principal, reached.type)
    assert found == {
        "ResourceRequestsThrottled": ("reads", "", "microsoft.recoveryservices/vaults/backupjobs"),
        "SubscriptionRequestsThrottled": ("writes", location.client_id, ""),
        "429": None,
        "NamespaceInTransition": None,
    }
