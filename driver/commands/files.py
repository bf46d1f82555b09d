"""Files that the commands read."""

from pathlib import Path
from typing import Any

import yaml

from driver.errors import InvalidRequest


def read_object(file: Path) -> dict[str, Any]:
    """The object in a YAML or JSON file. Raises InvalidRequest if it holds anything else."""
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"{file}: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise InvalidRequest(f"{file}: it takes an object")
    return content
