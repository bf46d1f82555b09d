"""The Azure Functions app: routes, orchestrator, activities and timer. It holds no logic.

HTTP functions take the streaming Request (setting PYTHON_ENABLE_INIT_INDEXING=1): the classic HttpRequest loses
chunked bodies.
"""

import typing
from inspect import signature
from typing import Any

import azure.durable_functions as df
import azure.functions as func
from azurefunctions.extensions.http.fastapi import HTMLResponse, JSONResponse, Request, Response

from driver import activities, api, housekeeping, monitoring, openapi, publication, settings, telemetry
from driver.steps.table import STEPS
from orchestrators import codec
from orchestrators.contents import keep_content
from orchestrators.lifecycle import run_lifecycle

telemetry.configure(settings.current())
monitoring.configure(settings.current())
codec.configure_sdk()

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
with_client = app.durable_client_input(client_name="client")


async def execute_lifecycle(req: Request, client: df.DurableOrchestrationClient) -> Response:
    return _build_response(await api.execute(req.stream(), req.headers, client))


async def show_execution(req: Request, client: df.DurableOrchestrationClient) -> Response:
    return _build_response(await api.show_execution(req.path_params["requestId"], req.headers, client))


async def list_executions(req: Request, client: df.DurableOrchestrationClient) -> Response:
    return _build_response(await api.list_executions(req.query_params.multi_items(), req.headers, client))


async def find_reference(req: Request) -> Response:
    return _build_response(await api.find_reference(req.stream(), req.headers))


async def describe_api(req: Request) -> Response:
    return _build_response(api.Answer(200, openapi.build_document()))


async def health(req: Request, client: df.DurableOrchestrationClient) -> Response:
    return _build_response(await api.check_health(client, req.query_params))


async def show_metrics(req: Request, client: df.DurableOrchestrationClient) -> Response:
    status, body, content_type = await monitoring.scrape(client, req.headers.get("accept", ""))
    return Response(body, status_code=status, headers={**openapi.SECURITY_HEADERS, "Content-Type": content_type})


async def show_console(req: Request) -> Response:
    return _build_response(await api.show_console())


async def read_task_hub(timer: func.TimerRequest, client: df.DurableOrchestrationClient) -> None:
    await monitoring.read_task_hub(client)


async def housekeep(timer: func.TimerRequest, client: df.DurableOrchestrationClient) -> None:
    await housekeeping.housekeep(client)


async def await_executions(payload: typing.Mapping[str, Any], client: df.DurableOrchestrationClient) -> dict[str, Any]:
    return await activities.await_executions(payload, client)


def take_step(payload: typing.Mapping[str, Any], client: str) -> dict[str, Any]:
    return activities.take_step(payload, df.DurableOrchestrationClient(client))


def _build_response(answer: api.Answer) -> Response:
    headers = {**openapi.SECURITY_HEADERS, **answer.headers}
    if answer.page:
        return HTMLResponse(answer.page, status_code=answer.status, headers=headers)
    return JSONResponse(answer.body, status_code=answer.status, headers=headers)


http_functions: tuple[Any, ...] = (
    execute_lifecycle,
    show_execution,
    list_executions,
    find_reference,
    describe_api,
    health,
    show_console,
)
handlers = {handler.__name__: handler for handler in http_functions}
for route in openapi.ROUTES:
    handler = handlers[route.function]
    has_client = "client" in signature(handler).parameters
    app.route(route=route.path, methods=[route.method])(with_client(handler) if has_client else handler)
if "prometheus" in settings.current().metrics_exporters:
    app.route(route="metrics", methods=["GET"])(with_client(show_metrics))
if settings.current().pushes_metrics:
    app.timer_trigger(schedule="0 * * * * *", arg_name="timer", use_monitor=False)(with_client(read_task_hub))
app.timer_trigger(schedule="0 */10 * * * *", arg_name="timer", use_monitor=False)(with_client(housekeep))
app.orchestration_trigger(context_name="context")(run_lifecycle)
app.orchestration_trigger(context_name="context")(keep_content)
app.activity_trigger(input_name="payload")(with_client(await_executions))
app.activity_trigger(input_name="payload")(publication.publish_event)
for step in STEPS:
    # Not `with_client`, which makes the function async: this one waits for Azure, in a thread.
    bound = app.generic_input_binding(arg_name="client", type="durableClient")(take_step)
    app.function_name(step)(app.activity_trigger(input_name="payload")(bound))
