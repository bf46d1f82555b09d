"""The chart's README is what the values say, and every value is explained."""

import shutil
import subprocess
from pathlib import Path

import yaml

from tests.helm.chart import CHART, run
from tests.helm.tools import HELMS, binary


def test_readme_is_current(tmp_path: Path) -> None:
    """`make chart-docs` writes it."""
    copy = tmp_path / "azure-driver"
    shutil.copytree(CHART, copy, ignore=shutil.ignore_patterns("README.md"))
    subprocess.run([binary("helm-docs"), "--chart-search-root", tmp_path], check=True, capture_output=True)
    assert (copy / "README.md").read_text() == (CHART / "README.md").read_text()


def test_every_value_is_explained() -> None:
    rows = [line.split(" | ") for line in (CHART / "README.md").read_text().splitlines() if line.startswith("| ")]
    unexplained = [row[0] for row in rows if not row[-1].strip(" |")]
    assert len(rows) > 100
    assert unexplained == []


def test_every_case_says_what_it_is() -> None:
    for path in sorted((CHART / "ci").glob("*.yaml")):
        text = path.read_text()
        assert text.startswith("# ") or yaml.safe_load(text) == {}, path.name


def test_package_holds_what_an_install_needs(tmp_path: Path) -> None:
    for helm in HELMS:
        (folder := tmp_path / helm.version).mkdir()
        run(helm, "package", CHART, "--destination", folder)
        (package,) = folder.iterdir()
        rendered = run(helm, "template", "azure-driver", package)
        assert "kind: Deployment" in rendered
        shutil.unpack_archive(package, folder)
        names = {path.name for path in (folder / "azure-driver").iterdir()}
        assert names == {
            *(".helmignore", "Chart.yaml", "README.md", "files", "templates", "values.schema.json", "values.yaml")
        }
