"""What a request may hold at most, and what no answer, status or event shows: stack traces, .NET's texts, secrets."""

import asyncio
import json
import re
import time
import tracemalloc
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import ClientDisconnect

from driver import api, openapi, plans, settings
from driver.errors import drop_traces
from driver.models.events import FailureCode, build_event
from driver.models.outcomes import NotOwned, Outcome, WaitingFor
from driver.models.requests import LONGEST_TENANT
from driver.models.runs import Run, show_run
from driver.packages import catalogue
from driver.packages.secure_values import mask_values
from driver.packages.spelling import spell_template
from driver.packages.templates import read_template
from driver.redaction import shows_secret
from orchestrators.course import report_bug
from orchestrators.progress import Progress, note_findings, note_waiting
from tests.driver.test_api import READY
from tests.support.driver_files import zipped
from tests.support.executions import TaskHub
from tests.support.orchestration import run_input
from tests.support.requests import body, encoded, lifecycle_request, streamed

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
SECRET = "third-Secret-99"
DOTNET = (
    "System.AggregateException: One or more errors occurred. ---> System.InvalidOperationException: the hub is away\r\n"
    "   at DurableTask.Core.Worker.<RunAsync>d__12`1.MoveNext() in D:\\a\\src\\Worker.cs:line 42\r\n"
    "--- End of stack trace from previous location ---\r\n"
    "   at System.Threading.Tasks.Task.Execute(Object state)"
)
WORKER = (
    "Activity function 'x' failed: One or more errors occurred. (Result: Failure\n"
    'Exception: ValueError: the hub is away\nStack:   File "/app/worker.py", line 7, in call\n    raise ValueError\n)'
)
PYTHON = 'Traceback (most recent call last):\n  File "/app/x.py", line 7, in y\n    z()\nValueError: the hub is away'
TRACES = [DOTNET, WORKER, PYTHON]
MARKS = (
    "System.",
    "DurableTask",
    "   at ",
    "line 7",
    "line 42",
    "Traceback",
    "Stack:",
    "Result: Failure",
    ".cs",
    ".py",
)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in READY.items():
        monkeypatch.setenv(name, value)
    settings.current.cache_clear()
    yield
    settings.current.cache_clear()


def execute(content: bytes, headers: Mapping[str, str] | None = None) -> api.Answer:
    hub = TaskHub()
    answer = asyncio.run(api.execute(streamed(content), headers or {}, hub))
    assert (answer.status == 202) == bool(hub.started)
    return answer


def refusal(content: bytes, headers: Mapping[str, str] | None = None) -> str:
    answer = execute(content, headers)
    assert answer.status == 400, answer
    return str(answer.body["localizedMessage"])


def test_of_a_body_that_is_too_large_nothing_is_kept() -> None:
    part = b" " * 1_000_000

    async def send() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield part

    tracemalloc.start()
    answer = asyncio.run(api.execute(send(), {}, TaskHub()))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2 * api.LARGEST_BODY
    assert (answer.status, answer.body["localizedMessage"]) == (400, "body: 100000000 bytes, more than 16777216")


def test_a_body_that_is_cut_off_is_the_callers_fault() -> None:
    async def send() -> AsyncIterator[bytes]:
        yield b"{"
        raise ClientDisconnect

    answer = asyncio.run(api.find_reference(send(), {}))
    assert (answer.status, answer.body["localizedMessage"]) == (400, "body: it was cut off after 1 bytes")


def test_a_tenant_that_is_too_long_is_refused_and_not_echoed() -> None:
    content = encoded(body())
    longest = execute(content, {"tenantid": "t" * LONGEST_TENANT})
    assert (longest.status, longest.headers["tenantId"]) == (202, "t" * LONGEST_TENANT)
    answer = execute(content, {"tenantid": "t" * (LONGEST_TENANT + 1)})
    assert (answer.status, answer.headers) == (400, {})
    assert answer.body["localizedMessage"] == "header tenantId: 1001 bytes, more than 1000"
    headers = {"tenantid": "t" * (LONGEST_TENANT + 1)}
    assert asyncio.run(api.find_reference(streamed(content), headers)) == answer
    assert asyncio.run(api.show_execution("r", headers, TaskHub())) == answer


@pytest.mark.parametrize("depth", [201, 500, 900, 985, 995, 5_000, 100_000])
def test_a_value_that_is_nested_too_deep_is_refused(depth: int) -> None:
    nested = "[" * depth + "]" * depth
    template = {"$schema": SCHEMA, "resources": [], "parameters": {"deep": {"type": "array", "maxLength": 5}}}
    files = zipped({"main.json": json.dumps(template)})
    assert "property 'deep': " in refusal(encoded(body(properties={"deep": nested}, driverFiles=files)))
    whole = encoded(body(properties={"vnet_name": "@"})).replace(b'"@"', nested.encode())
    assert refusal(whole)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "9" * 5_000])
def test_what_is_no_number_of_json_is_refused(number: str) -> None:
    whole = encoded(body(properties={"vnet_name": "@"})).replace(b'"@"', number.encode())
    assert "body: Invalid JSON" in refusal(whole)


