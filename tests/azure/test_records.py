"""What a deployment's record says beside its state: operations of every kind, correlation, links, lag."""

from typing import Any

import pytest
import requests

from tests.azure.emulator import SUBSCRIPTION, Emulator
from tests.azure.templates import deployment, network, template
from tests.support.json_server import json_server

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
DEPLOYMENTS = f"{GROUP}/providers/Microsoft.Resources/deployments"
VERSION = "api-version=2025-04-01"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/somebodys"
NETWORK = f"{GROUP}/providers/Microsoft.Network"
SPEC = f"{GROUP}/providers/Microsoft.Resources/templateSpecs/hubs"


@pytest.fixture
def group(azure: Emulator) -> Emulator:
    azure.call("PUT", f"{GROUP}?{VERSION}", {"location": "northeurope"})
    return azure


def put(azure: Emulator, body: dict[str, Any], name: str = "one", **headers: str) -> requests.Response:
    answer = azure.call("PUT", f"{DEPLOYMENTS}/{name}?{VERSION}", body, **headers)
    assert answer.status_code in (200, 201), answer.text
    return answer


def record(azure: Emulator, name: str = "one", version: str = VERSION) -> dict[str, Any]:
    found: dict[str, Any] = azure.call("GET", f"{DEPLOYMENTS}/{name}?{version}").json()["properties"]
    return found


def operations(azure: Emulator, name: str = "one") -> list[dict[str, Any]]:
    found = azure.call("GET", f"{GROUP}/deployments/{name}/operations?{VERSION}").json()["value"]
    return [item["properties"] for item in found]


def thing(name: str, *depends_on: str, **properties: Any) -> dict[str, Any]:
    return {
        "type": "Contoso.Play/things",
        "apiVersion": "2024-05-01",
        "name": name,
        "location": "northeurope",
        "properties": properties,
        "dependsOn": list(depends_on),
    }


def nested(name: str, body: dict[str, Any] | None = None, *depends_on: str, **properties: Any) -> dict[str, Any]:
    inner = {"template": body} if body else {}
    return {
        "type": "Microsoft.Resources/deployments",
        "apiVersion": "2022-09-01",
        "name": name,
        "properties": {"mode": "Incremental", **inner, **properties},
        "dependsOn": list(depends_on),
    }


def account(azure: Emulator) -> None:
    body = {"location": "northeurope", "sku": {"name": "Standard_LRS"}, "kind": "StorageV2", "properties": {}}
    azure.call("PUT", f"{ACCOUNT}?api-version=2023-05-01", body)
    azure.advance(60)


def test_what_a_run_only_asks_for_is_a_read_or_an_action(group: Emulator) -> None:
    account(group)
    known = "resourceId('Microsoft.Storage/storageAccounts','somebodys'),'2023-05-01'"
    body = template(thing("a", place=f"[reference({known}).primaryLocation]", key=f"[listKeys({known}).keys[0].value]"))
    put(group, deployment(body))
    group.advance(60)
    found = [
        (item["provisioningOperation"], item.get("targetResource", {}).get("id", "")) for item in operations(group)
    ]
    own = f"{GROUP}/providers/Contoso.Play/things/a"
    assert sorted(found) == [
        ("Action", ACCOUNT), ("Create", own), ("EvaluateDeploymentOutput", ""), ("Read", ACCOUNT),
    ]  # fmt: skip
    action = next(item for item in operations(group) if item["provisioningOperation"] == "Action")
    assert action["targetResource"]["actionName"] == "listKeys"
    assert [one["id"] for one in record(group)["outputResources"]] == [own]


