"""The task hub is away: what the API answers through the SDK's own client, whatever the host does then.

With its storage stopped the real host answers 500 with the error as JSON, or not at all for as long as its storage
client tries. While it starts or stops it refuses connections, breaks them, or answers 503.
"""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from azure.durable_functions import DurableOrchestrationClient
from azure.durable_functions.models.utils import http_utils
from cryptography.fernet import Fernet

from driver import api, executions, metrics, monitoring, settings
from driver.errors import NotReady
from driver.metrics import Reading
from driver.prometheus import Prometheus
from tests.support.requests import NEEDLE, body, encoded, streamed
from tests.support.scrape import find, read_samples
from tests.support.shared import SHARED, needs_shared

HEADERS = {"tenantid": "tenant-1"}
FAILURE = {
    "Message": "Something went wrong while processing your request",
    "ExceptionMessage": f"An error occurred while communicating with Azure Storage {NEEDLE}",
    "ExceptionType": "DurableTask.AzureStorage.Storage.DurableTaskStorageException",
    "StackTrace": f"   at DurableTask.AzureStorage {NEEDLE}",
}
Reply = tuple[int, bytes] | None  # None: the connection is closed without an answer
ANSWERS: dict[str, Reply] = {
    "error": (500, json.dumps(FAILURE).encode()),
    "starting": (503, b""),
    "page": (502, b"<html>Bad Gateway</html>"),
    "broken": None,
}


class Host:
    """A Functions host whose Durable API, at `url`, always gives the same reply. A `silent` one never answers."""

    def __init__(self, reply: Reply, silent: bool = False) -> None:
        self.closing = threading.Event()
        closing = self.closing

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                if silent:
                    closing.wait(60)
                self.close_connection = True
                if silent or reply is None:
                    return
                self.send_response(reply[0])
                self.send_header("Content-Type", "application/json; charset=utf-8")
                self.send_header("Content-Length", str(len(reply[1])))
                self.end_headers()
                self.wfile.write(reply[1])

            def do_POST(self) -> None:
                self.do_GET()

            def log_message(self, *arguments: Any) -> None:
                """Nothing: the tests' output is for the tests."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05})
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/durabletask/"

    def stop(self) -> None:
        """Stop the server: from then on it refuses connections."""
        self.closing.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    ready = {
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "SEALING_KEYS": Fernet.generate_key().decode(),
        "AZURE_AUTHORITY_HOST": "https://127.0.0.1:2",
        "AZURE_RESOURCE_MANAGER_URL": "https://127.0.0.1:2",
        "CONSOLE": "true",
    }
    for name, value in ready.items():
        monkeypatch.setenv(name, value)
    settings.current.cache_clear()
    yield
    settings.current.cache_clear()


@pytest.fixture(params=[*ANSWERS, "refused"])
def host(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a host that answers at once, but not what it was asked for."""
    running = Host(ANSWERS.get(request.param))
    if request.param == "refused":
        running.stop()
    yield running.url
    if request.param != "refused":
        running.stop()


@pytest.fixture
def silent_host() -> Iterator[str]:
    running = Host(None, silent=True)
    yield running.url
    running.stop()


def call(url: str, work: Callable[[DurableOrchestrationClient], Awaitable[Any]]) -> Any:
    """What `work` returns with the SDK's client, made from a binding as the host sends it."""
    management = {"id": "INSTANCEID", "statusQueryGetUri": f"{url}instances/INSTANCEID?code=KEY"}
    binding = {"taskHubName": "AzureDriver", "creationUrls": {}, "managementUrls": management, "rpcBaseUrl": url}

    async def run() -> Any:
        try:
            return await work(DurableOrchestrationClient(json.dumps(binding)))
        finally:
            await http_utils._close_session()

    return asyncio.run(run())


