"""What the driver makes of kills, of Kafka, Azure and Entra ID that are away or refuse, of a secret that is rotated and
of nonsense: `python -m benchmarks.faults`.

Each run carries out transitions of networks in one resource group while something goes wrong, holds what came of it
against what must be, and looks for planted secrets. Needs Java 17 and Maven for Apache Kafka.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.faults.report import Report, build_table, describe_checks
from benchmarks.faults.runs import RUNS, Options, Run
from benchmarks.faults.stand import open_stand
from benchmarks.lifecycles import machine


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    parser.add_argument("runs", nargs="*", metavar="RUN", help=f"of {', '.join(RUNS)}; default: all")
    parser.add_argument("--lifecycles", type=int, default=300, help="of each transition")
    parser.add_argument("--seconds", type=float, default=120.0, help="for which Kafka is away")
    parser.add_argument("--fuzzed", type=int, default=10_000, help="requests that nobody would write")
    parser.add_argument("--seed", type=int, default=1, help="of the moments, calls and bytes that go wrong")
    parser.add_argument("--report", type=Path, help="write the table of figures to this file, too")
    arguments = parser.parse_args()
    if unknown := set(arguments.runs) - set(RUNS):
        parser.error(f"no such run: {', '.join(sorted(unknown))}")
    options = Options(arguments.lifecycles, arguments.seconds, arguments.fuzzed, arguments.seed)
    reports: dict[str, Report] = {}
    for name in arguments.runs or RUNS:
        print(f"\n{name}: {RUNS[name].act.__doc__}", flush=True)
        reports[name] = play(RUNS[name], options)
        print(describe_checks(reports[name].checks), flush=True)
    table = f"{build_table(reports)}\n\n{machine()}"
    print(f"\n{table}")
    if arguments.report:
        arguments.report.write_text(f"{table}\n", encoding="utf-8")
    sys.exit(0 if all(report.passed for report in reports.values()) else "\nNot everything held.")


def play(run: Run, options: Options) -> Report:
    """Play a run on a stand of its own."""
    with tempfile.TemporaryDirectory(prefix="azure-driver-faults-") as folder:
        with open_stand(Path(folder), run.signs_in, run.provisioning_seconds) as stand:
            stand.plant_secrets()
            run.act(stand, options)
            stand.read_answers()
        return stand.report()


if __name__ == "__main__":
    main()
