"""`make drill FAULT=throttle`: plays a fault on a trial stack of its own, and shows what an operator sees of it.

What to do about each is in docs/operations.md; tests/dev/test_drill.py holds its texts against what is shown here.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import requests

from dev import azure
from dev.brent import RefusedError, apply_event, pack_files, vnet
from dev.processes import ProcessError
from dev.stack import ROOT, Stack, running
from dev.stage import GROUP, Stage

_HANG_SECONDS = 20
_THROTTLED = 'azure_driver_retries_total{error_type="SubscriptionRequestsThrottled"}'
_MANIFEST = f"""version: 1
resourceGroup: "{{{{ resourcegroup_name }}}}"
transitions:
  Create: {{deploy: main.json, timeout: {_HANG_SECONDS}s}}
  Delete: {{remove: all}}
"""


def throttle(stage: Stage) -> None:
    """ARM throttles while a deployment is watched."""
    with stage.fault({"kind": "throttle", "method": "GET", "path": "/operationStatuses/", "retryAfter": 3}):
        request_id = stage.send(vnet("vnet-throttle", GROUP))
        stage.wait(request_id, "azure", "", _THROTTLED)
    stage.end(request_id)


def arm_away(stage: Stage) -> None:
    """ARM is out of reach."""
    with stage.fault({"kind": "drop", "path": "^/subscriptions/"}):
        request_id = stage.send(vnet("vnet-arm-away", GROUP))
        stage.wait(request_id, "azure", "azure", 'azure_driver_service_reachable{service="azure"} 0')
    stage.end(request_id, 'azure_driver_service_reachable{service="azure"} 1')


def entra_away(stage: Stage) -> None:
    """Entra ID is out of reach, and there is no token."""
    other = {**stage.stack.deployment_location["properties"], "clientId": "66666666-6666-6666-6666-666666666666"}
    clients = {one["clientId"]: one["clientSecret"] for one in (stage.stack.deployment_location["properties"], other)}
    azure.change_settings(stage.stack.endpoints(), {"clients": clients})
    location = {**stage.stack.deployment_location, "properties": other}
    with stage.fault({"kind": "error", "host": "entra", "status": 503, "code": "ServerError"}):
        request_id = stage.send(vnet("vnet-entra-away", GROUP), deploymentLocation=location)
        stage.wait(request_id, "entra", "entra", 'azure_driver_service_reachable{service="entra"} 0')
    stage.end(request_id, 'azure_driver_service_reachable{service="entra"} 1')


def kafka_away(stage: Stage) -> None:
    """Kafka does not acknowledge events."""
    with stage.kafka_away():
        request_id = stage.send(vnet("vnet-kafka-away", GROUP))
        stage.wait(
            request_id,
            "kafka",
            "kafka",
            "azure_driver_events_pending 1",
            'azure_driver_service_reachable{service="kafka"} 0',
        )
    stage.end(request_id, 'azure_driver_service_reachable{service="kafka"} 1')


def hang(stage: Stage) -> None:
    """A resource of a deployment does not end, until the transition's timeout."""
    template = (ROOT / "infra/resources/AzureVNet/main.json").read_text(encoding="utf-8")
    files = pack_files({"lifecycle.yaml": _MANIFEST, "main.json": template})
    with stage.fault({"kind": "slow", "factor": 1_000_000, "path": "/virtualNetworks/vnet-hang"}):
        stage.end(stage.send(vnet("vnet-hang", GROUP), driverFiles=files))


def quota(stage: Stage) -> None:
    """The subscription's quota is used up."""
    text = "Operation could not be completed as it results in exceeding approved quota."
    with stage.fault({"kind": "quota", "type": "Microsoft.Network/virtualNetworks", "message": text}):
        stage.end(stage.send(vnet("vnet-quota", GROUP)))


def wrong_secret(stage: Stage) -> None:
    """The client secret of the deployment location is wrong."""
    properties = {**stage.stack.deployment_location["properties"], "clientSecret": "not-the-secret"}
    location = {**stage.stack.deployment_location, "properties": properties}
    stage.end(stage.send(vnet("vnet-secret", GROUP), deploymentLocation=location))


def delete_blocked(stage: Stage) -> None:
    """Somebody's lock keeps a resource."""
    wanted = vnet("vnet-blocked", GROUP)
    made = apply_event(wanted, stage.end(stage.send(wanted))["event"])
    with stage.lock("Microsoft.Network/virtualNetworks/vnet-blocked"):
        stage.end(stage.send(made, "Delete"))
    stage.end(stage.send(made, "Delete"))


def turn(stage: Stage) -> None:
    """A Delete comes while the Create of the resource runs."""
    wanted = vnet("vnet-turn", GROUP)
    with stage.fault({"kind": "slow", "factor": 16, "path": "/vnet-turn"}):
        create = stage.send(wanted)
        delete = stage.send(wanted, "Delete")
        stage.wait(delete, "request", "", "azure_driver_transitions_in_flight 2")
        stage.end(create)
    stage.end(delete)


def existing(stage: Stage) -> None:
    """A Create finds something that is there already."""
    wanted = vnet("vnet-existing", GROUP)
    stage.end(stage.send(wanted))
    stage.end(stage.send(replace(wanted, id="another-resource")))


def refused(stage: Stage) -> None:
    """A request is wrong."""
    wanted = vnet("vnet-refused", GROUP)
    properties = {name: value for name, value in wanted.properties.items() if name != "vnet_address_space"}
    try:
        stage.send(replace(wanted, properties=properties))
    except RefusedError as error:
        stage.say(f"POST   {error}")
    stage.read_log()
    stage.read_metrics()


DRILLS: dict[str, Callable[[Stage], None]] = {
    "throttle": throttle,
    "arm-away": arm_away,
    "entra-away": entra_away,
    "kafka-away": kafka_away,
    "hang": hang,
    "quota": quota,
    "wrong-secret": wrong_secret,
    "delete-blocked": delete_blocked,
    "turn": turn,
    "existing": existing,
    "refused": refused,
}


def open_stack(folder: Path) -> Stack:
    """Returns a stack for drills: its log has plain lines, and no progress events among them. /metrics is on."""
    settings = {"LOG_TYPE": "plain", "PROGRESS_EVENTS": "false", "OTEL_METRICS_EXPORTER": "prometheus"}
    return Stack(folder, provisioning_seconds=1.0, settings=settings)


def main() -> None:
    fault = os.environ.get("FAULT") or " ".join(sys.argv[1:])
    drill = DRILLS.get(fault)
    if drill is None:
        known = "\n".join(f"  make drill FAULT={name:<15} {one.__doc__}" for name, one in DRILLS.items())
        sys.exit(f"FAULT is '{fault}'; there are:\n{known}")
    try:
        with tempfile.TemporaryDirectory(prefix="azure-driver-drill-") as folder:
            stack = open_stack(Path(folder))
            with running(stack):
                Stage(stack, show=lambda text: None).prepare()
                print(f"{drill.__doc__} The driver is at {stack.driver}.", flush=True)
                began = time.monotonic()
                drill(Stage(stack, show=lambda text: print(f"{time.monotonic() - began:6.2f} s  {text}", flush=True)))
    except (ProcessError, RefusedError, requests.RequestException, TimeoutError) as error:
        sys.exit(f"The drill could not be played: {error}")
    except KeyboardInterrupt:
        sys.exit("Stopped.")
    print(f"\nWhat to do about it: docs/operations.md, FAULT={fault} in the table of drills.")


if __name__ == "__main__":
    main()
