"""Host processes in folders of their own."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.functions_host.process import Host
from tests.functions_host.recordings import APPS

SAMPLE_APP = Path(__file__).parent / "sample_app.py"
HOST_JSON = {
    "version": "2.0",
    "extensions": {"http": {"routePrefix": ""}, "durableTask": {"hubName": "SampleHub"}},
}
RECORDED_APP = Path(__file__).parent / "recorded_app.py"


def fill(folder: Path) -> Path:
    shutil.copy(SAMPLE_APP, folder / "function_app.py")
    (folder / "host.json").write_text(json.dumps(HOST_JSON))
    return folder


@pytest.fixture
def app_folder(tmp_path: Path) -> Path:
    """A folder with the tests' own app."""
    return fill(tmp_path)


@pytest.fixture(scope="module")
def shared_host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """A host of the tests' own app that a module's tests share; they use instance ids of their own."""
    host = Host(fill(tmp_path_factory.mktemp("shared"))).start()
    yield host
    host.kill()


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


@pytest.fixture
def recorded_host(make_host: Callable[..., Host], tmp_path: Path) -> Host:
    """A host that runs the orchestrations of the recorded main app."""
    shutil.copy(RECORDED_APP, tmp_path / "function_app.py")
    shutil.copy(APPS / "main" / "host.json", tmp_path)
    settings = {"RECORDED_APP": str(APPS / "main"), "PYTHON_THREADPOOL_THREAD_COUNT": "40"}
    return make_host(tmp_path, **settings).start()
