"""`make demo`: a resource group and a VNet in it are created and deleted through the driver, on this machine alone."""

import os
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests

from dev import azure
from dev.brent import RefusedError, Resource, apply_event, execute, request_body, resource_group, vnet
from dev.endpoints import Endpoints
from dev.events import EventStream, events
from dev.processes import ProcessError
from dev.stack import Stack, running

EVENT_SECONDS = 60.0
COLOURS = {"bold": "1", "green": "32", "red": "31", "grey": "90", "cyan": "36"}


class DemoError(Exception):
    """Something was not as it must be; the text says what."""


def main() -> None:
    started = time.monotonic()
    try:
        heading("Starting the embedded Azure, a Kafka broker and the driver on the local Functions host")
        with tempfile.TemporaryDirectory(prefix="azure-driver-demo-") as folder, running(Stack(Path(folder))) as stack:
            print(f"  driver {stack.driver}   azure {stack.azure}   kafka {stack.kafka}")
            show(stack)
    except (DemoError, ProcessError, RefusedError, requests.RequestException, TimeoutError) as error:
        sys.exit(paint("red", f"The demo failed: {error}"))
    except KeyboardInterrupt:
        sys.exit("Stopped.")
    print(paint("green", f"Everything worked, nothing is left, in {time.monotonic() - started:.0f} s."))


def show(stack: Endpoints) -> None:
    """Creates both resources, deletes both, and checks after each step what Azure has."""
    with events(stack.kafka) as stream:
        group = transition(stack, stream, "Create", resource_group("rg-demo"))
        network = transition(stack, stream, "Create", vnet("vnet-demo", group="rg-demo"))
        expect_in_azure(stack, ["rg-demo", "vnet-demo", "default"])
        transition(stack, stream, "Delete", network)
        expect_in_azure(stack, ["rg-demo"])
        transition(stack, stream, "Delete", group)
        expect_in_azure(stack, [])


def transition(stack: Endpoints, stream: EventStream, name: str, resource: Resource) -> Resource:
    """Executes the transition and returns the resource as its event leaves it; raises DemoError unless it completes."""
    heading(f"{name} {resource.type} {resource.name}")
    sent = time.monotonic()
    request_id = execute(stack.driver, request_body(resource, name, stack.deploymentLocation))
    print(f"  202 accepted after {time.monotonic() - sent:.2f} s, requestId {request_id}")
    while event := stream.next(EVENT_SECONDS):
        if event.key == request_id:
            break
    else:
        raise DemoError(f"{name} of {resource.name}: no event for {request_id} within {EVENT_SECONDS:g} s")
    show_event(event.value, time.monotonic() - sent)
    if event.value["status"] != "COMPLETE":
        raise DemoError(f"{name} of {resource.name} ended as {event.value['status']}: {event.value['failureDetails']}")
    return apply_event(resource, event.value)


def show_event(event: Mapping[str, Any], seconds: float) -> None:
    colour = "green" if event["status"] == "COMPLETE" else "red"
    print(f"  Kafka event after {seconds:.2f} s: {paint(colour, event['status'])}")
    for name, value in event["outputs"].items():
        print(f"    {paint('grey', 'output')}    {name} = {value}")
    for name, entry in event["associatedTopology"].items():
        print(f"    {paint('grey', 'topology')}  {name} {'is gone' if entry is None else entry['id']}")


def expect_in_azure(stack: Endpoints, names: list[str]) -> None:
    """Shows what Azure has; raises DemoError unless these are its groups and resources, deployments apart."""
    ids = azure.resource_ids(stack)
    print(paint("cyan", "  In Azure now:" if ids else "  In Azure now: nothing"))
    for resource_id in ids:
        print(f"    {resource_id}")
    found = sorted(name for path, name in (each.rsplit("/", 1) for each in ids) if not path.endswith("/deployments"))
    if found != sorted(names) or (ids and not names):
        raise DemoError(
            f"Azure should hold {', '.join(names) or 'nothing'}, but it holds {', '.join(ids) or 'nothing'}"
        )


def heading(text: str) -> None:
    print(paint("bold", f"\n{text}"), flush=True)


def paint(colour: str, text: str) -> str:
    """Returns the text in the colour, or as it is where the output is no terminal or NO_COLOR is set."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return text
    return f"\033[{COLOURS[colour]}m{text}\033[0m"


if __name__ == "__main__":
    main()