def test_a_scrape_does_not_wait_until_prometheus_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """With its storage stopped the real host does not answer at all for a while."""
    hub = Host(None, silent=True)
    monkeypatch.setattr(monitoring, "HUB_SECONDS", 0.1)
    monkeypatch.setattr(monitoring, "_prometheus", [Prometheus("")])
    monkeypatch.setattr(monitoring, "_hub", monitoring._HubReadings((Reading(metrics.HUB, 1.0),)))

    async def scrape_twice(client: DurableOrchestrationClient) -> list[tuple[bool, float | None]]:
        """Whether the hub was still silent, and what the scrape said of it."""
        status, body, _ = await monitoring.scrape(client, "")
        assert (status, b"azure_driver_executions_lost_total 0.0" in body) == (200, True)
        first = (not hub.closing.is_set(), find(read_samples(body.decode()), "azure_driver_task_hub_reachable"))
        hub.stop()  # the reading that was begun ends
        await asyncio.to_thread(monitoring._hub.read, client)
        _, body, _ = await monitoring.scrape(client, "")
        return [first, (False, find(read_samples(body.decode()), "azure_driver_task_hub_reachable"))]

    assert call(hub.url, scrape_twice) == [(True, 1.0), (False, 0.0)]


def test_scrapes_of_a_silent_task_hub_take_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other work waits for the threads of the process, too."""
    hub = Host(None, silent=True)
    monkeypatch.setattr(monitoring, "HUB_SECONDS", 0.1)
    monkeypatch.setattr(monitoring, "_prometheus", [Prometheus("")])
    monkeypatch.setattr(monitoring, "_hub", monitoring._HubReadings())

    async def scrape_often(client: DurableOrchestrationClient) -> list[int]:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(2))
        try:
            return [(await asyncio.wait_for(monitoring.scrape(client, ""), 5))[0] for _ in range(3)]
        finally:
            hub.stop()

    assert call(hub.url, scrape_often) == [200, 200, 200]


def require_refusal(answer: api.Answer) -> None:
    assert (answer.status, answer.body["status"]) == (503, 503)
    assert answer.body["localizedMessage"].startswith("the task hub ")
    assert NEEDLE not in str(answer.body)


def test_health_says_so(host: str) -> None:
    health = call(host, api.check_health)
    vitals = health.body["vitals"]
    assert (health.status, vitals["taskHub"]["status"], vitals["app"]["status"]) == (503, "UNHEALTHY", "OK")
    assert vitals["taskHub"]["reason"].startswith("the task hub ")
    assert NEEDLE not in str(health.body)


def test_an_execution_is_a_503_not_a_404(host: str) -> None:
    require_refusal(call(host, lambda client: api.show_execution("r", HEADERS, client)))


def test_a_request_is_a_503(host: str) -> None:
    require_refusal(call(host, lambda client: api.execute(streamed(encoded(body())), HEADERS, client)))
    # One without Brent's request id is started without a look for an earlier one.
    require_refusal(call(host, lambda client: api.execute(streamed(encoded(body(request_id=None))), HEADERS, client)))


def test_a_list_is_refused(host: str) -> None:
    require_refusal(call(host, lambda client: api.list_executions([], HEADERS, client)))
    with pytest.raises(NotReady, match="the task hub does not list its executions"):
        call(host, lambda client: asyncio.to_thread(executions.list_resource_executions, client, "0" * 36))


def test_health_waits_less_than_a_second_for_a_host_that_does_not_answer(silent_host: str) -> None:
    health = call(silent_host, api.check_health)
    vital = health.body["vitals"]["taskHub"]
    assert vital.pop("since")
    assert vital == {"status": "UNHEALTHY", "reason": "the task hub has not answered within 0.9 seconds"}
    assert health.status == 503


@pytest.mark.slow
def test_an_execution_of_a_host_that_does_not_answer_is_a_503(silent_host: str) -> None:
    require_refusal(call(silent_host, lambda client: api.show_execution("r", HEADERS, client)))
    require_refusal(call(silent_host, lambda client: api.list_executions([], HEADERS, client)))
    with pytest.raises(NotReady, match="the task hub does not list its executions"):
        call(silent_host, lambda client: asyncio.to_thread(executions.list_resource_executions, client, "0" * 36))


@needs_shared
def test_the_error_is_as_the_real_host_gives_it() -> None:
    recorded = json.loads((SHARED / "recordings/functions-host/durable/d29_list_topneg.json").read_text())["response"]
    error = json.loads(recorded["body"])
    assert (recorded["status"], list(error)) == (500, list(FAILURE))
    assert {key: error[key] for key in ("Message", "ExceptionType")} == {
        key: FAILURE[key] for key in ("Message", "ExceptionType")
    }
