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
        costs = counted["per_lifecycle"]
        assert costs["activities"] == pytest.approx(sum(n for name, n in costs.items() if name.startswith("activity ")))
        assert costs["messages"] >= costs["episodes"] > costs["activities"] >= 1
        assert costs["ARM calls"] >= 1
        assert costs["CPU ms"] > 0
        assert 0 < counted["accept_p50"] < counted["end_to_end_p50"]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_rotation_of_the_sealing_key_fails_and_orphans_nothing() -> None:
    command = [sys.executable, "-m", "benchmarks.rotation", "--seconds", "1", "--per-second", "6"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("accepted requests without an event: 0") == 2
    assert done.stdout.count("statuses: {'COMPLETE'}") == 2
    assert done.stdout.count("in Azure, in no topology: []") == 2
    assert "BROKEN" not in done.stdout
