"""references/find: what is in Azure already, however it is named."""

import json
from typing import Any

import jsonschema
import pytest
import yaml

from tests.e2e.trial import Trial
from tests.support.driver_files import zipped
from tests.support.shared import SHARED, needs_shared

FIND = "/api/driver/references/find"
VNET = "Microsoft.Network/virtualNetworks"
BODY = {
    "location": "northeurope",
    "tags": {"role": "hub"},
    "properties": {
        "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
        "subnets": [{"name": "one", "properties": {"addressPrefix": "10.0.0.0/24"}}],
    },
}


def block(kind: str = VNET, group: str = "", **outputs: str) -> str:
    """Driver files with a reference block."""
    reference = {"type": kind, "resourceGroup": group, "outputs": outputs}
    content = {"version": 1, "transitions": {"Delete": {"remove": "all"}}, "reference": reference}
    return zipped({"lifecycle.yaml": json.dumps(content)})


def find(trial: Trial, name: str, files: str = "", status: int = 200, **location: str) -> Any:
    given = trial.stack.deployment_location
    where = {**given, "properties": {**given["properties"], **location}}
    answer = trial.post({"instanceName": name, "driverFiles": files, "deploymentLocation": where}, path=FIND)
    assert answer.status_code == status, answer.text
    return answer.json()["result"] if status == 200 else answer.json()["localizedMessage"]


def make(trial: Trial, group: str, name: str, body: dict[str, Any] = BODY) -> str:
    return str(trial.make(f"/resourceGroups/{group}/providers/{VNET}/{name}", body)["id"])


def test_by_name_by_id_and_by_tag_it_is_the_same(trial: Trial, group: str) -> None:
    known = make(trial, group, "net-a", {**BODY, "tags": {"only": "net's a"}})
    by_name = find(trial, "net-a", block(prefixes="properties.addressSpace.addressPrefixes", count="length(tags)"))
    assert by_name["associatedTopology"] == {f"{VNET}/net-a": {"id": known, "type": VNET}}
    assert by_name["outputs"] == {"prefixes": ["10.0.0.0/16"], "count": 1}
    for other in (
        find(trial, known),
        find(trial, known.upper().replace("SUBSCRIPTIONS", "subscriptions")),
        find(trial, "tag:only=net's a"),
        find(trial, "NET-A"),
    ):
        assert {**other, "outputs": {}} == {**by_name, "outputs": {}}


@needs_shared
def test_a_result_has_the_shape_of_the_contract(trial: Trial, group: str) -> None:
    make(trial, group, "net-f")
    contract = yaml.safe_load((SHARED / "contract" / "resource-driver.openapi.yaml").read_text(encoding="utf-8"))
    schema = {"$ref": "#/components/schemas/FindReferenceResponse", "components": contract["components"]}
    found = find(trial, "net-f", block(prefixes="properties.addressSpace.addressPrefixes"))
    jsonschema.validate({"result": found}, schema)
    assert set(found) == {"resourceId", "associatedTopology", "outputs"}
    example = contract["components"]["examples"]["ExampleFindReferenceNotFoundResponse"]["value"]
    assert {"result": find(trial, "net-nowhere")} == example


def test_a_group_and_a_child(trial: Trial, group: str) -> None:
    make(trial, group, "net-b")
    of_group = find(trial, group, block("Microsoft.Resources/resourceGroups", region="location"))
    assert of_group["outputs"] == {"region": "northeurope"}
    child = find(trial, "net-b/one", block(f"{VNET}/subnets", group, prefix="properties.addressPrefix"))
    assert child["outputs"] == {"prefix": "10.0.0.0/24"}
    assert "of 2 segments" in find(trial, "one", block(f"{VNET}/subnets", group), 400)


def test_what_is_not_there_is_null(trial: Trial, group: str) -> None:
    make(trial, group, "net-c")
    scope = f"{trial.subscription}/resourceGroups/{group}"
    for name, files in {
        "net-nowhere": "",
        "tag:role=nothing": "",
        f"{scope}/providers/{VNET}/net-nowhere": "",
        f"{scope}-nowhere": "",
        "net-c": block("Microsoft.Network/natGateways"),
        "net-c/two": block(f"{VNET}/subnets", group),
        "rg-nowhere": block("Microsoft.Resources/resourceGroups"),
    }.items():
        assert find(trial, name, files) is None, name
    assert find(trial, "net-c", block(group="rg-other")) is None


def test_several_are_listed(trial: Trial, group: str) -> None:
    other = trial.make_group(f"{group}-other")
    found = sorted([make(trial, group, "net-d"), make(trial, other, "net-d")])
    message = find(trial, "net-d", status=400)
    assert "is not one resource but 2" in message
    assert all(one in message for one in found)
    assert find(trial, "net-d", block(group=other))["associatedTopology"][f"{VNET}/net-d"]["id"] in found


@pytest.mark.parametrize(
    "query", ["[", "&name", "name[::0]", "sum(name)", "nope(@)", "[[@,@],[@,@],[@,@]]", "(" * 2000 + "a" + ")" * 2000]
)
def test_an_output_that_is_no_jmespath(trial: Trial, group: str, query: str) -> None:
    known = make(trial, group, "net-e")
    message = find(trial, known, block(bad=query), 400)
    assert message.startswith(("lifecycle.yaml ", "lifecycle.yaml, "))
    assert "reference.outputs.bad: " in message


@pytest.mark.parametrize(
    "tail", ["", "/", "/resourceGroups", "/providers/a", "/providers/a/b", "/resourceGroups/a?b=c"]
)
def test_what_only_begins_as_an_id(trial: Trial, tail: str) -> None:
    assert "instanceName: " in find(trial, f"{trial.subscription}{tail}", status=400)


def test_refusals_of_entra_id_and_of_nobody(trial: Trial) -> None:
    assert "AADSTS7000215" in find(trial, "any", status=400, clientSecret="wr0ng-secret")
    assert "is not in the subscription" in find(trial, "/subscriptions/other/resourceGroups/a", status=400)
    with trial.faults({"kind": "drop", "path": ".*/resources"}):
        assert "ConnectionFailed" in find(trial, "any", status=503)
