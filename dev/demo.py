"""`make demo`: a resource group and a VNet in it are created and deleted through the driver, on this machine alone."""

import sys
import tempfile
import time
from pathlib import Path

import requests

from dev import azure
from dev.brent import RefusedError, Resource, apply_event, resource_group, vnet
from dev.endpoints import Endpoints
from dev.events import EventStream, events
from dev.processes import ProcessError
from dev.stack import Stack, running
from dev.transitions import heading, paint, run_transition

EVENT_SECONDS = 60.0


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
        group = complete(stack, stream, "Create", resource_group("rg-demo"))
        network = complete(stack, stream, "Create", vnet("vnet-demo", group="rg-demo"))
        expect_in_azure(stack, ["rg-demo", "vnet-demo", "default"])
        complete(stack, stream, "Delete", network)
        expect_in_azure(stack, ["rg-demo"])
        complete(stack, stream, "Delete", group)
        expect_in_azure(stack, [])


def complete(stack: Endpoints, stream: EventStream, name: str, resource: Resource) -> Resource:
    """Runs the transition and returns the resource as its event leaves it; raises DemoError unless it is COMPLETE."""
    event = run_transition(stack, stream, name, resource, seconds=EVENT_SECONDS)
    if event["status"] != "COMPLETE":
        raise DemoError(f"{name} of {resource.name} ended as {event['status']}: {event['failureDetails']}")
    return apply_event(resource, event)


def expect_in_azure(stack: Endpoints, names: list[str]) -> None:
    """Raises DemoError unless these are the groups and resources in Azure; deployments may be there with others."""
    ids = azure.resource_ids(stack)
    found = sorted(name for path, name in (each.rsplit("/", 1) for each in ids) if not path.endswith("/deployments"))
    if found != sorted(names) or (ids and not names):
        raise DemoError(
            f"Azure should hold {', '.join(names) or 'nothing'}, but it holds {', '.join(ids) or 'nothing'}"
        )


if __name__ == "__main__":
    main()
