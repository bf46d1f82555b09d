"""The tools must be there before any test of the chart runs."""

import pytest

from tests.helm import tools


@pytest.fixture(scope="session", autouse=True)
def _installed() -> None:
    tools.install()
