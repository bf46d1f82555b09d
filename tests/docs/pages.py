"""The commands of a page: its fenced `shell` blocks, without those that need a real Azure or cluster."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_BLOCK = re.compile(
    r"(?P<needs><!-- needs [\w ]+ -->\n)?```(?P<language>\w*)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE
)


def blocks(page: str, language: str, needing: bool = False) -> list[str]:
    """The texts of the fenced blocks of a language, in order; with `needing` also those that need something else."""
    found = _BLOCK.finditer((ROOT / page).read_text(encoding="utf-8"))
    return [one["text"] for one in found if one["language"] == language and (needing or not one["needs"])]
