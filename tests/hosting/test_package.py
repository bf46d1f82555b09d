"""The zip that Azure Functions runs: complete, small, and without what is for development."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from dev import package
from driver.packages.catalogue import list_built_in_names

LOAD = """
import json, function_app
from driver.packages import catalogue
names = catalogue.list_built_in_names()
print(json.dumps({
    "from": function_app.__file__,
    "functions": sorted(one.get_function_name() for one in function_app.app.get_functions()),
    "packages": [catalogue.load_built_in(name).name for name in names],
}))
"""


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("package") / "azure-driver.zip"
    package.build(path)
    folder = path.with_suffix("")
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    return folder


def test_it_holds_the_app_and_nothing_else(unpacked: Path) -> None:
    files = [path.relative_to(unpacked) for path in unpacked.rglob("*") if path.is_file()]
    assert {path.parts[0] for path in files} == {
        "driver",
        "function_app.py",
        "host.json",
        "infra",
        "orchestrators",
        "requirements.txt",
    }
    assert {path.parts[1] for path in files if path.parts[0] == "infra"} == {"resources"}
    in_packages = {path.name if path.suffix == ".yaml" else path.suffix for path in files if path.parts[0] == "infra"}
    assert in_packages == {"lifecycle.yaml", ".json"}
    console = {path.suffix for path in files if path.parts[:2] == ("driver", "console")}
    assert console == {".py", ".html", ".css", ".js"}
    code = [path for path in files if path.parts[0] in ("driver", "orchestrators")]
    assert {path.suffix for path in code if path.parts[:2] != ("driver", "console")} == {".py"}


def test_the_app_loads_from_it(unpacked: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    loaded = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LOAD], cwd=unpacked, env=environment, capture_output=True, text=True
    )
    assert loaded.returncode == 0, loaded.stderr
    answer = json.loads(loaded.stdout)
    assert answer["from"] == str(unpacked / "function_app.py")
    assert {"execute_lifecycle", "health", "run_lifecycle", "publish_event"} <= set(answer["functions"])
    assert answer["packages"] == list(list_built_in_names())


def test_it_is_small(unpacked: Path) -> None:
    size = unpacked.with_suffix(".zip").stat().st_size
    assert size < 450_000, f"{size} bytes"
