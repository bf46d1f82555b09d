"""`make run`: starts the trial stack, in the background, and says how to use it."""

import json
import os
import shutil
import sys

from dev import endpoints
from dev.brent import EXECUTE, TENANT, request_body, resource_group
from dev.endpoints import FOLDER, Endpoints
from dev.ports import read_ports, require_free
from dev.processes import ProcessError
from dev.proxies import is_proxied
from dev.stack import Stack
from dev.stop import find_running

EXAMPLE = "create-group.json"
PORTS = {"DRIVER_PORT": 7071, "AZURE_PORT": 9443}


def main() -> None:
    ports = read_ports(PORTS)
    if before := find_running(FOLDER):
        sys.exit(f"It runs already, the driver at {before.driver}; `make stop` stops it.")
    require_free(ports)
    shutil.rmtree(FOLDER, ignore_errors=True)  # the task hub of a stack whose Azure and Kafka are gone is of no use
    FOLDER.mkdir()
    stack = Stack(
        FOLDER,
        driver_port=ports["DRIVER_PORT"],
        azure_port=ports["AZURE_PORT"],
        provisioning_seconds=_number("AZURE_PROVISIONING_SECONDS", 2),
        latency_ms=_number("AZURE_LATENCY_MS", 0),
    )
    try:
        stack.start()
    except ProcessError as error:
        sys.exit(f"The stack did not start: {error}")
    started = stack.endpoints()
    endpoints.write(started, FOLDER)
    _say_how_to_use(started)


def _number(setting: str, default: float) -> float:
    text = os.environ.get(setting) or str(default)
    try:
        number = float(text)
    except ValueError:
        number = -1
    if not 0 <= number < float("inf"):
        sys.exit(f"{setting} is '{text}': it takes a number of at least 0")
    return number


def _say_how_to_use(started: Endpoints) -> None:
    body = request_body(resource_group("rg-trial"), "Create", started.deploymentLocation)
    FOLDER.joinpath(EXAMPLE).write_text(json.dumps(body, indent=2) + "\n", encoding="utf-8")
    folder = FOLDER.name
    print(
        f"driver  {started.driver}\n"
        f"azure   {started.azure}  (CA certificate: {started.ca})\n"
        f"kafka   {started.kafka}\n"
        f"logs    {folder}/host.log, {folder}/azure.log, {folder}/kafka.log\n"
        f"for scripts: {folder}/{endpoints.FILE_NAME}\n"
        f"{_name_proxy_setting()}"
        "\nCreate a resource group, then see its event and the group itself:\n\n"
        f"  curl -H 'Content-Type: application/json' -H 'tenantId: {TENANT}' \\\n"
        f"    --data @{folder}/{EXAMPLE} {started.driver}{EXECUTE}\n"
        "  make events\n"
        f"  curl --cacert {folder}/tls/ca.pem {started.azure}/emulator/resources\n"
        "\n`make stop` stops it all."
    )


def _name_proxy_setting() -> str:
    """What makes curl call this machine directly, where a proxy is set."""
    if not is_proxied(os.environ):
        return ""
    exempt = os.environ["no_proxy"]
    return f"\nA proxy is set. For curl to call this machine directly:\n\n  export no_proxy='{exempt}'\n"


if __name__ == "__main__":
    main()
