"""How fast references/find is in a subscription with many resources: `python -m benchmarks.references`.

The embedded Azure holds `--resources` application security groups, 500 in each resource group, and takes 30 ms for
each answer. One of them is asked for `--calls` times by each way of naming it. Shown: ARM calls of one find, and the
median and 99th percentile in seconds.
"""

import argparse
import base64
import io
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

import requests

from benchmarks.lifecycles import percentile
from dev import azure
from dev.endpoints import Endpoints
from dev.stack import Stack, running

TYPE = "Microsoft.Network/applicationSecurityGroups"
EACH = 500
SECONDS = 120
MANIFEST = f"version: 1\ntransitions: {{}}\nreference: {{type: {TYPE}, outputs: {{region: location}}}}\n"
TEMPLATE = {
    "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    "contentVersion": "1.0.0.0",
    "parameters": {"prefix": {"type": "string"}},
    "resources": [
        {
            "type": TYPE,
            "apiVersion": "2024-05-01",
            "name": "[format('{0}-{1}', parameters('prefix'), copyIndex())]",
            "location": "westeurope",
            "tags": {"name": "[format('{0}-{1}', parameters('prefix'), copyIndex())]"},
            "copy": {"name": "many", "count": EACH},
            "properties": {},
        }
    ],
}


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.references", description=__doc__)
    arguments.add_argument("--resources", type=int, default=5_000)
    arguments.add_argument("--calls", type=int, default=100)
    options = arguments.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Stack(Path(folder), provisioning_seconds=0.5, latency_ms=30, settings={"EVENTS": "log"})) as stack,
    ):
        subscription = fill(stack, options.resources)
        wanted = "group0-250"
        known = f"{subscription}/resourceGroups/group0/providers/{TYPE}/{wanted}"
        print(f"{len(azure.resource_ids(stack))} groups, resources and deployments; {options.calls} finds each")
        print(f"{'named by':<16}{'arm calls':>10}{'p50 s':>8}{'p99 s':>8}")
        for way, name, files in (
            ("name and type", wanted, packed(MANIFEST)),
            ("name", wanted, ""),
            ("tag", f"tag:name={wanted}", ""),
            ("ARM id", known, ""),
            ("nothing", "not-there", ""),
        ):
            calls, seconds = measure(stack, name, files, options.calls)
            print(f"{way:<16}{calls:>10.2f}{percentile(seconds, 50):>8.3f}{percentile(seconds, 99):>8.3f}")
    return 0


def fill(stack: Endpoints, number: int) -> str:
    """Deploy that many resources; the id of the subscription."""
    properties = stack.deploymentLocation["properties"]
    subscription = f"/subscriptions/{properties['subscriptionId']}"
    session = requests.Session()
    session.trust_env = False
    session.verify = stack.ca
    form = {
        "grant_type": "client_credentials",
        "client_id": properties["clientId"],
        "client_secret": properties["clientSecret"],
        "scope": f"{stack.azure}/.default",
    }
    signed_in = session.post(f"{stack.azure}/{properties['tenantId']}/oauth2/v2.0/token", data=form).json()
    session.headers["Authorization"] = f"Bearer {signed_in['access_token']}"
    for at in range(-(-number // EACH)):
        group = f"{stack.azure}{subscription}/resourceGroups/group{at}"
        put(session, group, {"location": "westeurope"})
        body = {"mode": "Incremental", "template": TEMPLATE, "parameters": {"prefix": {"value": f"group{at}"}}}
        put(session, f"{group}/providers/Microsoft.Resources/deployments/fill", {"properties": body})
    return subscription


def put(session: requests.Session, url: str, body: dict[str, Any]) -> None:
    """PUT, and wait until it is there."""
    version = {"api-version": "2022-09-01"}
    session.put(url, params=version, json=body).raise_for_status()
    deadline = time.monotonic() + SECONDS
    while (state := session.get(url, params=version).json()["properties"]["provisioningState"]) != "Succeeded":
        if state == "Failed" or time.monotonic() > deadline:
            raise RuntimeError(f"{url} is {state}")
        time.sleep(0.1)


def measure(stack: Endpoints, name: str, files: str, number: int) -> tuple[float, list[float]]:
    """ARM calls and seconds of finds; the first, which signs in, is not counted."""
    body = {"instanceName": name, "driverFiles": files, "deploymentLocation": stack.deploymentLocation}
    session = requests.Session()
    seconds = []
    calls = 0
    for at in range(number + 1):
        begin = time.perf_counter()
        answer = session.post(f"{stack.driver}/api/driver/references/find", json=body, timeout=60)
        answer.raise_for_status()
        if at == 0:
            calls = azure.counters(stack)["armTotal"]
        else:
            seconds.append(time.perf_counter() - begin)
    return (azure.counters(stack)["armTotal"] - calls) / number, seconds


def packed(manifest: str) -> str:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("lifecycle.yaml", manifest)
    return base64.b64encode(stream.getvalue()).decode()


if __name__ == "__main__":
    raise SystemExit(main())
