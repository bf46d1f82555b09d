"""The list of executions: its parameters, its filters and its pages, on a task hub in memory."""

import asyncio
import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest

from driver import api, lists, openapi, settings
from driver.errors import InvalidRequest
from driver.lists import Selection, read_selection
from driver.models.events import FailureCode
from driver.models.runs import ResourceShown, Run, TransitionShown, show_run
from driver.request_ids import find_prefix
from tests.support.events import make_event
from tests.support.executions import TaskHub
from tests.support.shared import SHARED, needs_shared

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
FAILED = (FailureCode.INSUFFICIENT_CAPACITY, "there is no more")
VNET, GROUP = "resource::AzureVNet::1.0", "resource::AzureResourceGroup::1.0"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    monkeypatch.setenv("CONSOLE", "true")
    settings.current.cache_clear()
    yield monkeypatch
    settings.current.cache_clear()


@pytest.fixture
def hub() -> Iterator[TaskHub]:
    hub = TaskHub()
    yield hub
    hub.close()


def put(
    hub: TaskHub,
    resource: str = "resource-1",
    status: str = "Running",
    age: timedelta = timedelta(0),
    has_begun: bool = True,
    **options: Any,
) -> str:
    """An execution in the hub that was accepted so long ago; the hub's own time of it is always now, as after it has
    continued as new.
    """
    request_id = find_prefix(resource) + str(uuid.uuid4())[18:]
    run = Run(
        version=2,
        request_id=request_id,
        tenant=options.get("tenant", "tenant-1"),
        accepted_at=(NOW - age).isoformat(),
        resource=ResourceShown(id=resource, name=f"name of {resource}", type=options.get("type", VNET)),
        transition=TransitionShown(name="Create", verb="deploy", seconds=60),
        deployment_location=options.get("location", "azure-we"),
        sealed="sealed",
    )
    custom = show_run(run).model_dump(mode="json", by_alias=True) if has_begun else None
    hub.put(request_id, status, options.get("output"), run.model_dump(mode="json", by_alias=True), custom)
    hub.instances[request_id]["createdTime"] = NOW.strftime("%Y-%m-%dT%H:%M:%SZ")
    return request_id


def ask(hub: TaskHub, tenant: str | None = None, **parameters: str) -> dict[str, Any]:
    """The body of the answer to a GET with these parameters."""
    headers = {} if tenant is None else {"tenantid": tenant}
    answer = asyncio.run(api.list_executions(list(parameters.items()), headers, hub))
    assert answer.status == 200, answer.body
    return dict(answer.body)


def ask_ids(hub: TaskHub, tenant: str | None = None, **parameters: str) -> list[str]:
    return [execution["requestId"] for execution in ask(hub, tenant, **parameters)["executions"]]


def read_pages(hub: TaskHub, **parameters: str) -> Iterator[list[str]]:
    """The requestIds of each answer, to the end of the list."""
    answer = ask(hub, **parameters)
    while True:
        yield [execution["requestId"] for execution in answer["executions"]]
        if answer["continuation"] is None:
            return
        answer = ask(hub, **parameters, continuation=answer["continuation"])


