"""A small model of Azure Resource Manager, at the level of HTTP messages: it answers a request by what is in its world.

`test_arm_model.py` holds it against the embedded Azure.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.properties import deployments, resources
from tests.properties.deployments import Record
from tests.properties.views import VERSION, is_chosen, list_operations, show_listed, show_record, show_thing
from tests.properties.world import Operation, Refused, World, split_id

HOST = "https://arm.example"
TYPES = {
    "Microsoft.Network": ("firewallPolicies", "firewallPolicies/ruleCollectionGroups"),
    "Microsoft.Authorization": ("locks", "roleAssignments"),
    "Microsoft.Resources": ("deployments", "resourceGroups"),
    "Contoso.Store": ("boxes", "boxes/parts"),
}
_DEPLOYMENT = re.compile(
    r"(.*)/providers/microsoft\.resources/deployments/([^/]+)(?:/(\w+)(?:/([^/]+))?)?", re.IGNORECASE
)
_POLL = re.compile(
    r"/subscriptions/[^/]+(?:/providers/[^/]+/locations/[^/]+)?/operation(s|results)/([^/]+)", re.IGNORECASE
)


@dataclass
class Answer:
    """An answer of ARM."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Request:
    """A request to ARM; header names in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any


@dataclass
class Arm:
    """ARM over a world."""

    world: World

    def answer(self, method: str, url: str, headers: Mapping[str, str], content: bytes | str | None) -> Answer:
        """The answer to one request."""
        self.world.advance()
        parts = urlsplit(url)
        query = {name.lower(): values[-1] for name, values in parse_qs(parts.query).items()}
        lowered = {name.lower(): value for name, value in headers.items()}
        body = json.loads(content) if content else None
        try:
            answer = self._route(Request(method, unquote(parts.path), query, lowered, body))
        except Refused as refused:
            answer = Answer(refused.status, {"error": refused.error})
        correlation = _find_correlation(self.world, lowered)
        sent = {"Date": formatdate(self.world.now, usegmt=True), "x-ms-correlation-request-id": correlation}
        return Answer(answer.status, answer.body, {**sent, **answer.headers})

    def _route(self, request: Request) -> Answer:
        path = request.path
        if match := _POLL.fullmatch(path):
            return self._poll(match[2], is_result=match[1].lower() == "results")
        if match := _DEPLOYMENT.fullmatch(path):
            return self._answer_deployment(request, match[1], match[2], (match[3] or "").lower(), match[4] or "")
        if re.fullmatch(r"/subscriptions/[^/]+/resourcegroups/[^/]+/resources", path, re.IGNORECASE):
            return self._list(request, path.rpartition("/")[0])
        if match := re.fullmatch(r"/subscriptions/[^/]+/providers/([^/]+)", path, re.IGNORECASE):
            return self._show_provider(match[1])
        if re.fullmatch(r"/subscriptions/[^/]+/resourcegroups/[^/]+", path, re.IGNORECASE):
            return self._answer_thing(request, is_group=True)
        return self._answer_thing(request, is_group=False)

    def _answer_thing(self, request: Request, is_group: bool) -> Answer:
        world, path = self.world, request.path
        if request.method == "GET":
            return Answer(200, show_thing(resources.get(world, path)))
        if request.method == "DELETE":
            thing = world.find(path)
            operation = resources.delete(world, path)
            if operation is not None:
                return Answer(202, None, self._point(operation, path, is_group))
            is_shown = thing is not None and thing.type.lower() == resources.ROLE
            return Answer(200 if thing else 204, show_thing(thing) if thing and is_shown else None)
        if is_group:
            return Answer(
                201 if resources.put_group(world, path, request.body) else 200, show_thing(world.things[path.lower()])
            )
        is_new, operation = resources.put(world, path, request.body)
        headers = self._point(operation, path, False) if operation else {}
        headers.pop("Location", None)
        return Answer(201 if is_new else 200, show_thing(world.things[path.lower()]), headers)

    def _point(self, operation: Operation, path: str, is_job: bool) -> dict[str, str]:
        """The headers that say where to poll an operation. ARM's own jobs have no status URL."""
        subscription = "/".join(path.split("/")[:3])
        result = f"{HOST}{subscription}/operationresults/{operation.id}?api-version={VERSION}"
        found = {"Location": result, "Retry-After": "10"}
        if not is_job:
            place = f"{HOST}{subscription}/providers/{split_id(path)[1].split('/')[0]}/locations/northeurope"
            found["Azure-AsyncOperation"] = f"{place}/operations/{operation.id}?api-version={VERSION}"
        return found

    def _poll(self, operation_id: str, is_result: bool) -> Answer:
        operation = self.world.operations.get(operation_id)
        if operation is None:
            raise Refused(404, "NotFound")
        waits = {} if operation.over else {"Retry-After": "10"}
        if is_result:
            return Answer(operation.final if operation.over else 202, None, waits)
        return Answer(200, {"status": "Succeeded" if operation.over else "InProgress"}, waits)

    def _list(self, request: Request, scope: str) -> Answer:
        self.world.require_group(scope)
        shown = [thing for thing in self.world.list_shown(scope) if is_chosen(thing, request.query.get("$filter", ""))]
        expand = "createdtime" in request.query.get("$expand", "").lower()
        return Answer(200, {"value": [show_listed(thing, expand) for thing in shown]})

    def _show_provider(self, namespace: str) -> Answer:
        name = next((name for name in TYPES if name.lower() == namespace.lower()), None)
        if name is None:
            raise Refused(404, "InvalidResourceNamespace")
        types = [{"resourceType": kind, "apiVersions": [VERSION]} for kind in TYPES[name]]
        return Answer(200, {"namespace": name, "resourceTypes": types})

    def _answer_deployment(self, request: Request, scope: str, name: str, part: str, number: str) -> Answer:
        world = self.world
        world.require_group(scope)
        if part == "validate":
            items = deployments.prepare(world, request.body, scope)
            ids = deployments.list_validated_ids(world, items, scope)
            record_id, correlation = request.path.rpartition("/")[0], _find_correlation(world, request.headers)
            properties = {"provisioningState": "Succeeded", "correlationId": correlation}
            validated = {"validatedResources": [{"id": one} for one in ids]}
            shown = {"id": record_id, "tags": request.body.get("tags"), "properties": {**properties, **validated}}
            return Answer(200, shown)
        if not part and request.method == "PUT":
            return self._put_deployment(request, scope)
        record: Record | None = world.records.get(f"{scope}/providers/microsoft.resources/deployments/{name}".lower())
        if record is None:
            if request.method == "DELETE":
                return Answer(204)
            raise Refused(404, "DeploymentNotFound")
        return self._answer_record(request, record, part, number)

    def _require_idle(self, record_id: str) -> Record | None:
        before: Record | None = self.world.records.get(record_id.lower())
        if before is not None and before.is_active:
            raise Refused(409, "DeploymentActive")
        return before

    def _put_deployment(self, request: Request, scope: str) -> Answer:
        world = self.world
        world.require_group(scope, writable=True)
        before = self._require_idle(request.path)
        items = deployments.prepare(world, request.body, scope)
        number = f"0858{world.number():016d}"
        correlation = _find_correlation(world, request.headers)
        record = Record(request.path, number, correlation, request.path, world.now, world.now + world.provisioning)
        record.tags = request.body.get("tags")
        deployments.start(world, record, items)
        status = f"{HOST}{request.path}/operationStatuses/{number}?api-version={VERSION}"
        return Answer(200 if before else 201, show_record(record), {"Azure-AsyncOperation": status})

    def _answer_record(self, request: Request, record: Record, part: str, number: str) -> Answer:
        if part == "operationstatuses":
            if number != record.number:
                raise Refused(404, "DeploymentOperationNotFound")
            error = {"error": record.error} if record.error else {}
            return Answer(200, {"status": record.state, **error})
        if part == "operations":
            return Answer(200, {"value": list_operations(record)})
        if part == "cancel":
            deployments.cancel(self.world, record)
            return Answer(204)
        if request.method == "DELETE":
            self._require_idle(record.id)
            operation = self.world.begin(
                0.25 * self.world.provisioning,
                lambda: _drop(self.world.records, record.id.lower()),
                name=f"deletion-{record.number}",
            )
            return Answer(202, None, self._point(operation, record.id, is_job=True))
        return Answer(200, show_record(record))


def _find_correlation(world: World, headers: Mapping[str, str]) -> str:
    return headers.get("x-ms-correlation-request-id") or f"correlation-{world.number()}"


def _drop(records: dict[str, Any], key: str) -> None:
    records.pop(key, None)
