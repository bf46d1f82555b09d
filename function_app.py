"""The Azure Functions app: one table of routes, orchestrator, activities and timer. It holds no logic.

HTTP functions take the streaming Request (setting PYTHON_ENABLE_INIT_INDEXING=1): the classic HttpRequest loses
chunked bodies.
"""

import typing
from typing import Any

import azure.durable_functions as df
import azure.functions as func
from azurefunctions.extensions.http.fastapi import JSONResponse, Request

from driver import activities, api, publication, settings, telemetry
from driver.steps.table import STEPS
from orchestrators import codec
from orchestrators.contents import keep_content
from orchestrators.lifecycle import run_lifecycle

telemetry.configure(settings.current())
codec.configure_sdk()

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
with_client = app.durable_client_input(client_name="client")


async def execute_lifecycle(req: Request, client: df.DurableOrchestrationClient) -> JSONResponse:
    return _build_response(await api.execute(await req.body(), req.headers, client))


async def show_execution(req: Request, client: df.DurableOrchestrationClient) -> JSONResponse:
    return _build_response(await api.show_execution(req.path_params["requestId"], req.headers, client))


async def find_reference(req: Request) -> JSONResponse:
    return _build_response(await api.find_reference(await req.body(), req.headers))


async def health(req: Request, client: df.DurableOrchestrationClient) -> JSONResponse:
    return _build_response(await api.check_health(client))


async def housekeep(timer: func.TimerRequest, client: df.DurableOrchestrationClient) -> None:
    await api.housekeep(client)


async def await_executions(payload: typing.Mapping[str, Any], client: df.DurableOrchestrationClient) -> dict[str, Any]:
    return await activities.await_executions(payload, client)


def take_step(payload: typing.Mapping[str, Any], client: str) -> dict[str, Any]:
    return activities.take_step(payload, df.DurableOrchestrationClient(client))


def _build_response(answer: api.Answer) -> JSONResponse:
    return JSONResponse(answer.body, status_code=answer.status, headers=dict(answer.headers))


app.route(route="api/driver/lifecycle/execute", methods=["POST"])(with_client(execute_lifecycle))
app.route(route="api/driver/lifecycle/executions/{requestId}", methods=["GET"])(with_client(show_execution))
app.route(route="api/driver/references/find", methods=["POST"])(find_reference)
app.route(route="management/health", methods=["GET"])(with_client(health))
app.timer_trigger(schedule="0 */10 * * * *", arg_name="timer", use_monitor=False)(with_client(housekeep))
app.orchestration_trigger(context_name="context")(run_lifecycle)
app.orchestration_trigger(context_name="context")(keep_content)
app.activity_trigger(input_name="payload")(with_client(await_executions))
app.activity_trigger(input_name="payload")(publication.publish_event)
for step in STEPS:
    # Not `with_client`, which makes the function async: this one waits for Azure, in a thread.
    bound = app.generic_input_binding(arg_name="client", type="durableClient")(take_step)
    app.function_name(step)(app.activity_trigger(input_name="payload")(bound))
