"""The code of earlier releases."""

import tarfile
from pathlib import Path

# By `git archive COMMIT driver orchestrators infra/resources function_app.py host.json`: shallow clones lack it.
# 2.0.0 is commit 329b066, the first whose changelog names it and whose host.json has the version of its runs, 1.0.
_FOLDER = Path(__file__).parent / "old_releases"


def unpack(version: str, folder: Path) -> Path:
    """Put the app of a release into a folder."""
    with tarfile.open(_FOLDER / f"{version}.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    return folder
