"""Deployments: records, runs, outputs, failures, at both scopes, through the SDK and by plain calls."""

from typing import Any

import pytest
import requests
from azure.core.exceptions import HttpResponseError
from azure.mgmt.resource.deployments import DeploymentsMgmtClient
from azure.mgmt.resource.deployments.models import Deployment, DeploymentWhatIf
from azure.mgmt.resource.resources import ResourceManagementClient

from tests.azure.emulator import SUBSCRIPTION, Emulator
from tests.azure.templates import GROUP_SCHEMA, SUBSCRIPTION_SCHEMA, deployment, network, subnet, template, vnet_id

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
DEPLOYMENTS = f"{GROUP}/providers/Microsoft.Resources/deployments"
VNET = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/net"
VERSION = "api-version=2025-04-01"


@pytest.fixture
def group(azure: Emulator) -> Emulator:
    azure.call("PUT", f"{GROUP}?{VERSION}", {"location": "northeurope"})
    return azure


def put(azure: Emulator, body: dict[str, Any], name: str = "one") -> requests.Response:
    return azure.call("PUT", f"{DEPLOYMENTS}/{name}?{VERSION}", body)


def record(azure: Emulator, name: str = "one") -> dict[str, Any]:
    properties: dict[str, Any] = azure.call("GET", f"{DEPLOYMENTS}/{name}?{VERSION}").json()["properties"]
    return properties


def operations(azure: Emulator, name: str = "one") -> dict[str, str]:
    """Provisioning states by resource name."""
    items = azure.call("GET", f"{GROUP}/deployments/{name}/operations?{VERSION}").json()["value"]
    targets = {item["properties"].get("targetResource", {}).get("resourceName", ""): item for item in items}
    return {name: item["properties"]["provisioningState"] for name, item in targets.items() if name}


def there(azure: Emulator) -> list[str]:
    """Names of all resources."""
    return [item["name"] for item in azure.control("GET", "resources")["resources"]]


def ended(azure: Emulator, body: dict[str, Any], name: str = "one") -> dict[str, Any]:
    answer = put(azure, body, name)
    assert answer.status_code in (200, 201), answer.text
    azure.advance(60)
    return record(azure, name)


def test_both_scopes_through_the_sdk(deployments: DeploymentsMgmtClient, resources: ResourceManagementClient) -> None:
    made = {
        "type": "Microsoft.Resources/resourceGroups",
        "apiVersion": "2024-03-01",
        "name": "rg",
        "location": "westeurope",
    }
    outer = deployment(template(made, schema=SUBSCRIPTION_SCHEMA)) | {"location": "westeurope"}
    deployments.deployments.begin_create_or_update_at_subscription_scope("groups", Deployment(outer)).result()
    body = template(network(), outputs={"VNET_ID": {"type": "string", "value": vnet_id()}})
    done = deployments.deployments.begin_create_or_update("rg", "nets", Deployment(deployment(body))).result()
    assert done.properties is not None
    assert done.properties.outputs == {"vneT_ID": {"type": "String", "value": VNET}}
    assert [item.id for item in done.properties.output_resources or []] == [VNET]
    listed = [item.properties for item in deployments.deployment_operations.list("rg", "nets")]
    assert [item.provisioning_operation for item in listed if item] == ["Create", "EvaluateDeploymentOutput"]
    deployments.deployments.begin_delete("rg", "nets").result()
    assert not deployments.deployments.check_existence("rg", "nets")
    assert [item.id for item in resources.resources.list_by_resource_group("rg")] == [VNET]


def test_a_deployment_is_accepted_then_runs_then_is_done_after_its_time(group: Emulator) -> None:
    answer = put(group, deployment(template(network(), subnet("a", "10.0.0.0/24", "net", vnet_id()))))
    url, states = answer.headers["azure-asyncoperation"], []
    for seconds in (0, 5, 15, 35, 5):
        group.advance(seconds)
        states.append((group.call("GET", url).json()["status"], there(group)))
    whole = ["net", "net/a"]
    assert states == [
        ("Accepted", []),
        ("Running", []),
        ("Running", ["net"]),
        ("Running", whole),
        ("Succeeded", whole),
    ]


def test_what_polls_say_besides(group: Emulator) -> None:
    answer = put(group, deployment(template(network())))
    assert (answer.status_code, "retry-after" in answer.headers, "location" in answer.headers) == (201, False, False)
    assert group.call("GET", f"{DEPLOYMENTS}/one?{VERSION}").headers["retry-after"] == "5"
    group.advance(60)
    assert "retry-after" not in group.call("GET", f"{DEPLOYMENTS}/one?{VERSION}").headers
    assert put(group, deployment(template(network()))).status_code == 200


def test_tags_are_shown_as_they_were_sent_by_get_and_list_until_a_put_replaces_them(group: Emulator) -> None:
    for tags in ({"tnco-resource-id": "r1", "empty": ""}, {"other": "é"}):
        made = put(group, {**deployment(template(network())), "tags": tags}).json()
        group.advance(60)
        read = group.call("GET", f"{DEPLOYMENTS}/one?{VERSION}").json()
        (listed,) = group.call("GET", f"{DEPLOYMENTS}?{VERSION}").json()["value"]
        assert [made["tags"], read["tags"], listed["tags"]] == [tags] * 3
        assert list(read) == ["id", "name", "type", "tags", "properties"]
    put(group, deployment(template(network())))
    assert "tags" not in group.call("GET", f"{DEPLOYMENTS}/one?{VERSION}").json()


