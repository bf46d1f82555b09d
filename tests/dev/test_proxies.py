"""This machine is called directly, whatever the variables of proxies say. That the whole stack does: test_demo.py."""

import os
import subprocess
import sys

import pytest

from dev.proxies import exempt_loopback, is_proxied
from dev.stack import ROOT


@pytest.mark.parametrize(
    ("given", "exempt"),
    [
        ({}, "127.0.0.1,localhost"),
        ({"NO_PROXY": ".svc, localhost"}, ".svc,localhost,127.0.0.1"),
        ({"no_proxy": "lower", "NO_PROXY": "upper"}, "lower,127.0.0.1,localhost"),
        ({"no_proxy": "*"}, "*"),
    ],
)
def test_this_machine_is_added_to_what_is_exempt(given: dict[str, str], exempt: str) -> None:
    exempt_loopback(given)
    assert given == {"NO_PROXY": exempt, "no_proxy": exempt}


def test_whatever_imports_dev_is_exempt_with_all_that_it_starts() -> None:
    inherited = {name: value for name, value in os.environ.items() if name.lower() != "no_proxy"}
    shown = "import os, dev, subprocess; subprocess.run('echo $no_proxy $NO_PROXY', shell=True, check=True)"
    done = subprocess.run(
        [sys.executable, "-c", shown], cwd=ROOT, env=inherited, capture_output=True, text=True, check=True
    )
    assert done.stdout == "127.0.0.1,localhost 127.0.0.1,localhost\n"


@pytest.mark.parametrize("variable", ["http_proxy", "HTTPS_PROXY", "ALL_PROXY"])
def test_a_proxy_for_curl_is_seen(variable: str) -> None:
    assert is_proxied({variable: "http://proxy:3128"})
    assert not is_proxied({variable: "", "no_proxy": "localhost"})
