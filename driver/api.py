"""The driver's HTTP API. It takes bodies and headers and returns Answers, and does not depend on the host."""

import asyncio
import logging
import re
import time
from collections.abc import AsyncIterable, Awaitable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from starlette.requests import ClientDisconnect

from driver import acceptance, events, executions, keys, lists, references, serving, telemetry, wakes
from driver.azure import reachability
from driver.azure.reachability import Trouble
from driver.errors import DriverError, InvalidRequest, NotReady, SwitchedOff, UnknownExecution, drop_traces
from driver.executions import Executions
from driver.models.events import VERSION
from driver.models.requests import LONGEST_TENANT, LifecycleRequest, ReferenceRequest, parse
from driver.pools import Pool
from driver.settings import TRIAL_HUB, Settings, current

LARGEST_BODY = 16 * 1024 * 1024
FIND_SECONDS = 25
FINDS = Pool("searches in Azure", threads=16, queue=48)
LIST_SECONDS = 15
LISTS = Pool("lists of executions", threads=4, queue=16)
HEALTH_SECONDS = 0.9  # that the task hub has to answer
KAFKA_SECONDS = 0.5  # that Kafka has to answer the first question of a process
_VITALS = ("app", "taskHub", "kafka", "azure", "entra")
_seen: dict[str, datetime] = {}  # since when vitals are UNHEALTHY
_ID = re.compile(r"[A-Za-z0-9-]{1,100}")
_NO_EXECUTION = "health"  # no execution has this id; the health check asks for it
_log = logging.getLogger("driver.api")


