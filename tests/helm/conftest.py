"""The tools are there before any test of the chart runs, installed outside of the tests' time limit."""

import os
import shutil
from pathlib import Path

import pytest

from tests.helm import tools

HERE = Path(__file__).parent
CI = os.environ.get("CI") == "true"


def pytest_collection_finish(session: pytest.Session) -> None:
    """Install them, if a test of this folder is to run. In CI all is demanded; elsewhere Go may be missing."""
    ours = [item for item in session.items if item.path.is_relative_to(HERE)]
    if not ours:
        return
    if not CI and shutil.which("go") is None:
        for item in ours:
            item.add_marker(pytest.mark.skip(reason="Go is not on the PATH: the chart's tools need it"))
        return
    tools.install()
    if CI:
        tools.install_api_server()
