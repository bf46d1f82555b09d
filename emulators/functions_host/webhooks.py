"""The Durable HTTP API: starts, queries, signals, ends and purges instances."""

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import Response

from emulators.functions_host.bindings import management_urls
from emulators.functions_host.engine import Engine
from emulators.functions_host.history import EventType, event, write_json
from emulators.functions_host.queries import condition, first_id, is_true, shown, time_of
from emulators.functions_host.status import history_events
from emulators.functions_host.store import ENDED, Instance, Store

DEFAULT_PAGE = 100
REFUSED = {"suspend", "resume", "restart", "rewind"}


def _json(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    body = write_json(content)
    return Response(body, status, headers, "application/json; charset=utf-8")


def _refused(what: str) -> Response:
    return _json({"Message": f"The local host does not support {what}."}, 501)


def _invalid_json(error: ValueError) -> Response:
    kind, message = "Newtonsoft.Json.JsonReaderException", "Invalid JSON content"
    fault = {"Message": message, "ExceptionMessage": str(error), "ExceptionType": kind, "StackTrace": ""}
    return _json(fault, 400)


class Webhooks:
    """Answers the Durable HTTP API from the hub; what changes an instance goes through the engine."""

    def __init__(self, store: Store, engine: Engine, hub_name: str, key: str) -> None:
        """`key` is put into the URLs that answers carry."""
        self._store, self._engine, self._hub_name, self._key = store, engine, hub_name, key

    async def answer(self, request: Request, path: str) -> Response:
        """Answer a request; `path` is what follows the API's base, percent-decoded but for %2F."""
        hub = request.query_params.get("taskHub", self._hub_name)
        parts = path.rstrip("/").split("/")[1:]
        if hub.lower() != self._hub_name.lower() or any("%2f" in part.lower() for part in parts):
            return Response(status_code=404)
        match request.method, parts:
            case "POST", ["orchestrators", name, *given] if len(given) < 2:
                return await self._start(request, name, given[0] if given else uuid4().hex)
            case _, ["instances"]:
                return self._answer_all(request)
            case _, ["instances", instance_id, *operation]:
                return await self._answer_one(request, instance_id, operation)
            case _, ["entities", *_]:
                return _refused("entities")
        return Response(status_code=404)

    def _answer_all(self, request: Request) -> Response:
        match request.method:
            case "GET":
                return self._list(request)
            case "DELETE":
                return self._purge_many(request)
        return Response(status_code=404)

    async def _answer_one(self, request: Request, instance_id: str, operation: list[str]) -> Response:
        match request.method, operation:
            case "GET", []:
                return self._status(request, instance_id)
            case "DELETE", []:
                return self._purge(instance_id)
            case "POST", ["raiseEvent", name]:
                return await self._raise_event(request, instance_id, name)
            case "POST", ["terminate"]:
                return self._terminate(request, instance_id)
            case "POST", [refused] if refused in REFUSED:
                return _refused(refused)
        return Response(status_code=404)

    async def _start(self, request: Request, name: str, instance_id: str) -> Response:
        for parameter in ("timeout", "version"):
            if parameter in request.query_params:
                return _refused(f"starting an orchestration with {parameter!r}")
        body = (await request.body()).decode("utf-8", "replace")
        try:
            json.loads(body or "null")
        except ValueError as error:
            return _invalid_json(error)
        existing = self._store.instance(instance_id)
        if existing and existing.status not in ENDED:
            text = f"An Orchestration instance with the status {existing.status} already exists."
            return _json({"Message": text}, 409)
        self._engine.start(name, instance_id, body or None)
        origin = f"{request.url.scheme}://{request.url.netloc}"
        urls = management_urls(origin, self._hub_name, self._key, quote_plus(instance_id))
        del urls["rewindPostUri"]
        headers = {"Location": urls["statusQueryGetUri"], "Retry-After": "10"}
        return _json({"id": instance_id, **urls}, 202, headers)

    def _status(self, request: Request, instance_id: str) -> Response:
        instance = self._store.instance(instance_id)
        if instance is None:
            return Response(status_code=404)
        content = shown(instance, with_input=is_true(request, "showInput", True))
        if is_true(request, "showHistory"):
            history = self._store.history(instance_id)
            content["historyEvents"] = history_events(history, is_true(request, "showHistoryOutput"), instance.name)
        if instance.status not in ENDED:
            return _json(content, 202, {"Location": str(request.url), "Retry-After": "5"})
        failed = instance.status == "Failed" and is_true(request, "returnInternalServerErrorOnFailure")
        return _json(content, 500 if failed else 200)

    def _list(self, request: Request) -> Response:
        where, values = condition(request)
        try:
            first, page = first_id(request), int(request.query_params.get("top", DEFAULT_PAGE))
        except ValueError:
            return _json([])
        # The real host obeys showInput in a list only where something is filtered.
        with_input = is_true(request, "showInput", True) or not values
        where = f"{where} AND id >= ? ORDER BY id LIMIT ?"
        found = self._store.instances(where, [*values, first, page + 1], with_input)
        headers = {}
        if len(found) > page:
            headers["x-ms-continuation-token"] = base64.b64encode(found[page].id.encode()).decode()
        return _json([shown(instance, with_input) for instance in found[:page]], 200, headers)

    def _purge(self, instance_id: str) -> Response:
        instance = self._store.instance(instance_id)
        if instance is None:
            return Response(status_code=404)
        if instance.status not in ENDED:
            text = (
                "Only orchestrations in a terminal state can be purged, but the orchestration with instance ID "
                f"{instance_id} has status {instance.status}"
            )
            return _json(text, 412)
        return self._delete([instance])

    def _purge_many(self, request: Request) -> Response:
        if time_of(request, "createdTimeFrom") is None:
            return _json("Please provide value for 'createdTimeFrom' parameter.", 400)
        where, values = condition(request)
        ended = sorted(ENDED)
        found = self._store.instances(f"{where} AND status IN (?, ?, ?) ORDER BY id", [*values, *ended], False)
        return self._delete(found) if found else Response(status_code=404)

    def _delete(self, instances: list[Instance]) -> Response:
        with self._store.transaction():
            for instance in instances:
                self._store.delete_instance(instance.id)
        return _json({"instancesDeleted": len(instances)})

    async def _raise_event(self, request: Request, instance_id: str, name: str) -> Response:
        if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
            return _json({"Message": "Only application/json request content is supported"}, 400)
        try:
            data = json.loads(await request.body())
        except ValueError as error:
            return _invalid_json(error)
        text = write_json(data)
        raised = event(EventType.EventRaised, Name=name, Input=text, ParentTraceContext=None)
        return self._send(instance_id, raised)

    def _terminate(self, request: Request, instance_id: str) -> Response:
        reason = request.query_params.get("reason")
        return self._send(instance_id, event(EventType.ExecutionTerminated, Input=reason))

    def _send(self, instance_id: str, message: dict[str, Any]) -> Response:
        instance = self._store.instance(instance_id)
        if instance is None:
            return Response(status_code=404)
        if instance.status in ENDED:
            return Response(status_code=410)
        self._engine.send(instance_id, message)
        return Response(status_code=202)