@pytest.mark.parametrize("value", ["1e999", '["NaN", 1e999]', '"[NaN]"', '"[-Infinity]"'])
def test_a_number_that_json_has_no_form_for_goes_to_no_template(value: str) -> None:
    template = {"$schema": SCHEMA, "resources": [], "parameters": {"list": {"type": "array"}}}
    files = zipped({"main.json": json.dumps(template)})
    whole = encoded(body(properties={"list": "@"}, driverFiles=files)).replace(b'"@"', value.encode())
    assert "too large for JSON" in refusal(whole)


HALVES = [
    {"lifecycle.yaml": 'version: 1\nresourceGroup: "{{ x }}\\ud800"\ntransitions: {Create: {deploy: main.json}}\n'},
    {"lifecycle.yaml": 'version: 1\nresourceGroup: rg\ntransitions: {Create: {deploy: "\\ud800.json"}}\n'},
    {"main.json": f'{{"$schema": "{SCHEMA}", "resources": [], "parameters": {{"\\ud800": {{"type": "string"}}}}}}'},
    {"main.json": f'{{"$schema": "{SCHEMA}", "resources": ["a\\udc00"]}}'},
]


@pytest.mark.parametrize("files", HALVES)
def test_half_a_character_in_driver_files_is_refused_by_its_place(files: dict[str, str]) -> None:
    said = refusal(encoded(body(driverFiles=zipped(files))))
    assert re.match(rf"{next(iter(files))} line \d+(, \S+)?: \\ud[8c]00 is half a character: write the character", said)


def test_a_message_can_be_sent_whatever_it_names() -> None:
    answer = asyncio.run(api.show_execution("\ud800", {}, TaskHub()))
    assert answer.status == 404
    assert "'\\ud800'" in json.dumps(answer.body, ensure_ascii=False).encode().decode().replace("\\\\", "\\")


def test_half_a_character_in_a_list_goes_to_no_template() -> None:
    template = {"$schema": SCHEMA, "resources": [], "parameters": {"list": {"type": "array"}}}
    files = zipped({"main.json": json.dumps(template)})
    said = refusal(encoded(body(properties={"list": '["\\ud800"]'}, driverFiles=files)))
    assert "or half a character" in said


@pytest.mark.parametrize("name", ["lifecycleName", "resourceType"])
def test_a_long_name_does_not_hide_what_there_is(name: str) -> None:
    changed = body()
    if name == "lifecycleName":
        changed[name] = "x" * 100_000
    else:
        changed["systemProperties"][name] = {"value": "x" * 100_000}
    assert re.search(r"Reconfigure|AzureVNet", refusal(encoded(changed)))


def test_every_answer_of_app_and_host_has_the_security_headers() -> None:
    host = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))
    assert host["extensions"]["http"]["customHeaders"] == openapi.SECURITY_HEADERS
    assert set(openapi.SECURITY_HEADERS) == {
        "X-Content-Type-Options",
        "Cache-Control",
        "Content-Security-Policy",
        "Referrer-Policy",
    }


def assert_clean(text: str) -> None:
    assert "the hub is away" in text
    assert [mark for mark in MARKS if mark in text] == []


@pytest.mark.parametrize("trace", TRACES, ids=["dotnet", "worker", "python"])
def test_no_stack_trace_in_an_event_or_a_custom_status(trace: str) -> None:
    assert_clean(drop_traces(trace))
    event = build_event("r", {}, failure=(FailureCode.INTERNAL_ERROR, trace))
    assert_clean(event["failureDetails"]["description"])
    run, progress = Run.model_validate(run_input()), Progress(step="watch_deployment")
    now = datetime.fromisoformat(run.accepted_at)
    outcome = Outcome(kind="Running", after=5, reason=trace, waiting=WaitingFor(waits_for="azure"))
    waiting = note_waiting("watch_deployment", progress, outcome, now, now).waiting
    assert waiting is not None
    assert_clean(waiting.reason)
    found = note_findings(progress, Outcome(kind="Running", not_owned=(NotOwned(id="i", reason=trace),)))
    assert_clean(found.not_owned[0].reason)
    bug = report_bug(progress, Exception(f'{trace} \n {{"$type":"System.Exception"}}'))
    failed = build_event("r", {}, failure=(FailureCode.INTERNAL_ERROR, bug.reason))
    assert_clean(failed["failureDetails"]["description"])


def test_texts_that_are_no_stack_traces_stay() -> None:
    text = "Microsoft.Network/virtualNetworks 'a' (b) is at westeurope:\n  at least 2 are needed; Stack: a, file.py"
    assert drop_traces(text) == text


@pytest.mark.parametrize("text", ["\n", " ", "a.", "System.a", "at a.", "\n at a.", "Stack: ", "---> "])
def test_a_long_text_takes_no_time(text: str) -> None:
    begun = time.process_time()
    drop_traces(f"at {text * 20_000}")
    assert time.process_time() - begun < 2  # some ms, where it does not grow with the square


