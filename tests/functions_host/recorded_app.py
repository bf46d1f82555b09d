"""The recorded main app without what the local host refuses (classic HTTP functions, entities), and with two additions.

Every orchestrator call leaves its context in contexts/, and the SDK's client is reached through an HTTP streams
function with the route, arguments and answers of the recorded classic one. The host does not see the source of the
orchestrators, some of which call what is not registered: their wrapper hides it.
"""

# The decorators of azure.durable_functions have no types:
# mypy: disable-error-code="untyped-decorator"

import importlib.util
import json
import os
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import azure.durable_functions as df
from azurefunctions.extensions.http.fastapi import JSONResponse, Request

MAIN = Path(os.environ["RECORDED_APP"])
CONTEXTS = Path(__file__).parent / "contexts"

sys.path.insert(1, str(MAIN))
spec = importlib.util.spec_from_file_location("recorded_main", MAIN / "function_app.py")
assert spec
assert spec.loader
main = importlib.util.module_from_spec(spec)
spec.loader.exec_module(main)
app = main.app


def recorded(handler: Callable[..., str]) -> Callable[..., str]:
    def handle(context: str) -> str:
        instance_id = json.loads(context)["instanceId"].replace("/", "_")[:100]
        with (CONTEXTS / f"{instance_id}.jsonl").open("a") as file:
            file.write(context + "\n")
        return handler(context)

    return handle


CONTEXTS.mkdir(exist_ok=True)
kept = []
for builder in app._function_builders:
    kind = builder._function.get_trigger().type
    if kind == "orchestrationTrigger":
        builder._function._func = recorded(builder._function._func)
    if kind in {"orchestrationTrigger", "activityTrigger"}:
        kept.append(builder)
app._function_builders = kept


@app.route(route="client/{op}/{iid}", methods=["POST"], auth_level="anonymous")
@app.durable_client_input(client_name="client")
async def rh_client(req: Request, client: df.DurableOrchestrationClient) -> JSONResponse:
    try:
        return JSONResponse({"r": await operate(req, client, await req.body())})
    except Exception as error:
        return JSONResponse({"exc": type(error).__name__, "text": str(error)}, 299)


async def operate(req: Request, client: df.DurableOrchestrationClient, body: bytes) -> Any:
    instance_id, data, query = req.path_params["iid"], json.loads(body) if body else None, req.query_params
    years = datetime(2020, 1, 1), datetime(2030, 1, 1)  # noqa: DTZ001 - as recorded
    match req.path_params["op"]:
        case "start":
            return await client.start_new(query["fn"], instance_id, data)
        case "event":
            return await client.raise_event(instance_id, query["ev"], data)
        case "terminate":
            return await client.terminate(instance_id, "why")
        case "purge":
            return (await client.purge_instance_history(instance_id)).instances_deleted
        case "purgeby":
            completed = [df.OrchestrationRuntimeStatus.Completed]
            return (await client.purge_instance_history_by(*years, completed)).instances_deleted
        case "status":
            return json.loads(json.dumps((await client.get_status(instance_id)).to_json(), default=str))
        case "payload":
            return client.create_http_management_payload(instance_id)
        case "rpc":
            return client._orchestration_bindings.rpc_base_url
    raise ValueError(req.path_params["op"])
