"""What a run showed, held against what must be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One thing that must hold: its name, what must be and what was found."""

    name: str
    expected: object
    found: object

    @property
    def passed(self) -> bool:
        return self.expected == self.found


@dataclass(frozen=True)
class Report:
    """The figures of a run that every run has, by name, and what must hold."""

    figures: Mapping[str, int]
    checks: Sequence[Check]

    @property
    def passed(self) -> bool:
        return all(check.passed for check in self.checks)


def describe_checks(checks: Sequence[Check]) -> str:
    return "\n".join(
        f"  {'ok' if check.passed else 'BROKEN':<7} {check.name}: {check.found} (must be {check.expected})"
        for check in checks
    )


def build_table(reports: Mapping[str, Report]) -> str:
    """The figures of all runs as a Markdown table."""
    names = list(next(iter(reports.values())).figures)
    lines = [["run", *names, "verdict"], ["---"] * (len(names) + 2)]
    lines += [
        [name, *(str(report.figures[one]) for one in names), "holds" if report.passed else "BROKEN"]
        for name, report in reports.items()
    ]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
