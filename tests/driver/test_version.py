"""The driver's version is the newest release of the CHANGELOG, and that of the chart."""

import re
from pathlib import Path

import yaml

from driver import VERSION

ROOT = Path(__file__).resolve().parents[2]


def test_the_version_is_that_of_the_chart_and_of_the_newest_release() -> None:
    chart = yaml.safe_load((ROOT / "helm" / "azure-driver" / "Chart.yaml").read_text(encoding="utf-8"))
    releases = re.findall(r"^## \[(\d[^]]*)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert VERSION == chart["appVersion"] == releases[0]
