"""The transport below the SDK's pipeline, against a server on HTTPS: what it gives back, and which errors it raises."""

import gzip
from collections.abc import Iterator

import pytest
from azure.core.exceptions import (
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)
from azure.core.rest import HttpRequest

from dev.ports import free_port
from driver.azure.transport import Transport, build_transport
from tests.support.arm_stub import DROP, Reply, Stub

BODY = b'{"name": "Gr\xc3\xb6\xc3\x9fe"}'


@pytest.fixture
def transport(stub: Stub) -> Iterator[Transport]:
    with build_transport(stub.url) as opened:
        yield opened


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (BODY, {}),
        (b"\xef\xbb\xbf" + BODY, {}),
        (gzip.compress(BODY), {"Content-Encoding": "gzip"}),
    ],
    ids=["as it is", "byte order mark", "gzip"],
)
def test_an_answer_is_read_whole(stub: Stub, transport: Transport, body: bytes, headers: dict[str, str]) -> None:
    stub.answer = lambda asked: Reply(201, body, {"X-Ms-Request-Id": "a", **headers})
    answer = transport.send(HttpRequest("GET", f"{stub.url}/a?b=c"))
    assert (answer.status_code, answer.json(), answer.url) == (201, {"name": "Größe"}, f"{stub.url}/a?b=c")
    assert (answer.headers.get("x-ms-request-id"), answer.content_type) == ("a", "application/json")
    assert answer.read() == answer.content == b"".join(answer.iter_bytes())


def test_what_is_not_utf8_is_no_json(stub: Stub, transport: Transport) -> None:
    stub.answer = lambda asked: Reply(200, b'{"id": "Gr\xf6sse"}')
    answer = transport.send(HttpRequest("GET", stub.url))
    with pytest.raises(ValueError, match="utf-8"):
        answer.json()
    assert answer.text() == '{"id": "Gr\ufffdsse"}'


def test_a_body_is_sent_in_utf8(stub: Stub, transport: Transport) -> None:
    stub.answer = lambda asked: Reply(204)
    assert transport.send(HttpRequest("PUT", f"{stub.url}/a", json={"name": "Größe"})).content == b""
    assert '"Gr' in stub.asked[0].body
    assert transport.send(HttpRequest("PUT", f"{stub.url}/a", content="Größe")).content == b""
    assert stub.asked[1].body == "Größe"


def test_an_error_and_a_redirect_are_answers(stub: Stub, transport: Transport) -> None:
    stub.answer = lambda asked: Reply(302, None, {"Location": f"{stub.url}/elsewhere"})
    assert transport.send(HttpRequest("GET", stub.url)).status_code == 302
    stub.answer = lambda asked: Reply(404, {"error": {"code": "NotFound", "message": "m"}})
    answer = transport.send(HttpRequest("GET", stub.url))
    with pytest.raises(HttpResponseError, match="NotFound"):
        answer.raise_for_status()
    assert len(stub.asked) == 2


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(DROP), ServiceResponseError),
        (Reply(200, b"no gzip", {"Content-Encoding": "gzip"}), ServiceResponseError),
        (Reply(200, b"{", {"Content-Length": "2"}), ServiceResponseTimeoutError),
    ],
    ids=["dropped", "broken gzip", "the rest of the body does not come"],
)
def test_trouble_after_sending(stub: Stub, transport: Transport, reply: Reply, error: type[Exception]) -> None:
    stub.answer = lambda asked: reply
    with pytest.raises(error):
        transport.send(HttpRequest("GET", stub.url), read_timeout=0.2)
    assert len(stub.asked) == 1


def test_a_request_that_cannot_be_sent() -> None:
    url = f"https://127.0.0.1:{free_port()}"
    with build_transport(url) as transport, pytest.raises(ServiceRequestError):
        transport.send(HttpRequest("GET", url))


def test_a_certificate_of_an_unknown_ca_is_refused(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    with build_transport(stub.url) as transport, pytest.raises(ServiceRequestError, match="CERTIFICATE_VERIFY_FAILED"):
        transport.send(HttpRequest("GET", stub.url))
    assert stub.asked == []
