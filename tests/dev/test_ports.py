"""Ports for servers."""

import re
import socket
from collections.abc import Iterator

import pytest

from dev.ports import FREE_PORTS, free_port, read_ports, require_free

USUAL = {"DRIVER_PORT": 7071, "AZURE_PORT": 9443}


@pytest.fixture
def taken() -> Iterator[int]:
    """A port at which somebody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_narrowed_range_is_kept_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FREE_PORTS, "31000-31249")
    assert {free_port() in range(31000, 31250) for _ in range(20)} == {True}


def test_a_range_may_be_one_port(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    monkeypatch.setenv(FREE_PORTS, f"{port}-{port}")
    assert free_port() == port


@pytest.mark.parametrize("text", ["20000", "one-two", "0-100", "20000-70000", "30000-20000", "-1-5"])
def test_a_wrong_range_is_named(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(FREE_PORTS, text)
    with pytest.raises(SystemExit) as ended:
        free_port()
    assert ended.value.code == f"FREE_PORTS is '{text}': it takes two ports, from 1 to 65535, such as 20000-31999"


def test_the_usual_ports_are_taken_where_none_are_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AZURE_PORT", raising=False)
    monkeypatch.setenv("DRIVER_PORT", "8080")
    assert read_ports(USUAL) == {"DRIVER_PORT": 8080, "AZURE_PORT": 9443}


def test_two_servers_do_not_share_a_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIVER_PORT", "9443")
    monkeypatch.delenv("AZURE_PORT", raising=False)
    with pytest.raises(SystemExit) as ended:
        read_ports(USUAL)
    form = r"AZURE_PORT is '9443', and DRIVER_PORT too: each takes a port of its own, such as AZURE_PORT=\d+"
    assert re.fullmatch(form, str(ended.value.code))


def test_a_port_that_is_taken_is_named(taken: int) -> None:
    with pytest.raises(SystemExit) as ended:
        require_free({"DRIVER_PORT": taken})
    form = rf"DRIVER_PORT is '{taken}', address already in use: it takes a free port, such as DRIVER_PORT=\d+"
    assert re.fullmatch(form, str(ended.value.code))
