"""The queries of the Durable HTTP API: which instances are asked for, and how an instance is shown."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request

from emulators.functions_host.history import iso
from emulators.functions_host.store import ENDED, Instance

LAST_CHARACTER = "\U0010ffff"
STATUSES = {"Pending", "Running", *ENDED}


def is_true(request: Request, name: str, default: bool = False) -> bool:
    """A flag of the query; its case is ignored."""
    return request.query_params.get(name, str(default)).lower() == "true"


def time_of(request: Request, name: str) -> str | None:
    """A time of the query, as the hub writes it; one that is none is ignored, as on the real host."""
    try:
        moment = datetime.fromisoformat(request.query_params.get(name, ""))
    except ValueError:
        return None
    return iso(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def condition(request: Request) -> tuple[str, list[str | int]]:
    """The query's filters as an SQL condition and its values, of which there are none where nothing is filtered."""
    terms, values = ["1"], list[str | int]()
    if since := time_of(request, "createdTimeFrom"):
        terms.append("created >= ?")
        values.append(since)
    if until := time_of(request, "createdTimeTo"):
        terms.append("created <= ?")
        values.append(until)
    asked = {status.strip() for status in request.query_params.get("runtimeStatus", "").split(",")}
    if statuses := sorted(asked & STATUSES):
        terms.append(f"status IN ({', '.join('?' * len(statuses))})")
        values += statuses
    if prefix := request.query_params.get("instanceIdPrefix"):
        terms.append("id >= ? AND id < ?")
        values += [prefix, prefix + LAST_CHARACTER]
    return " AND ".join(terms), values


def first_id(request: Request) -> str:
    """The id at which the asked page begins. Raises ValueError for a token that is none."""
    return base64.b64decode(request.headers.get("x-ms-continuation-token", "").strip()).decode()


def shown(instance: Instance, with_input: bool) -> dict[str, Any]:
    """An instance as status queries and lists show it, times to the second."""

    def value(text: str | None) -> Any:
        return None if text is None else json.loads(text)

    return {
        "name": instance.name,
        "instanceId": instance.id,
        "runtimeStatus": instance.status,
        "input": value(instance.input) if with_input else None,
        "customStatus": value(instance.custom_status),
        "output": value(instance.output),
        "createdTime": instance.created[:19] + "Z",
        "lastUpdatedTime": instance.updated[:19] + "Z",
    }
