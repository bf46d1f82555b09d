"""What previews tell of ARM's what-if, and what they keep to themselves."""

import base64
from typing import Any

import pytest

from driver.models.events import Topology, TopologyEntry
from driver.models.orders import AzureLocation, Deploy, Order, Preview
from driver.resource_ids import ResourceId
from driver.steps.previews import PreviewState, start_preview, watch_preview
from tests.support.arm_stub import Reply, Stub
from tests.support.requests import SUBSCRIPTION

VM = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-1/providers/Microsoft.Compute/virtualMachines/vm-1"
OTHER = f"{VM}-of-others"
PASSWORD = "passw0rd-n33dle"
PLAIN = {"path": "properties.size", "propertyChangeType": "Modify", "before": "small", "after": "large"}
SECRET_CHANGES: list[dict[str, Any]] = [
    {"path": "properties.os.password", "propertyChangeType": "Create", "after": PASSWORD},
    {"path": "properties.os.masked", "propertyChangeType": "Create", "after": "*******"},
    {
        "path": "properties.os.data",
        "propertyChangeType": "Create",
        "after": base64.b64encode(f"password: {PASSWORD}".encode()).decode(),
    },
    {
        "path": "properties.users",
        "propertyChangeType": "Array",
        "children": [
            {
                "path": "0",
                "propertyChangeType": "Modify",
                "children": [{"path": "password", "propertyChangeType": "Create", "after": f"{PASSWORD}-2"}],
            }
        ],
    },
]


def outputs(
    stub: Stub, location: AzureLocation, changes: list[dict[str, Any]], drift: bool, secure: bool, **options: Any
) -> Any:
    """The outputs of a preview of a VM that owns itself."""
    deploy = Deploy(
        package="AzureVirtualMachine",
        file="main.bicep",
        name="vm-1-r",
        scope="resourceGroup",
        resource_group="rg-1",
        parameters={"vm_admin_password": PASSWORD} if secure else {},
        secure=("vm_admin_password", "vm_custom_data"),
        **options,
    )
    topology: Topology = {
        "vm": TopologyEntry(id=ResourceId.parse(VM.upper()), type="Microsoft.Compute/virtualMachines")
    }
    order = Order(request_id="r", location=location, topology=topology, work=Preview(deploy=deploy, drift=drift))
    stub.answer = lambda asked: Reply(body={"status": "Succeeded", "properties": {"changes": changes}})
    outcome = watch_preview(order, PreviewState(url=f"{stub.url}/what-if"), 0)
    assert (outcome.kind, outcome.topology) == ("Completed", {})
    ((_, found),) = outcome.outputs.items()
    return found


def test_changes_are_told_without_the_whole_resource(stub: Stub, location: AzureLocation) -> None:
    change = {"resourceId": VM, "changeType": "Modify", "before": {"a": 1}, "after": {"a": 2}, "delta": [PLAIN]}
    told = {"resourceId": VM, "changeType": "Modify", "delta": [PLAIN]}
    assert outputs(stub, location, [change], drift=False, secure=False) == [told]


@pytest.mark.parametrize("change", SECRET_CHANGES, ids=["plain", "masked", "base64", "in a list"])
def test_what_azure_never_shows_is_no_drift(stub: Stub, location: AzureLocation, change: dict[str, Any]) -> None:
    changes = [{"resourceId": VM, "changeType": "Modify", "delta": [change]}]
    assert outputs(stub, location, changes, drift=True, secure=True) == []
    told = [{"resourceId": VM, "changeType": "NoChange", "delta": []}]
    assert outputs(stub, location, changes, drift=False, secure=True) == told


def test_where_something_is_secure_changes_are_told_without_values(stub: Stub, location: AzureLocation) -> None:
    whole = {"path": "properties.os", "propertyChangeType": "Create", "after": {"password": PASSWORD}}
    entries = {
        "path": "properties.ports",
        "propertyChangeType": "Array",
        "children": [{"path": "0", "propertyChangeType": "Delete", "before": 80}],
    }
    changes = [{"resourceId": VM, "changeType": "Modify", "delta": [*SECRET_CHANGES, PLAIN, whole, entries]}]
    told = [
        {"path": "properties.size", "propertyChangeType": "Modify"},
        {"path": "properties.os", "propertyChangeType": "Create"},
        {
            "path": "properties.ports",
            "propertyChangeType": "Array",
            "children": [{"path": "0", "propertyChangeType": "Delete"}],
        },
    ]
    assert outputs(stub, location, changes, drift=True, secure=True) == [
        {"resourceId": VM, "changeType": "Modify", "delta": told}
    ]


