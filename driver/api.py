"""The driver's HTTP API: what its functions answer, without knowing the host that carries them."""

import asyncio
import logging
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from driver import arm, events, executions, packages, plans, sealing, telemetry
from driver.errors import DriverError, InvalidRequest, NotReady, UnknownExecution
from driver.executions import Executions
from driver.locations import azure_location
from driver.models import VERSION, FailureCode, LifecycleRequest, ReferenceRequest, Remove, event, parse
from driver.settings import current
from driver.topology import DEPLOYMENT_TYPE, merged, owned

ORCHESTRATOR = "run_lifecycle"
LARGEST_BODY = 16 * 1024 * 1024
_UNCERTAIN = timedelta(days=1)  # how long ago an execution that still runs may have begun
_ENDED = ["Completed", "Failed", "Terminated", "Canceled"]
_log = logging.getLogger("driver.api")


@dataclass(frozen=True)
class Answer:
    """An HTTP answer: a JSON body."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)


async def execute(body: bytes, headers: Mapping[str, str], client: Executions) -> Answer:
    """POST /api/driver/lifecycle/execute"""
    return await _answered(headers, _execute(body, headers, client))


async def find_reference(body: bytes, headers: Mapping[str, str]) -> Answer:
    """POST /api/driver/references/find"""
    return await _answered(headers, _find_reference(body))


async def show_execution(request_id: str, headers: Mapping[str, str], client: Executions) -> Answer:
    """GET /api/driver/lifecycle/executions/{requestId}"""
    return await _answered(headers, _show_execution(request_id, client))


async def health() -> Answer:
    """GET /management/health: 503 only if work could not be accepted; what is merely out of reach is told with a
    200.
    """
    settings = current()
    vitals = {"app": True, "kafka": True, "azure": arm.is_reachable()}
    status = 200
    try:
        settings.require_ready()
        events.require_valid(settings)
        vitals["kafka"] = await asyncio.to_thread(events.is_reachable, settings)
    except NotReady as error:
        _log.error("cannot accept work: %s", error)
        vitals["app"] = False
        status = error.status
    shown = {name: {"status": "OK" if good else "UNHEALTHY"} for name, good in vitals.items()}
    return Answer(status, {"vitals": shown})


async def housekeep(client: Executions) -> None:
    """Report executions that ended without an event (terminated, or failed by a bug), and purge the history of old
    ones.
    """
    now = datetime.now(UTC)
    lost = await client.get_status_by(now - _UNCERTAIN, now, _statuses("Failed", "Terminated"))
    for status in lost:
        await _report_lost(status, client)
    before = now - timedelta(days=current().history_days)
    await client.purge_instance_history_by(datetime(2000, 1, 1, tzinfo=UTC), before, _statuses(*_ENDED))


async def _answered(headers: Mapping[str, str], work: Awaitable[Answer]) -> Answer:
    """The answer, or the one that says why there is none; the tenant is echoed on both."""
    tenant = headers.get("tenantid")
    echoed = {"tenantId": tenant} if tenant is not None else {}
    with telemetry.bound(telemetry.trace_fields(headers)):
        try:
            answer = await work
            return Answer(answer.status, answer.body, {**answer.headers, **echoed})
        except DriverError as error:
            status, message = error.status, telemetry.redacted(str(error))
            _log.warning("refused with %d: %s", status, message)
        except Exception:
            status, message = 500, "the driver failed unexpectedly: its log tells more"
            _log.exception("request failed unexpectedly")
    return Answer(status, {"localizedMessage": message, "status": status}, echoed)


async def _execute(body: bytes, headers: Mapping[str, str], client: Executions) -> Answer:
    settings = current()
    settings.require_ready()
    events.require_valid(settings)
    request = parse(LifecycleRequest, _within_limit(body))
    request_id = executions.request_id(request, settings.sealing_keys[0])
    with telemetry.bound({"requestId": request_id}):
        package = packages.package(request.system("resourceType"), request.driver_files)
        plan = plans.plan(request, package, request_id, settings)
        run: dict[str, Any] = {
            "requestId": request_id,
            "tenant": headers.get("tenantid"),
            "trace": telemetry.trace_fields(headers),
            "transition": {"name": request.lifecycle_name, "verb": plan.order.work.verb, "seconds": plan.timeout},
        }
        order = plan.order
        if request.system("requestId"):
            status = await client.get_status(request_id)
            if executions.is_active(status):
                return _accepted(request_id, "already running")
            reported = executions.event_of(status)
            if reported is not None and reported["status"] == "COMPLETE":
                await _repeat(client, run, reported)
                return _accepted(request_id, "already complete, its event is sent again")
            if reported is not None:
                found = merged(
                    {key: one.model_dump() for key, one in owned(order.topology).items()}, executions.topology(status)
                )
                order = order.model_validate({**order.model_dump(), "topology": found})
        run["awaits"] = await _awaited(order, client) if isinstance(order.work, Remove) else []
        run["sealed"] = sealing.seal(order.model_dump(mode="json"), settings.sealing_keys)
        await _start(client, request_id, run)
        where = f"'{request.system('resourceName')}' ({request.system('resourceType')})"
        return _accepted(request_id, f"{request.lifecycle_name} of {where} in '{order.location.name}'")


async def _find_reference(body: bytes) -> Answer:
    request = parse(ReferenceRequest, _within_limit(body))
    azure_location(request.deployment_location, current())
    return Answer(200, {"result": None})


async def _show_execution(request_id: str, client: Executions) -> Answer:
    status = await client.get_status(request_id)
    if not executions.is_known(status):
        raise UnknownExecution(request_id)
    return Answer(200, executions.report(status))


def _accepted(request_id: str, what: str) -> Answer:
    _log.info("accepted: %s", what)
    return Answer(202, {"requestId": request_id, "associatedTopology": {}, "version": VERSION})


async def _awaited(order: Any, client: Executions) -> list[str]:
    """Executions of the same resource that still run. A topology with a deployment in it says that the Create has
    reported: then none can, and the task hub is not asked, which takes long where it is full.
    """
    if order.work.targets is not None or any(
        one.type.lower() == DEPLOYMENT_TYPE.lower() for one in owned(order.topology).values()
    ):
        return []
    now = datetime.now(UTC)
    running = await client.get_status_by(now - _UNCERTAIN, now + _UNCERTAIN, _statuses("Pending", "Running"))
    return executions.of_same_resource([status.instance_id for status in running], order.request_id)


async def _start(client: Executions, instance_id: str, run: dict[str, Any]) -> None:
    try:
        await client.start_new(ORCHESTRATOR, instance_id, run)
    except Exception as error:
        # The SDK raises a bare Exception with the host's text. A second POST at the same moment may have been first.
        if "already exists" not in str(error):
            raise NotReady("the task hub did not take the request, it may be sent again") from error


async def _repeat(client: Executions, run: dict[str, Any], reported: dict[str, Any]) -> None:
    again = f"{run['requestId']}-again"
    await _start(client, again, {**run, "event": reported})


async def _report_lost(status: Any, client: Executions) -> None:
    run = status.input_
    if not isinstance(run, dict) or "requestId" not in run:
        return
    report_id = f"{run['requestId']}-lost"
    if executions.is_known(await client.get_status(report_id)):
        return
    reason = (
        f"the execution ended without an event ({executions.state(status)}): what it made may not be in any topology"
    )
    failure = (FailureCode.INTERNAL_ERROR, reason)
    await _start(client, report_id, {**run, "event": event(run["requestId"], {}, failure)})


def _statuses(*names: str) -> list[Any]:
    from azure.durable_functions import OrchestrationRuntimeStatus

    return [OrchestrationRuntimeStatus(name) for name in names]


def _within_limit(body: bytes) -> bytes:
    if len(body) > LARGEST_BODY:
        raise InvalidRequest(f"body: {len(body)} bytes, more than {LARGEST_BODY}")
    return body