def test_secure_parameters_are_not_shown(group: Emulator) -> None:
    parameters = {
        "secret": {"type": "securestring"},
        "whole": {"type": "secureObject", "defaultValue": {"key": "needle"}},
        "open": {"type": "string"},
    }
    found = ended(group, deployment(template(network(), parameters=parameters), secret="needle", open="shown"))
    assert found["parameters"] == {
        "secret": {"type": "SecureString"},
        "whole": {"type": "SecureObject"},
        "open": {"type": "String", "value": "shown"},
    }
    assert "needle" not in group.call("GET", f"{DEPLOYMENTS}?{VERSION}").text


def test_an_active_deployment_is_neither_replaced_nor_deleted_but_canceled(group: Emulator) -> None:
    put(group, deployment(template(network())))
    for method in ("PUT", "DELETE"):
        refused = group.call(method, f"{DEPLOYMENTS}/one?{VERSION}", deployment(template(network())))
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "DeploymentActive")
    assert group.call("POST", f"{DEPLOYMENTS}/one/cancel?{VERSION}").status_code == 204
    assert record(group)["provisioningState"] == "Canceled"
    group.advance(60)
    assert there(group) == []
    again = group.call("POST", f"{DEPLOYMENTS}/one/cancel?{VERSION}")
    assert again.status_code == 409


def test_a_failed_deployment_says_why_and_leaves_what_it_made(group: Emulator) -> None:
    body = template(
        network(), subnet("a", "99.0.0.0/24", "net", vnet_id()), subnet("b", "10.0.1.0/24", "net", vnet_id("no"))
    )
    body["resources"][2]["dependsOn"] = ["Microsoft.Network/virtualNetworks/net/subnets/a"]
    found = ended(group, deployment(body))
    assert found["provisioningState"] == "Failed"
    assert "outputResources" not in found
    assert [item["code"] for item in found["error"]["details"]] == ["NetcfgInvalidSubnet"]
    assert operations(group) == {"net": "Succeeded", "net/a": "Failed"}
    assert there(group) == ["net"]


def test_a_nested_deployment_has_a_record_and_its_resources_stand_for_it(group: Emulator) -> None:
    nested = {
        "type": "Microsoft.Resources/deployments",
        "apiVersion": "2025-04-01",
        "name": "inner",
        "properties": {
            "mode": "Incremental",
            "expressionEvaluationOptions": {"scope": "inner"},
            "template": template(network(), outputs={"id": {"type": "string", "value": vnet_id()}}),
        },
    }
    outer = template(nested, outputs={"id": {"type": "string", "value": "[reference('inner').outputs.id.value]"}})
    found = ended(group, deployment(outer))
    assert found["outputs"]["id"]["value"] == VNET
    assert [one["id"] for one in found["outputResources"]] == [VNET]
    assert record(group, "inner")["provisioningState"] == "Succeeded"


def test_a_nested_deployment_that_fails_fails_the_outer_one(group: Emulator) -> None:
    inner = template(subnet("a", "10.0.0.0/24", "none"))
    nested = {
        "type": "Microsoft.Resources/deployments",
        "apiVersion": "2025-04-01",
        "name": "inner",
        "properties": {"mode": "Incremental", "template": inner},
    }
    detail = ended(group, deployment(template(nested)))["error"]["details"][0]
    assert detail["code"] == "ResourceDeploymentFailure"
    assert detail["details"][0]["details"][0]["code"] == "ParentResourceNotFound"


def test_subnets_of_one_network_written_at_once_by_one_deployment_fail_as_in_azure(group: Emulator) -> None:
    ended(group, deployment(template(network())))
    both = template(subnet("a", "10.0.0.0/24"), subnet("b", "10.0.1.0/24"))
    found = ended(group, deployment(both), "two")
    assert [item["code"] for item in found["error"]["details"]] == ["AnotherOperationInProgress"]
    assert ended(group, deployment(both), "two")["provisioningState"] == "Succeeded"  # the first one is there by now
    third = subnet("c", "10.0.2.0/24")
    one_by_one = template(third, subnet("d", "10.0.3.0/24", "net", f"{VNET}/subnets/c"))
    assert ended(group, deployment(one_by_one), "three")["provisioningState"] == "Succeeded"


