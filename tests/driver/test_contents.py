"""A large template is in the task hub once: who gets it, what the others know of it, and what if it is gone."""

import asyncio
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.fernet import Fernet

from driver import api, contents, sealing, settings
from driver.models.orders import AzureLocation, Deploy, Order, Precheck, Preview, TemplateFacts
from driver.packages.catalogue import find_template
from driver.steps.states import DeployState
from tests.support.activities import take_step
from tests.support.arm_stub import Asked, Reply, Stub
from tests.support.driver_files import zipped
from tests.support.executions import TaskHub
from tests.support.requests import body, encoded, streamed
from tests.support.sealed import seal_without_owner

KEY = Fernet.generate_key().decode()
PASSWORD = "passw0rd~n33dle"
NOISE = random.Random(0).randbytes(40_000).hex()
TEMPLATE: dict[str, Any] = {
    "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    "contentVersion": "1.0.0.0",
    "metadata": {"noise": NOISE},
    "parameters": {"password": {"type": "securestring"}, "names": {"type": "array"}},
    "resources": [],
    "outputs": {"vnetId": {"type": "string", "value": "x"}},
}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[TaskHub]:
    monkeypatch.setenv("SEALING_KEYS", KEY)
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    settings.current.cache_clear()
    hub = TaskHub()
    yield hub
    hub.close()
    settings.current.cache_clear()


def build_order(location: AzureLocation, template: dict[str, Any] = TEMPLATE, **changes: Any) -> Order:
    deploy = Deploy(
        package="driverFiles",
        file="Create.json",
        template=template,
        name="vnet-1-r",
        scope="resourceGroup",
        resource_group="rg-1",
        parameters={"password": PASSWORD, "names": ["a", "b"]},
        references={"key": {"keyVault": {"id": "/v"}, "secretName": "s"}},
        secure=("password",),
        hidden=("of a default",),
    )
    return Order(request_id="r", location=location, topology={}, work=deploy.model_copy(update=changes))


def payload(order: Order, step: str, state: Any = None, attempt: int = 0) -> dict[str, Any]:
    return {
        "requestId": "r",
        "tenant": None,
        "trace": {},
        "acceptedAt": "2026-01-01T00:00:00+00:00",
        "step": step,
        "sealed": sealing.seal(order.model_dump(mode="json"), "r", (KEY,)),
        "state": state.model_dump(mode="json") if state else {},
        "attempt": attempt,
    }


@pytest.mark.parametrize("verb", ["deploy", "preview", "precheck"])
def test_an_order_that_was_split_is_small_and_becomes_whole_again(
    hub: TaskHub, location: AzureLocation, verb: str
) -> None:
    order = build_order(location)
    assert order.deploy is not None
    works = {"preview": Preview(deploy=order.deploy, drift=False), "precheck": Precheck(deploy=order.deploy)}
    order = order.model_copy(update={"work": works.get(verb, order.deploy)})
    small, content = contents.split_order(order, (KEY,))
    text = small.model_dump_json()
    assert len(text) < 2_000
    assert NOISE[:100] not in text
    assert len(content) > 40_000
    assert small.deploy is not None
    assert small.secrets == order.secrets
    assert "of a default" in small.secrets
    assert small.deploy.facts == TemplateFacts(outputs=("vnetId",), is_nested=False, is_vague=False)
    hub.put("content-r", "Completed", data={"sealed": content})
    loaded = contents.load_order(Order.model_validate_json(text), hub, (KEY,))
    assert loaded.deploy is not None
    assert loaded.model_dump(exclude={"work"}) == order.model_dump(exclude={"work"})
    assert loaded.deploy.model_copy(update={"facts": None}) == order.deploy


def test_a_small_content_stays_in_the_order(location: AzureLocation) -> None:
    order = build_order(location, {**TEMPLATE, "metadata": {}})
    assert contents.split_order(order, (KEY,)) == (order, "")


def test_a_content_whose_key_is_not_here_is_waited_for(location: AzureLocation, hub: TaskHub) -> None:
    small, content = contents.split_order(build_order(location), (Fernet.generate_key().decode(),))
    hub.put("content-r", "Completed", data={"sealed": content})
    outcome = take_step({**payload(small, "start_deployment"), "deadline": "2099-01-01T00:00:00+00:00"}, hub)
    assert (outcome["kind"], outcome["waiting"]["waits_for"]) == ("Running", "host")
    assert outcome["reason"].startswith("content-r was sealed with key ")


def test_a_content_of_another_request_is_a_failure_at_once(location: AzureLocation, hub: TaskHub, stub: Stub) -> None:
    small, _ = contents.split_order(build_order(location), (KEY,))
    _, other = contents.split_order(build_order(location).model_copy(update={"request_id": "q"}), (KEY,))
    hub.put("content-r", "Completed", data={"sealed": other})
    outcome = take_step(payload(small, "start_deployment", DeployState(accepted=True)), hub)
    assert (outcome["kind"], outcome["code"], stub.asked) == ("Failed", "INTERNAL_ERROR", [])


def test_a_content_that_an_earlier_build_sealed_is_opened(location: AzureLocation, hub: TaskHub) -> None:
    order = build_order(location)
    small, _ = contents.split_order(order, (KEY,))
    assert order.deploy is not None
    content = {"template": TEMPLATE, "parameters": order.deploy.parameters, "references": {}}
    hub.put("content-r", "Completed", data={"sealed": seal_without_owner(content, KEY)})
    loaded = contents.load_order(small, hub, (KEY,))
    assert loaded.deploy is not None
    assert loaded.deploy.template == TEMPLATE


