"""What the purge of a large task hub costs the lifecycles that run meanwhile: `python -m benchmarks.history`.

The hub is filled with copies of one execution that ended long ago. Creates are measured twice: while nothing is purged,
and while housekeeping purges. Then housekeeping runs until all is purged.
"""

import argparse
import sqlite3
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from benchmarks.lifecycles import GROUP, create, machine, one_round, table
from benchmarks.load import run_apart
from dev.brent import resource_group, vnet
from dev.stack import Stack, running
from driver.housekeeping import PURGE_SECONDS

AGE = timedelta(days=30)
INSTANCES = "/runtime/webhooks/durabletask/instances"
COLUMNS = "execution_id, name, version, status, input, output, custom_status"
AGAIN = "the next run goes on"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.history", description=__doc__)
    parser.add_argument("--instances", type=int, default=100_000, help="ended executions in the hub")
    parser.add_argument("--lifecycles", type=int, default=100)
    parser.add_argument("--in-flight", type=int, default=20, help="POSTs at a time; lifecycles are unbounded")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="azure-driver-benchmark-") as folder:
        stack = Stack(Path(folder), latency_ms=30.0)
        with running(stack) as endpoints:
            run_apart(endpoints.driver, endpoints.kafka, [create(resource_group(GROUP))], in_flight=1)
            (old,) = run_apart(endpoints.driver, endpoints.kafka, [create(vnet("vnet-old", GROUP))], in_flight=1)
            stack.servers.pop("host").stop()
            size = fill(stack.folder / "task-hub.sqlite", old.request_id, options.instances)
            stack.start_host()
            endpoints = stack.endpoints()
            networks = [vnet(f"vnet-{number}", GROUP) for number in range(2 * options.lifecycles)]
            _, quiet = one_round(endpoints, networks[: options.lifecycles], "Create", options.in_flight)
            begun = time.monotonic()
            trigger(stack)
            _, purging = one_round(endpoints, networks[options.lifecycles :], "Create", options.in_flight)
            left = count_some(stack)
            print(table({"quiet": quiet, "purging": purging}, vars(options)), flush=True)
            runs = purge(stack)
            seconds = time.monotonic() - begun
    print(f"\n{options.instances} executions ({size / 1e6:.0f} MB) purged in {seconds:.0f} s {runs} runs")
    print(f"limit of a run: {PURGE_SECONDS:g} s; machine: {machine()}")
    if not left:
        sys.exit("The purge was over before the Creates: use more --instances.")
    if any(found.complete != found.lifecycles for found in (quiet, purging)):
        sys.exit("Not every lifecycle ended with exactly one COMPLETE.")


def fill(hub: Path, request_id: str, count: int) -> int:
    """Copy an execution with its history so often, ended long ago. Returns the size of the hub in bytes."""
    moment = (datetime.now(UTC) - AGE).strftime("%Y-%m-%dT%H:%M:%S.0000000Z")
    with sqlite3.connect(hub) as db:
        for number in range(count):
            copy = f"{number:016x}-{request_id}"
            db.execute(
                f"INSERT INTO instances (id, {COLUMNS}, created, updated, parent) "
                f"SELECT ?, {COLUMNS}, ?, ?, parent FROM instances WHERE id = ?",
                (copy, moment, moment, request_id),
            )
            db.execute(
                "INSERT INTO history SELECT ?, number, event FROM history WHERE instance_id = ?", (copy, request_id)
            )
    db.close()
    return hub.stat().st_size


def trigger(stack: Stack) -> None:
    """Let housekeeping run now."""
    answer = requests.post(
        f"{stack.driver}/admin/functions/housekeep", json={}, headers={"x-functions-key": read_key(stack)}, timeout=30
    )
    answer.raise_for_status()


def purge(stack: Stack) -> int:
    """Wait until all is purged, with as many runs of housekeeping as it takes. Returns their number."""
    runs = 1
    while count_some(stack):
        if read_log(stack).count(AGAIN) >= runs:
            print(next(line for line in reversed(read_log(stack).splitlines()) if AGAIN in line), flush=True)
            trigger(stack)
            runs += 1
        time.sleep(2)
    return runs


def count_some(stack: Stack) -> int:
    """How many old executions the hub lists on its first page."""
    before = (datetime.now(UTC) - AGE / 2).strftime("%Y-%m-%dT%H:%M:%SZ")
    query: dict[str, Any] = {"code": read_key(stack), "createdTimeTo": before, "showInput": "false", "top": 10}
    return len(requests.get(f"{stack.driver}{INSTANCES}", params=query, timeout=60).json())


def read_key(stack: Stack) -> str:
    return read_log(stack).rsplit(f"{INSTANCES}?code=", 1)[1].split()[0]


def read_log(stack: Stack) -> str:
    return stack.servers["host"].log.read_text(encoding="utf-8")


if __name__ == "__main__":
    main()
