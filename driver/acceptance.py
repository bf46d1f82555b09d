"""Acceptance: a request becomes a plan, and the plan a durable execution, once however often it is posted."""

import asyncio
import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from driver import executions, plans, sealing, telemetry
from driver.errors import InvalidRequest, NotReady
from driver.executions import Executions
from driver.models import Order, Remove
from driver.packages import catalogue
from driver.requests import LifecycleRequest
from driver.settings import Settings
from driver.topology import DEPLOYMENT_TYPE, merged, owned

ORCHESTRATOR = "run_lifecycle"
UNCERTAIN = timedelta(days=1)  # how long ago an execution that still runs may have begun
_SMALL = 1_000  # characters of driver files in which there is no template
_log = logging.getLogger("driver.api")


async def accept(
    request: LifecycleRequest, request_id: str, headers: Mapping[str, str], client: Executions, settings: Settings
) -> None:
    """Start the execution of a request, or answer for the one that a repeated request has started already: one that
    runs goes on, one that is complete reports again, one that failed runs again. Raises what `plans.plan` raises.
    """
    # A package of the request's own may have to be compiled, which takes seconds.
    small = len(request.driver_files) < _SMALL
    arguments = (request, request_id, settings)
    plan = _plan(*arguments) if small else await asyncio.to_thread(_plan, *arguments)
    run: dict[str, Any] = {
        "requestId": request_id,
        "tenant": headers.get("tenantid"),
        "trace": telemetry.trace_fields(headers),
        "transition": {"name": request.lifecycle_name, "verb": plan.order.work.verb, "seconds": plan.timeout},
    }
    order = plan.order
    if request.system("requestId"):
        status = await executions.find_execution(client, request_id)
        if status is not None and executions.is_active(status):
            return _log.info("accepted again: it is running")
        reported = executions.event_of(status)
        if reported is not None and reported["status"] == "COMPLETE":
            await start(client, f"{request_id}-again", {**run, "event": reported})
            return _log.info("accepted again: it is complete, its event is sent again")
        order = _with_reported(order, executions.topology(status))
    run["awaits"] = await _awaited(order, client)
    run["sealed"] = sealing.seal(order.model_dump(mode="json"), settings.sealing_keys)
    _require_fit(run["sealed"], settings)
    await start(client, request_id, run)
    what = f"{request.lifecycle_name} of '{request.system('resourceName')}' ({request.system('resourceType')})"
    return _log.info("accepted: %s in deployment location '%s'", what, order.location.name)


async def start(client: Executions, instance_id: str, run: dict[str, Any]) -> None:
    """Start an execution, accepted now. One of that id that runs already is the same: a second POST at the same moment
    was first.
    """
    try:
        await client.start_new(ORCHESTRATOR, instance_id, {**run, "acceptedAt": datetime.now(UTC).isoformat()})
    except Exception as error:
        # The SDK raises a bare Exception with the host's text.
        if "already exists" not in str(error):
            raise NotReady("the task hub did not take the request, it may be sent again") from error


def statuses(*names: str) -> list[Any]:
    """Runtime statuses as the SDK's client takes them."""
    from azure.durable_functions import OrchestrationRuntimeStatus

    return [OrchestrationRuntimeStatus(name) for name in names]


def _require_fit(sealed: str, settings: Settings) -> None:
    """Raise InvalidRequest if the task hub does not take an order of this size beside the state of a run."""
    limit = settings.payload_limit * 3 // 4
    if limit and len(sealed) > limit:
        raise InvalidRequest(
            f"driverFiles and properties: {len(sealed)} bytes once compressed and sealed, more than the {limit} that "
            "fit into Durable Task Scheduler; make the resource package smaller, or use a task hub in Azure Storage"
        )


def _plan(request: LifecycleRequest, request_id: str, settings: Settings) -> plans.Plan:
    package = catalogue.package(request.system("resourceType"), request.driver_files, settings)
    return plans.plan(request, package, request_id, settings)


def _with_reported(order: Order, reported: Mapping[str, Any]) -> Order:
    """The order with what a failed execution of the same request has made: the request was posted before Brent knew of
    it.
    """
    if not reported:
        return order
    known = {key: one.model_dump() for key, one in owned(order.topology).items()}
    return Order.model_validate({**order.model_dump(), "topology": merged(known, reported)})


async def _awaited(order: Order, client: Executions) -> list[str]:
    """Executions of the same resource that a Delete has to wait for, since what they make is in no topology yet.

    A topology with a deployment in it says that the Create has reported: then there is none, and the task hub is not
    asked, which takes long where it is full.
    """
    reported = any(one.type.lower() == DEPLOYMENT_TYPE.lower() for one in owned(order.topology).values())
    if not isinstance(order.work, Remove) or order.work.targets is not None or reported:
        return []
    now = datetime.now(UTC)
    running = await client.get_status_by(now - UNCERTAIN, now + UNCERTAIN, statuses("Pending", "Running"))
    return executions.of_same_resource([status.instance_id for status in running], order.request_id)