@pytest.mark.parametrize(
    ("parameters", "fault"),
    [
        (
            [("states", "FAILED")],
            "parameter 'states' is unknown: there are resource, name, status, since, type, location, ",
        ),
        ([("", "x")], "parameter '' is unknown: there are "),
        ([("status", "failed")], "parameter status is 'failed': it takes one of IN_PROGRESS, COMPLETE, FAILED"),
        ([("status", "FAILED"), ("status", "COMPLETE")], "parameter status is given more than once"),
        ([("status", "")], "parameter status is empty: give it a value or leave it out"),
        ([("type", "")], "parameter type is empty: "),
        ([("since", "yesterday")], "parameter since is 'yesterday': it takes a time such as 2026-11-26T08:00:00Z"),
        ([("since", "2026-11-26T08:00:00 01:00")], "(a + is written as %2B)"),
        ([("since", "0001-01-01T00:00:00+10:00")], "parameter since is '0001-"),
        ([("limit", "0")], "parameter limit is '0': it takes a whole number from 1 to 100"),
        ([("limit", "101")], "parameter limit is '101'"),
        ([("limit", "-1")], "parameter limit is '-1'"),
        ([("limit", "1e1")], "parameter limit is '1e1'"),
        ([("limit", "²")], "parameter limit is '²'"),
        ([("limit", "0" * 5_000 + "5")], f"parameter limit is '{'0' * 100}...': "),
        ([("continuation", "abc")], "parameter continuation is 'abc': it takes what the answer before has as its"),
        ([("continuation", "zzzzzzzz")], "parameter continuation is 'zzzzzzzz'"),
        ([("continuation", "%$§")], "parameter continuation is '%$§'"),
        ([("continuation", lists._write_continuation("a\r\nb: c"))], "parameter continuation is '"),
    ],
)
def test_a_wrong_parameter_is_refused_with_what_would_be_right(
    hub: TaskHub, parameters: list[tuple[str, str]], fault: str
) -> None:
    answer = asyncio.run(api.list_executions(parameters, {}, hub))
    assert (answer.status, hub.asked) == (400, [])
    assert fault in answer.body["localizedMessage"]


def test_all_faults_are_named_at_once() -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_selection([("a", "b"), ("limit", "x"), ("since", "y")], None)
    assert len(refused.value.faults) == 3


