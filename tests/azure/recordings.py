"""The recorded sessions with ARM, as sequences of interactions."""

import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.support.shared import SHARED

FOLDER = SHARED / "recordings"
RECORDED_SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class Interaction:
    """One recorded call and its answer; `recorder` says what the recorder hides."""

    file: str
    source: int
    n: int
    recorder: str
    method: str
    target: str
    body: Any
    status: int
    headers: dict[str, str]
    answer: Any

    @property
    def key(self) -> str:
        return f"{self.file}#{self.source}.{self.n}"

    @cached_property
    def path(self) -> str:
        """Without the query, decoded, without doubled slashes."""
        return re.sub("/+", "/", unquote(urlsplit(self.target).path)).rstrip("/")

    @property
    def api_version(self) -> str:
        found = re.search(r"api-version=([\w-]+)", self.target)
        return found[1] if found else ""

    @property
    def code(self) -> str:
        """The error's code; "" where there is none."""
        error = self.answer.get("error", self.answer) if isinstance(self.answer, dict) else {}
        return str(error.get("code", "")) if self.status >= 400 else ""

    @property
    def keeps_retry_after(self) -> bool:
        return "removes: retry-after" not in self.recorder and "azure-dev" not in self.recorder


def sequences() -> dict[tuple[str, int], list[Interaction]]:
    """Every recorded sequence by file and number of its source."""
    found: dict[tuple[str, int], list[Interaction]] = {}
    for path in sorted(FOLDER.glob("*.json")):
        data = json.loads(path.read_text())
        sources = data.get("sources") or [data["source"]]
        for entry in data["interactions"]:
            number = entry.get("source_index", 0)
            interaction = _interaction(path.stem, number, sources[number].get("recorder", ""), entry)
            found.setdefault((path.stem, number), []).append(interaction)
    return found


def _interaction(file: str, source: int, recorder: str, entry: dict[str, Any]) -> Interaction:
    request, response = entry["request"], entry["response"]
    return Interaction(
        file,
        source,
        entry["n"],
        recorder,
        request["method"],
        request["path"],
        request["body"],
        response["status"],
        {name.lower(): value for name, value in response["headers"].items()},
        response["body"],
    )
