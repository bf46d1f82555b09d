"""The records of the driver's deployments in Azure: their tags name the resource, the transition and the request."""

from typing import Any

from dev.brent import Resource, resource_group, vnet
from driver import VERSION
from tests.e2e.trial import Trial

DEPLOYMENTS = "/providers/Microsoft.Resources/deployments"
VERSION_OF_RECORDS = "2025-04-01"


def read_record(trial: Trial, scope: str, request_id: str) -> dict[str, Any]:
    """The record of a request's deployment, as a GET shows it; the list of its scope must show the same tags."""
    listed = trial.arm("GET", f"{scope}{DEPLOYMENTS}", version=VERSION_OF_RECORDS).json()["value"]
    name, tags = next((record["name"], record["tags"]) for record in listed if record["name"].endswith(request_id))
    record: dict[str, Any] = trial.arm("GET", f"{scope}{DEPLOYMENTS}/{name}", version=VERSION_OF_RECORDS).json()
    assert record["tags"] == tags
    return record


def list_expected_tags(resource: Resource, request_id: str, transition: str = "Create") -> dict[str, str]:
    return {
        "tnco-resource-id": resource.id,
        "tnco-request-id": request_id,
        "tnco-transition": transition,
        "tnco-driver-version": VERSION,
    }


def test_records_of_both_scopes_have_the_tags(trial: Trial) -> None:
    group, network = resource_group("rg-tagged"), vnet("vnet-1", "rg-tagged")
    for resource, scope in ((group, ""), (network, "/resourceGroups/rg-tagged")):
        request_id = trial.begin(resource)
        trial.completed(request_id, resource)
        assert read_record(trial, scope, request_id)["tags"] == list_expected_tags(resource, request_id)


def test_a_long_resource_id_is_cut_to_what_a_tag_takes(trial: Trial, group: str) -> None:
    resource = Resource(**{**vars(vnet("vnet-1", group)), "id": "é" * 257})
    request_id = trial.begin(resource)
    trial.completed(request_id, resource)
    tags = read_record(trial, f"/resourceGroups/{group}", request_id)["tags"]
    assert tags["tnco-resource-id"] == "é" * 256
