"""A stub of Entra ID and ARM on HTTPS: it answers what a test tells it to, and remembers what it was asked."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from driver.models.orders import AzureLocation
from emulators.azure.tls import issue
from tests.support.requests import NEEDLE, SUBSCRIPTION

DROP = 0


class Raw(str):
    """A body that is sent as it is, whatever it says."""


@dataclass(frozen=True)
class Reply:
    """An answer; the status DROP closes the connection without one."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """A request, with its form or JSON as text."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: str


@dataclass
class Stub:
    """The server at `url`. `answer` is asked for everything but the discovery and the token, `sign_in` for these before
    Entra ID's own answer is given. `tokens` counts the requests for a token, which lives for `token_seconds`.
    """

    url: str
    ca: Path
    secret: str
    asked: list[Asked] = field(default_factory=list)
    tokens: int = 0
    token_seconds: int = 3599
    sign_in: Callable[[Asked], Reply | None] = lambda asked: None
    answer: Callable[[Asked], Reply] = lambda asked: Reply(404, {"error": {"code": "NotFound", "message": asked.path}})

    def reply(self, asked: Asked) -> Reply:
        if asked.path.endswith("/.well-known/openid-configuration"):
            return self.sign_in(asked) or Reply(body=self._discovery(asked.path.split("/")[1]))
        if asked.path.endswith("/oauth2/v2.0/token"):
            self.tokens += 1
            return self.sign_in(asked) or self._token(parse_qs(asked.body), f"token-{self.tokens}")
        self.asked.append(asked)
        return self.answer(asked)

    def _discovery(self, tenant: str) -> dict[str, Any]:
        base = f"{self.url}/{tenant}"
        return {
            "issuer": f"{base}/v2.0",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "token_endpoint": f"{base}/oauth2/v2.0/token",
        }

    def _token(self, form: Mapping[str, list[str]], token: str) -> Reply:
        if form.get("client_secret") != [self.secret]:
            text = "AADSTS7000215: Invalid client secret provided."
            return Reply(401, {"error": "invalid_client", "error_description": text, "error_codes": [7000215]})
        return Reply(body={"token_type": "Bearer", "expires_in": self.token_seconds, "access_token": token})


@contextmanager
def serving(folder: Path, secret: str) -> Iterator[Stub]:
    """A stub on a free port of 127.0.0.1, with a certificate of its own CA."""
    files = issue(folder)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            reply = stub.reply(Asked(self.command, self.path, dict(self.headers.items()), body))
            if reply.status == DROP:
                self.close_connection = True
                return
            content = _encode(reply.body)
            self.send_response_only(reply.status)
            own = {"Content-Type": "application/json", "Date": self.date_time_string()}
            for name, value in {**own, "Content-Length": str(len(content)), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *values: Any) -> None:  # noqa: A002 - the base class' name
            """Tests read `asked`, not the console."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    stub = Stub(f"https://127.0.0.1:{server.server_address[1]}", files.ca, secret)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _encode(body: Any) -> bytes:
    if isinstance(body, bytes):
        return body
    if isinstance(body, Raw):
        return body.encode()
    return b"" if body is None else json.dumps(body).encode()


def location_of(stub: Stub, secret: str = NEEDLE) -> AzureLocation:
    """A deployment location at the stub."""
    return AzureLocation(
        name="trial",
        tenant_id="11111111-1111-1111-1111-111111111111",
        client_id="22222222-2222-2222-2222-222222222222",
        client_secret=secret,
        subscription_id=SUBSCRIPTION,
        authority_host=stub.url,
        resource_manager_url=stub.url,
        credential_scope=f"{stub.url}/.default",
    )
