"""The benchmark runs, on a few lifecycles; its figures are nobody's business here."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.lifecycles import percentile
from dev.stack import ROOT


@pytest.mark.parametrize(("percent", "expected"), [(50, 2.0), (99, 4.0), (25, 1.0)])
def test_a_percentile_is_the_smallest_value_that_so_many_do_not_exceed(percent: int, expected: float) -> None:
    assert percentile([4.0, 1.0, 3.0, 2.0], percent) == expected


@pytest.mark.slow
def test_every_lifecycle_is_counted(tmp_path: Path) -> None:
    report = tmp_path / "figures.json"
    options = ["--lifecycles", "3", "--in-flight", "2", "--provisioning-seconds", "0.2", "--json", str(report)]
    command = [sys.executable, "-m", "benchmarks.lifecycles", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads(report.read_text())
    for transition in ("Create", "Delete"):
        counted = figures[transition]
        assert (counted["complete"], counted["lost"], counted["doubled"]) == (3, 0, 0)
        assert counted["peak_rss"] > 0
        assert counted["arm_calls_per_lifecycle"] > 0
        assert counted["messages_per_lifecycle"] >= counted["episodes_per_lifecycle"] > 1
        assert counted["activities_per_lifecycle"] >= 1
        assert counted["cpu_ms_per_lifecycle"] > 0
        assert 0 < counted["accept_p50"] < counted["end_to_end_p50"]
