"""The search for orphans reads whole lists, whatever pages they come in, and passes over what is gone meanwhile."""

from typing import Any
from urllib.parse import urlsplit

from driver.models.orders import AzureLocation
from driver.orphans import find_orphans
from driver.resource_ids import ResourceId
from tests.support.arm_stub import Asked, Reply, Stub
from tests.support.requests import SUBSCRIPTION

ROOT = f"/subscriptions/{SUBSCRIPTION}"
DEPLOYMENTS = "/providers/Microsoft.Resources/deployments"
ABSENT = {"error": {"code": "ResourceGroupNotFound", "message": "Resource group 'x' could not be found."}}


def describe_record(scope: str, name: str, state: str = "Succeeded") -> dict[str, Any]:
    properties: dict[str, Any] = {"provisioningState": state, "timestamp": "2026-11-25T22:00:00Z"}
    # What a Bicep extension made is listed without an ARM id.
    outputs = {"outputResources": [{"extension": {"name": "MicrosoftGraph"}, "resourceType": "groups"}]}
    tags = {"TNCO-Request-Id": f"request-{name}"}
    return {"id": f"{scope}{DEPLOYMENTS}/{name}", "tags": tags, "properties": {**properties, **outputs}}


def serve_pages(stub: Stub, lists: dict[str, list[list[Any]]]) -> None:
    """Answer lists page by page; a list that is not given belongs to a group that is gone."""

    def answer(asked: Asked) -> Reply:
        address = urlsplit(asked.path)
        pages = lists.get(address.path)
        if pages is None:
            return Reply(404, ABSENT)
        number = int(dict(part.split("=") for part in address.query.split("&")).get("page", 0))
        following = f"{stub.url}{address.path}?api-version=2025-04-01&page={number + 1}"
        return Reply(body={"value": pages[number], **({"nextLink": following} if number + 1 < len(pages) else {})})

    stub.answer = answer


def test_all_pages_of_all_scopes_are_read_also_empty_ones(stub: Stub, location: AzureLocation) -> None:
    groups = [f"{ROOT}/resourceGroups/rg-{number}" for number in range(4)]
    serve_pages(
        stub,
        {
            f"{ROOT}/resourceGroups": [
                [{"id": groups[0]}],
                [],
                [{"id": groups[1]}, {"id": groups[2]}],
                [{"id": groups[3]}],
            ],
            f"{ROOT}{DEPLOYMENTS}": [[], [describe_record(ROOT, "one")], [describe_record(ROOT, "two")]],
            f"{groups[0]}{DEPLOYMENTS}": [[]],
            f"{groups[1]}{DEPLOYMENTS}": [[{"id": "foreign", "properties": {}}], [describe_record(groups[1], "three")]],
            f"{groups[3]}{DEPLOYMENTS}": [[describe_record(groups[3], "FOUR")]],
        },
    )
    known = ResourceId.parse(f"{groups[3]}{DEPLOYMENTS}/four")
    findings = find_orphans(location, {known}, lambda text: None)
    assert [(orphan.id.name, orphan.request_id, orphan.resources) for orphan in findings.orphans] == [
        (name, f"request-{name}", ()) for name in ("one", "two", "three")
    ]
    assert findings.unread == ()
    assert {asked.method for asked in stub.asked} == {"GET"}
