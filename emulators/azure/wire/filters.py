"""Lists: OData filters as far as ARM knows them, and pages."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from emulators.azure.wire.errors import refusal, unsupported
from emulators.azure.wire.messages import Request

PAGE = 1000
_TEXT = r"'((?:[^']|'')*)'"
_COMPARED = rf"([\w./]+)\s+(eq|ne)\s+{_TEXT}"
_CALLED = rf"(\w+)\(\s*(?:{_TEXT})?\s*,?\s*([\w/]*)\s*\)"
_CLAUSE = re.compile(rf"\s*(?:{_COMPARED}|{_CALLED})\s*(?:\b(and|or)\b|$)", re.IGNORECASE)
# What a filter may name, in lower case, and where it stands in an item or in its properties.
RESOURCES = {
    "resourcetype": "type",
    "name": "name",
    "location": "location",
    "resourcegroup": "id",
    "provisioningstate": "provisioningState",
    "identity/principalid": "identity/principalId",
    **{f"plan/{name.lower()}": f"plan/{name}" for name in ("publisher", "product", "name", "version", "promotionCode")},
}


@dataclass(frozen=True)
class Clause:
    """One condition: `test` is eq, ne or, in lower case, the name of a function."""

    key: str
    test: str
    value: str


def chosen(request: Request, items: list[dict[str, Any]], keys: Mapping[str, str] = RESOURCES) -> list[dict[str, Any]]:
    """The items that `$filter` leaves: clauses joined by `and`, alternatives of such by `or`."""
    text = request.query.get("$filter", "")
    if not text:
        return items
    alternatives = [[_known(clause, keys) for clause in clauses] for clauses in parse(text)]
    return [item for item in items if any(_all_hold(item, clauses, keys) for clauses in alternatives)]


def parse(text: str) -> list[list[Clause]]:
    """The alternatives of a filter, each a list of clauses that must all hold."""
    found: list[list[Clause]] = [[]]
    at = 0
    joint = "and"
    while joint:
        match = _CLAUSE.match(text, at)
        if match is None:
            raise unsupported(f"the filter {text!r}")
        if joint == "or":
            found.append([])
        key, test, value, function, argument, of, following = match.groups()
        read = (key, test, value) if key else (of or function, function, argument or "")
        found[-1].append(Clause(read[0].lower(), read[1].lower(), read[2].replace("''", "'")))
        at = match.end()
        joint = (following or "").lower()
    return found


def _known(clause: Clause, keys: Mapping[str, str]) -> Clause:
    if clause.test not in ("eq", "ne", "substringof"):
        raise unsupported(f"a filter by {clause.test}()")
    if clause.key not in (*keys, "tagname", "tagvalue"):
        raise unsupported(f"a filter by {clause.key}")
    return clause


def _all_hold(item: dict[str, Any], clauses: list[Clause], keys: Mapping[str, str]) -> bool:
    tag = next((clause.value for clause in clauses if clause.key == "tagname"), "")
    return all(_holds(item, clause, keys, tag) for clause in clauses)


def _holds(item: dict[str, Any], clause: Clause, keys: Mapping[str, str], tag: str) -> bool:
    tags = {name.lower(): text for name, text in (item.get("tags") or {}).items()}
    wanted = clause.value.lower()
    if clause.key == "tagname":
        return (wanted in tags) == (clause.test == "eq")
    if clause.key == "tagvalue":
        return (tags.get(tag.lower()) == clause.value) == (clause.test == "eq")
    found = _value(item, keys[clause.key])
    if clause.key == "resourcegroup":
        found = "".join(found.split("/")[4:5])
    return wanted in found if clause.test == "substringof" else (found == wanted) == (clause.test == "eq")


def _value(item: dict[str, Any], path: str) -> str:
    """What stands at a path of an item, or of its properties, in lower case."""
    found: Any = item
    for at, name in enumerate(path.split("/")):
        holder = found if isinstance(found, dict) else {}
        found = holder.get(name, (item.get("properties") or {}).get(name, "") if at == 0 else "")
    return str(found).lower()


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
