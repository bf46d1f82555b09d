"""The commands `azure-driver check|plan|new|orphans|drain`, also available as `python -m driver`.

`check` needs no Azure: it reads a resource package as the driver and TNC-O do and shows what each transition would
do. `plan` asks ARM what a transition would change (what-if) and changes nothing. Both exit with 1 if the driver would
refuse the package or the properties. `new` writes a resource package for a template. `orphans` compares the records
of deployments in Azure with topologies and deletes nothing: it exits with 0 if each record is named, 1 if there are
orphans, 2 if that could not be found out. `drain` waits until no lifecycle runs on a host: it exits with 0 then, 1 at
its time limit, 2 if that could not be found out.
"""

import argparse
import logging
import sys
from pathlib import Path

from driver.azure.refusals import Refusal
from driver.commands import check, drain, new, orphans, plan
from driver.errors import DriverError, InvalidRequest


def main(arguments: list[str]) -> int:
    options = _build_parser().parse_args(arguments)
    logging.getLogger().addHandler(logging.NullHandler())  # errors are printed, the libraries' log lines are not
    failed = orphans.UNKNOWN if options.command in ("orphans", "drain") else 1
    try:
        if options.command == "drain":
            return drain.await_end(options)
        if options.command == "orphans":
            return orphans.report_orphans(options)
        if options.command == "new":
            return new.write_package(options)
        if options.command == "check":
            return check.check_package(options)
        for line in plan.describe_changes(options):
            print(line)
    except InvalidRequest as error:
        print(*(f"error: {fault}" for fault in error.faults), sep="\n", file=sys.stderr)
        return failed
    except OSError as error:
        print(f"error: {f'{error.filename}: ' if error.filename else ''}{error.strerror or error}", file=sys.stderr)
        return failed
    except (DriverError, Refusal) as error:
        print(f"error: {error}", file=sys.stderr)
        return failed
    return 0


def run() -> None:
    """The command `azure-driver`."""
    sys.exit(main(sys.argv[1:]))


def _build_parser() -> argparse.ArgumentParser:
    called = Path(sys.argv[0]).name
    parser = argparse.ArgumentParser(
        prog="azure-driver" if called.startswith("azure-driver") else "python -m driver",
        description="Commands of the Azure resource driver for TNC-O.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    checking = commands.add_parser("check", help="validate a package and show what its transitions do")
    planning = commands.add_parser("plan", help="show what a transition would change in Azure (ARM's what-if)")
    for command in (checking, planning):
        command.add_argument("folder", type=Path, help="the package, or its Lifecycle/azure folder")
        command.add_argument("--resource-properties", type=Path, metavar="FILE", help="YAML or JSON: {name: value}")
        command.add_argument("--request-properties", type=Path, metavar="FILE", help="the same, of an operation")
    making = commands.add_parser(
        "new",
        help="write a TNC-O resource package for a template",
        description="Writes the folder NAME: lifecycle.yaml, the template, resource.yaml, lmproject.yml, an example of"
        " properties, and the schema of lifecycle.yaml for editors. What exists already is not overwritten.",
    )
    making.add_argument("name", metavar="NAME", help="the name of the resource type, and of the folder that is written")
    making.add_argument(
        "--from", type=Path, required=True, metavar="FILE", dest="template", help="the template: main.bicep or ARM JSON"
    )
    planning.add_argument("--transition", default="Create", metavar="NAME")
    orphan = commands.add_parser(
        "orphans",
        help="list records of the driver's deployments that no given topology names; deletes nothing",
        description="Lists the records of this driver's deployments in the location's subscription that no given"
        " topology names, with what they wrote. Deletes nothing. Exit status: 0 there is none, 1 there are some,"
        " 2 it could not be found out.",
    )
    orphan.add_argument(
        "--topology",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="JSON: an associatedTopology, an event that has one, or a list of these; may be given more than once",
    )
    orphan.add_argument("--json", action="store_true", help="print JSON for machines")
    for command in (planning, orphan):
        command.add_argument(
            "--deployment-location", type=Path, required=True, metavar="FILE", help="as sent to the driver"
        )
    draining = commands.add_parser(
        "drain",
        help="wait until no lifecycle runs, and show what still does and why",
        description="Waits until no lifecycle runs on the task hub of a Functions host. Shows what still runs and why."
        " Exit status: 0 nothing runs, 1 some still ran at the time limit, 2 it could not be found out.",
    )
    draining.add_argument("--url", required=True, help="the Functions host, such as http://localhost:7071")
    draining.add_argument(
        "--key-file", type=Path, required=True, metavar="FILE", help="its system key durabletask_extension"
    )
    draining.add_argument("--seconds", type=float, default=900.0, help="time limit (900)")
    draining.add_argument("--ca", metavar="FILE", help="certificate to trust, for https")
    return parser


if __name__ == "__main__":
    run()
