"""What the model of ARM shows of its world: resources, records, operations, entries of lists."""

import re
from datetime import UTC, datetime
from typing import Any

from tests.properties.deployments import Record
from tests.properties.world import Thing, split_id

VERSION = "2024-05-01"
_CLAUSE = re.compile(r"(resourceType|name) eq '([^']*)'")


def show_thing(thing: Thing) -> dict[str, Any]:
    """A resource as GET answers it."""
    shown: dict[str, Any] = {"id": thing.id, "type": thing.type, "name": thing.id.rpartition("/")[2]}
    shown["location"] = thing.location
    shown["properties"] = {**thing.properties, "provisioningState": thing.state}
    if thing.type.startswith("Contoso."):
        shown["systemData"] = {"createdAt": _show_time(thing.created)}
    return {key: value for key, value in shown.items() if value is not None}


def show_record(record: Record) -> dict[str, Any]:
    """A deployment's record as GET answers it."""
    properties: dict[str, Any] = {"provisioningState": record.state, "correlationId": record.correlation}
    properties["timestamp"] = _show_time(record.changed)
    if record.state == "Succeeded":
        properties["outputResources"] = [{"id": one, "apiVersion": VERSION} for one in record.output_ids]
        properties["outputs"] = {}
    elif record.error is not None:
        properties["error"] = record.error
    shown = {"id": record.id, "name": record.id.rpartition("/")[2], "properties": properties}
    return shown if record.tags is None else {**shown, "tags": record.tags}


def list_operations(record: Record) -> list[dict[str, Any]]:
    written = [("Create", step.state, step.item.id) for step in record.steps if step.state != "Waiting"]
    own = {step.item.id.lower() for step in record.steps}
    looks = dict.fromkeys(
        (look.operation, "Succeeded", look.id)
        for look in record.looks
        if look.operation == "Action" or look.id.lower() not in own
    )
    found = [
        {"properties": {"provisioningOperation": kind, "provisioningState": state, "targetResource": {"id": target}}}
        for kind, state, target in [*written, *looks]
    ]
    if record.ended:
        found.append(
            {"properties": {"provisioningOperation": "EvaluateDeploymentOutput", "provisioningState": record.state}}
        )
    return [{"operationId": str(at), **entry} for at, entry in enumerate(found)]


def show_listed(thing: Thing, expand: bool) -> dict[str, Any]:
    shown = {"id": thing.id, "type": thing.type, "name": split_id(thing.id)[2], "location": thing.location}
    return {**shown, "createdTime": _show_time(thing.created)} if expand else shown


def is_chosen(thing: Thing, text: str) -> bool:
    """Whether a `$filter` chooses it: clauses joined by `and`, alternatives of such by `or`."""
    values = {"resourceType": thing.type.lower(), "name": split_id(thing.id)[2].lower()}
    return not text or any(
        all(values[key] == value.lower() for key, value in _CLAUSE.findall(alternative))
        for alternative in text.split(" or ")
    )


def _show_time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")
