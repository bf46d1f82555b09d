"""How fast the list of executions is in a large task hub: `python -m benchmarks.executions`.

The hub is filled with copies of one execution; some have an input of 1 MB, as have the kept templates among them. Each
way to ask for a page of 100 is measured, then the way through the whole list. Shown: the executions on a page, bytes of
the answer, and the median and greatest time in milliseconds.
"""

import argparse
import json
import random
import sqlite3
import sys
import tempfile
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from benchmarks.lifecycles import create, machine, percentile
from benchmarks.load import run_apart
from dev.brent import resource_group
from dev.stack import Stack, running
from driver.request_ids import find_prefix

EXECUTIONS = "/api/driver/lifecycle/executions"
COLUMNS = ("execution_id", "name", "version", "status", "input", "output", "custom_status", "created", "updated")
DAYS = 7
TYPES = ("resource::AzureVNet::1.0", "resource::AzureResourceGroup::1.0", "resource::AzureVirtualMachine::1.0")
LOCATIONS = ("azure-we", "azure-ne")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.executions", description=__doc__)
    parser.add_argument("--instances", type=int, default=10_000, help="in the hub")
    parser.add_argument("--large", type=float, default=0.03, help="share of those with an input of 1 MB")
    parser.add_argument("--calls", type=int, default=30, help="of each way to ask")
    parser.add_argument("--most-ms", type=float, default=300.0, help="median of a page above which it exits with 1")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="azure-driver-benchmark-") as folder:
        stack = Stack(Path(folder), provisioning_seconds=0.3)
        with running(stack) as endpoints:
            (made,) = run_apart(endpoints.driver, endpoints.kafka, [create(resource_group("rg-1"))], in_flight=1)
            stack.servers.pop("host").stop()
            size = fill(stack.folder / "task-hub.sqlite", made.request_id, options.instances, options.large)
            stack.start_host()
            print(f"{options.instances} instances, {size / 1e6:.0f} MB; machine: {machine()}")
            print(f"{'asked for':<34}{'executions':>11}{'bytes':>9}{'p50 ms':>8}{'max ms':>8}")
            medians = [measure(stack, query, options.calls) for query in list_queries()]
            for query in list_searches():
                measure(stack, query, options.calls)
            pages, found, seconds = read_all(stack)
            print(f"the whole list: {found} executions in {pages} answers and {seconds:.1f} s")
    if max(medians) > options.most_ms:
        sys.exit(f"a page takes more than {options.most_ms:g} ms")


def list_queries() -> list[dict[str, str]]:
    """Queries that the task hub answers with a page or two."""
    hour, day = ((datetime.now(UTC) - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ") for hours in (1, 24))
    return [
        {},
        {"status": "IN_PROGRESS"},
        {"status": "COMPLETE"},
        {"since": hour},
        {"since": day},
        {"resource": "resource-17"},
        {"type": "AzureVNet"},
        {"location": "azure-we"},
    ]


def list_searches() -> list[dict[str, str]]:
    """Queries of which the task hub can filter little, so that many of its pages are read: for 2 s at most."""
    day = (datetime.now(UTC) - timedelta(hours=24)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return [{"status": "FAILED"}, {"status": "FAILED", "since": day}, {"location": "nowhere"}]


def fill(hub: Path, request_id: str, count: int, large: float) -> int:
    """Copy an execution so often, begun within the last days: one in 20 has failed, one in 200 runs, one in 20 keeps a
    template. Returns the size of the hub in bytes.
    """
    chosen, now = random.Random(1), datetime.now(UTC)
    with sqlite3.connect(hub) as db:
        query = f"SELECT {', '.join(COLUMNS)} FROM instances WHERE id = ?"
        row = dict(zip(COLUMNS, db.execute(query, (request_id,)).fetchone(), strict=True))
        for number in range(count):
            moment = now - timedelta(days=DAYS) * chosen.random()
            copy_id = find_prefix(f"resource-{number // 3}") + str(uuid.UUID(int=chosen.getrandbits(128)))[18:]
            copied = row | build_copy(row, number, moment, chosen)
            if chosen.random() < large:
                copied["input"] = json.dumps({"sealed": "x" * 1_000_000})
            copy_id = f"content-{copy_id}" if copied["name"] == "keep_content" else copy_id
            places = ", ".join("?" * (len(COLUMNS) + 1))
            names = ", ".join(("id", *COLUMNS))
            db.execute(f"INSERT INTO instances ({names}) VALUES ({places})", (copy_id, *copied.values()))
    db.close()
    return hub.stat().st_size


def build_copy(row: Mapping[str, Any], number: int, moment: datetime, chosen: random.Random) -> dict[str, Any]:
    """What makes an execution of that time from a row: its times, its resource, and how it ended."""
    shown, event = json.loads(row["custom_status"]), json.loads(row["output"])
    accepted_at = moment.isoformat()
    resource = {"id": f"resource-{number // 3}", "name": f"n-{number}", "type": chosen.choice(TYPES)}
    shown |= {"resource": resource, "deploymentLocation": chosen.choice(LOCATIONS), "acceptedAt": accepted_at}
    written = moment.strftime("%Y-%m-%dT%H:%M:%S.0000000Z")
    copied = {"custom_status": json.dumps(shown), "created": written, "updated": written}
    kind = number % 200
    if kind == 0:
        return {**copied, "status": "Running", "output": None}
    if kind % 20 == 1:
        return {**copied, "name": "keep_content", "custom_status": None, "output": None}
    if kind % 20 == 2:
        details = {"failureCode": "INSUFFICIENT_CAPACITY", "description": "there is no more"}
        return {**copied, "output": json.dumps({**event, "status": "FAILED", "failureDetails": details})}
    return copied


def measure(stack: Stack, query: Mapping[str, str], calls: int) -> float:
    """Ask so often and print what came. Returns the median in milliseconds."""
    times = []
    for _ in range(calls):
        begun = time.perf_counter()
        answer = requests.get(stack.driver + EXECUTIONS, params=query, timeout=60)
        times.append((time.perf_counter() - begun) * 1_000)
        answer.raise_for_status()
    median = percentile(times, 50)
    name = "&".join(f"{key}={value}" for key, value in query.items()) or "everything"
    found = len(answer.json()["executions"])
    print(f"{name:<34}{found:>11}{len(answer.content):>9}{median:>8.0f}{max(times):>8.0f}", flush=True)
    return median


def read_all(stack: Stack) -> tuple[int, int, float]:
    """The number of answers, of executions, and the seconds that the whole list takes, one answer after another."""
    begun, pages, found = time.perf_counter(), 0, 0
    continuation: dict[str, str] = {}
    while True:
        answer = requests.get(stack.driver + EXECUTIONS, params=continuation, timeout=60).json()
        pages, found = pages + 1, found + len(answer["executions"])
        if answer["continuation"] is None:
            return pages, found, time.perf_counter() - begun
        continuation = {"continuation": answer["continuation"]}


if __name__ == "__main__":
    main()
