"""A call to ARM takes no longer than somebody waits for it."""

import threading
import time

import pytest

from driver.azure import resources
from driver.azure.deadlines import limit_calls
from driver.azure.refusals import Unreachable
from driver.models.orders import AzureLocation
from driver.resource_ids import ResourceId
from tests.support.arm_stub import Asked, Reply, Stub
from tests.support.requests import SUBSCRIPTION

HUB = ResourceId.parse(f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/h")


def test_an_arm_that_does_not_answer_is_left_at_the_deadline(stub: Stub, location: AzureLocation) -> None:
    closing = threading.Event()

    def hang(asked: Asked) -> Reply:
        closing.wait(60)
        return Reply(body={})

    stub.answer = lambda asked: Reply(body={"value": []})
    resources.find_by_name(location, "x", "")  # imports the SDK, and signs in
    stub.answer = hang
    begun = time.monotonic()
    try:
        with pytest.raises(Unreachable), limit_calls(begun + 0.5):
            resources.get(location, HUB)
        assert 0.4 < time.monotonic() - begun < 20
    finally:
        closing.set()


def test_after_the_deadline_arm_is_not_called(stub: Stub, location: AzureLocation) -> None:
    with pytest.raises(Unreachable, match="has not answered in time"), limit_calls(time.monotonic() - 1):
        resources.get(location, HUB)
    assert stub.asked == []


def test_an_earlier_deadline_around_a_later_one_holds(stub: Stub, location: AzureLocation) -> None:
    now = time.monotonic()
    with pytest.raises(Unreachable, match="in time"), limit_calls(now - 1), limit_calls(now + 60):
        resources.get(location, HUB)
    assert stub.asked == []