def test_a_tenant_is_shown_as_the_text_that_it_is() -> None:
    def shown(header: bytes) -> str | None:
        return show_run(Run.model_validate(run_input(tenant=header.decode("latin-1")))).tenant_id

    assert shown("Zürich-Ω".encode()) == "Zürich-Ω"
    assert shown("Zürich".encode("latin-1")) == "Zürich"


TYPED: dict[str, Any] = {
    "$schema": SCHEMA,
    "languageVersion": "2.0",
    "resources": {},
    "definitions": {
        "login": {"type": "object", "properties": {"name": {"type": "string"}, "pw": {"$ref": "#/definitions/word"}}},
        "word": {"type": "securestring", "minLength": 3},
        "tree": {
            "type": "object",
            "properties": {
                "pw": {"type": "securestring", "nullable": True},
                "left": {"$ref": "#/definitions/tree", "nullable": True},
            },
        },
        "a": {"type": "object", "properties": {"kind": {"type": "string"}, "key": {"type": "securestring"}}},
        "b": {"type": "object", "properties": {"kind": {"type": "string"}, "key": {"type": "string"}}},
    },
    "parameters": {
        "login": {"$ref": "#/definitions/login"},
        "logins": {"type": "array", "items": {"$ref": "#/definitions/login"}, "maxLength": 1},
        "pair": {"type": "array", "prefixItems": [{"type": "string"}, {"type": "secureobject"}]},
        "map": {"type": "object", "additionalProperties": {"type": "securestring"}},
        "tree": {"$ref": "#/definitions/tree"},
        "choice": {
            "type": "object",
            "discriminator": {
                "propertyName": "kind",
                "mapping": {"a": {"$ref": "#/definitions/a"}, "b": {"$ref": "#/definitions/b"}},
            },
        },
        "plain": {"type": "object", "properties": {"pw": {"type": "string"}}},
        "spelled": {"Type": "array", "Items": {"Type": "object", "Properties": {"pw": {"Type": "secureString"}}}},
    },
}
VALUES: list[tuple[str, Any, list[Any]]] = [
    ("login", {"name": "admin", "PW": SECRET}, [SECRET]),
    ("logins", [{"name": "admin", "pw": SECRET}], [SECRET]),
    ("pair", ["open", {"a": {"b": SECRET}}], [{"a": {"b": SECRET}}]),
    ("map", {"x": SECRET}, [SECRET]),
    ("tree", {"left": {"left": {"pw": SECRET}}}, [SECRET]),
    ("choice", {"kind": "a", "key": SECRET}, [SECRET]),
    ("choice", {"KIND": "A", "key": SECRET}, [SECRET]),
    ("choice", {"kind": "b", "key": "open"}, []),
    ("spelled", [{"pw": SECRET}], [SECRET]),
    ("plain", {"pw": "open"}, []),
]


@pytest.mark.parametrize(("name", "value", "secure"), VALUES)
def test_secure_members_of_typed_parameters_are_known(name: str, value: Any, secure: list[Any]) -> None:
    parameter = next(one for one in read_template(spell_template(TYPED), "main.json").parameters if one.name == name)
    assert parameter.list_secure_members(value) == secure
    assert parameter.shows_secrets == (name != "plain")
    assert SECRET not in json.dumps(mask_values(value, secure))


@pytest.mark.parametrize(("name", "value", "secure"), VALUES)
def test_they_are_among_the_secrets_of_the_order(name: str, value: Any, secure: list[Any]) -> None:
    template = {**TYPED, "parameters": {name: TYPED["parameters"][name]}}
    request = lifecycle_request(body(properties={name: value}, driverFiles=zipped({"main.json": json.dumps(template)})))
    package = catalogue.find_package("", request.driver_files, settings.current())
    secrets = plans.plan(request, package, settings.current()).order.secrets
    assert (SECRET in secrets) == bool(secure)
    assert "admin" not in secrets


def test_a_fault_of_a_typed_parameter_does_not_repeat_its_secure_member() -> None:
    template = {**TYPED, "parameters": {"logins": TYPED["parameters"]["logins"]}}
    files = zipped({"main.json": json.dumps(template)})
    said = refusal(encoded(body(properties={"logins": [{"pw": SECRET}] * 2}, driverFiles=files)))
    assert "property 'logins': the value has 2 entries: it takes 1 at most" in said
    assert SECRET not in said


@pytest.mark.parametrize(
    ("value", "shows"),
    [
        (SECRET, True),
        (f"Server=x;Password={SECRET}", True),
        (f"server=x;password={SECRET.lower()}", True),
        (SECRET.upper(), True),
        ("ABCDEFG", False),
        ({"a": [1, {"b": SECRET}]}, True),
        ("dGhpcmQtU2VjcmV0LTk5", True),
        ("vnet-1", False),
        ("1234", True),
        ("123456", False),
        (1234, True),
        (None, False),
    ],
)
def test_what_shows_a_secret(value: Any, shows: bool) -> None:
    assert shows_secret(value, (SECRET, "1234", "a", "abcdefg")) is shows
