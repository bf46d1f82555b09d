"""A request that the task hub could not take is refused before the 202."""

import asyncio
import json
import random
from collections.abc import Iterator

import pytest
from cryptography.fernet import Fernet

from driver import api, settings
from driver.settings import BACKEND, SCHEDULER_PAYLOAD
from tests.support.driver_files import zipped
from tests.support.executions import TaskHub
from tests.support.requests import body, encoded, streamed

TEMPLATE = {
    "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    "contentVersion": "1.0.0.0",
    "resources": [],
}


@pytest.fixture
def scheduler(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SEALING_KEYS", Fernet.generate_key().decode())
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    monkeypatch.setenv(BACKEND, "azureManaged")
    settings.current.cache_clear()
    yield
    settings.current.cache_clear()


def execute(size: int) -> tuple[api.Answer, TaskHub]:
    """The answer to a Create whose template holds that many bytes that no compression makes smaller."""
    noise = random.Random(0).randbytes(size // 2).hex()
    template = {**TEMPLATE, "metadata": {"noise": noise}}
    lifecycle = "version: 1\nresourceGroup: rg-1\ntransitions: {Create: {deploy: Create.json}}\n"
    files = zipped({"Create.json": json.dumps(template), "lifecycle.yaml": lifecycle})
    hub = TaskHub()
    return asyncio.run(api.execute(streamed(encoded(body(driverFiles=files))), {}, hub)), hub


def test_what_durable_task_scheduler_does_not_take_is_a_400_that_says_so(scheduler: None) -> None:
    answer, hub = execute(2_000_000)
    assert answer.status == 400
    assert "Durable Task Scheduler" in answer.body["localizedMessage"]
    assert hub.started == []


def test_what_it_takes_leaves_room_for_the_state(scheduler: None) -> None:
    answer, hub = execute(800_000)
    assert answer.status == 202
    assert len(hub.started) == 2
    assert all(len(json.dumps(content)) < SCHEDULER_PAYLOAD * 0.8 for _, _, content in hub.started)


def test_without_a_limit_it_is_accepted(scheduler: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(BACKEND)
    settings.current.cache_clear()
    answer, _ = execute(2_000_000)
    assert answer.status == 202
