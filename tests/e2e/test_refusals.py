"""Requests that cannot be accepted: a 4xx that names what is wrong, nothing started, no secret shown."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from dev.brent import resource_group, vnet
from tests.e2e.trial import Trial
from tests.support.driver_files import zipped

Change = Callable[[dict[str, Any]], Any]
SECRET = "trial-secret"
MANIFEST = "{version: 1, resourceGroup: rg-refused, transitions: {Create: {deploy: gone.json}}}"
VNET = vnet("vnet-1", "rg-refused")


def merged(*path: str, value: Any) -> Change:
    """The body with a value at a path."""

    def change(body: dict[str, Any]) -> dict[str, Any]:
        inner = body
        for name in path[:-1]:
            inner = inner[name]
        inner[path[-1]] = value
        return body

    return change


def without(*path: str) -> Change:
    def change(body: dict[str, Any]) -> dict[str, Any]:
        inner = body
        for name in path[:-1]:
            inner = inner[name]
        del inner[path[-1]]
        return body

    return change


def resource_property(name: str, value: Any) -> Change:
    return merged("resourceProperties", name, value={"type": "string", "value": value})


def location_property(name: str, value: Any) -> Change:
    return merged("deploymentLocation", "properties", name, value=value)


REFUSED: dict[str, tuple[Change, str]] = {
    # the body
    "nothing": (lambda _: b"", "body: Invalid JSON"),
    "malformed": (lambda body: json.dumps(body).encode()[:-20], "body: Invalid JSON"),
    "not UTF-8": (lambda body: json.dumps(body).encode().replace(b"vnet-1", b"vnet-\xff"), "body: Invalid JSON"),
    "a list": (lambda body: [body], "body: takes an object"),
    "no transition": (without("lifecycleName"), "lifecycleName: is missing"),
    "an empty transition": (merged("lifecycleName", value=""), "lifecycleName: must not be empty"),
    "no system properties": (without("systemProperties"), "systemProperties: is missing"),
    "no location": (without("deploymentLocation"), "deploymentLocation: is missing"),
    "properties as a list": (
        merged("resourceProperties", value=[]),
        "resourceProperties: takes an object",
    ),
    "a property of no form": (
        merged("resourceProperties", "vnet_name", value={"text": "vnet-1"}),
        "resourceProperties.vnet_name: must be",
    ),
    "topology without id": (
        merged("associatedTopology", value={"a": {"type": "Azure"}}),
        "associatedTopology.a.id: is missing",
    ),
    # what it asks for
    "unknown type": (
        merged("systemProperties", "resourceType", "value", value="resource::AzureMoon::1.0"),
        "'resource::AzureMoon::1.0' is no built-in resource type (AzureLoadBalancer,",
    ),
    "no type": (without("systemProperties", "resourceType"), "systemProperties.resourceType: '' is no built-in"),
    "unknown transition": (merged("lifecycleName", value="Dance"), "Create, CreateVnetPeering, Delete"),
    # the driver files
    "bad base64": (merged("driverFiles", value="%%%"), "driverFiles: not base64"),
    "bad zip": (merged("driverFiles", value="bm8gemlw"), "driverFiles: not a zip"),
    "driver files as a number": (merged("driverFiles", value=5), "driverFiles: takes a text"),
    "a path out of the zip": (merged("driverFiles", value=zipped({"../a": ""})), "'../a' is no path inside the zip"),
    "a template that is none": (
        merged("driverFiles", value=zipped({"lifecycle.yaml": MANIFEST, "gone.json": "{}"})),
        "gone.json",
    ),
    "a manifest that is none": (merged("driverFiles", value=zipped({"lifecycle.yaml": "a: ["})), "lifecycle.yaml"),
    "a manifest without its template": (
        merged("driverFiles", value=zipped({"lifecycle.yaml": MANIFEST})),
        "lifecycle.yaml line 1, transitions.Create.deploy: 'gone.json' is no file of the package",
    ),
    # names
    "group name": (resource_property("resourcegroup_name", "rg."), "not ending with a period"),
    "empty group name": (resource_property("resourcegroup_name", ""), "1 to 90 letters"),
    "VNet name": (
        resource_property("vnet_name", "v"),
        "'v' is no name for Microsoft.Network/virtualNetworks: it takes 2",
    ),
    "VNet name of blanks": (resource_property("vnet_name", "my vnet"), "2 to 64 letters, digits"),
    # parameters
    "missing name": (without("resourceProperties", "vnet_name"), "property 'vnet_name' is missing: it is required"),
    "missing group": (without("resourceProperties", "resourcegroup_name"), "resourcegroup_name"),
    "no address": (resource_property("vnet_address_space", []), "0 entries: it takes 1 at least"),
    "address as an object": (resource_property("vnet_address_space", {"a": 1}), "it takes a list"),
    "not a boolean": (resource_property("vnet_enable_ddos_protection", "maybe"), "it takes true or false"),
    "not allowed": (
        resource_property("vnet_private_link_service_network_policies", "Perhaps"),
        "'Perhaps' is none of Disabled, Enabled",
    ),
    "stack_id": (resource_property("stack_id", "my-stack"), "'my-stack' is not the ARM id of a deployment"),
    # the deployment location
    "no secret": (without("deploymentLocation", "properties", "clientSecret"), "'clientSecret' is missing"),
    "empty secret": (location_property("clientSecret", " "), "'clientSecret' is missing"),
    "secret as a number": (location_property("clientSecret", 7), "'clientSecret' must be text"),
    "no tenant": (without("deploymentLocation", "properties", "tenantId"), "'tenantId' is missing"),
    "subscription": (location_property("subscriptionId", "mine"), "subscriptionId must be a GUID"),
    "client": (location_property("clientId", "22222222"), "clientId must be a GUID"),
    "tenant": (location_property("tenantId", "my tenant"), "tenantId must be a GUID or a domain name"),
    "cloud": (location_property("cloud", "https://evil.example"), "'cloud' must be AzureCloud"),
    "location without properties": (without("deploymentLocation", "properties"), "'subscriptionId' is missing"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_request_is_refused_with_its_reason(trial: Trial, name: str) -> None:
    change, told = REFUSED[name]
    started = len(trial.instances())
    answer = trial.post(change(trial.body(VNET)), {"tenantId": "tenant-7"})
    assert answer.status_code == 400, answer.text
    assert answer.json().keys() == {"localizedMessage", "status"}
    assert told in answer.json()["localizedMessage"]
    assert answer.json()["status"] == 400
    assert answer.headers["tenantId"] == "tenant-7"
    assert SECRET not in answer.text
    assert len(trial.instances()) == started


def test_all_faults_of_a_body_are_named_at_once(trial: Trial) -> None:
    body = trial.body(VNET)
    del body["lifecycleName"], body["systemProperties"]
    body["deploymentLocation"]["name"] = 7
    told = trial.post(body).json()["localizedMessage"]
    assert [name in told for name in ("lifecycleName", "systemProperties", "deploymentLocation.name")] == [True] * 3

    body = trial.body(VNET)
    body["deploymentLocation"]["properties"] = {"tenantId": "no tenant"}
    told = trial.post(body).json()["localizedMessage"]
    assert [
        name in told for name in ("tenantId must", "'clientId' is", "'clientSecret' is", "'subscriptionId' is")
    ] == [True] * 4

    body = trial.body(VNET)
    body["resourceProperties"] = {"resourcegroup_name": {"value": "rg."}, "vnet_enable_ddos_protection": {"value": "?"}}
    told = trial.post(body).json()["localizedMessage"]
    assert [name in told for name in ("'vnet_name'", "'vnet_address_space'", "'vnet_enable_ddos", "'rg.'")] == [
        True
    ] * 4


@pytest.mark.parametrize("name", ["", "rg.", "r" * 91, "rg/1", "rg#1"])
def test_a_bad_name_of_a_resource_group_is_refused_with_the_rule(trial: Trial, name: str) -> None:
    answer = trial.post(trial.body(resource_group(name)))
    assert answer.status_code == 400
    assert "resourcegroup_name" in answer.json()["localizedMessage"]


def test_a_body_that_is_too_large_is_refused(trial: Trial) -> None:
    answer = trial.post(b" " * (16 * 1024 * 1024 + 1), chunked=True)
    assert answer.status_code == 400
    assert "more than 16777216" in answer.json()["localizedMessage"]


def test_a_reference_request_is_checked_too(trial: Trial) -> None:
    find = "/api/driver/references/find"
    location = trial.stack.deployment_location
    good = {"instanceName": "not-there", "driverFiles": "", "deploymentLocation": location}
    assert trial.post(good, path=find).json() == {"result": None}
    assert trial.post({**good, "deploymentLocation": {"name": "trial"}}, path=find).status_code == 400
    refused = trial.post({"driverFiles": "", "deploymentLocation": location}, path=find)
    assert (refused.status_code, refused.json()["localizedMessage"]) == (400, "instanceName: is missing")
