"""The list of executions: what a caller asks for, and the matching executions in the task hub."""

import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zlib import crc32

from driver import executions, instances, request_ids
from driver.errors import InvalidRequest
from driver.executions import ACTIVE, ORCHESTRATOR
from driver.models.runs import cut_text, show_tenant

MOST = 100  # executions of an answer
READ_SECONDS = 2.0  # after which no further page of the task hub is read
PARAMETERS = ("resource", "name", "status", "since", "type", "location", "limit", "continuation")
# The runtime statuses of each status. An execution that failed has completed, as a rule: with a FAILED event.
STATUSES = {
    "IN_PROGRESS": ACTIVE,
    "COMPLETE": ("Completed",),
    "FAILED": ("Completed", "Failed", "Terminated", "Canceled"),
}
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)  # before any execution
_DIGITS = 3  # of the greatest limit
_LONGEST_VALUE = 100  # characters of a wrong value that a message shows


@dataclass(frozen=True)
class Selection:
    """Which executions are asked for; an empty field asks for all. `token` is the task hub's, of the first page."""

    resource: str = ""
    name: str = ""
    status: str = ""
    since: datetime | None = None
    type: str = ""
    location: str = ""
    tenant: str | None = None
    limit: int = MOST
    token: str = ""

    def includes(self, execution: Mapping[str, Any]) -> bool:
        """Whether an execution is asked for, by what the task hub cannot filter."""
        resource = execution.get("resource") or {}
        resource_type = resource.get("type", "")
        accepted_at = execution.get("acceptedAt")
        return (
            self.status in ("", execution["status"])
            and (self.since is None or not accepted_at or datetime.fromisoformat(accepted_at) >= self.since)
            and cut_text(self.name) in ("", resource.get("name"))
            and cut_text(self.type) in ("", resource_type, *resource_type.split("::")[1:2])
            and cut_text(self.location) in ("", execution.get("deploymentLocation"))
            and (self.tenant is None or show_tenant(self.tenant) == execution.get("tenantId"))
        )


def read_selection(parameters: Iterable[tuple[str, str]], tenant: str | None) -> Selection:
    """The selection that the parameters of a query name. `tenant` is the header tenantId: where there is one, only
    executions with the same are asked for. Raises InvalidRequest with every fault.
    """
    faults: list[str] = []
    given: dict[str, str] = {}
    for name, value in parameters:
        if name not in PARAMETERS:
            faults.append(f"parameter '{name[:_LONGEST_VALUE]}' is unknown: there are {', '.join(PARAMETERS)}")
        elif name in given:
            faults.append(f"parameter {name} is given more than once")
        elif not value:
            faults.append(f"parameter {name} is empty: give it a value or leave it out")
        else:
            given[name] = value
    status = given.get("status", "")
    if status and status not in STATUSES:
        faults.append(_describe_fault("status", status, f"one of {', '.join(STATUSES)}"))
    selection = Selection(
        resource=given.get("resource", ""),
        name=given.get("name", ""),
        status=status,
        since=_read_since(given.get("since", ""), faults),
        type=given.get("type", ""),
        location=given.get("location", ""),
        tenant=tenant,
        limit=_read_limit(given.get("limit", ""), faults),
        token=_read_continuation(given.get("continuation", ""), faults),
    )
    if faults:
        raise InvalidRequest(*faults)
    return selection


def read_list(client: Any, selection: Selection) -> dict[str, Any]:
    """The body of an answer: at most `limit` executions, the newest first, and the continuation of the list; None if
    they are the last. It blocks. Raises NotReady if the task hub does not answer.

    The task hub orders its instances by requestId and knows no other order. What it cannot filter is left out of its
    pages, so more of them are read, until the answer is three quarters full or READ_SECONDS are over. Each page is
    requested no larger than the room that is left in the answer: only at the end of a page can the list be continued.
    """
    statuses = STATUSES.get(selection.status, ())
    prefix = request_ids.find_prefix(selection.resource) if selection.resource else ""
    since = max(selection.since or _BEGINNING, _BEGINNING)
    ends_at = time.monotonic() + READ_SECONDS
    found: list[dict[str, Any]] = []
    token, free = selection.token, selection.limit
    while True:
        page, token = instances.read_page(
            client, token, statuses=statuses, prefix=prefix, created_from=since, most=free
        )
        shown = (_describe_instance(client, instance) for instance in page)
        found += [execution for execution in shown if execution and selection.includes(execution)]
        free = selection.limit - len(found)
        if not token or free <= selection.limit // 4 or time.monotonic() >= ends_at:
            break
    found.sort(key=lambda execution: str(execution.get("acceptedAt", "")), reverse=True)
    return {"executions": found, "continuation": _write_continuation(token) if token else None}


def _describe_instance(client: Any, instance: Mapping[str, Any]) -> dict[str, Any] | None:
    """An instance as GET executions/{requestId} shows it. None if it is no execution of a request: it keeps a template,
    or sends an event again.
    """
    if instance["name"] != ORCHESTRATOR or not request_ids.is_request_id(instance["instanceId"]):
        return None
    if instance.get("customStatus") is None:  # it has not taken its first step yet
        found = executions.read_execution(client, instance["instanceId"])
        return None if found is None else executions.describe_execution(executions.read_status(found))
    return executions.describe_execution(executions.read_status(instance))


def _read_since(text: str, faults: list[str]) -> datetime | None:
    if not text:
        return None
    try:
        time_given = datetime.fromisoformat(text)
        return time_given.astimezone(UTC) if time_given.tzinfo else time_given.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        faults.append(_describe_fault("since", text, "a time such as 2026-11-26T08:00:00Z (a + is written as %2B)"))
        return None


def _read_limit(text: str, faults: list[str]) -> int:
    if not text:
        return MOST
    if text.isascii() and text.isdigit() and len(text) <= _DIGITS and 1 <= int(text) <= MOST:
        return int(text)
    faults.append(_describe_fault("limit", text, f"a whole number from 1 to {MOST}"))
    return MOST


def _write_continuation(token: str) -> str:
    """A token of the task hub for a URL, with its checksum: the task hub takes a wrong one for the end of the list."""
    content = token.encode("latin-1")
    return urlsafe_b64encode(crc32(content).to_bytes(4, "big") + content).decode().rstrip("=")


def _read_continuation(text: str, faults: list[str]) -> str:
    if not text:
        return ""
    try:
        content = b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        token = content[4:].decode("latin-1")
        if crc32(content[4:]).to_bytes(4, "big") == content[:4] and token.isprintable():
            return token
    except ValueError:
        pass
    faults.append(_describe_fault("continuation", text, "what the answer before has as its continuation"))
    return ""


def _describe_fault(name: str, value: str, right: str) -> str:
    shown = value if len(value) <= _LONGEST_VALUE else f"{value[:_LONGEST_VALUE]}..."
    return f"parameter {name} is '{shown}': it takes {right}"
