"""What-if sees what the same template makes."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.azure.emulator import Emulator
from tests.azure.templates import SUBSCRIPTION_SCHEMA, deployment, template
from tests.support.shared import SHARED, needs_shared

CORPUS = SHARED / "corpus"
SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
ROOT = f"/subscriptions/{SUBSCRIPTION}"
GROUP = f"{ROOT}/resourceGroups/rg"
VERSION = "api-version=2022-09-01"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/abchold7"
TABLE = f"{GROUP}/providers/Microsoft.Network/routeTables/ra"
REFUSED = ("101-storage-static-website",)  # its parameters name no region of Azure


@pytest.fixture
def group(azure: Emulator) -> Emulator:
    azure.call("PUT", f"{GROUP}?{VERSION}", {"location": "westeurope"})
    return azure


def changes(azure: Emulator, body: dict[str, Any], scope: str = GROUP) -> dict[str, dict[str, Any]]:
    """The changes by resource id, without those that are left alone."""
    answer = azure.call("POST", f"{scope}/providers/Microsoft.Resources/deployments/main/whatIf?{VERSION}", body)
    assert answer.status_code == 202, answer.text
    azure.advance(60)
    found = azure.call("GET", answer.headers["location"]).json()["properties"]["changes"]
    return {one["resourceId"]: one for one in found if one["changeType"] != "Ignore"}


def account() -> dict[str, Any]:
    sku = {"name": "Standard_LRS"}
    return {
        "type": "Microsoft.Storage/storageAccounts",
        "apiVersion": "2023-05-01",
        "name": "abchold7",
        "location": "westeurope",
        "kind": "StorageV2",
        "sku": sku,
    }


def table(**more: Any) -> dict[str, Any]:
    return {
        "type": "Microsoft.Network/routeTables",
        "apiVersion": "2024-05-01",
        "name": "ra",
        "location": "westeurope",
        "properties": {},
        **more,
    }


def nested(name: str, inner: dict[str, Any], **more: Any) -> dict[str, Any]:
    properties = {"mode": "Incremental", "expressionEvaluationOptions": {"scope": "inner"}, "template": inner}
    properties |= more.pop("properties", {})
    return {
        "type": "Microsoft.Resources/deployments",
        "apiVersion": "2022-09-01",
        "name": name,
        "properties": properties,
        **more,
    }


REFERRING = template(
    account(),
    table(
        tags={"t": "[reference('abchold7').primaryEndpoints.blob]"},
        dependsOn=["[resourceId('Microsoft.Storage/storageAccounts','abchold7')]"],
    ),
)


def test_a_reference_to_what_the_template_makes_stays_an_expression(group: Emulator) -> None:
    found = changes(group, deployment(REFERRING))
    assert {key: one["changeType"] for key, one in found.items()} == {ACCOUNT: "Create", TABLE: "Create"}
    told = found[TABLE]["after"]["tags"]["t"]
    assert told.startswith("[reference(")
    assert told.endswith(".primaryEndpoints.blob]")


def test_a_reference_to_what_is_there_is_resolved(group: Emulator) -> None:
    group.call("PUT", f"{ACCOUNT}?api-version=2023-05-01", account())
    group.advance(60)
    found = changes(group, deployment(REFERRING))
    assert found[TABLE]["after"]["tags"]["t"] == "https://abchold7.blob.core.windows.net/"


def test_a_group_that_the_template_makes_and_what_goes_into_it(azure: Emulator) -> None:
    made = {
        "type": "Microsoft.Resources/resourceGroups",
        "apiVersion": "2024-03-01",
        "name": "rg9",
        "location": "westeurope",
    }
    after = ["[subscriptionResourceId('Microsoft.Resources/resourceGroups','rg9')]"]
    inner = template(table(location="[resourceGroup().location]"))
    whole = template(made, nested("d", inner, resourceGroup="rg9", dependsOn=after), schema=SUBSCRIPTION_SCHEMA)
    found = changes(azure, {"location": "westeurope", **deployment(whole)}, ROOT)
    assert {key: one["changeType"] for key, one in found.items()} == {
        f"{ROOT}/resourceGroups/rg9": "Create",
        TABLE.replace("/rg/", "/rg9/"): "Create",
    }
    assert found[TABLE.replace("/rg/", "/rg9/")]["after"]["location"] == "westeurope"


def test_a_nested_template_whose_parameter_is_another_ones_output(group: Emulator) -> None:
    first = template(table(), outputs={"id": {"type": "string", "value": "[reference('ra').resourceGuid]"}})
    second = template(table(name="rb", tags={"of": "[parameters('of')]"}), parameters={"of": {"type": "string"}})
    given = {"parameters": {"of": {"value": "[reference('one').outputs.id.value]"}}}
    dependsOn = ["[resourceId('Microsoft.Resources/deployments','one')]"]  # noqa: N806 - ARM's spelling
    body = template(nested("one", first), nested("two", second, properties=given, dependsOn=dependsOn))
    found = changes(group, deployment(body))
    assert [one["changeType"] for one in found.values()] == ["Create", "Create"]
    assert found[TABLE.replace("/ra", "/rb")]["after"]["tags"]["of"].startswith("[reference(")


def test_what_only_a_run_can_count_is_told(group: Emulator) -> None:
    loop = {"name": "c", "count": "[length(parameters('items'))]"}
    inner = template(table(name="[concat('r', copyIndex())]", copy=loop), parameters={"items": {"type": "array"}})
    given = {"parameters": {"items": {"value": "[array(reference('abchold7').primaryEndpoints)]"}}}
    body = template(
        account(),
        nested(
            "d", inner, properties=given, dependsOn=["[resourceId('Microsoft.Storage/storageAccounts','abchold7')]"]
        ),
    )
    found = changes(group, deployment(body))
    assert found.pop(ACCOUNT)["changeType"] == "Create"
    for one in found.values():
        assert one["changeType"] in ("Create", "Unsupported")
        assert one["changeType"] == "Create" or one["unsupportedReason"]


@needs_shared
@pytest.mark.parametrize("path", sorted((CORPUS / "predicted").glob("*.json")), ids=lambda path: str(path.stem))
def test_it_names_what_microsofts_engine_predicts(azure: Emulator, path: Path) -> None:
    body = json.loads((CORPUS / "arm-templates" / path.name).read_text())
    given = next((CORPUS / "parameters").glob(f"{path.stem}.*"))
    predicted = json.loads(path.read_text())["predictedResources"]
    whole: dict[str, Any] = {"properties": {"mode": "Incremental", "template": body}}
    whole["properties"]["parameters"] = json.loads(given.read_text())["parameters"]
    scope = ROOT
    if "subscription" in body["$schema"]:
        whole["location"] = "westeurope"
    else:
        scope = GROUP
        azure.call("PUT", f"{GROUP}?{VERSION}", {"location": "westeurope"})
    if path.stem in REFUSED:
        url = f"{scope}/providers/Microsoft.Resources/deployments/main/whatIf?{VERSION}"
        assert "LocationNotAvailableForResourceType" in azure.call("POST", url, whole).text
        return
    found = changes(azure, whole, scope)
    assert {one["changeType"] for one in found.values()} == {"Create"}
    assert {key.lower() for key in found} == {one["id"].lower() for one in predicted}
