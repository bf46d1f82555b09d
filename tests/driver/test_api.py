"""What the API answers, without a host: the task hub is in memory, Kafka and Azure are out of reach."""

import asyncio
import io
import json
import logging
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from azure.durable_functions.models.DurableOrchestrationStatus import DurableOrchestrationStatus
from cryptography.fernet import Fernet

from driver import api, events, plans, sealing, settings, telemetry
from driver.azure import reachability
from driver.models.events import FailureCode
from tests.e2e.trial import eventually
from tests.support.driver_files import zipped
from tests.support.events import make_event
from tests.support.executions import TaskHub
from tests.support.requests import LOCATION, NEEDLE, VNET, body, encoded, streamed
from tests.support.shared import SHARED, needs_shared

KEY = Fernet.generate_key().decode()
HEADERS = {"tenantid": "tenant-1", "x-tracectx-transactionid": "t-1"}
READY = {
    "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
    "SEALING_KEYS": KEY,
    "AZURE_AUTHORITY_HOST": "https://127.0.0.1:2",
    "AZURE_RESOURCE_MANAGER_URL": "https://127.0.0.1:2",
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    for name in ("SEALING_KEYS_FILE", "EVENTS", "LOG_LEVEL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in READY.items():
        monkeypatch.setenv(name, value)
    settings.current.cache_clear()
    yield monkeypatch
    settings.current.cache_clear()


@pytest.fixture
def hub() -> Iterator[TaskHub]:
    hub = TaskHub()
    yield hub
    hub.close()


def execute(hub: TaskHub, content: Any = None, headers: dict[str, str] = HEADERS) -> api.Answer:
    raw = content if isinstance(content, bytes) else encoded(body() if content is None else content)
    return asyncio.run(api.execute(streamed(raw), headers, hub))


def refused(answer: api.Answer, status: int) -> str:
    """The message of a refusal, whose body has the contract's form and shows no secret."""
    assert answer.status == status
    assert set(answer.body) == {"localizedMessage", "status"}
    assert answer.body["status"] == status
    assert answer.headers.get("tenantId") == "tenant-1"
    assert NEEDLE not in json.dumps(dict(answer.body))
    return str(answer.body["localizedMessage"])


def test_an_accepted_request(hub: TaskHub) -> None:
    answer = execute(hub)
    ((name, request_id, run),) = hub.started
    assert answer == api.Answer(
        202,
        {"requestId": request_id, "associatedTopology": {}, "version": "1.0.0"},
        {"tenantId": "tenant-1"},
    )
    assert name == "run_lifecycle"
    assert NEEDLE not in json.dumps(run)
    assert datetime.now(UTC) - datetime.fromisoformat(run["acceptedAt"]) < timedelta(seconds=10)
    seconds = datetime.fromisoformat(run["deadline"]) - datetime.fromisoformat(run["acceptedAt"])
    assert seconds == timedelta(minutes=14)
    assert {key: run[key] for key in run if key not in ("sealed", "acceptedAt", "deadline")} == {
        "version": 2,
        "requestId": request_id,
        "tenant": "tenant-1",
        "trace": {"tracectx.transactionid": "t-1"},
        "resource": {"id": VNET.id, "name": VNET.name, "type": VNET.type},
        "transition": {"name": "Create", "verb": "deploy", "seconds": 840, "precheck": False},
        "deploymentLocation": LOCATION["name"],
        "since": "",
        "awaits": [],
        "event": None,
    }
    order = sealing.unseal(run["sealed"], request_id, (KEY,))
    assert order["request_id"] == request_id
    assert order["location"]["client_secret"] == NEEDLE


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """The log lines of the API, as logstash JSON."""
    stream, log = io.StringIO(), logging.getLogger("driver.api")
    handler, level = logging.StreamHandler(stream), log.level
    handler.setFormatter(telemetry.LogstashFormatter())
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    yield stream
    log.removeHandler(handler)
    log.setLevel(level)


def read_line(lines: io.StringIO, said: str) -> dict[str, Any]:
    """The one line with that text."""
    (line,) = (line for line in map(json.loads, lines.getvalue().splitlines()) if said in line["message"])
    return dict(line)


FIELDS = {
    "resourceId": VNET.id,
    "resource": VNET.name,
    "resourceType": VNET.type,
    "transition": "Create",
    "location": LOCATION["name"],
    "tracectx.transactionid": "t-1",
}


def test_the_line_of_an_acceptance_and_of_each_refusal_names_its_request(
    hub: TaskHub, lines: io.StringIO, environment: pytest.MonkeyPatch
) -> None:
    request_id = execute(hub).body["requestId"]
    line = read_line(lines, f"accepted: Create of '{VNET.name}'")
    assert line["requestId"] == request_id
    assert {name: line[name] for name in FIELDS} == FIELDS
    content = body()
    content["resourceProperties"]["vnet_name"] = {"type": "integer", "value": 1}
    refused(execute(hub, content), 400)
    environment.setenv("KAFKA_BOOTSTRAP_SERVERS", "")
    settings.current.cache_clear()
    refused(execute(hub), 503)
    for said in ("refused with 400", "refused with 503"):
        line = read_line(lines, said)
        assert line["requestId"] == content["systemProperties"]["requestId"]["value"]
        assert {name: line[name] for name in FIELDS} == FIELDS
        assert line["level"] == "WARNING"
    refused(asyncio.run(api.show_execution("r-1", HEADERS, hub)), 404)
    assert read_line(lines, "refused with 404")["requestId"] == "r-1"


def test_the_line_of_a_body_that_is_no_request_names_what_can_be_read(hub: TaskHub, lines: io.StringIO) -> None:
    content = {**body(), "resourceProperties": "none"}
    refused(execute(hub, content), 400)
    line = read_line(lines, "refused with 400")
    assert line["requestId"] == content["systemProperties"]["requestId"]["value"]
    assert {name: line[name] for name in FIELDS} == FIELDS


@pytest.mark.parametrize("name", ["two\nlines", 1, None, ["a"], "x" * 1001])
def test_what_is_no_name_is_no_field_of_the_line(hub: TaskHub, lines: io.StringIO, name: Any) -> None:
    content = {**body(), "resourceProperties": "none", "lifecycleName": name}
    refused(execute(hub, content), 400)
    line = read_line(lines, "refused with 400")
    assert "transition" not in line
    assert line["location"] == LOCATION["name"]


def test_a_deployment_location_that_does_not_look_like_azure_is_warned_of_once(
    hub: TaskHub, lines: io.StringIO
) -> None:
    content = body()
    content["deploymentLocation"] = {**content["deploymentLocation"], "name": "cluster-1", "type": "Kubernetes"}
    assert execute(hub, content).status == 202
    assert execute(hub, {**content, "lifecycleName": "Start"}).status == 202
    assert read_line(lines, "is of type 'Kubernetes'")["level"] == "WARNING"
    assert "is of type 'Azure'" not in lines.getvalue()


def test_without_a_tenant_none_is_echoed(hub: TaskHub) -> None:
    answer = execute(hub, headers={})
    assert answer.headers == {}
    assert hub.started[0][2]["tenant"] is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "body: Invalid JSON"),
        (b"", "body: Invalid JSON"),
        ({}, "lifecycleName: is missing; systemProperties"),
        (body(driverFiles="%"), "driverFiles: not base64"),
        (body("Heal"), "has no transition or operation 'Heal', it has"),
        (body(properties={"vnet_name": None}), "'vnet_name' is missing"),
        (body(deploymentLocation={"name": "trial"}), "property 'clientSecret' is missing"),
        (body(deploymentLocation={"name": "trial", "properties": {"clientSecret": NEEDLE}}), "'tenantId' is missing"),
        (body(systemProperties={}), "systemProperties.resourceType"),
        (b"[" * 100_000, "body: "),
        (b" " * (api.LARGEST_BODY + 1), f"more than {api.LARGEST_BODY}"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else "",
)
def test_what_cannot_be_accepted_is_a_400_and_starts_nothing(hub: TaskHub, content: Any, said: str) -> None:
    assert said in refused(execute(hub, content), 400)
    assert hub.started == []


def test_a_package_with_a_resource_that_has_no_arm_id_is_a_400(hub: TaskHub) -> None:
    template = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "languageVersion": "2.0",
        "contentVersion": "1.0.0.0",
        "imports": {"graph": {"provider": "MicrosoftGraph", "version": "1.0.0"}},
        "resources": {"team": {"import": "graph", "type": "Microsoft.Graph/groups@v1.0", "properties": {}}},
    }
    said = refused(execute(hub, body(driverFiles=zipped({"main.json": json.dumps(template)}))), 400)
    assert "main.json: resource 'team' (Microsoft.Graph/groups@v1.0) is one of the extension 'MicrosoftGraph'" in said
    assert hub.started == []


