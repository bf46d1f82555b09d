"""Reading instances from the host: a thread keeps its connection, and it is no error if the host has closed that."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest

from driver.errors import NotReady
from driver.instances import read_page


class Host:
    """Answers each GET with an empty list. `opened`: how many connections. `closes`: each is closed after its answer,
    without a word in that.
    """

    def __init__(self) -> None:
        self.opened = 0
        self.closes = False
        self.answers = True
        host = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                host.opened += 1
                super().setup()

            def do_GET(self) -> None:
                self.close_connection = host.closes
                if not host.answers:
                    return
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"[]")

            def log_message(self, format: str, *values: object) -> None:  # noqa: A002 - the base class' name
                """Nothing: the tests' output is for the tests."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        bindings = SimpleNamespace(rpc_base_url=f"http://127.0.0.1:{self.server.server_port}/durabletask/")
        self.client = SimpleNamespace(_orchestration_bindings=bindings)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05})
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def host() -> Iterator[Host]:
    host = Host()
    yield host
    host.stop()


def test_a_thread_keeps_its_connection(host: Host) -> None:
    assert [read_page(host.client, prefix="a") for _ in range(3)] == [([], "")] * 3
    assert host.opened == 1


def test_a_kept_connection_that_the_host_has_closed_is_opened_again(host: Host) -> None:
    host.closes = True
    assert [read_page(host.client, prefix="a") for _ in range(3)] == [([], "")] * 3
    assert host.opened == 3


def test_a_new_connection_that_the_host_closes_is_not_tried_again(host: Host) -> None:
    host.closes, host.answers = True, False
    with pytest.raises(NotReady, match=r"does not list its executions \(RemoteDisconnected\)"):
        read_page(host.client, prefix="a")
    assert host.opened == 1
    host.closes, host.answers = False, True
    assert read_page(host.client, prefix="a") == ([], "")