REFUSED: list[tuple[str, dict[str, Any], tuple[int, str]]] = [
    ("x" * 65, deployment(template(network())), (400, "DeploymentNameLengthLimitExceeded")),
    ("a b", deployment(template(network())), (400, "DeploymentNameInvalidCharacters")),
    ("one", deployment(template(network(), parameters={"needed": {"type": "string"}})), (400, "InvalidTemplate")),
    ("one", deployment(template(network()), other=1), (400, "InvalidTemplate")),
    ("one", deployment(template(network() | {"location": "nowhere"})), (400, "LocationNotAvailableForResourceType")),
    ("one", deployment(template(network() | {"apiVersion": "1999-01-01"})), (400, "NoRegisteredProviderFound")),
    ("one", deployment(template(network("net-"))), (400, "InvalidTemplateDeployment")),
    ("one", {"properties": {"mode": "Complete", "template": template()}}, (501, "NotSupportedByEmulator")),
    ("one", {"properties": {"templateLink": {"uri": "https://example.com"}}}, (501, "NotSupportedByEmulator")),
    ("one", {"name": "one"}, (400, "InvalidRequestContent")),
]


@pytest.mark.parametrize(("name", "body", "expected"), REFUSED)
def test_what_is_refused_before_it_begins(
    group: Emulator, name: str, body: dict[str, Any], expected: tuple[int, str]
) -> None:
    answer = put(group, body, name)
    assert (answer.status_code, answer.json()["error"]["code"]) == expected
    assert group.call("GET", f"{DEPLOYMENTS}?{VERSION}").json() == {"value": []}


def test_a_member_that_arm_does_not_know_is_refused_as_arm_refuses_it(group: Emulator) -> None:
    answer = put(group, deployment(template(network() | {"dependOn": []})))
    assert answer.status_code == 400
    assert answer.json()["error"] == {
        "code": "InvalidRequestContent",
        "message": "The request content was invalid and could not be deserialized: 'Could not find member 'dependOn' on"
        " object of type 'TemplateResource'. Path 'properties.template.resources[0].dependOn', line 1, position 1.'.",
    }
    assert group.call("GET", f"{DEPLOYMENTS}?{VERSION}").json() == {"value": []}


def test_subscription_deployments_have_a_location_of_their_own(azure: Emulator) -> None:
    path = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Resources/deployments/one?{VERSION}"
    body = deployment(template(schema=SUBSCRIPTION_SCHEMA))
    codes = []
    for location in (None, "nowhere", "westeurope", "northeurope"):
        answer = azure.call("PUT", path, body | ({"location": location} if location else {}))
        azure.advance(60)
        codes.append(answer.json().get("error", {}).get("code"))
    assert codes == ["InvalidDeployment", "LocationNotAvailableForDeployment", None, "InvalidDeploymentLocation"]


def test_deleting_groups_take_nothing_new(group: Emulator) -> None:
    ended(group, deployment(template(network())))
    assert group.call("DELETE", f"{GROUP}?{VERSION}").status_code == 202
    refused = put(group, deployment(template(network())), "two")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "ResourceGroupBeingDeleted")
    assert group.call("GET", f"{GROUP}?{VERSION}").json()["properties"]["provisioningState"] == "Deleting"
    group.advance(60)
    assert put(group, deployment(template()), "two").json()["error"]["code"] == "ResourceGroupNotFound"
    assert group.control("GET", "resources") == {"resourceGroups": [], "resources": [], "deployments": []}


def test_the_request_may_be_relaxed_json(group: Emulator) -> None:
    text = (
        '{properties: {"mode": "Incremental", /* a comment */ "template": {"$schema": "SCHEMA",\n'
        '"contentVersion": "1.0.0.0", "resources": []}}} // end'
    ).replace("SCHEMA", GROUP_SCHEMA)
    assert group.call("PUT", f"{DEPLOYMENTS}/one?{VERSION}", text).status_code == 201


def test_what_if_tells_what_would_change_and_changes_nothing(
    deployments: DeploymentsMgmtClient, resources: ResourceManagementClient
) -> None:
    resources.resource_groups.create_or_update("rg", {"location": "northeurope"})
    both = Deployment(deployment(template(network(), network("other"))))
    deployments.deployments.begin_create_or_update("rg", "one", both).result()

    def changes(*wanted: dict[str, Any]) -> dict[str, Any]:
        found = deployments.deployments.begin_what_if(
            "rg", "what", DeploymentWhatIf(deployment(template(*wanted)))
        ).result()
        return {str(item.resource_id).rsplit("/", 1)[1]: item.change_type for item in found.changes or []}

    assert changes(network(), network("new")) == {"net": "NoChange", "new": "Create", "other": "Ignore"}
    wider = network(addressSpace={"addressPrefixes": ["10.0.0.0/16", "10.1.0.0/16"]})
    assert changes(wider, network("other")) == {"net": "Modify", "other": "NoChange"}
    assert len(list(resources.resources.list_by_resource_group("rg"))) == 2


def test_validation_reports_what_would_be_made(
    deployments: DeploymentsMgmtClient, resources: ResourceManagementClient
) -> None:
    resources.resource_groups.create_or_update("rg", {"location": "northeurope"})
    found = deployments.deployments.begin_validate("rg", "one", Deployment(deployment(template(network())))).result()
    assert found.properties is not None
    assert [item.id for item in found.properties.validated_resources or []] == [VNET]
    with pytest.raises(HttpResponseError, match="InvalidTemplate"):
        deployments.deployments.begin_validate(
            "rg", "one", Deployment(deployment(template(network()), other=1))
        ).result()
