"""A function app for the tests of the local host. Its effects are lines in effects.log, which a kill does not undo."""

# The decorators of azure.durable_functions have no types:
# mypy: disable-error-code="untyped-decorator"

import asyncio
import os
import time
import typing
from datetime import timedelta
from pathlib import Path
from typing import Any

import azure.durable_functions as df
import azure.functions as func
from azurefunctions.extensions.http.fastapi import JSONResponse, Request

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
EFFECTS = Path(__file__).parent / "effects.log"


def effect(line: str) -> None:
    with EFFECTS.open("a") as file:
        file.write(line + "\n")


@app.route(route="slow/{milliseconds:int}", methods=["GET"])
async def slow(req: Request) -> JSONResponse:
    effect("request begun")
    await asyncio.sleep(int(req.path_params["milliseconds"]) / 1000)
    return JSONResponse({"slept": req.path_params["milliseconds"]})


@app.route(route="settings/{name}", methods=["GET"])
async def settings(req: Request) -> JSONResponse:
    return JSONResponse(os.environ.get(req.path_params["name"]))


@app.route(route="same", methods=["GET"])
async def same_get(req: Request) -> JSONResponse:
    return JSONResponse("get")


@app.route(route="same", methods=["POST"])
async def same_post(req: Request) -> JSONResponse:
    return JSONResponse("post")


@app.route(route="client/{operation}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def operate(req: Request, client: df.DurableOrchestrationClient) -> JSONResponse:
    """Calls a method of the SDK's client with the arguments of the body and shows what it answers or raises."""
    arguments = await req.json()
    try:
        result = await getattr(client, req.path_params["operation"])(**arguments)
    except Exception as error:
        return JSONResponse({"raised": str(error)})
    if isinstance(result, list):
        return JSONResponse([status.instance_id for status in result])
    return JSONResponse(getattr(result, "instances_deleted", getattr(result, "instance_id", result)))


@app.route(route="rpc", methods=["GET"])
@app.durable_client_input(client_name="client")
async def rpc(req: Request, client: df.DurableOrchestrationClient) -> JSONResponse:
    return JSONResponse(client._orchestration_bindings.rpc_base_url)


@app.activity_trigger(input_name="work")
def act(work: typing.Mapping[str, Any]) -> typing.Mapping[str, Any]:
    effect(f"begin {work['name']}")
    time.sleep(work.get("milliseconds", 0) / 1000)
    while "until" in work and not EFFECTS.with_name(work["until"]).exists():
        time.sleep(0.01)
    if work.get("fails", 0) > EFFECTS.read_text().count(f"begin {work['name']}\n"):
        raise RuntimeError("not yet")
    effect(f"end {work['name']}")
    return work


@app.activity_trigger(input_name="instance_id")
@app.durable_client_input(client_name="client")
async def ask_client(instance_id: str, client: df.DurableOrchestrationClient) -> str:
    return str((await client.get_status(instance_id)).runtime_status.value)


@app.orchestration_trigger(context_name="context")
def sequence(context: df.DurableOrchestrationContext) -> Any:
    """Calls `act` once for each piece of work of its input, with retry."""
    last = None
    for work in context.get_input():
        last = yield context.call_activity_with_retry("act", df.RetryOptions(50, 5), work)
    return last


@app.orchestration_trigger(context_name="context")
def sleep(context: df.DurableOrchestrationContext) -> Any:
    """A durable timer of as many seconds as its input says, then an effect."""
    yield context.create_timer(context.current_utc_datetime + timedelta(seconds=context.get_input()))
    yield context.call_activity("act", {"name": "slept"})
    return "slept"


@app.orchestration_trigger(context_name="context")
def generations(context: df.DurableOrchestrationContext) -> Any:
    """Continues as new until its input is 0, one effect each."""
    number = context.get_input()
    yield context.call_activity("act", {"name": f"generation {number}", "milliseconds": 20})
    if number:
        context.continue_as_new(number - 1)
        return None
    return "done"


@app.orchestration_trigger(context_name="context")
def race(context: df.DurableOrchestrationContext) -> Any:
    """Waits for the event `go` or an hour; its custom status says that it does."""
    context.set_custom_status({"waiting": True})
    timer = context.create_timer(context.current_utc_datetime + timedelta(hours=1))
    event = context.wait_for_external_event("go")
    winner = yield context.task_any([timer, event])
    if winner == event:
        timer.cancel()
    return event.result


@app.orchestration_trigger(context_name="context")
def typo(context: df.DurableOrchestrationContext) -> Any:
    """Calls the activity that its input names."""
    yield context.call_activity(context.get_input(), 1)


@app.orchestration_trigger(context_name="context")
def introspect(context: df.DurableOrchestrationContext) -> Any:
    return (yield context.call_activity("ask_client", context.instance_id))


@app.orchestration_trigger(context_name="context")
def versions(context: df.DurableOrchestrationContext) -> Any:
    """Its own version and that of a sub-orchestration."""
    return [context.version, (yield context.call_sub_orchestrator("version"))]


@app.orchestration_trigger(context_name="context")
def version(context: df.DurableOrchestrationContext) -> Any:
    return context.version


@app.timer_trigger(arg_name="timer", schedule="0 0 3 * * *", run_on_startup=True)
@app.durable_client_input(client_name="client")
async def at_start(timer: func.TimerRequest, client: df.DurableOrchestrationClient) -> None:
    effect(f"timer {timer.past_due} {len(await client.get_status_all())}")
