"""Each case is played through the real driver. What the driver gets wrong today is an expected failure that names the
issue which mends it; one that passes must lose its `fixedBy`.
"""

import json
import re

import pytest

from tests.cases.case import FOLDER, Case, cases
from tests.cases.play import Play, WrongOutcomeError
from tests.e2e.trial import Trial
from tests.support.shared import SHARED, needs_shared

CASES = cases()
TABLES = {"ownership": r"\| (O\d+)", "removal": r"\| (R\d+)", "lag": r"\| ([LKH]\d+)"}


def _marks(case: Case) -> list[pytest.MarkDecorator]:
    if case.fixed_by is None:
        return []
    return [pytest.mark.xfail(reason=f"issue {case.fixed_by}", strict=True, raises=WrongOutcomeError)]


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("case", [pytest.param(case, id=name, marks=_marks(case)) for name, case in CASES.items()])
def test_the_driver_does_what_is_right(case: Case, trial: Trial) -> None:
    Play(trial, case).run()


@needs_shared
def test_every_row_of_the_tables_is_a_case_or_is_played_elsewhere() -> None:
    elsewhere = json.loads((FOLDER / "elsewhere.json").read_text(encoding="utf-8"))
    rows = set()
    for table, expression in TABLES.items():
        text = (SHARED / "cases" / f"{table}.md").read_text(encoding="utf-8")
        rows |= {match[1].lower() for line in text.splitlines() if (match := re.match(expression, line))}
    codes = (SHARED / "cases" / "codes.md").read_text(encoding="utf-8").splitlines()
    rows |= {f"c{at}" for at, _ in enumerate([line for line in codes if line.startswith("| ")][1:], 1)}
    played = {name.split("/")[1].split("-")[0] for name in CASES}
    assert rows == played | {row.lower() for row in elsewhere}
