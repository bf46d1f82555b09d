"""Microsoft's newest SDKs, which `make azure-sdks` installs, against the embedded Azure.

With AZURE_SDKS_REQUIRED=1 (CI) they must be there.
"""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.azure.emulator import ROOT, Emulator
from tests.azure.sdk_calls import CALLS

SDKS = ROOT / ".cache" / "azure-sdks"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (SDKS / "installed").exists() and os.environ.get("AZURE_SDKS_REQUIRED") != "1",
        reason="Microsoft's SDKs are not installed: make azure-sdks",
    ),
]


@pytest.fixture(scope="module")
def outcomes(quick_azure: Emulator) -> Any:
    """What each call gives, all in one process."""
    command = [sys.executable, "-m", "tests.azure.sdk_calls", quick_azure.url, str(quick_azure.ca)]
    environment = {**os.environ, "PYTHONPATH": f"{SDKS}{os.pathsep}{ROOT}"}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, cwd=ROOT)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout.splitlines()[-1])


@pytest.mark.timeout(660)  # the first test waits for all calls
@pytest.mark.parametrize("name", CALLS)
def test_a_call_of_an_sdk_gives_what_azure_gives(outcomes: dict[str, Any], name: str) -> None:
    assert outcomes[name] == CALLS[name][1]
