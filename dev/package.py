"""`make package`: the app as a zip, for `az functionapp deployment source config-zip` and for plans that run a package.

What goes in is what .funcignore leaves of the work tree. Flex Consumption installs requirements.txt itself; the other
plans run the zip as it is and need the packages inside (`--with-packages`).
"""

import argparse
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
IGNORED = ".funcignore"
LOCK = "requirements.lock"  # the pins of requirements.txt, with hashes
PACKAGES = ".python_packages/lib/site-packages"  # where the Functions worker looks
_PLATFORM = ("--python-version", "3.11", "--platform", "manylinux_2_28_x86_64", "--platform", "manylinux2014_x86_64")


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m dev.package", description=__doc__)
    arguments.add_argument("zip", type=Path, help="file to write")
    arguments.add_argument("--with-packages", action="store_true", help="put the packages of requirements.lock inside")
    options = arguments.parse_args()
    options.zip.parent.mkdir(parents=True, exist_ok=True)
    count = build(options.zip, options.with_packages)
    print(f"{options.zip}: {count} files, {options.zip.stat().st_size / 1e6:.2f} MB")


def build(path: Path, with_packages: bool = False) -> int:
    """Writes the zip and returns how many files it holds."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files():
            archive.write(ROOT / file, file)
        if with_packages:
            _add_packages(archive)
        return len(archive.namelist())


def files() -> list[str]:
    """The files of the app, by the rules of .funcignore, which are git's."""
    known = ("git", "ls-files", "-z", "--cached", "--others")
    kept = _lines(*known, "--exclude-standard")
    ignored = _lines(*known, "--ignored", f"--exclude-from={IGNORED}")
    return sorted(file for file in kept - ignored if (ROOT / file).is_file())


def _add_packages(archive: zipfile.ZipFile) -> None:
    with tempfile.TemporaryDirectory() as folder:
        pip = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps")
        wanted = ("--only-binary=:all:", *_PLATFORM, "--require-hashes", "--requirement", str(ROOT / LOCK))
        subprocess.run([*pip, *wanted, "--target", folder], check=True)
        for file in sorted(Path(folder).rglob("*")):
            if file.is_file() and file.suffix != ".pyc":
                archive.write(file, f"{PACKAGES}/{file.relative_to(folder)}")


def _lines(*command: str) -> set[str]:
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return {line for line in listed.split("\0") if line}


if __name__ == "__main__":
    main()