def test_a_template_that_was_not_read_is_no_template(location: AzureLocation) -> None:
    small, _ = contents.split_order(build_order(location), (KEY,))
    assert small.deploy is not None
    with pytest.raises(ValueError, match="kept in content-r"):
        find_template(small.deploy)


def test_the_put_sends_the_whole_template_and_all_parameters(hub: TaskHub, stub: Stub, location: AzureLocation) -> None:
    small, content = contents.split_order(build_order(location), (KEY,))
    hub.put("content-r", "Completed", data={"sealed": content})
    stub.answer = lambda asked: Reply(201, {"id": "x"}, {"Azure-AsyncOperation": f"{stub.url}/operations/1"})
    outcome = take_step(payload(small, "start_deployment", DeployState(accepted=True)), hub)
    assert outcome["kind"] == "Succeeded"
    (put,) = [asked for asked in stub.asked if asked.method == "PUT"]
    properties = json.loads(put.body)["properties"]
    assert properties["template"] == TEMPLATE
    assert properties["parameters"]["names"] == {"value": ["a", "b"]}
    assert properties["parameters"]["password"] == {"value": PASSWORD}
    assert properties["parameters"]["key"] == {"reference": {"keyVault": {"id": "/v"}, "secretName": "s"}}


def answer_poll(stub: Stub, asked: Asked) -> Reply:
    """A deployment that has failed, with a password in its error; it has no operations."""
    if "/operations/1" in asked.path:
        error = {"code": "InvalidParameter", "message": f"'{PASSWORD}' is too short"}
        return Reply(body={"status": "Failed", "error": error})
    return Reply(body={"value": []})


def test_a_step_that_watches_needs_no_template_and_hides_secrets(
    hub: TaskHub, stub: Stub, location: AzureLocation
) -> None:
    small, _ = contents.split_order(build_order(location), (KEY,))
    stub.answer = lambda asked: answer_poll(stub, asked)
    outcome = take_step(payload(small, "watch_deployment", DeployState(url=f"{stub.url}/operations/1")), hub)
    assert (outcome["kind"], hub.server) == ("Failed", None)
    assert "InvalidParameter: '***' is too short" in outcome["reason"]


def test_a_content_that_is_gone_is_looked_at_again_and_then_a_failure_that_names_it(
    hub: TaskHub, stub: Stub, location: AzureLocation
) -> None:
    small, _ = contents.split_order(build_order(location), (KEY,))
    state = DeployState(correlation_id="c")
    outcomes = [take_step(payload(small, "start_deployment", state, attempt), hub) for attempt in (0, 4, 5)]
    assert [outcome["kind"] for outcome in outcomes] == ["Retry", "Retry", "Failed"]
    assert all("content-r" in outcome["reason"] for outcome in outcomes)
    assert outcomes[0]["state"]["correlation_id"] == "c"
    assert stub.asked == []


def test_a_task_hub_that_does_not_answer_is_waited_for(hub: TaskHub, stub: Stub, location: AzureLocation) -> None:
    small, _ = contents.split_order(build_order(location), (KEY,))
    assert hub.rpc_base_url
    hub.close()
    outcome = take_step(payload(small, "inspect_resources"), hub)
    assert (outcome["kind"], stub.asked) == ("Running", [])


def test_an_order_of_an_earlier_release_with_a_large_template_still_runs(
    hub: TaskHub, stub: Stub, location: AzureLocation
) -> None:
    order = payload(build_order(location), "start_deployment", DeployState(accepted=True))
    content = build_order(location).model_dump(mode="json")
    for name in ("content_id", "facts"):
        del content["work"][name]
    stub.answer = lambda asked: Reply(201, {"id": "x"}, {"Azure-AsyncOperation": f"{stub.url}/operations/1"})
    outcome = take_step({**order, "sealed": seal_without_owner({**content, "version": 1}, KEY)}, hub)
    assert outcome["kind"] == "Succeeded"
    assert json.loads(stub.asked[-1].body)["properties"]["template"] == TEMPLATE


def test_a_large_package_is_two_instances_and_the_run_is_the_second(hub: TaskHub) -> None:
    lifecycle = "version: 1\nresourceGroup: rg-1\ntransitions: {Create: {deploy: Create.json}}\n"
    template = {**TEMPLATE, "parameters": {}}
    files = zipped({"Create.json": json.dumps(template), "lifecycle.yaml": lifecycle})
    answer = asyncio.run(api.execute(streamed(encoded(body(driverFiles=files))), {}, hub))
    assert answer.status == 202
    request_id = answer.body["requestId"]
    kept, run = hub.started
    assert (kept[0], kept[1]) == ("keep_content", f"content-{request_id}")
    assert (run[0], run[1]) == ("run_lifecycle", request_id)
    assert len(json.dumps(run[2])) < 3_000
    assert asyncio.run(api.show_execution(request_id, {}, hub)).status == 200
    assert asyncio.run(api.show_execution(kept[1], {}, hub)).status == 404
    order = Order.model_validate(sealing.unseal(run[2]["sealed"], request_id, (KEY,)))
    loaded = contents.load_order(order, hub, (KEY,))
    assert loaded.deploy is not None
    assert loaded.deploy.template == template