def test_a_package_with_a_member_that_arm_does_not_know_is_a_400(hub: TaskHub) -> None:
    template = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "resources": [{"type": "Contoso.Play/things", "apiVersion": "2024-01-01", "name": "a", "dependOn": []}],
    }
    said = refused(execute(hub, body(driverFiles=zipped({"main.json": json.dumps(template)}))), 400)
    assert "main.json, resource 0: 'dependOn' is no member of a resource, did you mean 'dependsOn'?" in said
    assert hub.started == []


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("KAFKA_BOOTSTRAP_SERVERS", "", "KAFKA_BOOTSTRAP_SERVERS is not set"),
        ("SEALING_KEYS", "", "SEALING_KEYS"),
        ("SEALING_KEYS", "no-key", "SEALING_KEYS holds something that is no Fernet key"),
        ("KAFKA_CONFIG_NO_SUCH_SETTING", "x", "KAFKA_CONFIG_"),
        ("AZURE_RESOURCE_MANAGER_URL", "http://plain", "AZURE_RESOURCE_MANAGER_URL"),
        ("TRANSITION_TIMEOUT_MINUTES", "soon", "TRANSITION_TIMEOUT_MINUTES"),
    ],
)
def test_work_that_could_not_be_finished_is_refused_naming_the_variable(
    hub: TaskHub, environment: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    environment.setenv(name, value)
    settings.current.cache_clear()
    assert said in refused(execute(hub), 503)
    assert hub.started == []
    health = asyncio.run(api.check_health(hub))
    assert health.status == 503
    app = health.body["vitals"]["app"]
    assert app["status"] == "UNHEALTHY"
    assert said in app["reason"]
    assert datetime.fromisoformat(app["since"]) <= datetime.now(UTC)


def test_a_new_file_of_keys_that_is_broken_is_a_vital_and_work_is_accepted(
    hub: TaskHub, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "keys"
    file.write_text(KEY)
    environment.setenv("SEALING_KEYS", "")
    environment.setenv("SEALING_KEYS_FILE", str(file))
    settings.current.cache_clear()
    assert asyncio.run(api.check_health(hub)).body["vitals"]["app"]["status"] == "OK"
    file.write_text("no-key")
    health = asyncio.run(api.check_health(hub))
    assert (health.status, health.body["vitals"]["app"]["status"]) == (200, "UNHEALTHY")
    assert "SEALING_KEYS_FILE holds something" in health.body["vitals"]["app"]["reason"]
    request_id = execute(hub).body["requestId"]
    assert sealing.unseal(hub.started[0][2]["sealed"], request_id, (KEY,))["request_id"] == request_id
    file.write_text(f"{Fernet.generate_key().decode()},{KEY}")
    assert asyncio.run(api.check_health(hub)).body["vitals"]["app"]["status"] == "OK"


def test_a_broker_out_of_reach_is_a_vital_and_work_is_accepted(hub: TaskHub) -> None:
    eventually(lambda: events.is_away(settings.current()))
    health = asyncio.run(api.check_health(hub))
    assert (health.status, health.body["vitals"]["app"]["status"]) == (200, "OK")
    assert health.body["vitals"]["taskHub"]["status"] == "OK"
    kafka = health.body["vitals"]["kafka"]
    assert (kafka["status"], "Connection refused" in kafka["reason"]) == ("UNHEALTHY", True)
    assert datetime.fromisoformat(kafka["since"]) <= datetime.now(UTC)
    assert asyncio.run(api.check_health(hub)).body["vitals"]["kafka"]["since"] == kafka["since"]
    assert execute(hub).status == 202


def test_health_waits_for_the_first_answer_of_kafka_only_for_a_moment(
    hub: TaskHub, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("KAFKA_TOPIC", "never-asked-before")  # a connection of its own
    settings.current.cache_clear()
    begun = time.monotonic()
    health = asyncio.run(api.check_health(hub))
    assert time.monotonic() - begun < 4  # librdkafka would take 5 s
    kafka = health.body["vitals"]["kafka"]
    assert (kafka["status"], kafka["reason"]) == ("UNHEALTHY", "Kafka has not answered yet")


@pytest.mark.parametrize(("vital", "name"), [("azure", "ARM"), ("entra", "ENTRA_ID")])
def test_a_service_out_of_reach_is_a_vital(
    hub: TaskHub, monkeypatch: pytest.MonkeyPatch, vital: str, name: str
) -> None:
    service = reachability.Service()  # other tests of this process have left troubles in the shared one
    monkeypatch.setattr(reachability, name, service)
    found = asyncio.run(api.check_health(hub)).body["vitals"][vital]
    assert (found["status"], found["reason"]) == ("OK", "not called yet")
    assert datetime.fromisoformat(found["since"]) <= datetime.now(UTC)
    service.note_trouble("one.example", f"no answer, secret={NEEDLE}, client_secret={NEEDLE}")
    since = service.find_trouble()
    service.note_trouble("other.example", "no name")
    service.note_trouble("one.example", "refused")
    health = asyncio.run(api.check_health(hub))
    found = health.body["vitals"][vital]
    assert since is not None
    assert (health.status, found["status"], found["reason"]) == (200, "UNHEALTHY", "refused")
    assert datetime.fromisoformat(found["since"]) == since.since.replace(microsecond=0)
    service.note_answer("one.example")
    assert asyncio.run(api.check_health(hub)).body["vitals"][vital]["reason"] == "no name"
    service.note_answer("other.example")
    found = asyncio.run(api.check_health(hub)).body["vitals"][vital]
    assert (found["status"], found["reason"]) == ("OK", "it answers")
    assert datetime.fromisoformat(found["since"]) >= since.since.replace(microsecond=0)


def test_a_repeated_post_while_it_runs_starts_nothing(hub: TaskHub) -> None:
    first = execute(hub)
    for state in ("Pending", "Running"):
        hub.put(first.body["requestId"], state)
        assert execute(hub).body == first.body
    assert len(hub.started) == 1


def test_a_repeated_post_after_its_end_has_the_event_sent_again(hub: TaskHub) -> None:
    request_id = execute(hub).body["requestId"]
    complete = make_event(outputs={"a": 1}, request_id=request_id)
    hub.put(request_id, "Completed", complete)
    assert execute(hub).body["requestId"] == request_id
    _, instance_id, run = hub.started[-1]
    assert instance_id == f"{request_id}-again"
    assert run["event"] == complete
    assert run["sealed"] == ""
    assert execute(hub).status == 202  # while the repetition is under way


def test_a_repeated_post_after_a_failure_runs_again_and_knows_what_was_made(hub: TaskHub) -> None:
    request_id = execute(hub).body["requestId"]
    made = {"Microsoft.Network/virtualNetworks/vnet-1": {"id": "/subscriptions/s/x", "type": "t"}}
    failure = (FailureCode.INSUFFICIENT_CAPACITY, "full")
    hub.put(request_id, "Completed", make_event(made, failure=failure, request_id=request_id))
    assert execute(hub).body["requestId"] == request_id
    _, instance_id, run = hub.started[-1]
    assert instance_id == request_id
    assert sealing.unseal(run["sealed"], request_id, (KEY,))["topology"] == made


def test_an_execution_that_ended_by_a_bug_runs_again(hub: TaskHub) -> None:
    request_id = execute(hub).body["requestId"]
    hub.put(request_id, "Failed", "Orchestrator function failed")
    assert execute(hub).body["requestId"] == request_id
    assert [started[1] for started in hub.started] == [request_id, request_id]


def test_of_two_posts_at_the_same_moment_the_second_is_the_first(hub: TaskHub) -> None:
    hub.failure = Exception({"Message": "An Orchestration instance with the status Running already exists."})
    assert execute(hub).status == 202


def test_a_task_hub_that_does_not_answer_is_a_503(hub: TaskHub) -> None:
    hub.failure = Exception(f"connection refused {NEEDLE}")
    assert "may be sent again" in refused(execute(hub), 503)


def test_a_task_hub_whose_storage_is_away_is_a_vital_and_a_503(hub: TaskHub, monkeypatch: pytest.MonkeyPatch) -> None:
    async def error_of_the_host(instance_id: str, **options: Any) -> Any:
        return DurableOrchestrationStatus.from_json({"Message": "Something went wrong", "ExceptionMessage": NEEDLE})

    monkeypatch.setattr(hub, "get_status", error_of_the_host)
    health = asyncio.run(api.check_health(hub))
    assert (health.status, health.body["vitals"]["taskHub"]["status"]) == (503, "UNHEALTHY")
    assert "storage" in health.body["vitals"]["taskHub"]["reason"]
    assert NEEDLE not in json.dumps(dict(health.body))
    assert "the task hub" in refused(asyncio.run(api.show_execution("r", HEADERS, hub)), 503)
    assert "the task hub" in refused(execute(hub), 503)


def test_a_trial_task_hub_says_what_it_does_not_promise(hub: TaskHub, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("TASK_HUB_TRIAL", "true")
    settings.current.cache_clear()
    vital = asyncio.run(api.check_health(hub)).body["vitals"]["taskHub"]
    assert (vital["status"], vital["reason"][:6]) == ("OK", "trial:")


def test_what_nobody_expected_is_a_500_without_detail(hub: TaskHub, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: Any) -> Any:
        raise KeyError(NEEDLE)

    monkeypatch.setattr(plans, "plan", broken)
    assert refused(execute(hub), 500) == "the driver failed unexpectedly: its log tells more"


def test_a_request_is_started_at_once_whatever_else_runs_for_its_resource(hub: TaskHub) -> None:
    create = execute(hub).body["requestId"]
    delete = execute(hub, body("Delete", request_id="request-2")).body["requestId"]
    assert [started[1] for started in hub.started] == [create, delete]
    assert hub.server is None  # the hub is not asked for its executions


def test_a_failed_request_that_is_repeated_knows_when_it_failed(hub: TaskHub) -> None:
    """What other executions reported after that is not in its topology yet."""
    request_id = execute(hub).body["requestId"]
    assert hub.started[-1][2]["since"] == ""
    hub.put(request_id, "Completed", make_event(failure=(FailureCode.INTERNAL_ERROR, "bad")))
    execute(hub)
    ended_at = hub.instances[request_id]["lastUpdatedTime"]
    assert datetime.fromisoformat(hub.started[-1][2]["since"]) == datetime.fromisoformat(ended_at)


def test_executions_are_shown(hub: TaskHub) -> None:
    request_id = execute(hub).body["requestId"]
    shown = asyncio.run(api.show_execution(request_id, HEADERS, hub))
    assert (shown.status, shown.body["status"], shown.headers) == (200, "IN_PROGRESS", {"tenantId": "tenant-1"})
    assert (shown.body["resource"]["name"], shown.body["transition"]) == (VNET.name, "Create")
    unknown = asyncio.run(api.show_execution("nobody", HEADERS, hub))
    assert "no execution with requestId 'nobody'" in refused(unknown, 404)


@needs_shared
def test_answers_are_valid_by_the_published_apis(hub: TaskHub) -> None:
    driver = yaml.safe_load((SHARED / "contract" / "resource-driver.openapi.yaml").read_text(encoding="utf-8"))
    management = yaml.safe_load((SHARED / "contract" / "management.openapi.yaml").read_text(encoding="utf-8"))
    for published, schema, answer in (
        (driver, "LifecycleExecutionAcceptedResponse", execute(hub)),
        (driver, "ErrorResponse", execute(hub, b"{")),
        (management, "HealthReport", asyncio.run(api.check_health(hub))),
    ):
        rule = {"$ref": f"#/components/schemas/{schema}", "components": published["components"]}
        jsonschema.validate(json.loads(json.dumps(dict(answer.body))), rule)
    message = make_event({"a": {"id": "i", "type": "t"}}, {"a": [1]})
    rule = {"$ref": "#/components/schemas/LifecycleExecutionAsyncResponse", "components": driver["components"]}
    jsonschema.validate(message, rule)
    jsonschema.validate(make_event(failure=(FailureCode.INTERNAL_ERROR, "bad")), rule)


def test_find_names_all_faults_of_a_body() -> None:
    answer = asyncio.run(
        api.find_reference(streamed(encoded({"driverFiles": None, "deploymentLocation": {}})), HEADERS)
    )
    message = refused(answer, 400)
    assert "instanceName: is missing" in message
    assert "deploymentLocation.name: is missing" in message
