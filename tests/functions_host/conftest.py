"""Host processes in folders of their own."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.functions_host.process import Host

SAMPLE_APP = Path(__file__).parent / "sample_app.py"
HOST_JSON = {
    "version": "2.0",
    "extensions": {"http": {"routePrefix": ""}, "durableTask": {"hubName": "SampleHub"}},
}


@pytest.fixture
def app_folder(tmp_path: Path) -> Path:
    """A folder with the tests' own app."""
    shutil.copy(SAMPLE_APP, tmp_path / "function_app.py")
    (tmp_path / "host.json").write_text(json.dumps(HOST_JSON))
    return tmp_path


@pytest.fixture
def make_host() -> Iterator[Callable[..., Host]]:
    """Makes hosts that are killed when the test ends."""
    hosts: list[Host] = []

    def make(folder: Path, *arguments: str, **settings: str) -> Host:
        hosts.append(Host(folder, settings, arguments))
        return hosts[-1]

    yield make
    for host in hosts:
        if hasattr(host, "process") and host.process.poll() is None:
            host.kill()
