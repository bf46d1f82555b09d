"""The commands `python -m driver check|plan`.

`check` needs no Azure: it reads a resource package as the driver does and shows what each transition would do. `plan`
asks ARM what a transition would change (what-if) and changes nothing. Both exit with 1 if the driver would refuse the
package or the properties.
"""

import argparse
import sys
from pathlib import Path

from driver.azure.refusals import Refusal
from driver.commands import packages
from driver.errors import DriverError, InvalidRequest


def main(arguments: list[str]) -> int:
    options = _build_parser().parse_args(arguments)
    try:
        for line in packages.check(options) if options.command == "check" else packages.plan(options):
            print(line)
    except InvalidRequest as error:
        print(*(f"error: {fault}" for fault in error.faults), sep="\n", file=sys.stderr)
        return 1
    except (DriverError, Refusal, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m driver", description=__doc__.splitlines()[0] if __doc__ else "")
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="validate a package and show what its transitions do")
    plan = commands.add_parser("plan", help="show what a transition would change in Azure (ARM's what-if)")
    for command in (check, plan):
        command.add_argument("folder", type=Path, help="the package, or its Lifecycle/azure folder")
        command.add_argument("--resource-properties", type=Path, metavar="FILE", help="YAML or JSON: {name: value}")
        command.add_argument("--request-properties", type=Path, metavar="FILE", help="the same, of an operation")
    plan.add_argument("--deployment-location", type=Path, required=True, metavar="FILE", help="as sent to the driver")
    plan.add_argument("--transition", default="Create", metavar="NAME")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
