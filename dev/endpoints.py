"""Where the trial stack is: `.run/endpoints.json`, written by `make run` for scripts, read by `make stop`."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / ".run"
FILE_NAME = "endpoints.json"


@dataclass(frozen=True)
class Endpoints:
    """URLs of driver and embedded Azure, Kafka's host:port, Azure's CA file, a deployment location, process ids.

    `pids` holds host, azure and kafka (without kafka where the broker is somebody else's).
    """

    driver: str
    azure: str
    kafka: str
    ca: str
    deploymentLocation: dict[str, Any]  # noqa: N815 - the key that scripts read
    pids: dict[str, int]


def write(endpoints: Endpoints, folder: Path) -> None:
    text = json.dumps(asdict(endpoints), indent=2)
    folder.joinpath(FILE_NAME).write_text(text + "\n", encoding="utf-8")


def read(folder: Path) -> Endpoints | None:
    """Returns what `write` wrote, or None where nothing was started or all was stopped."""
    path = folder / FILE_NAME
    return Endpoints(**json.loads(path.read_text(encoding="utf-8"))) if path.exists() else None
