"""`make try PACKAGE=FOLDER`: a resource package goes through its life on this machine, against the embedded Azure.

    PACKAGE     folder of the package
    PROPERTIES  file with the resource's properties, YAML or JSON; default: the package's own properties.yaml
    OPERATIONS  what to run between Create and Delete: "Stop Start Scale=scale.yaml", with a file of request properties
                where one is needed

It takes the stack of `make run`, or starts one of its own for as long as it lasts. Exit status: 0, or 1 if anything
failed or is left in Azure.
"""

import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from dev import azure, bicep
from dev.brent import RefusedError, Resource, apply_event, pack_files, request_body
from dev.endpoints import FOLDER, Endpoints
from dev.events import EventStream, events
from dev.processes import ProcessError
from dev.resource_package import check_operation, find_resource_group, read_package, read_values
from dev.stack import DEPLOYMENT_LOCATION, Stack, running
from dev.stop import find_running, still_ours
from dev.transitions import heading, paint, read_execution, run_transition, short
from driver.__main__ import main as run_driver_command
from driver.errors import InvalidRequest

NAME = "try"  # of the resource
PROPERTIES = "properties.yaml"
_GROUP_VERSION = "2024-03-01"
_GONE_SECONDS = 60.0
_LOOK_SECONDS = 0.2


@dataclass(frozen=True)
class Try:
    """What is tried: a resource, its driver files, and the transitions with their request properties, Delete last.

    `group` is the resource group in which Create deploys, empty if it needs none.
    """

    resource: Resource
    driver_files: str
    transitions: tuple[tuple[str, Mapping[str, Any]], ...]
    group: str


