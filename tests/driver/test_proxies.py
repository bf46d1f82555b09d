"""Calls to Azure go through the proxy of the environment, those to the hosts of NO_PROXY do not."""

import os
import threading
from base64 import b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from azure.core.exceptions import ServiceRequestError
from azure.core.rest import HttpRequest

from driver.azure import connection
from driver.azure.refusals import SignInUnavailable, Unreachable
from driver.azure.transport import build_transport
from driver.models.orders import AzureLocation
from tests.support.arm_stub import Reply, Stub
from tests.support.requests import SUBSCRIPTION

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-1"
AZURE = AzureLocation(
    name="public",
    tenant_id="11111111-1111-1111-1111-111111111111",
    client_id="22222222-2222-2222-2222-222222222222",
    client_secret="none",
    subscription_id=SUBSCRIPTION,
    authority_host="https://entra.example",
    resource_manager_url="https://arm.example",
    credential_scope="https://arm.example/.default",
)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What the environment's proxy is asked to connect to, with the password for it. It refuses."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            asked.append(" ".join(filter(None, [self.path, self.headers.get("Proxy-Authorization")])))
            self.send_error(403)

        def log_message(self, *_: object) -> None:
            """Tests read `asked`, not the console."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{server.server_port}")
        for variable in ("https_proxy", "no_proxy", "NO_PROXY"):
            monkeypatch.delenv(variable, raising=False)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield asked
        finally:
            server.shutdown()
            thread.join()


def test_entra_id_is_asked_through_the_proxy(opened: list[str]) -> None:
    with pytest.raises(SignInUnavailable), connection.connect(AZURE) as clients:
        clients.resources.resource_groups.get("rg-1")
    assert set(opened) == {"entra.example:443"}


def test_arm_is_asked_through_the_proxy(opened: list[str]) -> None:
    with build_transport(AZURE.resource_manager_url) as transport, pytest.raises(ServiceRequestError):
        transport.send(HttpRequest("GET", f"{AZURE.resource_manager_url}{GROUP}"))
    assert opened == ["arm.example:443"]


def test_the_proxy_is_told_the_password_in_its_address(opened: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = os.environ["HTTPS_PROXY"].removeprefix("http://")
    monkeypatch.setenv("HTTPS_PROXY", f"http://driver:p%40ss@{proxy}")
    with build_transport(AZURE.resource_manager_url) as transport, pytest.raises(ServiceRequestError):
        transport.send(HttpRequest("GET", f"{AZURE.resource_manager_url}{GROUP}"))
    assert opened == [f"arm.example:443 Basic {b64encode(b'driver:p@ss').decode()}"]


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("socks5://driver:p4ss@proxy.example:1080", "Proxy URL had unsupported scheme socks5"),
        ("http://driver:p4ss#word@proxy.example:3128", "its address cannot be read"),
        ("http://driver:p4ss@[proxy.example:3128", "its address cannot be read"),
        ("driver:p4ss/word@proxy.example", "its address cannot be read"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_a_trouble(address: str, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its address may hold a password, which is not shown."""
    monkeypatch.setenv("HTTPS_PROXY", address)
    expected = f"the proxy in HTTPS_PROXY or ALL_PROXY cannot be used: {reason}"
    for call in (connection.prepare, lambda location: connection.connect(location).__enter__()):
        with pytest.raises(Unreachable, match=expected) as raised:
            call(AZURE.model_copy(update={"name": "with another proxy"}))  # its clients are not built yet
        assert "p4ss" not in str(raised.value)


def test_the_hosts_of_no_proxy_are_asked_directly(
    opened: list[str], stub: Stub, location: AzureLocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", ".svc,127.0.0.1")
    stub.answer = lambda asked: Reply(body={"id": GROUP, "location": "northeurope"})
    with connection.connect(location) as clients:
        assert clients.resources.resource_groups.get("rg-1").id == GROUP
    assert opened == []
