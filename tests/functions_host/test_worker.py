"""The local host's loader held against Microsoft's own, which `make functions-runtime` installs.

With FUNCTIONS_RUNTIME_REQUIRED=1 (CI) it must be there.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.functions_host.indexing_cases import CASES
from tests.functions_host.process import PROJECT

RUNTIME = PROJECT / ".cache" / "functions-runtime"
WORKER = Path(__file__).with_name("worker.py")
OURS = """
import json, os, pathlib, sys
from emulators.functions_host.functions import load
app = load(pathlib.Path(sys.argv[1]), os.environ)
functions = [*app.http, *app.orchestrators.values(), *app.activities.values(), *app.timers]
print(json.dumps([function.name for function in functions]))
"""

pytestmark = pytest.mark.skipif(
    not (RUNTIME / "installed").exists() and os.environ.get("FUNCTIONS_RUNTIME_REQUIRED") != "1",
    reason="Microsoft's loader is not installed: make functions-runtime",
)


def run(*arguments: str) -> Any:
    """What a fresh Python process prints as JSON in its last line."""
    environment = {**os.environ, "PYTHON_ENABLE_INIT_INDEXING": "1", "PYTHONPATH": f"{RUNTIME}{os.pathsep}{PROJECT}"}
    command = [sys.executable, *arguments]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout.splitlines()[-1])


def test_it_finds_the_functions_of_the_app_that_the_local_host_finds() -> None:
    ours = run("-c", OURS, str(PROJECT))
    assert sorted(run(str(WORKER), str(PROJECT), "function_app")["function_app"]) == sorted(ours)
    assert {"execute_lifecycle", "run_lifecycle", "publish_event", "housekeep"} <= set(ours)


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What Microsoft's loader says of each case."""
    folder = tmp_path_factory.mktemp("cases")
    modules = {name: f"case_{number}" for number, name in enumerate(CASES)}
    for name, module in modules.items():
        (folder / f"{module}.py").write_text(CASES[name].source)
    found = run(str(WORKER), str(folder), *modules.values())
    return {name: found[module] for name, module in modules.items()}


@pytest.mark.parametrize("name", CASES)
def test_it_accepts_and_refuses_what_the_local_host_does(verdicts: dict[str, Any], name: str) -> None:
    case = CASES[name]
    is_accepted = isinstance(verdicts[name], list)
    if case.worker_differs:
        assert (is_accepted, case.rule is None) == (True, False), case.worker_differs
    else:
        assert is_accepted == (case.rule is None), verdicts[name]
