"""Signing in to Entra ID, through the real SDK against a server on HTTPS."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import time_machine

from driver.azure import connection, credentials, reachability, sdk_credentials
from driver.azure.refusals import Refusal, SignInRefused, SignInUnavailable
from driver.azure.verdicts import UNTIL_TIMEOUT
from driver.models.orders import AzureLocation
from tests.support.arm_stub import DROP, Asked, Raw, Reply, Stub, location_of
from tests.support.requests import SUBSCRIPTION

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-1"
HTML = Reply(200, Raw("<html>busy</html>"), {"Content-Type": "text/html"})
CUT = Reply(200, Raw('{"token_type": "Bearer", "access_tok'))


@pytest.fixture(autouse=True)
def known_group(stub: Stub) -> Iterator[None]:
    stub.answer = lambda asked: Reply(body={"id": GROUP, "location": "northeurope"})
    yield
    reachability.ENTRA_ID.note_answer(stub.url.removeprefix("https://"))


def look(location: AzureLocation) -> Refusal | None:
    """Why ARM cannot be asked for a resource group; None if it answers."""
    try:
        with connection.connect(location) as clients:
            clients.resources.resource_groups.get("rg-1")
    except Refusal as refused:
        return refused
    return None


def oauth(status: int, code: str, text: str, number: int) -> Reply:
    description = f"AADSTS{number}: {text}\r\nTrace ID: 1"
    return Reply(status, {"error": code, "error_description": description, "error_codes": [number]})


def at_token(reply: Reply, asked: Asked) -> Reply | None:
    return reply if asked.path.endswith("/token") else None


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(500, {"error": {"code": "ServerError"}}), "HTTP 500"),
        (Reply(503, Raw("busy")), "HTTP 503"),
        (Reply(504, None), "HTTP 504"),
        (oauth(429, "temporarily_unavailable", "Throttled.", 90055), "AADSTS90055"),
        (oauth(400, "invalid_request", "A transient error has occurred.", 90033), "AADSTS90033"),
        (oauth(400, "temporarily_unavailable", "Later.", 1), "AADSTS1"),
        (oauth(400, "invalid_request", "The service is temporarily unavailable.", 90090), "AADSTS90090"),
        (Reply(403, Raw("<html>proxy</html>"), {"Content-Type": "text/html"}), "HTTP 403"),
        (HTML, "HTTP 200"),
        (CUT, "HTTP 200"),
        (Reply(200, {"token_type": "Bearer"}), "HTTP 200"),
        (Reply(200, []), "HTTP 200"),
        (Reply(200, Raw("null")), "HTTP 200"),
        (Reply(DROP), "cannot be reached"),
    ],
)
@pytest.mark.parametrize("where", ["/token", "/openid-configuration"])
def test_what_passes_at_entra_id_is_told_and_not_slept_on(
    stub: Stub, location: AzureLocation, reply: Reply, said: str, where: str
) -> None:
    stub.sign_in = lambda asked: reply if asked.path.endswith(where) else None
    refused = look(location)
    assert isinstance(refused, SignInUnavailable)
    assert refused.verdict.tries == UNTIL_TIMEOUT
    assert "deployment location 'trial'" in refused.cause.text
    assert said in refused.cause.text
    assert stub.tokens == (where == "/token")
    trouble = reachability.ENTRA_ID.find_trouble()
    assert trouble is not None
    assert trouble.reason == refused.cause.message


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (oauth(401, "invalid_client", "Invalid client secret provided.", 7000215), "AADSTS7000215"),
        (oauth(400, "unauthorized_client", "Application 'x' was not found.", 700016), "AADSTS700016"),
        (oauth(401, "unauthorized_client", "Application 'x' is disabled.", 7000112), "AADSTS7000112"),
        (oauth(400, "invalid_request", "Tenant 'x' not found.", 90002), "AADSTS90002"),
        (oauth(400, "access_denied", "Blocked by Conditional Access policies.", 53003), "AADSTS53003"),
        (oauth(400, "invalid_resource", "The resource principal was not found.", 500011), "AADSTS500011"),
        (oauth(401, "invalid_client", "The provided client secret keys are expired.", 7000222), "AADSTS7000222"),
    ],
)
@pytest.mark.parametrize("where", ["/token", "/openid-configuration"])
def test_what_entra_id_refuses_for_good_is_final(
    stub: Stub, location: AzureLocation, reply: Reply, said: str, where: str
) -> None:
    stub.sign_in = lambda asked: reply if asked.path.endswith(where) else None
    refused = look(location)
    assert isinstance(refused, SignInRefused)
    assert refused.verdict.tries == 0
    assert "deployment location 'trial'" in refused.cause.text
    assert said in refused.cause.text
    assert reachability.ENTRA_ID.find_trouble() is None


def test_a_name_that_is_not_resolved_passes(location: AzureLocation) -> None:
    refused = look(location.model_copy(update={"authority_host": "https://login.invalid"}))
    assert isinstance(refused, SignInUnavailable)
    assert "login.invalid" in refused.cause.text
    reachability.ENTRA_ID.note_answer("login.invalid")


def test_a_server_that_says_nothing_is_not_waited_for_long(
    location: AzureLocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sdk_credentials, "CONNECT_SECONDS", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host = f"127.0.0.1:{silent.getsockname()[1]}"
        began = time.monotonic()
        refused = look(location.model_copy(update={"authority_host": f"https://{host}"}))
        assert isinstance(refused, SignInUnavailable)
        assert time.monotonic() - began < 5
    reachability.ENTRA_ID.note_answer(host)


def test_many_threads_share_one_refusal(stub: Stub, location: AzureLocation) -> None:
    stub.sign_in = lambda asked: at_token(Reply(503, None, {"Retry-After": "9"}), asked)
    with ThreadPoolExecutor(16) as pool:
        refused = list(pool.map(look, [location] * 64))
    assert {type(one) for one in refused} == {SignInUnavailable}
    assert all(8 < one.retry_after <= 9 for one in refused if one)
    assert stub.tokens == 1


def test_after_a_while_entra_id_is_asked_again(
    stub: Stub, location: AzureLocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credentials, "_REFUSED_SECONDS", 0.0)
    for reply in (HTML, oauth(400, "invalid_request", "A transient error.", 90033), Reply(503, None)):
        stub.sign_in = lambda asked, reply=reply: at_token(reply, asked)  # type: ignore[misc]
        assert isinstance(look(location), SignInUnavailable)
    stub.sign_in = lambda asked: None
    assert look(location) is None
    assert stub.tokens == 4
    assert reachability.ENTRA_ID.find_trouble() is None


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(datetime.now(UTC), tick=True) as traveller:
        yield traveller


def test_a_token_that_is_good_is_used_while_another_is_requested(
    stub: Stub, location: AzureLocation, clock: time_machine.Traveller
) -> None:
    """Nobody waits for a lock: one thread hangs at Entra ID, all others go on."""
    stub.token_seconds = 600
    assert look(location) is None
    begun, go_on = threading.Event(), threading.Event()

    def hang(asked: Asked) -> None:
        begun.set()
        go_on.wait(30)

    stub.sign_in = hang
    clock.shift(400)  # it ends soon
    with ThreadPoolExecutor(4) as pool:
        asking = pool.submit(look, location)
        assert begun.wait(30)
        assert list(pool.map(look, [location] * 20)) == [None] * 20
        assert not asking.done()
        go_on.set()
        assert asking.result() is None
    assert stub.tokens == 2


def test_a_good_token_is_used_while_entra_id_is_away(
    stub: Stub, location: AzureLocation, clock: time_machine.Traveller
) -> None:
    stub.token_seconds = 600
    assert look(location) is None
    stub.sign_in = lambda asked: Reply(503)
    assert look(location) is None
    assert stub.tokens == 1
    clock.shift(400)
    assert look(location) is None
    assert stub.tokens == 2
    clock.shift(200)
    assert isinstance(look(location), SignInUnavailable)


def test_what_entra_id_does_not_answer_is_waited_for_by_one_thread(
    stub: Stub, location: AzureLocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credentials, "_SHARED_SECONDS", 0.3)
    begun, go_on = threading.Event(), threading.Event()

    def hang(asked: Asked) -> None:
        begun.set()
        go_on.wait(10)

    stub.sign_in = hang
    with ThreadPoolExecutor(9) as pool:
        asking = pool.submit(look, location)
        assert begun.wait(10)
        refused = list(pool.map(look, [location] * 32))
        assert {type(one) for one in refused} == {SignInUnavailable}
        assert all("has not answered yet" in one.cause.text and one.retry_after == 5 for one in refused if one)
        go_on.set()
        assert asking.result() is None
    assert look(location) is None
    assert stub.tokens == 1


def test_a_trouble_that_nobody_sees_any_more_is_forgotten() -> None:
    service = reachability.Service()
    with time_machine.travel(datetime(2026, 11, 26, 12, tzinfo=UTC), tick=False) as clock:
        service.note_trouble("a", "no answer")
        clock.shift(800)
        service.note_trouble("a", "still none")
        clock.shift(800)
        assert service.find_trouble() == reachability.Trouble("still none", datetime(2026, 11, 26, 12, tzinfo=UTC))
        clock.shift(200)
        assert service.find_trouble() is None


def test_another_location_does_not_wait_for_one_that_cannot_sign_in(stub: Stub, location: AzureLocation) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def hang(asked: Asked) -> None:
        if "tenant-b" in asked.path:
            begun.set()
            go_on.wait(10)

    stub.sign_in = hang
    other = location_of(stub).model_copy(update={"name": "b", "tenant_id": "tenant-b.example"})
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(look, other)
        assert begun.wait(10)
        assert look(location) is None
        go_on.set()
        assert asking.result() is None
