"""The list of instances, by the webhooks and as the SDK's client asks for it: filters, pages, inputs, versions."""

import http.client
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from emulators.functions_host.versions import is_newer
from tests.functions_host.process import INSTANCES, Answer, Host, wait_until

MakeHost = Callable[..., Host]
Ask = Callable[..., Answer]
COUNT = 103
DEFAULT_VERSION = "AzureFunctionsJobHost__extensions__durableTask__defaultVersion"
NAMES = [f"a-{number:03}" for number in range(COUNT)]


@pytest.fixture(scope="module")
def filled(shared_host: Host) -> Host:
    """A host with 103 ended instances `a-...` and a running one `b`, begun in the reverse order of their ids."""
    shared_host.begin("race", "b")
    for name in reversed(NAMES):
        shared_host.begin("sequence", name, [])
    wait_until(lambda: all(status == "Completed" for status in statuses(shared_host)))
    return shared_host


def statuses(host: Host) -> list[str]:
    found = host.webhook("GET", "/instances", instanceIdPrefix="a-", top="1000").json
    assert len(found) == COUNT
    return [instance["runtimeStatus"] for instance in found]


@pytest.fixture(params=["webhook", "rpc"])
def ask(request: pytest.FixtureRequest, filled: Host) -> Ask:
    """Asks for instances with a query and headers, at the webhooks with the key or where the SDK's client does."""

    def ask_webhook(query: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Answer:
        return filled.ask("GET", f"{INSTANCES}?{urlencode({**query, 'code': filled.key})}", headers=headers)

    def ask_rpc(query: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Answer:
        base = urlsplit(filled.ask("GET", "/rpc").json)
        connection = http.client.HTTPConnection(base.netloc, timeout=30)
        try:
            connection.request("GET", f"{base.path}instances?{urlencode(query)}", headers=dict(headers or {}))
            response = connection.getresponse()
            return Answer(response.status, response.getheaders(), response.read().decode())
        finally:
            connection.close()

    return ask_webhook if request.param == "webhook" else ask_rpc


def ids(answer: Answer) -> list[str]:
    assert answer.status == 200
    return [instance["instanceId"] for instance in answer.json]


def inputs(answer: Answer) -> set[str | None]:
    return {instance["input"] for instance in answer.json}


def next_page(answer: Answer) -> dict[str, str]:
    """The header that asks for the page after this one; empty after the last."""
    return {name: value for name, value in answer.headers if name == "x-ms-continuation-token"}


def test_a_page_has_100_instances_in_the_order_of_their_ids(ask: Ask) -> None:
    first = ask({"instanceIdPrefix": "a-"})
    second = ask({"instanceIdPrefix": "a-"}, next_page(first))
    assert (ids(first), ids(second)) == (NAMES[:100], NAMES[100:])
    assert not next_page(second)


def test_pages_of_any_size_hold_each_instance_once(ask: Ask) -> None:
    query, found = {"top": "40", "runtimeStatus": "Completed", "instanceIdPrefix": "a-"}, list[str]()
    headers: dict[str, str] = {}
    for size in (40, 40, 23):
        answer = ask(query, headers)
        assert len(ids(answer)) == size
        found += ids(answer)
        headers = next_page(answer)
    assert (found, headers) == (NAMES, {})


@pytest.mark.parametrize("prefix", ["a-01", "b", "A-", "a-0%", "nothing"])
def test_a_prefix_is_taken_as_it_is(ask: Ask, prefix: str) -> None:
    expected = [name for name in [*NAMES, "b"] if name.startswith(prefix)]
    assert ids(ask({"instanceIdPrefix": prefix})) == expected


def test_filters_go_together(ask: Ask) -> None:
    assert ids(ask({"runtimeStatus": "Running,Pending", "instanceIdPrefix": "b"})) == ["b"]
    assert ids(ask({"runtimeStatus": "Running,Pending", "instanceIdPrefix": "a-"})) == []
    assert ids(ask({"instanceIdPrefix": "b", "createdTimeFrom": "2030-01-01T00:00:00Z"})) == []
    assert ids(ask({"instanceIdPrefix": "b", "createdTimeTo": "2030-01-01T00:00:00Z"})) == ["b"]


@pytest.mark.parametrize(
    "query",
    [{"instanceIdPrefix": "a-"}, {"runtimeStatus": "Completed"}, {"createdTimeFrom": "2020-01-01T00:00:00Z"}],
)
def test_inputs_are_left_out_beside_a_filter(ask: Ask, query: dict[str, str]) -> None:
    assert inputs(ask({**query, "showInput": "false"})) == {None}
    assert "[]" in inputs(ask(query))


def test_inputs_come_all_the_same_without_a_filter(ask: Ask) -> None:
    assert "[]" in inputs(ask({"showInput": "false"}))


def test_new_orchestrations_have_the_default_version(make_host: MakeHost, app_folder: Path) -> None:
    host = make_host(app_folder).start()
    host.begin("versions", "without")
    assert host.ended("without")["output"] == [None, None]
    host.stop()
    content = json.loads((app_folder / "host.json").read_text())
    content["extensions"]["durableTask"]["defaultVersion"] = "2.0"
    (app_folder / "host.json").write_text(json.dumps(content))
    host.start()
    host.begin("versions", "with")
    assert host.ended("with")["output"] == ["2.0", "2.0"]


def test_an_orchestration_of_a_newer_version_waits_for_a_host_of_that_version(
    make_host: MakeHost, app_folder: Path
) -> None:
    host = make_host(app_folder, **{DEFAULT_VERSION: "10.0"}).start()
    host.begin("sleep", "newer", 1)
    host.kill()
    host.settings = {DEFAULT_VERSION: "9.0"}
    host.start()
    host.begin("sleep", "own", 1)
    assert host.ended("own")["output"] == "slept"
    assert host.status("newer")["runtimeStatus"] in ("Pending", "Running")
    host.kill()
    host.settings = {DEFAULT_VERSION: "10.0"}
    host.start()
    assert host.ended("newer")["output"] == "slept"


@pytest.mark.parametrize(
    ("version", "own", "expected"),
    [
        ("2.0", "1.0", True),
        ("1.0", "1.0", False),
        ("1.0", "2.0", False),
        ("10.0", "9.0", True),
        ("1.0.0", "1.0", True),
        (None, "1.0", False),
        ("2.0", None, False),
        ("v2", "V1", True),
        ("2", "10.0", True),
    ],
)
def test_versions_are_compared_as_dotnet_does(version: str | None, own: str | None, expected: bool) -> None:
    assert is_newer(version, own) is expected
