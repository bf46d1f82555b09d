"""The runs: what goes wrong in each, and what must come of it."""

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import requests

from benchmarks.faults.fuzz import build_requests
from benchmarks.faults.interruptions import killing, stopping_kafka
from benchmarks.faults.packages import build_large_output
from benchmarks.faults.report import Check
from benchmarks.faults.stand import GROUP, LOCATION, Stand
from benchmarks.kafka_away import await_puts, count_puts
from dev import apache_kafka, azure
from dev.brent import EXECUTE, request_body, vnet
from dev.events import TOPIC
from dev.needles import SECRET

_ARM = "^/subscriptions/"
_KILLS = 10
_AWAY_SECONDS = 60.0
_RECORD_BYTES = 8_000


@dataclass(frozen=True)
class Options:
    """`lifecycles` of each transition; `seconds` for which Kafka is away; `fuzzed` requests."""

    lifecycles: int
    seconds: float
    fuzzed: int
    seed: int


@dataclass(frozen=True)
class Run:
    """`act` plays it on a stand; with `signs_in` the driver signs in to Kafka."""

    act: Callable[[Stand, Options], None]
    signs_in: bool = False
    provisioning_seconds: float = 2.0


def kill_during_creates(stand: Stand, options: Options) -> None:
    """The host with its workers is killed ten times during Creates, and Kafka every third time."""
    names = _add_networks(stand, options.lifecycles)
    with killing(stand, _KILLS, 8.0 * _KILLS, random.Random(options.seed)):
        accepted = stand.send("Create", names, over=8.0 * _KILLS)
    stand.await_events(accepted)
    stand.checks.append(Check("in Azure, in no topology", [], stand.find_unowned()))


def kill_during_deletes(stand: Stand, options: Options) -> None:
    """The same during Deletes."""
    names = _add_networks(stand, options.lifecycles)
    stand.await_events(stand.send("Create", names))
    with killing(stand, _KILLS, 8.0 * _KILLS, random.Random(options.seed)):
        accepted = stand.send("Delete", names, over=8.0 * _KILLS)
    stand.await_events(accepted)
    _check_empty(stand)


def stop_kafka(stand: Stand, options: Options) -> None:
    """Kafka is stopped for a while during Creates."""
    names = _add_networks(stand, options.lifecycles)
    with stopping_kafka(stand, options.seconds):
        accepted = stand.send("Create", names, over=options.seconds)
    stand.await_events(accepted)
    stand.checks.append(Check("in Azure, in no topology", [], stand.find_unowned()))


def refuse_in_azure(stand: Stand, options: Options) -> None:
    """ARM answers 10% with 429 and 5% with 500, breaks 2% of the connections off, and some calls take 30 s."""
    faults = [
        {"kind": "throttle", "rate": 0.10, "path": _ARM, "seed": options.seed},
        {"kind": "error", "rate": 0.05, "path": _ARM, "status": 500},
        {"kind": "drop", "rate": 0.02, "path": _ARM},
        {"kind": "delay", "rate": 0.01, "path": _ARM, "seconds": 30},
    ]
    for fault in faults:
        azure.add_fault(stand.stack, fault)
    names = _add_networks(stand, options.lifecycles)
    stand.await_events(stand.send("Create", names))
    stand.checks.append(Check("in Azure, in no topology", [], stand.find_unowned()))
    stand.await_events(stand.send("Delete", names))
    _check_empty(stand)
    answers = azure.counters(stand.stack)["statuses"]
    refused = answers.get("429", 0) > 0 and answers.get("500", 0) > 0
    stand.checks.append(Check("ARM did refuse, with 429 and 500", True, refused))


def stop_entra(stand: Stand, options: Options) -> None:
    """Entra ID breaks connections off for 60 s, then answers 503 for 60 s, while tokens live for 10 s."""
    azure.change_settings(stand.stack, {"tokenSeconds": 10})
    away = {"kind": "drop", "host": "entra", "forSeconds": _AWAY_SECONDS}
    failing = {"kind": "error", "host": "entra", "status": 503, "code": "ServerError", "forSeconds": _AWAY_SECONDS}
    azure.add_faults(stand.stack, [away, failing])
    names = _add_networks(stand, options.lifecycles)
    stand.await_events(stand.send("Create", names, over=_AWAY_SECONDS))
    stand.checks.append(Check("in Azure, in no topology", [], stand.find_unowned()))


