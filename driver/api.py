"""The driver's HTTP API. It takes bodies and headers and returns Answers, and does not depend on the host."""

import logging
import re
import time
from collections.abc import AsyncIterable, Awaitable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from starlette.requests import ClientDisconnect

from driver import acceptance, console, executions, health, lists, references, serving, telemetry, traces, wakes
from driver.errors import DriverError, InvalidRequest, NotReady, SwitchedOff, UnknownExecution, drop_traces
from driver.executions import Executions
from driver.models.events import VERSION
from driver.models.requests import LONGEST_TENANT, LifecycleRequest, ReferenceRequest, parse
from driver.models.runs import ResourceShown, name_fields
from driver.pools import Pool
from driver.settings import current

LARGEST_BODY = 16 * 1024 * 1024
FIND_SECONDS = 25
FINDS = Pool("searches in Azure", threads=16, queue=48)
LIST_SECONDS = 15
LISTS = Pool("lists of executions", threads=4, queue=16)
_ID = re.compile(r"[A-Za-z0-9-]{1,100}")
_log = logging.getLogger("driver.api")


@dataclass(frozen=True)
class Answer:
    """An HTTP answer with a JSON body, or with a page of HTML instead. It is sent with openapi.SECURITY_HEADERS, too,
    which its own headers replace.
    """

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)
    page: str = ""


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


async def show_console() -> Answer:
    """GET /console"""
    return await _answer_request({}, _show_console())


async def check_health(client: Executions, query: Mapping[str, str] | None = None) -> Answer:
    """GET /management/health: 503 if no request can be accepted now. What is out of reach is UNHEALTHY, and work is
    accepted. With `deep=1` in the query Entra ID and ARM are asked, which takes up to some seconds.
    """
    asks_azure = (query or {}).get("deep", "").lower() in ("1", "true")
    return await _answer_request({}, _check_health(client, asks_azure))


async def _check_health(client: Executions, asks_azure: bool) -> Answer:
    is_ready, vitals = await health.check(client, asks_azure)
    return Answer(200 if is_ready else 503, {"vitals": vitals})


async def _answer_request(headers: Mapping[str, str], work: Awaitable[Answer]) -> Answer:
    """The answer of `work`, or the answer to the error that it raised. Both carry the request's tenantId header, unless
    that is too long.
    """
    tenant = headers.get("tenantid")
    echoed = {"tenantId": tenant} if tenant is not None and len(tenant) <= LONGEST_TENANT else {}
    with telemetry.bind_fields(telemetry.read_trace_fields(headers)):
        try:
            answer = await work
            return replace(answer, headers={**answer.headers, **echoed})
        except DriverError as error:
            # Half a character of UTF-16, as in a path or a template, has no form in UTF-8: it is shown as \ud800.
            text = str(error).encode(errors="backslashreplace").decode()
            status, message = error.status, drop_traces(telemetry.redact(text))
            _log.warning("refused with %d: %s", status, message)
        except Exception:
            status, message = 500, "the driver failed unexpectedly: its log tells more"
            _log.exception("request failed unexpectedly")
    return Answer(status, {"localizedMessage": message, "status": status}, echoed)


async def _execute(body: AsyncIterable[bytes], headers: Mapping[str, str], client: Executions) -> Answer:
    content = await _read_body(body)
    tenant = _read_tenant(headers)
    try:
        request = parse(LifecycleRequest, content)
    except InvalidRequest:
        telemetry.add_fields(acceptance.find_log_fields(content))
        raise
    telemetry.add_fields(acceptance.name_log_fields(request))
    health.require_ready(current())
    trace = {**telemetry.read_trace_fields(headers), **traces.carry()}
    wakes.follow_kafka(current(), client)
    request_id = await acceptance.accept(request, tenant, trace, client)
    return Answer(202, {"requestId": request_id, "associatedTopology": {}, "version": VERSION})


async def _find_reference(body: AsyncIterable[bytes], headers: Mapping[str, str]) -> Answer:
    content = await _read_body(body)
    _read_tenant(headers)
    request = parse(ReferenceRequest, content)
    telemetry.add_fields(name_fields(ResourceShown(), "", request.deployment_location.name))
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
    telemetry.add_fields({"requestId": request_id})
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


async def _show_console() -> Answer:
    if not current().console:
        raise SwitchedOff("the console", "CONSOLE")
    return Answer(200, {}, {"Content-Security-Policy": console.build_policy()}, console.build_page())


def _read_tenant(headers: Mapping[str, str]) -> str | None:
    """The header tenantId as HTTP servers read it: each character is one byte. Raises InvalidRequest."""
    tenant = headers.get("tenantid")
    if tenant is not None and len(tenant) > LONGEST_TENANT:
        raise InvalidRequest(f"header tenantId: {len(tenant)} bytes, more than {LONGEST_TENANT}")
    return tenant


async def _read_body(body: AsyncIterable[bytes]) -> bytes:
    """The whole body. If it is too large, no more than the limit is kept, but it is read to its end, since a caller
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
