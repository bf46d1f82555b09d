"""The tools are there before any test of the chart runs, installed outside of the tests' time limit."""

import os
import shutil
from pathlib import Path

import pytest

from dev.locks import locked
from tests.helm import tools

HERE = Path(__file__).parent
CI = os.environ.get("CI") == "true"


def pytest_collection_finish(session: pytest.Session) -> None:
    """Install them, if a test of this folder is to run. In CI all is demanded; elsewhere Go may be missing.

    The installation takes some minutes, for which the fast set does not wait.
    """
    ours = [item for item in session.items if item.path.is_relative_to(HERE)]
    if not ours:
        return
    if not CI and (reason := _missing("not slow" in session.config.option.markexpr)):
        for item in ours:
            item.add_marker(pytest.mark.skip(reason=reason))
        return
    with locked(tools.CACHE / "lock"):  # parallel workers come here all at once
        tools.install()
        if CI:
            tools.install_api_server()


def _missing(fast: bool) -> str:
    if shutil.which("go") is None:
        return "Go is not on the PATH: the chart's tools need it"
    if fast and not tools.binary("helm-docs").exists():  # the last that is installed
        return "the chart's tools are not installed yet: make chart-tools"
    return ""