def rotate_secret(stand: Stand, options: Options) -> None:
    """The client secret is changed while Creates run; those that come later bring the new one."""
    names = _add_networks(stand, options.lifecycles)
    half = len(names) // 2
    accepted = stand.send("Create", names[:half])
    properties = {**LOCATION["properties"], "clientSecret": f"{SECRET}-next"}
    azure.change_settings(stand.stack, {"clients": {properties["clientId"]: properties["clientSecret"]}})
    stand.location = {**LOCATION, "properties": properties}
    accepted |= stand.send("Create", names[half:])
    stand.await_events(accepted)
    stand.checks.append(Check("in Azure, in no topology", [], stand.find_unowned()))
    stand.await_events(stand.send("Delete", names))
    _check_empty(stand)


def refuse_credentials(stand: Stand, options: Options) -> None:
    """Kafka refuses the driver's password; the driver is started again with the right one."""
    names = _add_networks(stand, options.lifecycles)
    stand.sign_in_to_kafka(f"{SECRET}-wrong")
    before = count_puts(stand.stack)
    accepted = stand.send("Create", names)
    await_puts(stand.stack, before + len(names))
    stand.checks.append(Check("events while Kafka refuses the password", 0, len(stand.collected.keys() & accepted)))
    stand.sign_in_to_kafka(apache_kafka.PASSWORD)
    stand.await_events(accepted)
    stand.checks.append(Check("in Azure, in no topology", [], stand.find_unowned()))


def limit_records(stand: Stand, options: Options) -> None:
    """The topic takes no record as large as the events of these Creates: they end FAILED, and a Delete removes all."""
    apache_kafka.configure_topic(stand.kafka.address, TOPIC, "max.message.bytes", str(_RECORD_BYTES))
    names = _add_networks(stand, options.lifecycles)
    stand.driver_files = build_large_output(_RECORD_BYTES)
    stand.await_events(stand.send("Create", names), status="FAILED")
    stand.checks.append(Check("in Azure, in no topology", [], stand.find_unowned()))
    stand.await_events(stand.send("Delete", names))
    _check_empty(stand)


def send_nonsense(stand: Stand, options: Options) -> None:
    """Bodies, archives and manifests that nobody would write."""
    worst: dict[int, int] = {}
    unclear = 0
    with requests.Session() as session:
        for content in build_requests(options.fuzzed, options.seed):
            answer = session.post(stand.stack.driver + EXECUTE, data=content, timeout=60)
            stand.answers.append(answer.content)
            worst[answer.status_code] = worst.get(answer.status_code, 0) + 1
            if answer.status_code == requests.codes.accepted:
                stand.requests[answer.json()["requestId"]] = GROUP
            elif not answer.json().get("localizedMessage"):
                unclear += 1
    print(f"  answers by status: {worst}", flush=True)
    stand.collected.wait_for(set(stand.requests), 300)
    stand.checks += [
        Check("answers with a 5xx", 0, sum(number for status, number in worst.items() if status >= 500)),
        Check("refusals without localizedMessage", 0, unclear),
        Check("the driver still works", 202, _post_again(stand)),
    ]


RUNS = {
    "kill-creates": Run(kill_during_creates),
    "kill-deletes": Run(kill_during_deletes),
    "kafka-away": Run(stop_kafka),
    "kafka-credentials": Run(refuse_credentials, signs_in=True),
    "kafka-too-large": Run(limit_records),
    "azure-refuses": Run(refuse_in_azure),
    "entra-away": Run(stop_entra),
    "secret-rotated": Run(rotate_secret, provisioning_seconds=20),
    "nonsense": Run(send_nonsense),
}


def _add_networks(stand: Stand, number: int) -> list[str]:
    networks = [vnet(f"vnet-{one}", GROUP) for one in range(number)]
    stand.add_resources(networks)
    return [network.name for network in networks]


def _check_empty(stand: Stand) -> None:
    left = [one for one in azure.resource_ids(stand.stack) if "/virtualnetworks/" in one.lower()]
    stand.checks.append(Check("networks left in Azure", [], left))


def _post_again(stand: Stand) -> int:
    body = request_body(vnet(f"vnet-{uuid.uuid4()}", GROUP), "Create", stand.location)
    return requests.post(stand.stack.driver + EXECUTE, json=body, timeout=60).status_code
