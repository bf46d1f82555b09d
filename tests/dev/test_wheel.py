"""`pip install .`: the command `azure-driver`, with all that it needs, in any folder."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest

from dev.stack import ROOT
from driver import VERSION

BICEP = "param zone_name string\noutput zone_id string = zone_name\n"


def test_every_package_of_the_driver_is_in_the_wheel() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
    folders = {file.parent.relative_to(ROOT).as_posix().replace("/", ".") for file in ROOT.glob("driver/**/*.py")}
    assert set(listed) == {*folders, "driver.resources"}


def run(*command: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("BICEP", "PYTHON"))}
    return subprocess.run(
        [str(part) for part in command], cwd=folder, env=environment, capture_output=True, text=True, timeout=300
    )


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_command_works_from_any_folder(tmp_path: Path) -> None:
    source, work = tmp_path / "source", tmp_path / "work"
    for name in ("driver", "infra/resources"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "requirements.txt", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    built = run(*pip, "wheel", "--quiet", "--no-deps", "--wheel-dir", tmp_path, source, folder=tmp_path)
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob(f"azure_driver-{VERSION}-*.whl")
    metadata = zipfile.ZipFile(wheel).read(f"azure_driver-{VERSION}.dist-info/METADATA").decode()
    assert "\nRequires-Dist: azure-identity==" in metadata
    assert "\nRequires-Dist: pyyaml==" in metadata

    environment = tmp_path / "venv"
    assert run(sys.executable, "-m", "venv", "--without-pip", environment, folder=tmp_path).returncode == 0
    python = environment / "bin" / "python"
    installed = run(*pip, "--python", python, "install", "--quiet", "--no-deps", wheel, folder=tmp_path)
    assert installed.returncode == 0, installed.stderr
    packages = next(environment.glob("lib/python*/site-packages"))
    (packages / "others.pth").write_text(sysconfig.get_path("purelib"))  # what `pip install` would fetch once more
    work.mkdir()
    (work / "main.bicep").write_text(BICEP)
    (work / "main.json").write_text((ROOT / "infra/resources/AzurePrivateDnsZone/main.json").read_text())

    command = environment / "bin" / "azure-driver"
    written = run(command, "new", "Zone", "--from", "main.json", folder=work)
    assert (written.returncode, written.stderr) == (0, "")
    checked = run(command, "check", "Zone", "--resource-properties", "Zone/properties.yaml", folder=work)
    assert "Create: deploys main.json at resourceGroup scope\n" in checked.stdout
    built_in = run(command, "check", ROOT / "examples/packages/AzureVNet", folder=work)
    assert (built_in.returncode, built_in.stderr) == (0, "")
    assert "vnet_name: string, required" in built_in.stdout
    page = run(python, "-c", "from driver.console import build_page; print(len(build_page()))", folder=work)
    assert int(page.stdout) > 10_000
    helped = run(command, "--help", folder=work)
    assert all(name in helped.stdout for name in ("azure-driver", "check", "plan", "new", "orphans", "drain"))
