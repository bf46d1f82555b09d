"""The Dockerfile, as far as it can be checked without building: the linter, and what goes into the image."""

import fnmatch
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helm.tools import ROOT, binary

DOCKERFILE = (ROOT / "Dockerfile").read_text()


def test_hadolint_finds_nothing() -> None:
    done = subprocess.run([binary("hadolint"), ROOT / "Dockerfile"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The build context that .dockerignore leaves of the files that git knows."""
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    folder = tmp_path_factory.mktemp("context")
    for name in filter(None, listed.splitlines()):
        if _included(name, rules) and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    return folder


def _included(name: str, rules: list[str]) -> bool:
    """Docker's rule: the last line that matches the file or a folder above it decides."""
    parts = name.split("/")
    paths = ["/".join(parts[:length]) for length in range(1, len(parts) + 1)]
    included = True
    for rule in rules:
        pattern = re.compile(_regex(rule.removeprefix("!")))
        if any(pattern.fullmatch(path) for path in paths):
            included = rule.startswith("!")
    return included


def _regex(rule: str) -> str:
    """A pattern of .dockerignore: `*` stops at a slash, `**/` is any folder or none."""
    parts = [fnmatch.translate(part).removesuffix(r"\Z").replace(".*", "[^/]*") for part in rule.split("**/")]
    return "(?:.*/)?".join(parts)


def test_context_is_the_app_alone(context: Path) -> None:
    assert {path.name for path in context.iterdir()} == {
        "driver",
        "function_app.py",
        "host.json",
        "infra",
        "orchestrators",
        "requirements.lock",
    }
    assert [path.name for path in (context / "infra").iterdir()] == ["resources"]
    assert not list(context.rglob("*.md"))
    assert list(context.rglob("lifecycle.yaml"))


def test_every_source_of_a_copy_is_in_the_context(context: Path) -> None:
    copies = re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE)
    sources = " ".join(copies).split()
    assert len(sources) >= 6
    for source in sources:
        assert (context / source).exists(), source


def test_app_loads_from_what_is_in_the_image(context: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import function_app; print(len(function_app.app.get_functions()))"],
        cwd=context,
        env=os.environ | {"PYTHONPATH": ""},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 8


def test_bases_and_downloads_are_pinned() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert bases == ["${FUNCTIONS_IMAGE}", "${FUNCTIONS_IMAGE}"], "given by digest (`make image` refuses a tag)"
    assert re.search(r"^ARG BICEP_SHA256=[0-9a-f]{64}$", DOCKERFILE, re.MULTILINE)
    assert "ADD --checksum=sha256:${BICEP_SHA256}" in DOCKERFILE
    assert re.search(r"^USER 10001:0$", DOCKERFILE, re.MULTILINE)


def test_environment_is_what_the_host_needs_without_the_chart() -> None:
    """The chart's own value wins where it gives one."""
    (block,) = re.findall(r"^ENV (.*?[^\\])$", DOCKERFILE, re.MULTILINE | re.DOTALL)
    given = dict(setting.split("=", 1) for setting in block.replace("\\\n", " ").split())
    assert given["WEBSITE_HOSTNAME"] == "localhost:7275", "without it Durable's webhooks answer 500"
    assert given["ASPNETCORE_URLS"] == "http://+:7275"
    assert given["LOG_OUTPUT"] == "container"
    assert given["PYTHON_ENABLE_INIT_INDEXING"] == "1"
    assert not given.keys() & {"URLS", "POD_NAMESPACE", "CONTAINER_NAME"}


@pytest.mark.parametrize("image", ["", "functions:4", "functions@sha1:0"])
def test_make_image_wants_a_digest(image: str) -> None:
    done = subprocess.run(["make", "image", f"FUNCTIONS_IMAGE={image}"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode != 0
    assert "by digest" in done.stderr


def test_make_image_builds() -> None:
    image = f"mirror/functions@sha256:{'0' * 64}"
    done = subprocess.run(
        ["make", "image", f"FUNCTIONS_IMAGE={image}", "CONTAINERS=echo", "IMAGE=here:1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith(f"build --tag here:1 --build-arg FUNCTIONS_IMAGE={image} ")
