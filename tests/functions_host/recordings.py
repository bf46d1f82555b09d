"""The recordings of the real host, and what is left of an answer when ids, times, ports and keys are taken away."""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.support.shared import SHARED

RECORDINGS = SHARED / "recordings" / "functions-host"
APPS = RECORDINGS / "apps"

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)")
GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|\b[0-9a-f]{32}\b")
KEY = re.compile(r"code=[\w=-]+")
LONG_RUN = re.compile("x{90,}")  # as cut in the recordings
ORIGIN = re.compile(r"https?://(?:127\.0\.0\.1|localhost):\d+")
NET_DETAILS = re.compile(r' ?\{\\*"\$type.*|, StackTrace: .*|\nStack: .*', re.DOTALL)


def read(path: Path) -> Any:
    """One recording."""
    return json.loads(path.read_text("utf-8"))


def paths(folder: str) -> list[Path]:
    """The recordings of a folder."""
    return sorted((RECORDINGS / folder).glob("*.json"))


def normal(value: Any) -> Any:
    """A JSON value without what differs from run to run, and without the text of .NET and Python stack traces."""
    if isinstance(value, dict):
        return {key: normal(item) for key, item in value.items()}
    if isinstance(value, list):
        return [normal(item) for item in value]
    if isinstance(value, float):
        return round(value)
    if isinstance(value, str):
        value = LONG_RUN.sub("xxx...", NET_DETAILS.sub("", value))
        for pattern, name in ((TIME, "TIME"), (GUID, "GUID"), (KEY, "code=KEY"), (ORIGIN, "ORIGIN")):
            value = pattern.sub(name, value)
    return value


def parsed(body: str) -> Any:
    """A body as JSON where it is JSON."""
    try:
        return json.loads(body)
    except ValueError:
        return body


def report(title: str, claimed: Iterable[str], failed: dict[str, str], misses: dict[str, str]) -> None:
    """Print the counts of a comparison and check that exactly the known `misses` (case: reason) failed."""
    cases = sorted(claimed)
    print(f"\n{title}: {len(cases) - len(failed)} of {len(cases)} claimed cases as recorded")
    for case, reason in misses.items():
        print(f"  not {case}: {reason}")
    unexpected = {case: why for case, why in failed.items() if case not in misses}
    assert not unexpected, "\n".join(f"{case}: {why}" for case, why in unexpected.items())
    assert set(misses) == set(failed), f"these misses pass now: {sorted(set(misses) - set(failed))}"
