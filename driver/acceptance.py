"""Acceptance of a request: it is planned and started as a durable execution. A repeated POST starts no second one."""

import json
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, TypeVar

from driver import contents, executions, keys, plans, request_ids, sealing, telemetry
from driver.azure import locations
from driver.errors import InvalidRequest, NotReady
from driver.executions import Executions
from driver.models.events import build_event
from driver.models.orders import Deploy, Idle, Order
from driver.models.requests import LifecycleRequest
from driver.models.runs import RUN_VERSION, ResourceShown, Run, TransitionShown, name_fields
from driver.packages import catalogue
from driver.packages.catalogue import Package
from driver.pools import Pool
from driver.settings import Settings, current
from driver.topology import apply_changes

T = TypeVar("T")
# What requests do with driver files, and never on the event loop: it may take seconds. A compiler takes a core each.
PACKAGES = Pool("driver files", threads=2, queue=64)
COMPILERS = Pool("runs of the Bicep compiler", threads=2, queue=64)
PLAN_SECONDS = 60.0  # within which driver files have to be read, and compiled
_LONGEST_ID = 200  # characters of the id of a resource in the log
_LONGEST_FOUND = 1_000  # characters of a text that a body which is no request brings into the log
_SMALL = 100  # characters of driver files; an empty zip in base64 has 32, one with a file more than 130
_log = logging.getLogger("driver.api")


def name_log_fields(request: LifecycleRequest) -> dict[str, str]:
    """The fields of the lines about a request until it is accepted. Its requestId is known only after planning: until
    then it is Brent's own request id.
    """
    resource = _read_resource(request)
    fields = name_fields(resource, request.lifecycle_name, request.deployment_location.name)
    return {"requestId": request.read_system_property("requestId"), "resourceId": resource.id[:_LONGEST_ID], **fields}


def find_log_fields(content: bytes) -> dict[str, str]:
    """The same fields of a body that is no request, as far as they can be read."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    names = ("requestId", "resourceId", "resourceName", "resourceType")
    request_id, resource_id, name, kind = (_find_text(body, "systemProperties", one, "value") for one in names)
    transition, location = _find_text(body, "lifecycleName"), _find_text(body, "deploymentLocation", "name")
    told = {"requestId": request_id, "resourceId": resource_id[:_LONGEST_ID]}
    fields = name_fields(ResourceShown(name=name, type=kind), transition, location)
    return {field: text for field, text in {**told, **fields}.items() if text}


def _find_text(body: Any, *keys: str) -> str:
    """The text at these keys of a JSON value; empty if there is none, or one that is no line."""
    for key in keys:
        body = body.get(key) if isinstance(body, dict) else None
    return body if isinstance(body, str) and body.isprintable() and len(body) <= _LONGEST_FOUND else ""


async def accept(request: LifecycleRequest, tenant: str | None, trace: Mapping[str, str], client: Executions) -> str:
    """Start the execution of a request and return its requestId. Raises what `plans.plan` raises.

    If the request is a repetition, an execution that still runs is left alone, a complete one sends its event again,
    and a failed one runs again.
    """
    settings = current()
    _warn_of_type(request.deployment_location.name, request.deployment_location.type or "Azure")
    at_once = _takes_no_time(request, settings)
    package, pool = await _run(PACKAGES, at_once, _open_package, request, settings)
    plan, request_id = await _run(pool, at_once, _plan, request, package, tenant, settings)
    telemetry.add_fields({"requestId": request_id})
    run = _describe_run(request, request_id, plan, tenant, trace)
    await _start_once(request, plans.name_order(plan.order, request_id), run, client, settings, at_once)
    return request_id


@lru_cache(maxsize=1_000)
def _warn_of_type(name: str, location_type: str) -> None:
    """Log once that a deployment location is of a type that does not look like Azure's. The type is free text."""
    if "azure" not in location_type.lower():
        text = "deployment location '%s' is of type '%s': this driver deploys to Azure, and reads its properties so"
        _log.warning(text, name, location_type)


def _takes_no_time(request: LifecycleRequest, settings: Settings) -> bool:
    """Whether a request has neither driver files nor a deployment location that takes time to read."""
    return len(request.driver_files) < _SMALL and not locations.takes_time(request.deployment_location, settings)


async def _run(pool: Pool, at_once: bool, call: Callable[..., T], *arguments: Any) -> T:
    """The result of a call for a request: at once, or in the pool."""
    if at_once:
        return call(*arguments)
    try:
        return await pool.run(PLAN_SECONDS, call, *arguments)
    except TimeoutError as error:
        raise NotReady(
            f"driverFiles: not read and compiled within {PLAN_SECONDS:g} seconds, since others are under way:"
            " send the request again later"
        ) from error


