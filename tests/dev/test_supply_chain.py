"""Packages: their pins and hashes, what is said of known vulnerabilities, and the bill of materials."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dev import audit
from dev.stack import ROOT

PIN = re.compile(r"^([\w.-]+)==(\S+)", re.MULTILINE)
LOCKED = re.compile(r"^([\w.-]+)==(\S+)((?: \\\n    --hash=sha256:[0-9a-f]{64})+)$", re.MULTILINE)


def read_pins(name: str) -> dict[str, str]:
    return dict(PIN.findall((ROOT / name).read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_locks_pin_the_same_versions_and_have_hashes(name: str) -> None:
    text = (ROOT / f"{name}.lock").read_text(encoding="utf-8")
    locked = {package: version for package, version, _ in LOCKED.findall(text)}
    assert locked == read_pins(f"{name}.txt")
    assert len(locked) > 50
    assert len(LOCKED.findall(text)) == len(PIN.findall(text))  # none without hashes


def test_development_has_the_versions_of_the_app() -> None:
    app, development = read_pins("requirements.txt"), read_pins("requirements-dev.txt")
    assert {name: development.get(name) for name in app} == app


def test_image_and_package_install_by_hashes() -> None:
    image, package = (ROOT / "Dockerfile").read_text(), (ROOT / "dev" / "package.py").read_text()
    makefile = (ROOT / "Makefile").read_text()
    assert "--require-hashes --requirement requirements.lock" in " ".join(image.split())
    assert "--require-hashes" in package
    assert 'LOCK = "requirements.lock"' in package
    assert makefile.count("--require-hashes --requirement $<") == 2


FLAW = {"id": "PYSEC-1", "fix_versions": ["2.0"], "aliases": [], "description": "..."}
GOOD, BAD = {"name": "a", "version": "1.0", "vulns": []}, {"name": "b", "version": "1.0", "vulns": [FLAW]}


@pytest.mark.parametrize(
    ("packages", "status", "told"),
    [
        ([GOOD], 0, "1 of 1 packages of requirements.lock audited, 0 known vulnerabilities"),
        ([GOOD, BAD], 1, "b 1.0: PYSEC-1, fixed in 2.0"),
        ([GOOD, {"name": "c", "skip_reason": "not found"}], 0, "c: not found\n1 of 2 packages"),
        ([{"name": "c", "skip_reason": "not found"}], 0, "NOT AUDITED: "),
    ],
)
def test_what_is_audited_is_told(
    packages: list[object], status: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit.report(json.dumps({"dependencies": packages}), "") == status
    assert told in capsys.readouterr().out


def test_an_audit_that_cannot_be_made_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    trouble = "requests.exceptions.ConnectionError: HTTPSConnectionPool(...): Max retries exceeded"
    assert audit.report("", trouble) == 0
    assert capsys.readouterr().out.startswith("NOT AUDITED: ")
    assert audit.report("", "usage: pip-audit") == 1


@pytest.mark.slow
def test_the_bill_of_materials_lists_what_is_locked(tmp_path: Path) -> None:
    recipe = (ROOT / "mk" / "supply.mk").read_text(encoding="utf-8")
    options = re.search(r"cyclonedx-py (.*?) --output-file dist/sbom.cdx.json (.*)$", recipe, re.MULTILINE)
    assert options
    command = [Path(sys.executable).with_name("cyclonedx-py"), *options[1].split(), "--output-file"]
    subprocess.run([*command, tmp_path / "sbom.json", options[2]], cwd=ROOT, check=True, capture_output=True)
    bill = json.loads((tmp_path / "sbom.json").read_text(encoding="utf-8"))
    assert bill["bomFormat"] == "CycloneDX"
    assert {one["name"]: one["version"] for one in bill["components"]} == read_pins("requirements.txt")
    assert all("sha256" in json.dumps(one).lower() or "SHA-256" in json.dumps(one) for one in bill["components"])
