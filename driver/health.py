"""The driver's health: its vitals, each with its reason and the time of its last change."""

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from driver import events, executions, floods, keys, telemetry, wakes
from driver.azure import endpoints, reachability
from driver.azure.endpoints import Endpoint
from driver.azure.reachability import Service
from driver.errors import NotReady, drop_traces
from driver.executions import Executions
from driver.pools import Pool
from driver.settings import TRIAL_HUB, Settings, current
from driver.steps.calls import call_within

TASK_HUB_SECONDS = 0.9  # that the task hub has to answer
KAFKA_SECONDS = 0.5  # that Kafka has to answer the first question of a process
AZURE_SECONDS = 4.0  # that Entra ID and ARM have to answer if they are asked
FRESH_SECONDS = 10.0  # in which they are asked once, however often health is
UNREADY_SECONDS = 600.0  # until the log says again that no work is accepted
_ASKING = Pool("health checks that ask Azure", threads=1, queue=16)
_NO_EXECUTION = "health"  # no execution has this id; the task hub is asked for it
_seen: dict[str, tuple[bool, datetime]] = {}  # what health checks saw of vitals, and since when
_faults: tuple[float, dict[Endpoint, str]] = (0.0, {})  # what Azure answered, until when (`time.monotonic()`)
_log = logging.getLogger("driver.api")


@dataclass(frozen=True)
class Vital:
    """A vital. `since`: the time of its last change; if not given, that of the first health check that saw it so."""

    is_ok: bool
    reason: str
    since: datetime | None = None


def require_ready(settings: Settings) -> None:
    """Raise NotReady, naming the variable, if work accepted now could not be finished."""
    settings.require_ready()
    keys.read_keys(settings)
    events.require_valid_settings(settings)


async def check(client: Executions, asks_azure: bool) -> tuple[bool, dict[str, dict[str, str]]]:
    """Whether a request can be accepted now, and the vitals as JSON. That Kafka, ARM or Entra ID is out of reach, or
    that a new file of sealing keys is unusable, does not keep a request from being accepted.

    Entra ID and ARM are judged by the last calls of this process. With `asks_azure` they are asked as well.
    """
    settings = current()
    hub = asyncio.ensure_future(_check_task_hub(client, settings))
    asked = asyncio.ensure_future(_ask_azure(settings)) if asks_azure else None
    is_ready, app = _check_app(settings)
    if is_ready:
        wakes.follow_kafka(settings, client)
    kafka, task_hub = await _check_kafka(settings), await hub
    faults = await asked if asked else {}
    vitals = {
        "app": app,
        "taskHub": task_hub,
        "kafka": kafka,
        "azure": _judge_service(reachability.ARM, "azure", faults),
        "entra": _judge_service(reachability.ENTRA_ID, "entra", faults),
    }
    shown = {name: _describe_vital(name, vital) for name, vital in vitals.items()}
    return is_ready and task_hub.is_ok, shown


def _check_app(settings: Settings) -> tuple[bool, Vital]:
    """Whether the settings let a request be accepted, and the vital of it."""
    try:
        require_ready(settings)
    except NotReady as error:
        _log_unready(error)
        return False, Vital(False, str(error))
    if fault := keys.find_fault(settings):
        return True, Vital(False, f"{fault}; the keys that were read before stay in use")
    return True, Vital(True, "requests are accepted")


async def _check_task_hub(client: Executions, settings: Settings) -> Vital:
    try:
        await executions.find_execution(client, _NO_EXECUTION, TASK_HUB_SECONDS)
    except NotReady as error:
        _log_unready(error)
        return Vital(False, str(error))
    return Vital(True, TRIAL_HUB if settings.task_hub_trial else "it answers")


async def _check_kafka(settings: Settings) -> Vital:
    """The vital of Kafka, as it is known. It is not asked here; only a process that has just begun waits a moment."""
    if settings.events_to_log:
        return Vital(True, "not used: EVENTS=log sends events to the log")
    if not settings.kafka_bootstrap_servers:
        return Vital(False, "no broker is configured: KAFKA_BOOTSTRAP_SERVERS is not set")
    deadline = time.monotonic() + KAFKA_SECONDS
    try:
        while not (condition := events.read_condition(settings)).is_known and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
    except NotReady as error:
        return Vital(False, str(error))
    since = datetime.fromisoformat(condition.since)
    if condition.is_known and not condition.is_away:
        return Vital(True, "it answers", since)
    return Vital(False, condition.reason, since)


def _judge_service(service: Service, name: str, faults: dict[Endpoint, str]) -> Vital:
    """The vital of ARM or Entra ID, by the last calls of this process and, if it was asked, by its answers."""
    asked = [fault for endpoint, fault in faults.items() if endpoint.service == name]
    trouble = service.find_trouble()
    if found := [fault for fault in asked if fault]:
        return Vital(False, "; ".join(found), trouble.since if trouble else None)
    if trouble:
        return Vital(False, f"{trouble.reason}{'; asked now, it answers' if asked else ''}", trouble.since)
    since, reason = service.describe_order()
    return Vital(True, "asked now, it answers" if asked else reason, since)


async def _ask_azure(settings: Settings) -> dict[Endpoint, str]:
    """Why each endpoint does not answer; empty for one that does. A process asks at most once in a while; all callers
    share the answers.
    """
    try:
        return await _ASKING.run(AZURE_SECONDS + 0.5, _find_faults, endpoints.list_endpoints(settings))
    except (NotReady, TimeoutError):
        text = "not asked: health checks before this one still ask"
        return {endpoint: f"{endpoint.name}: {text}" for endpoint in endpoints.list_endpoints(settings)}


def _find_faults(wanted: Sequence[Endpoint]) -> dict[Endpoint, str]:
    """The fault of each endpoint. The only thread of the pool runs this."""
    global _faults
    until, known = _faults
    if time.monotonic() < until and set(wanted) <= set(known):
        return known
    found = call_within(AZURE_SECONDS, [endpoint.find_fault for endpoint in wanted])
    faults = {
        endpoint: f"{endpoint.name} has not answered within {AZURE_SECONDS:g} seconds" if fault is None else fault
        for endpoint, fault in zip(wanted, found, strict=True)
    }
    _faults = (time.monotonic() + FRESH_SECONDS, faults)
    return faults


def _describe_vital(name: str, vital: Vital) -> dict[str, str]:
    if name not in _seen or _seen[name][0] != vital.is_ok:
        _seen[name] = (vital.is_ok, datetime.now(UTC))
    since = vital.since or _seen[name][1]
    return {
        "status": "OK" if vital.is_ok else "UNHEALTHY",
        "reason": drop_traces(telemetry.redact(vital.reason)),
        "since": since.isoformat(timespec="seconds"),
    }


def _log_unready(error: NotReady) -> None:
    """Log why no work is accepted. Health is asked every few seconds."""
    text = f"cannot accept work: {telemetry.redact(str(error))}"
    floods.log_line(_log, logging.ERROR, text, text, lines=1, seconds=UNREADY_SECONDS)