async def _start_once(
    request: LifecycleRequest, order: Order, run: Run, client: Executions, settings: Settings, at_once: bool
) -> None:
    """Start the execution, unless it was started already and has not failed. `at_once`: sealing takes no time."""
    request_id = run.request_id
    if request.read_system_property("requestId"):
        status = await executions.find_execution(client, request_id)
        if status is not None and executions.is_active(status):
            return _log.info("accepted again: it is running")
        reported = executions.read_event(status)
        if reported is not None and reported["status"] == "COMPLETE":
            await start(client, f"{request_id}-again", run.model_copy(update={"event": reported}))
            return _log.info("accepted again: it is complete, its event is sent again")
        if status is not None:
            order = _add_reported_topology(order, executions.read_topology(status))
            run = run.model_copy(update={"since": status.last_updated_time.isoformat()})
    if isinstance(order.work, Idle):
        await start(client, request_id, run.model_copy(update={"event": build_event(request_id, {})}))
        return _log.info("accepted: %s of '%s', nothing is to be done", request.lifecycle_name, run.resource.name)
    sealed, content_id, content = await _run(PACKAGES, at_once, _seal, order, settings)
    _require_size(max(len(sealed), len(content)), settings)
    if content_id:
        await _start_instance(client, contents.ORCHESTRATOR, content_id, {"sealed": content})
    await start(client, request_id, run.model_copy(update={"sealed": sealed}))
    return _log.info("accepted: %s of '%s'", request.lifecycle_name, run.resource.name)


async def start(client: Executions, instance_id: str, run: Run) -> None:
    """Start an execution with the current time as `accepted_at`. If an execution of that id is running already, a POST
    of the same request at the same moment has started it. Then nothing has to be done.
    """
    now = datetime.now(UTC)
    seconds = run.transition.seconds if run.transition else 0
    times = {"accepted_at": now.isoformat(), "deadline": (now + timedelta(seconds=seconds)).isoformat()}
    run_input = run.model_copy(update=times).model_dump(mode="json", by_alias=True)
    await _start_instance(client, executions.ORCHESTRATOR, instance_id, run_input)


async def _start_instance(client: Executions, orchestrator: str, instance_id: str, content: dict[str, Any]) -> None:
    """Start an instance, unless one of that id is running."""
    try:
        await client.start_new(orchestrator, instance_id, content)
    except Exception as error:
        # The SDK raises a bare Exception with the host's text.
        if "already exists" not in str(error):
            raise NotReady("the task hub did not take the request, it may be sent again") from error


def _describe_run(
    request: LifecycleRequest, request_id: str, plan: plans.Plan, tenant: str | None, trace: Mapping[str, str]
) -> Run:
    """The run of a request. Its times and its sealed order are added later."""
    return Run(
        version=RUN_VERSION,
        request_id=request_id,
        tenant=tenant,
        trace=dict(trace),
        accepted_at="",
        resource=_read_resource(request),
        transition=_describe_transition(request, plan),
        deployment_location=plan.order.location.name,
    )


def _read_resource(request: LifecycleRequest) -> ResourceShown:
    return ResourceShown(
        id=request.read_system_property("resourceId"),
        name=request.read_system_property("resourceName"),
        type=request.read_system_property("resourceType"),
    )


def _describe_transition(request: LifecycleRequest, plan: plans.Plan) -> TransitionShown:
    work = plan.order.work
    has_precheck = isinstance(work, Deploy) and work.precheck
    return TransitionShown(name=request.lifecycle_name, verb=work.verb, seconds=plan.timeout, precheck=has_precheck)


def _require_size(size: int, settings: Settings) -> None:
    """Raise InvalidRequest if the order, or the content of its deployment, is too large for the task hub. A quarter of
    the limit is kept for the state.
    """
    limit = settings.payload_limit * 3 // 4
    if limit and size > limit:
        raise InvalidRequest(
            f"driverFiles and properties: {size} bytes once compressed and sealed, more than the {limit} that "
            "fit into Durable Task Scheduler; make the resource package smaller, or use a task hub in Azure Storage"
        )


def _open_package(request: LifecycleRequest, settings: Settings) -> tuple[Package, Pool]:
    """The package of a request, and the pool in which it is planned."""
    package = catalogue.find_package(request.read_system_property("resourceType"), request.driver_files, settings)
    file = plans.find_template_file(request, package)
    return package, COMPILERS if package.needs_compiler(file) else PACKAGES


def _plan(
    request: LifecycleRequest, package: Package, tenant: str | None, settings: Settings
) -> tuple[plans.Plan, str]:
    """The plan of a request, and its requestId."""
    plan = plans.plan(request, package, settings)
    return plan, request_ids.make_request_id(request, plan.order, tenant)


def _seal(order: Order, settings: Settings) -> tuple[str, str, str]:
    """The order, sealed; the instance that its content is to be kept in, if it is large; and that content, sealed."""
    sealing_keys = keys.read_keys(settings)
    order, content = contents.split_order(order, sealing_keys)
    content_id = order.deploy.content_id if order.deploy else ""
    return sealing.seal(order.model_dump(mode="json"), order.request_id, sealing_keys), content_id, content


def _add_reported_topology(order: Order, reported: Mapping[str, Any]) -> Order:
    """The order, with the resources that a failed execution of the same request reported added to its topology. The
    request may have been posted before Brent read that report.
    """
    if not reported:
        return order
    return order.model_copy(update={"topology": apply_changes(order.topology, reported)})
