"""Ports for servers."""

import pytest

from dev.ports import FREE_PORTS, free_port


def test_a_narrowed_range_is_kept_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FREE_PORTS, "31000-31249")
    assert {free_port() in range(31000, 31250) for _ in range(20)} == {True}
