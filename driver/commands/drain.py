"""The command `drain`: waits until no lifecycle runs, and shows what still does and why."""

import argparse
import json
import ssl
import sys
import time
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

from driver.errors import InvalidRequest, NotReady
from driver.executions import ACTIVE, read_json
from driver.waiting import compute_age

RUNNING = 1  # exit status: some still run
ORCHESTRATOR = "run_lifecycle"
_INSTANCES = "/runtime/webhooks/durabletask/instances"
_PAGE = 100
_ANSWER_SECONDS = 30.0
_LOOK_SECONDS = 2.0
_REPORT_SECONDS = 30.0
_MOST_SHOWN = 20


def await_end(options: argparse.Namespace) -> int:
    """Wait until no lifecycle runs, at most `options.seconds`. Returns the exit status. Raises InvalidRequest if the
    URL is none, NotReady if the host does not answer.
    """
    key = options.key_file.read_text(encoding="utf-8").strip()
    deadline, reported, before = time.monotonic() + options.seconds, 0.0, -1
    while True:
        running = sorted(list_running(options.url, key, options.ca), key=lambda one: str(one["createdTime"]))
        is_over = time.monotonic() >= deadline
        if not running:
            print("nothing runs")
            return 0
        if is_over or before < 0 or time.monotonic() - reported > _REPORT_SECONDS:
            print(*describe_running(running), sep="\n", flush=True)
            reported = time.monotonic()
        elif len(running) != before:
            print(f"{len(running)} run", flush=True)
        if is_over:
            print(f"error: not drained after {options.seconds:g} seconds", file=sys.stderr)
            return RUNNING
        before = len(running)
        time.sleep(min(_LOOK_SECONDS, max(0.0, deadline - time.monotonic())))


def list_running(url: str, key: str, ca: str | None = None) -> list[Mapping[str, Any]]:
    """The lifecycles that have not ended, as Durable's HTTP API of the host at `url` lists them, without their inputs.
    `key` is the host's system key `durabletask_extension`. Raises NotReady.
    """
    query = {"code": key, "runtimeStatus": ",".join(ACTIVE), "showInput": "false", "top": _PAGE}
    connection = _connect(url, ca)
    found: list[Mapping[str, Any]] = []
    page = ""
    try:
        while True:
            headers = {"x-ms-continuation-token": page} if page else {}
            connection.request("GET", f"{_INSTANCES}?{urlencode(query)}", headers=headers)
            answer = connection.getresponse()
            content = answer.read()
            if answer.status != 200:
                raise NotReady(f"{url} does not list its executions (status {answer.status}): is the key right?")
            found += [one for one in json.loads(content) if one["name"] == ORCHESTRATOR]
            page = answer.headers.get("x-ms-continuation-token", "")
            if not page:
                return found
    except (OSError, HTTPException, ValueError) as error:
        raise NotReady(f"{url} does not list its executions: {error}") from error
    finally:
        connection.close()


def _connect(url: str, ca: str | None) -> HTTPConnection:
    address = urlsplit(url)
    if address.scheme == "http" and address.netloc:
        return HTTPConnection(address.netloc, timeout=_ANSWER_SECONDS)
    if address.scheme == "https" and address.netloc:
        context = ssl.create_default_context(cafile=ca)
        return HTTPSConnection(address.netloc, timeout=_ANSWER_SECONDS, context=context)
    raise InvalidRequest(f"--url is '{url}': it takes the address of the Functions host, such as http://localhost:7071")


def describe_running(running: list[Mapping[str, Any]]) -> Iterator[str]:
    """Lines for people: how many run, and of the oldest what each does and waits for."""
    yield f"{len(running)} run{', the oldest' if len(running) > _MOST_SHOWN else ''}:"
    for instance in running[:_MOST_SHOWN]:
        shown = read_json(instance.get("customStatus"))
        shown = shown if isinstance(shown, dict) else {}
        resource, waiting = shown.get("resource") or {}, shown.get("waiting")
        what = f"{shown.get('transition') or 'a transition'} of {resource.get('name') or 'a resource'}"
        step = shown.get("step") or "not begun"
        age = compute_age(shown.get("acceptedAt") or instance["createdTime"])
        why = f", waits for {waiting['for']}: {waiting['reason']}" if waiting else ""
        yield f"  {instance['instanceId']} {what}: {step}, for {age:.0f} s{why}"
