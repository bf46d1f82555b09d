"""`make demo` from its first line to its last, in processes of their own."""

import subprocess
import sys

import pytest

from dev.stack import ROOT


@pytest.mark.slow
def test_the_demo_creates_shows_and_deletes_and_leaves_nothing() -> None:
    command = [sys.executable, "-m", "dev.demo"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("COMPLETE") == 4
    assert "/providers/Microsoft.Network/virtualNetworks/vnet-demo/subnets/default" in done.stdout
    assert "Everything worked, nothing is left" in done.stdout
    assert "\033" not in done.stdout  # no colours where there is no terminal
