"""The code of earlier releases, from the repository's history."""

import subprocess
from pathlib import Path

import pytest

from dev.stack import ROOT

# The history has no tag of it: the first commit whose changelog names 2.0.0 and whose host.json has the version of its
# runs, 1.0.
RELEASE_2_0_0 = "329b066042ea04e4454282212efe939611da8f7f"
_PARTS = ("driver", "orchestrators", "infra/resources", "function_app.py", "host.json")


def unpack(commit: str, folder: Path) -> Path:
    """Put the app of a commit into a folder. A copy of the repository without its history skips the test."""
    known = subprocess.run(["git", "cat-file", "-e", commit], cwd=ROOT, capture_output=True, check=False)
    if known.returncode != 0:
        pytest.skip(f"the repository's history has no commit {commit}: it was not cloned whole")
    archive = subprocess.run(["git", "archive", commit, *_PARTS], cwd=ROOT, capture_output=True, check=True).stdout
    folder.mkdir(parents=True)
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive, check=True)
    return folder
