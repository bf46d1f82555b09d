"""What the operations of a deployment show of its nested deployments, read through the real SDK."""

from typing import Any

import pytest

from driver.azure import writes
from driver.models.orders import AzureLocation
from driver.resource_ids import ResourceId
from tests.support.arm_stub import Asked, Reply, Stub
from tests.support.requests import SUBSCRIPTION

DEPLOYMENTS = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-1/providers/Microsoft.Resources/deployments"
INNER = ResourceId.parse(f"{DEPLOYMENTS}/inner")
REFUSED = {"error": {"code": "InvalidTemplate", "message": "Deployment template validation failed."}}
RAN = {"status": "Failed", "error": {"code": "DeploymentFailed", "details": [{"code": "InvalidTemplate"}]}}


def describe_operation(state: str, message: Any) -> dict[str, Any]:
    target = {"id": INNER.text, "resourceType": "Microsoft.Resources/deployments"}
    shown = {"provisioningOperation": "Create", "provisioningState": state, "targetResource": target}
    return {"properties": {**shown, "statusMessage": message}}


def answer_with(operation: dict[str, Any], record: Reply) -> Any:
    """ARM with a deployment that has this operation on its nested one, whose record this is."""

    def answer(asked: Asked) -> Reply:
        if "/deployments/outer/operations" in asked.path:
            return Reply(body={"value": [operation]})
        return record if "/operations" not in asked.path else Reply(body={"value": []})

    return answer


GONE = Reply(404, {"error": {"code": "DeploymentNotFound", "message": "Deployment 'inner' could not be found."}})


def describe_record(run: str) -> Reply:
    properties = {"provisioningState": "Failed", "correlationId": run}
    return Reply(body={"id": INNER.text, "name": "inner", "properties": properties})


@pytest.mark.parametrize(
    ("state", "message", "record", "records", "foreign"),
    [
        ("Failed", REFUSED, GONE, (), ()),
        # Somebody may have deleted the record of one that has run.
        ("Failed", RAN, GONE, (), (INNER,)),
        ("Failed", None, GONE, (), (INNER,)),
        ("Canceled", REFUSED, GONE, (), (INNER,)),
        ("Succeeded", None, GONE, (), (INNER,)),
        ("Failed", REFUSED, describe_record("another"), (), (INNER,)),
        ("Failed", RAN, describe_record("mine"), (INNER,), ()),
    ],
)
def test_a_record_is_foreign_unless_it_is_of_the_run_or_was_never_made(
    stub: Stub, location: AzureLocation, state: str, message: Any, record: Reply, records: Any, foreign: Any
) -> None:
    stub.answer = answer_with(describe_operation(state, message), record)
    found = writes.read_writes(location, ResourceId.parse(f"{DEPLOYMENTS}/outer"), "mine")
    assert (found.records, found.foreign) == (records, foreign)