def test_the_engine_waits_for_what_another_one_is_changing(group: Emulator) -> None:
    subnet = {
        "type": "Microsoft.Network/virtualNetworks/subnets",
        "apiVersion": "2024-05-01",
        "name": "net/a",
        "properties": {
            "addressPrefix": "10.0.1.0/24",
            "networkSecurityGroup": {"id": f"{NETWORK}/networkSecurityGroups/rules"},
        },
    }
    body = {"location": "northeurope", "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}}
    group.call("PUT", f"{NETWORK}/virtualNetworks/net?api-version=2024-05-01", body)
    group.advance(60)
    group.control("POST", "faults", {"kind": "slow", "path": "/rules$", "factor": 20, "times": 1})
    group.call(
        "PUT",
        f"{NETWORK}/networkSecurityGroups/rules?api-version=2024-05-01",
        {"location": "northeurope", "properties": {}},
    )
    put(group, deployment(template(subnet)))
    group.advance(600)
    assert record(group)["provisioningState"] == "Succeeded"
    assert "Waiting" in [item["provisioningOperation"] for item in operations(group)]


def test_an_active_nested_deployment_is_not_replaced(group: Emulator) -> None:
    inner = template(thing("deep"))
    group.control("POST", "faults", {"kind": "slow", "path": "/deployments/first$", "factor": 20})
    put(group, deployment(template(nested("same", inner))), "first")
    group.advance(300)
    assert record(group, "same")["provisioningState"] == "Running"
    put(group, deployment(template(nested("same", inner))), "second")
    group.advance(60)
    assert record(group, "second")["provisioningState"] == "Failed"
    assert "DeploymentActive" in str(record(group, "second")["error"])
    group.advance(1200)
    assert record(group, "first")["provisioningState"] == "Succeeded"


def test_a_nested_deployment_that_has_begun_goes_on_when_its_parent_is_canceled(group: Emulator) -> None:
    put(group, deployment(template(nested("inner", template(thing("deep"))))), "outer")
    group.advance(8)
    assert group.call("POST", f"{DEPLOYMENTS}/outer/cancel?{VERSION}").status_code == 204
    assert record(group, "outer")["provisioningState"] == "Canceled"
    assert record(group, "inner")["provisioningState"] in ("Accepted", "Running")
    group.advance(120)
    assert record(group, "inner")["provisioningState"] == "Succeeded"


def test_the_correlation_id_is_the_clients_and_nested_records_share_it(group: Emulator) -> None:
    body = deployment(template(nested("inner", template(thing("deep")))))
    for _ in range(2):
        put(group, body, **{"x-ms-correlation-request-id": "not-even-a-guid"})
        group.advance(60)
        assert {record(group, name)["correlationId"] for name in ("one", "inner")} == {"not-even-a-guid"}


@pytest.mark.parametrize(("version", "keys"), [("2024-03-01", {"id"}), ("2025-04-01", {"id", "apiVersion"})])
def test_newer_versions_say_by_which_one_a_resource_was_written(group: Emulator, version: str, keys: set[str]) -> None:
    put(group, deployment(template(network())))
    group.advance(60)
    [found] = record(group, version=f"api-version={version}")["outputResources"]
    assert set(found) == keys
    assert found.get("apiVersion", "2024-05-01") == "2024-05-01"


def spec(azure: Emulator, main: dict[str, Any], *linked: dict[str, Any]) -> None:
    azure.call("PUT", f"{SPEC}?api-version=2022-02-01", {"location": "northeurope", "properties": {}})
    properties = {"mainTemplate": main, "linkedTemplates": list(linked)}
    body = {"location": "northeurope", "properties": properties}
    assert azure.call("PUT", f"{SPEC}/versions/1?api-version=2022-02-01", body).ok


def names(azure: Emulator) -> list[str]:
    """Names of all things, whoever made them."""
    found = azure.control("GET", "resources")["resources"]
    return sorted(item["name"] for item in found if item["type"] == "Contoso.Play/things")


def test_a_template_spec_as_the_template_and_within_one(group: Emulator) -> None:
    artifact = {"path": "more/deep.json", "template": template(thing("deep"))}
    spec(group, template(thing("top"), nested("more", templateLink={"relativePath": "more/deep.json"})), artifact)
    link = {"templateLink": {"id": f"{SPEC}/versions/1"}}
    put(group, {"properties": {"mode": "Incremental", **link}})
    group.advance(60)
    assert record(group)["provisioningState"] == "Succeeded", record(group)
    assert names(group) == ["deep", "top"]
    assert record(group)["templateLink"] == link["templateLink"]
    put(group, deployment(template(nested("again", **link))), "two")
    group.advance(60)
    assert record(group, "two")["provisioningState"] == "Succeeded", record(group, "two")


def test_templates_by_uri_and_relative_to_it(group: Emulator) -> None:
    inner = template(thing("[parameters('name')]"), parameters={"name": {"type": "string"}})
    outer = template(
        nested("deep", templateLink={"relativePath": "deep.json"}, parameters={"name": {"value": "linked"}})
    )
    with json_server({"/a/main.json": outer, "/a/deep.json": inner}) as url:
        put(group, deployment(template(nested("main", templateLink={"uri": f"{url}/a/main.json"}))))
        group.advance(60)
    assert record(group)["provisioningState"] == "Succeeded", record(group)
    assert names(group) == ["linked"]


@pytest.mark.parametrize("path", ["/missing.json", "/list.json"])
def test_a_link_that_leads_nowhere_fails_the_deployment(group: Emulator, path: str) -> None:
    with json_server({"/list.json": []}) as url:
        put(group, deployment(template(nested("main", templateLink={"uri": f"{url}{path}"}))))
        group.advance(60)
    assert "InvalidContentLink" in str(record(group)["error"])


def test_validation_does_not_name_what_a_linked_template_makes(group: Emulator) -> None:
    spec(group, template(thing("deep")))
    inner = nested("inline", template(thing("shown")))
    linked = nested("linked", templateLink={"id": f"{SPEC}/versions/1"})
    answer = group.call("POST", f"{DEPLOYMENTS}/one/validate?{VERSION}", deployment(template(inner, linked)))
    found = {one["id"].rsplit("/", 1)[1] for one in answer.json()["properties"]["validatedResources"]}
    assert found == {"inline", "linked", "shown"}


def test_validation_names_what_nested_templates_make_at_every_depth(group: Emulator) -> None:
    body = template(nested("outer", template(nested("inner", template(thing("deep"))))))
    answer = group.call("POST", f"{DEPLOYMENTS}/one/validate?{VERSION}", deployment(body))
    found = [one["id"].rsplit("/", 1)[1] for one in answer.json()["properties"]["validatedResources"]]
    assert found == ["outer", "inner", "deep"]


def test_a_template_and_a_link_exclude_each_other(group: Emulator) -> None:
    both = {"template": template(), "templateLink": {"id": f"{SPEC}/versions/1"}}
    answer = group.call("PUT", f"{DEPLOYMENTS}/one?{VERSION}", {"properties": {"mode": "Incremental", **both}})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidRequestContent")


def test_a_record_lags_behind_its_operation(group: Emulator) -> None:
    group.control("POST", "settings", {"recordLagSeconds": 10})
    body = template(network(), outputs={"said": {"type": "string", "value": "hello"}})
    url = put(group, deployment(body)).headers["azure-asyncoperation"]
    group.advance(60)
    assert group.call("GET", url).json()["status"] == "Succeeded"
    lagging = record(group)
    assert (lagging["provisioningState"], "outputs" in lagging) == ("Running", False)
    group.advance(10)
    assert (record(group)["provisioningState"], record(group)["outputs"]["said"]["value"]) == ("Succeeded", "hello")


def test_a_record_is_not_found_just_after_its_put(group: Emulator) -> None:
    group.control("POST", "settings", {"recordDelaySeconds": 10})
    url = put(group, deployment(template(network()))).headers["azure-asyncoperation"]
    for wanted in (f"{DEPLOYMENTS}/one?{VERSION}", url):
        answer = group.call("GET", wanted)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "DeploymentNotFound")
    assert group.call("HEAD", f"{DEPLOYMENTS}/one?{VERSION}").status_code == 404
    group.advance(10)
    assert group.call("GET", url).status_code == 200