def test_a_secure_default_counts_as_a_secure_value(stub: Stub, location: AzureLocation) -> None:
    changes = [{"resourceId": VM, "changeType": "Modify", "delta": [*SECRET_CHANGES, PLAIN]}]
    told = [{"path": "properties.size", "propertyChangeType": "Modify"}]
    found = outputs(stub, location, changes, drift=True, secure=False, hidden=(PASSWORD,))
    assert found == [{"resourceId": VM, "changeType": "Modify", "delta": told}]


def test_drift_is_of_what_the_resource_owns(stub: Stub, location: AzureLocation) -> None:
    kinds = ["Create", "Modify", "Deploy", "Delete", "NoChange", "NoEffect", "Ignore", "Unsupported"]
    changes = [{"resourceId": one, "changeType": kind} for kind in kinds for one in (VM, OTHER)]
    drifted = outputs(stub, location, changes, drift=True, secure=False)
    assert [(one["resourceId"], one["changeType"]) for one in drifted] == [(VM, kind) for kind in kinds[:4]]


@pytest.mark.parametrize("code", ["InternalServerError", "RetryableError"])
def test_a_what_if_that_ends_with_a_passing_code_is_begun_again(stub: Stub, location: AzureLocation, code: str) -> None:
    failed = Reply(body={"status": "Failed", "error": {"code": code, "message": "m"}})
    begun = Reply(202, None, {"Location": f"{stub.url}/again"})
    stub.answer = lambda asked: begun if asked.method == "POST" else failed
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    deploy = Deploy(
        package="p",
        file="f",
        template={"$schema": schema, "resources": []},
        name="d",
        scope="resourceGroup",
        resource_group="rg-1",
        parameters={},
    )
    order = Order(request_id="r", location=location, topology={}, work=Preview(deploy=deploy, drift=False))
    outcome = watch_preview(order, PreviewState(url=f"{stub.url}/what-if"), 0)
    assert (outcome.kind, outcome.reason) == ("Retry", f"{code}: m")
    assert outcome.after >= 9
    for begin, kind in ((start_preview, "Succeeded"), (watch_preview, "Running")):
        again = begin(order, PreviewState.model_validate(outcome.model_dump(mode="json")["state"]), 1)
        state = PreviewState.model_validate(again.model_dump(mode="json")["state"])
        assert (again.kind, state.url, state.failures) == (kind, f"{stub.url}/again", 1)


def test_a_what_if_that_fails_for_good_says_so(stub: Stub, location: AzureLocation) -> None:
    stub.answer = lambda asked: Reply(body={"status": "Failed", "error": {"code": "InvalidTemplate", "message": "m"}})
    deploy = Deploy(package="p", file="f", name="d", scope="resourceGroup", resource_group="rg-1", parameters={})
    order = Order(request_id="r", location=location, topology={}, work=Preview(deploy=deploy, drift=False))
    outcome = watch_preview(order, PreviewState(url=f"{stub.url}/what-if"), 0)
    assert (outcome.kind, outcome.code, outcome.reason) == (
        "Failed",
        "INTERNAL_ERROR",
        "the what-if has failed: InvalidTemplate: m",
    )


@pytest.mark.parametrize("answer", [Reply(200), Reply(body={"message": "Welcome"})])
def test_an_answer_without_a_state_does_not_say_that_nothing_has_drifted(
    stub: Stub, location: AzureLocation, answer: Reply
) -> None:
    deploy = Deploy(
        package="AzureVNet", file="main.bicep", name="d", scope="resourceGroup", resource_group="rg-1", parameters={}
    )
    order = Order(request_id="r", location=location, topology={}, work=Preview(deploy=deploy, drift=True))
    stub.answer = lambda asked: answer
    outcome = watch_preview(order, PreviewState(url=f"{stub.url}/what-if"), 0)
    assert (outcome.kind, outcome.after > 0) == ("Running", True)
    assert outcome.reason == "the what-if was answered with something that has no state"
