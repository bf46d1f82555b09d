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
from dev.stack import DEPLOYMENT_LOCATION, Stack, running

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
    print("\n" + paint("green", f"Everything worked, nothing is left, in {time.monotonic() - started:.0f} s."))


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
    """Executes the transition, shows what Azure has more or less meanwhile, and its event.

    Returns the resource as the event leaves it; raises DemoError unless the event comes and says COMPLETE.
    """
    heading(f"{name} {resource.type} {resource.name}")
    in_azure = azure.resource_ids(stack)
    sent = time.monotonic()
    request_id = execute(stack.driver, request_body(resource, name, stack.deploymentLocation))
    say(sent, f"202 accepted, requestId {request_id}")
    event = None
    while event is None or event.key != request_id:
        if time.monotonic() > sent + EVENT_SECONDS:
            raise DemoError(f"{name} of {resource.name}: no event for {request_id} within {EVENT_SECONDS:g} s")
        event = stream.next(timeout=0.2)
        in_azure = show_changes(stack, in_azure, sent)
    show_event(event.value, sent)
    if event.value["status"] != "COMPLETE":
        raise DemoError(f"{name} of {resource.name} ended as {event.value['status']}: {event.value['failureDetails']}")
    return apply_event(resource, event.value)


def show_changes(stack: Endpoints, before: list[str], sent: float) -> list[str]:
    """Shows what came to Azure and what went since `before`; returns what it has now."""
    now = azure.resource_ids(stack)
    for resource_id in (each for each in now if each not in before):
        say(sent, f"{paint('cyan', 'Azure  +')} {short(resource_id)}")
    for resource_id in (each for each in before if each not in now):
        say(sent, f"{paint('cyan', 'Azure  -')} {short(resource_id)}")
    return now


def show_event(event: Mapping[str, Any], sent: float) -> None:
    colour = "green" if event["status"] == "COMPLETE" else "red"
    say(sent, f"{paint('cyan', 'Kafka')}    {paint(colour, event['status'])}")
    for name, value in event["outputs"].items():
        print(f"{'':<12}output    {name} = {short(str(value))}")
    for name, entry in event["associatedTopology"].items():
        print(f"{'':<12}topology  {name}{' is gone' if entry is None else ''}")


def expect_in_azure(stack: Endpoints, names: list[str]) -> None:
    """Raises DemoError unless these are the groups and resources in Azure; deployments may be there with others."""
    ids = azure.resource_ids(stack)
    found = sorted(name for path, name in (each.rsplit("/", 1) for each in ids) if not path.endswith("/deployments"))
    if found != sorted(names) or (ids and not names):
        raise DemoError(
            f"Azure should hold {', '.join(names) or 'nothing'}, but it holds {', '.join(ids) or 'nothing'}"
        )


def say(sent: float, text: str) -> None:
    """Prints the text with the seconds since the request was sent."""
    print(f"{paint('grey', f'{time.monotonic() - sent:6.2f} s')}   {text}", flush=True)


def short(resource_id: str) -> str:
    """Returns an ARM id without its subscription, which is the same for all here."""
    return resource_id.removeprefix(f"/subscriptions/{DEPLOYMENT_LOCATION['properties']['subscriptionId']}")


def heading(text: str) -> None:
    print("\n" + paint("bold", text), flush=True)


def paint(colour: str, text: str) -> str:
    """Returns the text in the colour, or as it is where the output is no terminal or NO_COLOR is set."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return text
    return f"\033[{COLOURS[colour]}m{text}\033[0m"


if __name__ == "__main__":
    main()
