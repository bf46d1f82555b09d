"""Calls functions with what is bound to their parameters."""

import asyncio
import json
from concurrent.futures import Executor
from typing import Any

from azure.functions.durable_functions import ActivityTriggerConverter
from azure.functions.meta import Datum

from emulators.functions_host.functions import Function
from emulators.functions_host.history import write_json

WEBHOOK_PATH = "/runtime/webhooks/durabletask"
RPC_PATH = "/durabletask"
OPERATIONS = {
    "statusQueryGetUri": "",
    "sendEventPostUri": "/raiseEvent/{eventName}",
    "terminatePostUri": "/terminate?reason={text}",
    "rewindPostUri": "/rewind?reason={text}",
    "purgeHistoryDeleteUri": "",
    "restartPostUri": "/restart",
    "suspendPostUri": "/suspend?reason={text}",
    "resumePostUri": "/resume?reason={text}",
}


def management_urls(origin: str, hub_name: str, key: str, instance_id: str) -> dict[str, str]:
    """The URLs under which an instance is managed; `instance_id` as it stands in a path."""
    base = f"{origin}{WEBHOOK_PATH}/instances/{instance_id}"
    query = f"taskHub={hub_name}&connection=Storage&code={key}"
    return {name: f"{base}{path}{'&' if '?' in path else '?'}{query}" for name, path in OPERATIONS.items()}


def durable_client(origin: str, rpc_origin: str, hub_name: str, key: str) -> str:
    """The JSON from which the SDK makes a DurableOrchestrationClient; it calls `rpc_origin`."""
    base = f"{origin}{WEBHOOK_PATH}"
    create = f"{base}/orchestrators/{{functionName}}[/{{instanceId}}]?"
    wait = "timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}&"
    binding = {
        "taskHubName": hub_name,
        "connectionName": None,
        "creationUrls": {
            "createNewInstancePostUri": f"{create}code={key}",
            "createAndWaitOnNewInstancePostUri": f"{create}{wait}code={key}",
        },
        "managementUrls": {"id": "INSTANCEID", **management_urls(origin, hub_name, key, "INSTANCEID")},
        "baseUrl": base,
        "requiredQueryStringParameters": f"code={key}",
        "rpcBaseUrl": f"{rpc_origin}{RPC_PATH}/",
        "httpBaseUrl": None,
        "maxGrpcMessageSizeInBytes": None,
        "grpcHttpClientTimeout": None,
    }
    return json.dumps(binding)


class Caller:
    """Calls the app's functions: async ones on the event loop, others in the worker's thread pool."""

    def __init__(self, threads: Executor, client: str) -> None:
        """`client` is the JSON of `durable_client`."""
        self._threads, self._client = threads, client

    async def call(self, function: Function, argument: Any) -> Any:
        """Call a function with what triggered it. Raises whatever it raises."""
        arguments = self._arguments(function, argument)
        if function.is_async:
            return await function.handler(**arguments)
        return await asyncio.get_running_loop().run_in_executor(self._threads, lambda: function.handler(**arguments))

    async def call_activity(self, function: Function, data: str | None) -> str | None:
        """Call an activity with its input, JSON text; its result as compact JSON text, None for None."""
        arguments = self._arguments(
            function, ActivityTriggerConverter.decode(Datum(data, "string"), trigger_metadata={})
        )
        if function.is_async:
            return _encode(await function.handler(**arguments))
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, lambda: _encode(function.handler(**arguments)))

    def _arguments(self, function: Function, argument: Any) -> dict[str, Any]:
        client = {function.client: self._client} if function.client else {}
        return {function.parameter: argument, **client}


def _encode(result: Any) -> str | None:
    """A result as the extension keeps it: what the SDK's converter makes of it, compact."""
    if result is None:
        return None
    text = ActivityTriggerConverter.encode(result, expected_type=None).value
    return write_json(json.loads(text))
