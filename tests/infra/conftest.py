"""The Bicep compiler, started once for all tests of this folder."""

from collections.abc import Iterator

import pytest

from dev import bicep
from tests.support.shared import SHARED


@pytest.fixture(scope="session")
def compiler() -> Iterator[bicep.Bicep]:
    with pytest.MonkeyPatch.context() as patch:
        beside = SHARED / "tools" / "bicep"
        if bicep.executable() is None and beside.is_file():
            patch.setenv("BICEP_PATH", str(beside))
        if bicep.executable() is None:
            pytest.skip("no Bicep compiler: BICEP_PATH names none and the PATH has no `bicep`")
        with bicep.started() as started:
            yield started
