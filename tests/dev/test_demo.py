"""`make demo` from its first line to its last, in processes of their own."""

import os
import subprocess
import sys

import pytest

from dev.stack import ROOT

NOWHERE = "http://127.0.0.1:9"  # nobody listens there
PROXIES = {name: NOWHERE for one in ("http_proxy", "https_proxy", "all_proxy") for name in (one, one.upper())}


@pytest.mark.slow
def test_the_demo_creates_shows_and_deletes_and_leaves_nothing_also_behind_a_proxy() -> None:
    inherited = {name: value for name, value in os.environ.items() if name.lower() != "no_proxy"}
    done = subprocess.run(
        [sys.executable, "-m", "dev.demo"],
        cwd=ROOT,
        env={**inherited, **PROXIES},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("COMPLETE") == 4
    assert "/providers/Microsoft.Network/virtualNetworks/vnet-demo/subnets/default" in done.stdout
    assert "Everything worked, nothing is left" in done.stdout
    assert "\033" not in done.stdout  # no colours where there is no terminal
