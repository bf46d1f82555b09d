"""What `make run` says of a wrong setting, before it starts anything."""

import os
import subprocess
import sys

import pytest

from dev.stack import ROOT


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("DRIVER_PORT", "99999", "DRIVER_PORT is '99999': it takes the number of a port, from 1 to 65535"),
        ("AZURE_PORT", "0", "AZURE_PORT is '0': it takes the number of a port, from 1 to 65535"),
        ("DRIVER_PORT", "-1", "DRIVER_PORT is '-1': it takes the number of a port, from 1 to 65535"),
        ("DRIVER_PORT", "70.5", "DRIVER_PORT is '70.5': it takes the number of a port, from 1 to 65535"),
    ],
)
def test_a_wrong_setting_is_one_line(setting: str, value: str, said: str) -> None:
    environment = {**os.environ, setting: value}
    ended = subprocess.run(
        [sys.executable, "-m", "dev.run"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", f"{said}\n")
