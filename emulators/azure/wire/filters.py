"""Lists: OData filters as far as ARM knows them, and pages."""

import base64
import re
from typing import Any
from urllib.parse import urlencode

from emulators.azure.wire.errors import refusal, unsupported
from emulators.azure.wire.messages import Request

PAGE = 1000
_CLAUSE = re.compile(r"\s*([\w./]+)\s+(eq|ne)\s+'((?:[^']|'')*)'\s*(?:\b(and|or)\b|$)", re.IGNORECASE)
_KEYS = {"resourcetype": "type", "name": "name", "location": "location", "provisioningstate": "provisioningState"}

Clause = tuple[str, bool, str]  # key, whether it must be equal, value


def chosen(request: Request, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The items that `$filter` leaves: clauses joined by `and`, alternatives of such by `or`."""
    text = request.query.get("$filter", "")
    if not text:
        return items
    alternatives = _alternatives(text)
    return [item for item in items if any(_all_hold(item, clauses) for clauses in alternatives)]


def _alternatives(text: str) -> list[list[Clause]]:
    found: list[list[Clause]] = [[]]
    at = 0
    joint = "and"
    while joint:
        match = _CLAUSE.match(text, at)
        if match is None:
            raise unsupported(f"the filter {text!r}")
        if match[1].lower() not in (*_KEYS, "tagname", "tagvalue"):
            raise unsupported(f"a filter by {match[1]}")
        if joint == "or":
            found.append([])
        found[-1].append((match[1].lower(), match[2].lower() == "eq", match[3].replace("''", "'")))
        at = match.end()
        joint = (match[4] or "").lower()
    return found


def _all_hold(item: dict[str, Any], clauses: list[Clause]) -> bool:
    tag = next((value for key, _, value in clauses if key == "tagname"), None)
    return all(_holds(item, *clause, tag) for clause in clauses)


def _holds(item: dict[str, Any], key: str, equal: bool, value: str, tag: str | None) -> bool:
    tags = {name.lower(): text for name, text in (item.get("tags") or {}).items()}
    if key == "tagname":
        return (value.lower() in tags) == equal
    if key == "tagvalue":
        return (tags.get((tag or "").lower()) == value) == equal
    found = item.get(_KEYS[key], (item.get("properties") or {}).get(_KEYS[key], ""))
    return (str(found).lower() == value.lower()) == equal


def _start(token: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(token).decode())
    except ValueError as error:
        raise refusal("InvalidSkipToken", token=token) from error


def page(request: Request, items: list[dict[str, Any]]) -> dict[str, Any]:
    """`{"value", "nextLink"}`: at most `$top` or 1000 items, and where the next ones are."""
    top = int(request.query.get("$top") or PAGE)
    token = request.query.get("$skiptoken", "")
    start = _start(token) if token else 0
    shown: dict[str, Any] = {"value": items[start : start + top]}
    if start + top < len(items):
        following = base64.urlsafe_b64encode(str(start + top).encode()).decode()
        query = {key: value for key, value in request.query.items() if key != "$skiptoken"}
        shown["nextLink"] = f"{request.url}{request.path}?{urlencode(query | {'$skiptoken': following})}"
    return shown
