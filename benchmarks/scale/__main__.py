"""How the driver bears many lifecycles at once: `python -m benchmarks.scale`.

Creates of networks in one resource group on the local host, which are few and fast, many, as many as ARM's buckets let
through, and 1,000 that take ten minutes each. All of it takes about 25 minutes.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.faults.report import describe_checks
from benchmarks.lifecycles import machine
from benchmarks.load import collected_events
from benchmarks.scale.scenarios import SCENARIOS, Played, Scenario
from dev.stack import Stack, running


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=f"of {', '.join(SCENARIOS)}; default: all")
    parser.add_argument("--count", type=int, help="lifecycles of each scenario, in place of its own number")
    parser.add_argument("--plots", type=Path, metavar="FOLDER", help="write a plot of each scenario there (matplotlib)")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the tables there, too")
    options = parser.parse_args()
    if unknown := set(options.scenarios) - set(SCENARIOS):
        parser.error(f"no such scenario: {', '.join(sorted(unknown))}")
    tables, passed = [], True
    for name in options.scenarios or SCENARIOS:
        played = play(SCENARIOS[name], options.count or SCENARIOS[name].count)
        tables.append(f"{describe(name, played)}\n")
        passed = passed and all(check.passed for check in played.checks)
        print(f"\n{tables[-1]}\n{describe_checks(played.checks)}", flush=True)
        if options.plots:
            from benchmarks.scale import plots  # matplotlib is not among the packages of the project

            print(plots.draw(name, played, options.plots))
    if options.report:
        options.report.write_text("\n".join([*tables, f"{machine()}\n"]), encoding="utf-8")
    sys.exit(0 if passed else "\nNot everything held.")


def play(scenario: Scenario, count: int) -> Played:
    """Play a scenario on a stack of its own."""
    with tempfile.TemporaryDirectory(prefix="azure-driver-scale-") as folder:
        stack = Stack(
            Path(folder),
            provisioning_seconds=scenario.provisioning_seconds,
            latency_ms=30.0,
            settings=scenario.settings,
        )
        with running(stack) as endpoints, collected_events(endpoints.kafka) as collected:
            return scenario.act(endpoints, collected, count)


def describe(name: str, played: Played) -> str:
    """The figures of a scenario as a Markdown table."""
    peak = played.samples.find_peak()
    figures = {"lifecycles": float(len(played.lifecycles)), **played.figures, "RSS, peak MiB": peak}
    rows = [f"| {figure} | {_format_figure(value)} |" for figure, value in figures.items()]
    return "\n".join([f"| {name} | |", "|---|---|", *rows])


def _format_figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


if __name__ == "__main__":
    main()