def main() -> int:
    os.environ["BICEP_PATH"] = bicep.executable() or ""
    folder = os.environ.get("PACKAGE", "")
    if not folder:
        print(__doc__, file=sys.stderr)
        return 1
    file = find_properties(Path(folder), os.environ.get("PROPERTIES", ""))
    heading(f"Checking {folder}")
    if status := run_driver_command(["check", folder, *(["--resource-properties", str(file)] if file else [])]):
        return status
    try:
        tried = read_try(Path(folder), file, os.environ.get("OPERATIONS", ""))
        with _provide_stack() as stack:
            return try_out(tried, stack)
    except InvalidRequest as error:
        print(*(f"error: {fault}" for fault in error.faults), sep="\n", file=sys.stderr)
    except (ProcessError, TimeoutError, requests.RequestException) as error:
        print(f"error: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("Stopped; on the stack of `make run` there may be something left.", file=sys.stderr)
    return 1


def find_properties(folder: Path, given: str) -> Path | None:
    """The file of a package's properties: the given one, else the package's own, if it has one."""
    own = folder / PROPERTIES
    return Path(given) if given else own if own.is_file() else None


def read_try(folder: Path, properties: Path | None, operations: str) -> Try:
    """What the variables ask for. Raises InvalidRequest for what the driver would refuse, and for missing files."""
    package = read_package(folder)
    given = read_values(properties) if properties else {}
    resource = Resource(NAME, package.type, {**package.defaults, **given})
    files = pack_files(package.files)
    create = request_body(resource, "Create", DEPLOYMENT_LOCATION, driver_files=files)
    try:
        group = find_resource_group(create)
    except InvalidRequest as error:
        own = folder / PROPERTIES
        hint = [] if properties else [f"no properties are given: PROPERTIES=FILE names a file of them, or else {own}"]
        raise InvalidRequest(*error.faults, *hint) from error
    transitions: list[tuple[str, Mapping[str, Any]]] = [("Create", {})]
    for name, _, file in (one.partition("=") for one in operations.split()):
        check_operation(create, name)
        transitions.append((name, read_values(Path(file)) if file else {}))
    return Try(resource, files, (*transitions, ("Delete", {})), group)


def try_out(tried: Try, stack: Endpoints) -> int:
    """Runs the transitions, and the Delete in any case. Returns the exit status."""
    with _provide_group(tried.group, stack), events(stack.kafka) as stream:
        before = azure.resource_ids(stack)
        faults = _run_transitions(tried, stack, stream)
        left = [one for one in azure.resource_ids(stack) if one not in before]
    if left:
        heading("Left in Azure:")
        print(*(f"  {short(one)}" for one in left), sep="\n")
        print("  A Delete leaves what the resource does not own, and what the package retains: docs/lifecycle.md")
        faults.append("something is left in Azure")
    done = "Nothing is left in Azure." if not left else ""
    if faults:
        print("\n" + paint("red", f"Failed: {'; '.join(faults)}. {done}".rstrip()))
        return 1
    print("\n" + paint("green", f"{', '.join(name for name, _ in tried.transitions)}: COMPLETE. {done}"))
    return 0


def _run_transitions(tried: Try, stack: Endpoints, stream: EventStream) -> list[str]:
    """What failed. After a failure the Delete follows, unless the Create was refused: then there is nothing."""
    faults: list[str] = []
    resource = tried.resource
    for name, properties in tried.transitions:
        if faults and name != "Delete":
            continue
        try:
            event = run_transition(stack, stream, name, resource, properties, tried.driver_files)
        except RefusedError as error:
            print(f"  {error}")
            faults.append(f"{name} was refused")
            if name == "Create":
                break
            continue
        resource = apply_event(resource, event)
        if event["status"] != "COMPLETE":
            faults.append(f"{name}: {event['failureDetails']['failureCode']}")
            _explain_failure(stack, event)
    return faults


def _explain_failure(stack: Endpoints, event: Mapping[str, Any]) -> None:
    """Shows the code and the cause of a failure, and where to look."""
    failure = event["failureDetails"]
    execution = read_execution(stack, event["requestId"])
    print(f"  code       {failure['failureCode']}: docs/failure-codes.md")
    print(f"  cause      {failure['description']}")
    for operation in execution["operations"]:
        if operation["state"] == "Failed":
            print(f"  failed     {short(operation['resource'])}")
    for warning in execution["warnings"]:
        print(f"  warning    {warning}")
    if find_running(FOLDER):
        print(f"  look at    {stack.driver}/console and {FOLDER.name}/host.log, request {event['requestId']}")
    else:
        print("  look at    the lines above; after `make run` a try also leaves its log and its page in the console")


@contextmanager
def _provide_stack() -> Iterator[Endpoints]:
    """The stack of `make run`, or one of its own."""
    if found := find_running(FOLDER):
        ended = [name for name, pid in found.pids.items() if not still_ours(name, pid, FOLDER)]
        if ended:
            raise ProcessError(f"{', '.join(ended)} of `make run` has ended: `make stop`, then `make try` again")
        print(f"\nThe driver of `make run` is at {found.driver}.")
        yield found
        return
    heading("Starting the embedded Azure, a Kafka broker and the driver (after `make run` those are taken)")
    with tempfile.TemporaryDirectory(prefix="azure-driver-try-") as folder, running(Stack(Path(folder))) as stack:
        yield stack


@contextmanager
def _provide_group(name: str, stack: Endpoints) -> Iterator[None]:
    """The resource group in Azure: made for the time of the block, unless it is there already."""
    path = f"/resourceGroups/{name}"
    if not name or _has(stack, path):
        yield
        return
    azure.call_arm(stack, "PUT", path, _GROUP_VERSION, {"location": "northeurope"})
    print(f"\nThe resource group {name} is made for this try.")
    try:
        yield
    finally:
        azure.call_arm(stack, "DELETE", path, _GROUP_VERSION)
        deadline = time.monotonic() + _GONE_SECONDS
        while _has(stack, path):
            if time.monotonic() > deadline:
                raise TimeoutError(f"the resource group {name} is still there after {_GONE_SECONDS:g} s")
            time.sleep(_LOOK_SECONDS)


def _has(stack: Endpoints, path: str) -> bool:
    """Whether Azure has the resource group, being deleted or not."""
    return path.lower() in (short(one).lower() for one in azure.resource_ids(stack))


if __name__ == "__main__":
    sys.exit(main())