@pytest.mark.parametrize(
    ("text", "since"),
    [
        ("2026-11-26T08:00:00Z", datetime(2026, 11, 26, 8, tzinfo=UTC)),
        ("2026-11-26T09:00:00.5+01:00", datetime(2026, 11, 26, 8, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-11-26T08:00", datetime(2026, 11, 26, 8, tzinfo=UTC)),
        ("2026-11-26", datetime(2026, 11, 26, tzinfo=UTC)),
    ],
)
def test_a_time_without_a_zone_is_utc(text: str, since: datetime) -> None:
    assert read_selection([("since", text)], None) == Selection(since=since)


def test_the_api_is_described_with_these_parameters() -> None:
    (route,) = (route for route in openapi.ROUTES if route.function == "list_executions")
    assert tuple(route.query) == lists.PARAMETERS
    assert route.query["status"][0]["enum"] == list(lists.STATUSES)
    assert route.query["limit"][0]["maximum"] == lists.MOST


def test_where_it_is_switched_off_the_answer_says_what_switches_it_on(
    hub: TaskHub, environment: pytest.MonkeyPatch
) -> None:
    environment.delenv("CONSOLE")
    settings.current.cache_clear()
    answer = asyncio.run(api.list_executions([], {"tenantid": "tenant-1"}, hub))
    assert (answer.status, answer.headers) == (404, {"tenantId": "tenant-1"})
    assert answer.body["localizedMessage"] == (
        "the list of executions is switched off: the setting CONSOLE=true switches it on"
    )


def test_each_filter_leaves_out_what_is_not_asked_for(hub: TaskHub) -> None:
    running = put(hub, "resource-1", type=GROUP, location="azure-ne", tenant=None)
    complete = put(hub, "resource-2", "Completed", timedelta(hours=1), output=make_event())
    failed = put(hub, "resource-2", "Completed", timedelta(hours=2), output=make_event(failure=FAILED))
    killed = put(hub, "resource-3", "Terminated", timedelta(hours=3), tenant="tenant-2")
    assert ask_ids(hub) == [running, complete, failed, killed]
    assert ask_ids(hub, resource="resource-2") == [complete, failed]
    assert ask_ids(hub, name="name of resource-2") == [complete, failed]
    assert ask_ids(hub, name="name of resource") == []
    assert ask_ids(hub, status="IN_PROGRESS") == [running]
    assert ask_ids(hub, status="COMPLETE") == [complete]
    assert ask_ids(hub, status="FAILED") == [failed, killed]
    assert ask_ids(hub, type=GROUP) == ask_ids(hub, type="AzureResourceGroup") == [running]
    assert ask_ids(hub, type="AzureVNet", location="azure-we") == [complete, failed, killed]
    assert ask_ids(hub, location="azure-ne") == [running]
    assert ask_ids(hub, since="2026-11-26T10:30:00Z") == [running, complete]
    assert ask_ids(hub, tenant="tenant-1") == [complete, failed]
    assert ask_ids(hub, tenant="tenant-2", status="FAILED") == [killed]
    assert ask_ids(hub, resource="resource-9") == ask_ids(hub, type="Azure") == ask_ids(hub, tenant="") == []


def test_a_tenant_that_is_not_ascii_is_compared_as_text(hub: TaskHub) -> None:
    header = "bücher".encode().decode("latin-1")  # as HTTP servers read a header
    request_id = put(hub, tenant=header)
    (execution,) = ask(hub, header)["executions"]
    assert (execution["requestId"], execution["tenantId"]) == (request_id, "bücher")


def test_the_task_hub_filters_what_it_can(hub: TaskHub) -> None:
    ask(hub, resource="resource-1", status="IN_PROGRESS", since="2026-11-26T08:00:00.9Z", limit="7")
    ask(hub, since="1970-01-01")
    first, second = hub.asked
    assert first == {
        "showInput": "false",
        "top": "7",
        "runtimeStatus": "Pending,Running,ContinuedAsNew,Suspended",
        "instanceIdPrefix": find_prefix("resource-1"),
        "createdTimeFrom": "2026-11-26T08:00:00Z",
    }
    # A filter is always given: without one the host sends the inputs.
    assert second == {"showInput": "false", "top": "100", "createdTimeFrom": "2000-01-01T00:00:00Z"}


def test_an_item_is_what_a_get_of_it_answers(hub: TaskHub) -> None:
    put(hub, "resource-1", "Completed", output=make_event(failure=FAILED))
    put(hub, "resource-2", "Terminated")
    put(hub, "resource-3")
    put(hub, "resource-4", "Pending", has_begun=False)
    listed = ask(hub)["executions"]
    assert len(listed) == 4
    for execution in listed:
        answer = asyncio.run(api.show_execution(execution["requestId"], {}, hub))
        assert answer.body == execution
        assert "sealed" not in json.dumps(execution)


def test_inputs_are_read_of_those_alone_that_have_not_begun(hub: TaskHub) -> None:
    begun, waiting = put(hub, "resource-1"), put(hub, "resource-2", "Pending", has_begun=False)
    listed = {execution["requestId"]: execution for execution in ask(hub)["executions"]}
    assert {listed[one]["resource"]["type"] for one in (begun, waiting)} == {VNET}
    assert ask_ids(hub, location="azure-we", resource="resource-2") == [waiting]
    inputs = [query["instanceIdPrefix"] for query in hub.asked if query["showInput"] == "true"]
    assert inputs == [waiting, waiting]


def test_one_whose_input_cannot_be_read_does_not_keep_the_others_from_the_list(hub: TaskHub) -> None:
    unreadable = put(hub, "resource-1", "Pending", has_begun=False)
    hub.instances[unreadable]["input"] = json.dumps({"requestId": unreadable, "transition": "Create"})
    readable = put(hub, "resource-2")
    assert sorted(ask_ids(hub)) == sorted([unreadable, readable])


def test_only_executions_of_requests_are_shown(hub: TaskHub) -> None:
    request_id = put(hub, status="Completed", output=make_event())
    hub.put(f"{request_id}-again", "Running", data={})
    hub.put(f"{request_id}-lost", "Running", data={})
    hub.put(f"content-{request_id}", "Completed")
    hub.put("of somebody else", "Running")
    hub.put(str(uuid.uuid4()), "Running")
    hub.instances[list(hub.instances)[-1]]["name"] = "another_orchestrator"
    assert ask_ids(hub) == [request_id]


def test_pages_hold_each_execution_once_and_never_more_than_asked_for(hub: TaskHub) -> None:
    put_ids = {put(hub, f"resource-{number}", age=timedelta(minutes=number)) for number in range(150)}
    for number, request_id in enumerate(sorted(put_ids)):
        if number % 3:
            hub.put(f"{request_id}-again", "Running", data={})
    for limit in (7, 40, 100):
        pages = list(read_pages(hub, limit=str(limit)))
        assert max(map(len, pages)) <= limit
        assert min(map(len, pages[:-1])) >= limit * 3 / 4
        assert sorted(one for page in pages for one in page) == sorted(put_ids)
    accepted = [execution["acceptedAt"] for execution in ask(hub)["executions"]]
    assert accepted == sorted(accepted, reverse=True)


def test_a_filter_reads_on_until_it_finds_something(hub: TaskHub) -> None:
    for number in range(300):
        put(hub, f"resource-{number}", "Completed", output=make_event())
    failed = [put(hub, f"bad-{number}", "Completed", output=make_event(failure=FAILED)) for number in range(3)]
    answer = ask(hub, status="FAILED")
    assert {execution["requestId"] for execution in answer["executions"]} == set(failed)
    assert answer["continuation"] is None
    assert ask_ids(hub, status="FAILED", limit="3")


def test_a_filter_that_finds_nothing_in_time_has_its_continuation(
    hub: TaskHub, environment: pytest.MonkeyPatch
) -> None:
    environment.setattr(lists, "READ_SECONDS", 0.0)
    for number in range(30):
        put(hub, f"resource-{number}", "Completed", output=make_event())
    request_id = put(hub, "bad", "Completed", output=make_event(failure=FAILED))
    pages = list(read_pages(hub, status="FAILED", limit="10"))
    assert len(pages) == 4
    assert sorted(pages) == [[], [], [], [request_id]]


@needs_shared
def test_the_lists_of_the_real_host_are_read() -> None:
    """Two pages of its list as they were recorded, the token as well; instances are given the driver's names."""
    recorded = [read_recorded(name) for name in ("d15_list_top2", "d15_list_top2_next")]
    for _, body in recorded:
        for instance in body:
            instance |= {"name": "run_lifecycle", "instanceId": str(uuid.uuid5(uuid.NAMESPACE_URL, str(instance)))}
            instance |= {"customStatus": {"acceptedAt": instance["createdTime"]}}
    (first_headers, _), _ = recorded
    tokens: list[str | None] = []

    class Host(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            tokens.append(self.headers.get("x-ms-continuation-token"))
            headers, content = recorded[len(tokens) - 1]
            body = json.dumps(content).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: Any) -> None:
            """Nothing: the tests' output is for the tests."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Host)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        bindings = SimpleNamespace(rpc_base_url=f"http://127.0.0.1:{server.server_port}/durabletask/")
        client: Any = SimpleNamespace(_orchestration_bindings=bindings)
        first = lists.read_list(client, Selection(limit=2))
        following = read_selection([("limit", "2"), ("continuation", first["continuation"])], None)
        second = lists.read_list(client, following)
    finally:
        server.shutdown()
        server.server_close()
    assert tokens == [None, first_headers["x-ms-continuation-token"]]
    for answer, (_, content) in zip((first, second), recorded, strict=True):
        listed = {execution["requestId"] for execution in answer["executions"]}
        assert listed == {instance["instanceId"] for instance in content}


def read_recorded(name: str) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """The token of a recorded list, as a header, and the instances."""
    path = SHARED / "recordings" / "functions-host" / "durable" / f"{name}.json"
    response = json.loads(path.read_text(encoding="utf-8"))["response"]
    headers = {key: value for key, value in response["headers"] if key == "x-ms-continuation-token"}
    return headers, json.loads(response["body"])
