"""Every case of ci/ through every tool."""

from collections.abc import Callable

import pytest

from tests.helm.chart import CASES
from tests.helm.matrix import CHECKS

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("check", [check for _, check in CHECKS], ids=[check.__name__ for _, check in CHECKS])
def test_tool_finds_nothing(check: Callable[[], list[str]]) -> None:
    assert check() == []


def test_cases_are_at_least_twelve() -> None:
    assert len(CASES) >= 12
