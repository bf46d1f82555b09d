"""Peak memory of the driver for large driver files: `python -m benchmarks.memory`.

A Create and a Delete of a package whose zip has so many MB that no compression makes smaller, one after the other, on
the local host. What is measured is the resident memory of its process tree (Linux): the worker, and the host's engine.
"""

import argparse
import json
import random
import tempfile
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from benchmarks.load import run_apart
from dev.brent import Resource, apply_event, request_body, resource_group
from dev.endpoints import Endpoints
from dev.stack import DEPLOYMENT_LOCATION, Stack, running

PERIOD_SECONDS = 0.05
GROUP = "rg-memory"
MANIFEST = "version: 1\nresourceGroup: rg-memory\ntransitions: {Create: {deploy: Create.json}}\n"
LARGEST_TEMPLATE = 3_900_000  # bytes; ARM takes 4 MB
ENTROPY = 0.75  # bytes of the zip for each character of base64 in a template


class Peak:
    """The greatest sum of resident set sizes seen so far, in MiB."""

    mebibytes = 0.0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__)
    parser.add_argument("--megabytes", type=float, nargs="+", default=[0, 1, 8], help="of the zip; 0: no package")
    parser.add_argument("--provisioning-seconds", type=float, default=20.0, help="the more, the more steps")
    options = parser.parse_args()
    print(f"{'zip':>8} {'idle':>8} {'Create':>8} {'Delete':>8} {'task hub':>9}   MiB")
    for megabytes in options.megabytes:
        with tempfile.TemporaryDirectory(prefix="azure-driver-benchmark-") as folder:
            stack = Stack(Path(folder), provisioning_seconds=options.provisioning_seconds)
            with running(stack) as endpoints:
                idle, create, delete = measure(endpoints, int(megabytes * 2**20))
                hub = sum(path.stat().st_size for path in Path(folder).glob("task-hub.sqlite*")) / 2**20
        print(f"{megabytes:>8g} {idle:>8.0f} {create:>8.0f} {delete:>8.0f} {hub:>9.1f}", flush=True)


def measure(stack: Endpoints, size: int) -> tuple[float, float, float]:
    """Peak memory in MiB: after a small Create, in the Create with a package of that size, and in its Delete."""
    files = build_archive(size) if size else ""
    resource = Resource("memory", "resource::Memory::1.0", {}) if size else resource_group("rg-other")
    _, idle = run_transition(stack, resource_group(GROUP), "Create", "")
    created, create = run_transition(stack, resource, "Create", files)
    _, delete = run_transition(stack, created, "Delete", files)
    return idle, create, delete


def run_transition(stack: Endpoints, resource: Resource, transition: str, files: str) -> tuple[Resource, float]:
    """The resource as the event leaves it, and the peak memory meanwhile in MiB."""
    body = request_body(resource, transition, DEPLOYMENT_LOCATION)
    body = {**body, "driverFiles": files} if files else body
    with watched(lambda: stack.pids["host"]) as peak:
        (lifecycle,) = run_apart(stack.driver, stack.kafka, [body], in_flight=1)
    if lifecycle.status != "COMPLETE":
        raise SystemExit(f"{transition}: {lifecycle.events or 'no event'}")
    return apply_event(resource, lifecycle.events[0].value), peak.mebibytes


def build_archive(size: int) -> str:
    """Driver files of that size in bytes: a template as large as ARM takes, and another file for the rest."""
    dice = random.Random(0)
    length = min(int(size / ENTROPY), LARGEST_TEMPLATE)
    template = build_template(b64encode(dice.randbytes(length * 3 // 4)).decode())
    files: dict[str, str | bytes] = {"lifecycle.yaml": MANIFEST, "Create.json": json.dumps(template)}
    rest = size - len(pack(files)) * 3 // 4 - 5_000
    return pack({**files, "other.bin": dice.randbytes(rest)} if rest > 0 else files)


def pack(files: Mapping[str, str | bytes]) -> str:
    """Driver files of these contents, by path."""
    content = BytesIO()
    with ZipFile(content, "w", ZIP_DEFLATED) as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return b64encode(content.getvalue()).decode()


def build_template(noise: str) -> dict[str, Any]:
    network = {
        "type": "Microsoft.Network/virtualNetworks",
        "apiVersion": "2024-05-01",
        "name": "memory",
        "location": "northeurope",
        "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}},
    }
    return {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "metadata": {"noise": noise},
        "resources": [network],
    }


@contextmanager
def watched(find_pid: Callable[[], int]) -> Iterator[Peak]:
    """Samples the tree of processes below that process 20 times a second while the context is open."""
    peak, closing = Peak(), threading.Event()

    def sample() -> None:
        while not closing.wait(PERIOD_SECONDS):
            peak.mebibytes = max(peak.mebibytes, measure_tree(find_pid()))

    thread = threading.Thread(target=sample, name="memory")
    thread.start()
    try:
        yield peak
    finally:
        closing.set()
        thread.join()


def measure_tree(pid: int) -> float:
    """The resident memory of a process and of all below it, in MiB."""
    return sum(map(_resident, tree(pid))) / 1024


def tree(pid: int) -> Iterator[int]:
    """Yields the ids of a process and of all below it."""
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            text = children.read_text()
        except OSError:  # the thread has ended since
            continue
        for child in text.split():
            yield from tree(int(child))


def _resident(pid: int) -> float:
    """Returns kibibytes; 0 for a process that has ended since."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((float(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")), 0)


if __name__ == "__main__":
    main()
