"""Each drill of docs/operations.md is played, and shows what the page quotes."""

import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from dev import drill
from dev.drill import DRILLS
from dev.stack import ROOT, running
from dev.stage import Stage

PAGE = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `([a-z-]+)` \| (.*?) \| (.*?) \| (.*?) \| (.*?) \| (.*?) \|$", re.MULTILINE)
ROWS = {found[1]: found for found in ROW.finditer(PAGE.partition("## Drills")[2].partition("\n## ")[0])}
SOURCES = {2: ("LOG ",), 3: ("GET ", "HEALTH ", "POST "), 4: ("METRIC ",)}  # by column


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One stack for all of them."""
    stack = drill.open_stack(tmp_path_factory.mktemp("drill"))
    with running(stack):
        stage = Stage(stack)
        stage.prepare()
        yield stage


def test_the_page_has_a_row_for_each_drill() -> None:
    assert list(ROWS) == list(DRILLS)


@pytest.mark.slow
@pytest.mark.parametrize("fault", DRILLS)
def test_a_drill_shows_what_the_page_says(stage: Stage, fault: str) -> None:
    stage.lines.clear()
    DRILLS[fault](stage)
    for column, source in SOURCES.items():
        lines = [line for line in stage.lines if line.startswith(source)]
        quoted = re.findall(r"`([^`]+)`", ROWS[fault][column])
        assert quoted
        for text in quoted:
            form = ".*".join(re.escape(part.strip()) for part in text.split("..."))
            assert any(re.search(form, line) for line in lines), (text, lines)


def test_an_unknown_fault_is_answered_with_the_list() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dev.drill", "no-such"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert all(f"make drill FAULT={fault}" in done.stderr for fault in DRILLS)
