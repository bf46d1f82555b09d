"""The command `orphans`: records of deployments that no given topology names. It deletes nothing."""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from driver import settings
from driver.azure.locations import read_location
from driver.commands.files import read_deployment_location
from driver.errors import InvalidRequest
from driver.models.requests import DeploymentLocation, parse
from driver.orphans import Findings, Orphan, WrittenResource, find_orphans
from driver.resource_ids import ResourceId

FOUND, UNKNOWN = 1, 2  # exit statuses besides 0: there are orphans; it could not be found out
_FORM = "takes an associatedTopology {name: {id, type}}, an event that has one, or a list of these"


def report_orphans(options: argparse.Namespace) -> int:
    """Print the orphans of a deployment location's subscription. Returns the exit status. Raises InvalidRequest if a
    file is wrong, Refusal if Azure refuses to list the resource groups.
    """
    content = json.dumps(read_deployment_location(options.deployment_location), default=str).encode()
    location = read_location(parse(DeploymentLocation, content), settings.current())
    named = {named_id for file in options.topology for named_id in _read_topology(file)}
    findings = find_orphans(location, named, lambda text: print(text, file=sys.stderr))
    if options.json:
        print(json.dumps(findings.model_dump(mode="json", by_alias=True), indent=2))
    else:
        print(*_describe_findings(findings), sep="\n")
    return UNKNOWN if findings.unread else FOUND if findings.orphans else 0


def _read_topology(file: Path) -> list[ResourceId]:
    """The ids that a file names. An entry of null names a resource that was removed."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InvalidRequest(f"{file}: is no JSON: {error}") from error
    faults: list[str] = []
    ids = list(_walk_named_ids(content, str(file), faults))
    if faults:
        raise InvalidRequest(*faults)
    return ids


def _walk_named_ids(content: Any, place: str, faults: list[str]) -> Iterator[ResourceId]:
    if isinstance(content, list):
        for index, element in enumerate(content):
            yield from _walk_named_ids(element, f"{place}[{index}]", faults)
    elif not isinstance(content, Mapping):
        faults.append(f"{place}: {_FORM}")
    elif "associatedTopology" in content:
        yield from _walk_named_ids(content["associatedTopology"] or {}, f"{place}: associatedTopology", faults)
    elif isinstance(content.get("id"), str):
        yield ResourceId.parse(content["id"])
    else:
        for name, entry in content.items():
            if isinstance(entry, Mapping) and isinstance(entry.get("id"), str):
                yield ResourceId.parse(entry["id"])
            elif entry is not None:
                faults.append(f"{place}: '{name}' is no entry {{id, type}}; the file {_FORM}")


def _describe_findings(findings: Findings) -> Iterator[str]:
    for orphan in findings.orphans:
        yield from _describe_orphan(orphan)
    for unread in findings.unread:
        yield f"not read: {unread.id}: {unread.reason}"
    count = len(findings.orphans)
    yield f"{count} {'record' if count == 1 else 'records'} of deployments in no given topology; nothing was deleted"


def _describe_orphan(orphan: Orphan) -> Iterator[str]:
    yield orphan.id.text
    yield f"  {orphan.state} at {orphan.changed_at}: {orphan.transition} of resource {orphan.resource_id or 'unknown'}"
    yield f"  request {orphan.request_id}, driver {orphan.driver_version}"
    if orphan.reason:
        yield f"  what it wrote could not be read: {orphan.reason}"
    for resource in orphan.resources:
        yield f"  {_describe_state(resource)}: {resource.id}"


def _describe_state(resource: WrittenResource) -> str:
    if resource.in_topology:
        return "in a given topology"
    if resource.exists is None:
        return f"in no given topology, not known whether it exists ({resource.reason})"
    return f"in no given topology, {'exists' if resource.exists else 'does not exist'}"