@dataclass(frozen=True)
class Answer:
    """An HTTP answer with a JSON body. It is sent with openapi.SECURITY_HEADERS, too."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)


@serving.measure("POST", "/api/driver/lifecycle/execute")
async def execute(body: AsyncIterable[bytes], headers: Mapping[str, str], client: Executions) -> Answer:
    """POST /api/driver/lifecycle/execute"""
    return await _answer_request(headers, _execute(body, headers, client))


@serving.measure("POST", "/api/driver/references/find")
async def find_reference(body: AsyncIterable[bytes], headers: Mapping[str, str]) -> Answer:
    """POST /api/driver/references/find"""
    return await _answer_request(headers, _find_reference(body, headers))


@serving.measure("GET", "/api/driver/lifecycle/executions/{requestId}")
async def show_execution(request_id: str, headers: Mapping[str, str], client: Executions) -> Answer:
    """GET /api/driver/lifecycle/executions/{requestId}"""
    return await _answer_request(headers, _show_execution(request_id, headers, client))


@serving.measure("GET", "/api/driver/lifecycle/executions")
async def list_executions(
    parameters: Iterable[tuple[str, str]], headers: Mapping[str, str], client: Executions
) -> Answer:
    """GET /api/driver/lifecycle/executions"""
    return await _answer_request(headers, _list_executions(parameters, headers, client))


async def check_health(client: Executions) -> Answer:
    """GET /management/health: 503 if no request can be accepted now. If Kafka, ARM or Entra ID cannot be reached, or a
    new file of sealing keys is unusable, requests are still accepted: the answer is 200 with that vital UNHEALTHY.
    """
    return await _answer_request({}, _check_health(client))


async def _check_health(client: Executions) -> Answer:
    settings = current()
    troubles: dict[str, str | Trouble] = {}
    status = 200
    answer = asyncio.ensure_future(executions.find_execution(client, _NO_EXECUTION, HEALTH_SECONDS))
    try:
        _require_ready(settings)
        wakes.follow_kafka(settings, client)
        if found := await _find_trouble_of_kafka(settings):
            troubles["kafka"] = found
        if fault := keys.find_fault(settings):
            troubles["app"] = f"{fault}; the keys that were read before stay in use"
    except NotReady as error:
        _log.error("cannot accept work: %s", error)
        troubles["app"] = str(error)
        status = error.status
    try:
        await answer
    except NotReady as error:
        _log.error("cannot accept work: %s", error)
        troubles["taskHub"] = str(error)
        status = error.status
    for name, service in (("azure", reachability.ARM), ("entra", reachability.ENTRA_ID)):
        if trouble := service.find_trouble():
            troubles[name] = trouble
    vitals = {name: _describe_vital(name, troubles.get(name)) for name in _VITALS}
    if settings.task_hub_trial and "taskHub" not in troubles:
        vitals["taskHub"]["reason"] = TRIAL_HUB
    return Answer(status, {"vitals": vitals})


async def _find_trouble_of_kafka(settings: Settings) -> str | Trouble | None:
    """Why Kafka is away, as it is known; None if it answers. It is not asked here; only a process that has just begun
    waits a moment.
    """
    deadline = time.monotonic() + KAFKA_SECONDS
    while not (condition := events.read_condition(settings)).is_known and time.monotonic() < deadline:
        await asyncio.sleep(0.02)
    if condition.is_known and not condition.is_away:
        return None
    reason = condition.reason or "Kafka has not answered yet"
    return Trouble(reason, datetime.fromisoformat(condition.since)) if condition.since else reason


def _describe_vital(name: str, trouble: str | Trouble | None) -> dict[str, str]:
    """A vital: if it is UNHEALTHY, with the reason, and since when: of some, since a health check has first seen it."""
    if trouble is None:
        _seen.pop(name, None)
        return {"status": "OK"}
    if isinstance(trouble, str):
        trouble = Trouble(trouble, _seen.setdefault(name, datetime.now(UTC)))
    since = trouble.since.isoformat(timespec="seconds")
    return {"status": "UNHEALTHY", "reason": drop_traces(telemetry.redact(trouble.reason)), "since": since}


async def _answer_request(headers: Mapping[str, str], work: Awaitable[Answer]) -> Answer:
    """The answer of `work`, or the answer to the error that it raised. Both carry the request's tenantId header, unless
    that is too long.
    """
    tenant = headers.get("tenantid")
    echoed = {"tenantId": tenant} if tenant is not None and len(tenant) <= LONGEST_TENANT else {}
    with telemetry.bind_fields(telemetry.read_trace_fields(headers)):
        try:
            answer = await work
            return Answer(answer.status, answer.body, {**answer.headers, **echoed})
        except DriverError as error:
            status, message = error.status, drop_traces(telemetry.redact(str(error)))
            _log.warning("refused with %d: %s", status, message)
        except Exception:
            status, message = 500, "the driver failed unexpectedly: its log tells more"
            _log.exception("request failed unexpectedly")
    return Answer(status, {"localizedMessage": message, "status": status}, echoed)


async def _execute(body: AsyncIterable[bytes], headers: Mapping[str, str], client: Executions) -> Answer:
    content = await _read_body(body)
    _require_ready(current())
    tenant = _read_tenant(headers)
    request = parse(LifecycleRequest, content)
    # The requestId is known only after planning. Until then log lines carry Brent's own request id.
    telemetry.add_fields({"requestId": request.read_system_property("requestId")})
    trace = telemetry.read_trace_fields(headers)
    wakes.follow_kafka(current(), client)
    request_id = await acceptance.accept(request, tenant, trace, client)
    return Answer(202, {"requestId": request_id, "associatedTopology": {}, "version": VERSION})


async def _find_reference(body: AsyncIterable[bytes], headers: Mapping[str, str]) -> Answer:
    content = await _read_body(body)
    _read_tenant(headers)
    request = parse(ReferenceRequest, content)
    ends_at = time.monotonic() + FIND_SECONDS
    try:
        found = await FINDS.run(FIND_SECONDS, references.find, request, current(), ends_at)
        return Answer(200, {"result": found})
    except TimeoutError as error:
        raise NotReady(
            f"Azure has not answered within {FIND_SECONDS} seconds, the request may be sent again"
        ) from error


async def _show_execution(request_id: str, headers: Mapping[str, str], client: Executions) -> Answer:
    _read_tenant(headers)
    if not _ID.fullmatch(request_id):  # the SDK puts it into a URL as it is
        raise UnknownExecution(request_id[:100])
    status = await executions.find_execution(client, request_id)
    if status is None or status.name != executions.ORCHESTRATOR:
        raise UnknownExecution(request_id)
    if status.custom_status is None:  # it has not taken its first step yet
        status = await executions.find_execution(client, request_id, show_input=True) or status
    return Answer(200, executions.describe_execution(status))


async def _list_executions(
    parameters: Iterable[tuple[str, str]], headers: Mapping[str, str], client: Executions
) -> Answer:
    tenant = _read_tenant(headers)
    if not current().console:
        raise SwitchedOff("the list of executions", "CONSOLE")
    selection = lists.read_selection(parameters, tenant)
    try:
        return Answer(200, await LISTS.run(LIST_SECONDS, lists.read_list, client, selection))
    except TimeoutError as error:
        raise NotReady(f"the task hub has not listed its executions within {LIST_SECONDS} seconds") from error


def _require_ready(settings: Settings) -> None:
    """Raise NotReady, naming the variable, if work accepted now could not be finished."""
    settings.require_ready()
    keys.read_keys(settings)
    events.require_valid_settings(settings)


def _read_tenant(headers: Mapping[str, str]) -> str | None:
    """The header tenantId as HTTP servers read it: each character is one byte. Raises InvalidRequest."""
    tenant = headers.get("tenantid")
    if tenant is not None and len(tenant) > LONGEST_TENANT:
        raise InvalidRequest(f"header tenantId: {len(tenant)} bytes, more than {LONGEST_TENANT}")
    return tenant


async def _read_body(body: AsyncIterable[bytes]) -> bytes:
    """The whole body. Of one that is too large no more than the limit is kept; it is read to its end, since a caller
    that still sends does not read the answer. Raises InvalidRequest.
    """
    parts: list[bytes] = []
    size = 0
    try:
        async for part in body:
            size += len(part)
            if size <= LARGEST_BODY:
                parts.append(part)
            else:
                parts.clear()
    except ClientDisconnect as error:
        raise InvalidRequest(f"body: it was cut off after {size} bytes") from error
    if size > LARGEST_BODY:
        raise InvalidRequest(f"body: {size} bytes, more than {LARGEST_BODY}")
    return b"".join(parts)
