"""A transition of a resource on a trial stack, shown while it runs: what comes and goes in Azure, waits, the event."""

import math
import os
import sys
import time
from collections.abc import Mapping
from typing import Any

import requests

from dev import azure
from dev.brent import Resource, execute, request_body
from dev.endpoints import Endpoints
from dev.events import EXECUTIONS, EventStream
from dev.stack import DEPLOYMENT_LOCATION
from driver.waiting import compute_age

COLOURS = {"bold": "1", "green": "32", "red": "31", "grey": "90", "cyan": "36"}
_LOOK_SECONDS = 0.2
_LONG_SECONDS = 3.0  # of a wait that is shown: what a Delete waits for is mostly gone before


def run_transition(
    stack: Endpoints,
    stream: EventStream,
    name: str,
    resource: Resource,
    request_properties: Mapping[str, Any] | None = None,
    driver_files: str | None = None,
    seconds: float = math.inf,
) -> dict[str, Any]:
    """Executes the transition, shows what Azure has more or less meanwhile, and returns its event, which is shown too.

    Raises RefusedError if the driver does not accept it, TimeoutError if no event comes within the seconds.
    """
    heading(f"{name} {resource.type} {resource.name}")
    in_azure = azure.resource_ids(stack)
    sent = time.monotonic()
    body = request_body(resource, name, stack.deploymentLocation, request_properties, driver_files=driver_files)
    request_id = execute(stack.driver, body)
    say(sent, f"202 accepted, requestId {request_id}")
    event = None
    waiting = ""
    while event is None:
        if time.monotonic() > sent + seconds:
            raise TimeoutError(f"{name} of {resource.name}: no event for {request_id} within {seconds:g} s")
        event = _find_event(stream, request_id)
        in_azure = _show_changes(stack, in_azure, sent)
        waiting = _show_wait(stack, request_id, waiting, sent)
    _show_event(event, sent)
    return event


def read_execution(stack: Endpoints, request_id: str) -> dict[str, Any]:
    """Returns what the driver says of a request: docs/api.md. Raises requests.RequestException."""
    answer = requests.get(f"{stack.driver}{EXECUTIONS}/{request_id}", timeout=30)
    answer.raise_for_status()
    return dict(answer.json())


def _find_event(stream: EventStream, request_id: str) -> dict[str, Any] | None:
    """The event of the request, if it is among those that have come or come in a moment."""
    until = time.monotonic() + _LOOK_SECONDS
    while event := stream.next(until - time.monotonic()):
        if event.key == request_id:
            return event.value
    return None


def _show_changes(stack: Endpoints, before: list[str], sent: float) -> list[str]:
    """Shows what came to Azure and what went since `before`; returns what it has now."""
    now = azure.resource_ids(stack)
    for resource_id in (each for each in now if each not in before):
        say(sent, f"{paint('cyan', 'Azure  +')} {short(resource_id)}")
    for resource_id in (each for each in before if each not in now):
        say(sent, f"{paint('cyan', 'Azure  -')} {short(resource_id)}")
    return now


def _show_wait(stack: Endpoints, request_id: str, before: str, sent: float) -> str:
    """Shows what the request has waited for so long that it needs a word, if that is not what was shown `before`;
    returns what was shown last.
    """
    waiting = read_execution(stack, request_id)["waiting"]
    if not waiting or compute_age(waiting["since"]) < _LONG_SECONDS:
        return before
    text = f"{waiting['for']}: {waiting['reason']}"
    if text != before:
        say(sent, f"{paint('cyan', 'waits for')} {short(text)}")
    return text


def _show_event(event: Mapping[str, Any], sent: float) -> None:
    colour = "green" if event["status"] == "COMPLETE" else "red"
    say(sent, f"{paint('cyan', 'Kafka')}    {paint(colour, event['status'])}")
    for name, value in event["outputs"].items():
        print(f"{'':<12}output    {name} = {short(str(value))}")
    for name, entry in event["associatedTopology"].items():
        print(f"{'':<12}topology  {name}{' is gone' if entry is None else ''}")


def say(sent: float, text: str) -> None:
    """Prints the text with the seconds since the request was sent."""
    print(f"{paint('grey', f'{time.monotonic() - sent:6.2f} s')}   {text}", flush=True)


def short(text: str) -> str:
    """Returns a text whose ARM ids have lost their subscription, which is the same for all here."""
    return text.replace(f"/subscriptions/{DEPLOYMENT_LOCATION['properties']['subscriptionId']}/", "/")


def heading(text: str) -> None:
    print("\n" + paint("bold", text), flush=True)


def paint(colour: str, text: str) -> str:
    """Returns the text in the colour, or as it is where the output is no terminal or NO_COLOR is set."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return text
    return f"\033[{COLOURS[colour]}m{text}\033[0m"
