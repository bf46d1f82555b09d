"""What principals may do, and what ARM's validation says of it at each level."""

from typing import Any

import pytest

from tests.azure.emulator import SUBSCRIPTION, Emulator
from tests.azure.templates import GROUP_SCHEMA, SUBSCRIPTION_SCHEMA, deployment, network, subnet, template

WHOLE = f"/subscriptions/{SUBSCRIPTION}"
GROUP = f"{WHOLE}/resourceGroups/rg"
VNET = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/net"
LISTED = "providers/Microsoft.Authorization/permissions?api-version=2022-04-01"
VERSION = "api-version=2025-04-01"


@pytest.fixture
def group(azure: Emulator) -> Emulator:
    azure.call("PUT", f"{GROUP}?{VERSION}", {"location": "northeurope"})
    return azure


def limit(azure: Emulator, *actions: str, but: tuple[str, ...] = ()) -> None:
    azure.control("POST", "settings", {"permissions": [{"actions": list(actions), "notActions": list(but)}]})


def validate(azure: Emulator, *resources: dict[str, Any], level: str | None = None, verb: str = "validate") -> Any:
    body = deployment(template(*(resources or (network(),)), schema=GROUP_SCHEMA))
    if level:
        body["properties"]["validationLevel"] = level
    path = f"{GROUP}/providers/Microsoft.Resources/deployments/one"
    return (
        azure.call("POST", f"{path}/validate?{VERSION}", body) if verb else azure.call("PUT", f"{path}?{VERSION}", body)
    )


def test_permissions_are_listed_for_a_subscription_a_group_and_a_resource(group: Emulator) -> None:
    everything = {"value": [{"actions": ["*"], "notActions": [], "dataActions": [], "notDataActions": []}]}
    group.call(
        "PUT", f"{VNET}?api-version=2024-05-01", {"location": "northeurope", "properties": network()["properties"]}
    )
    for scope in (WHOLE, GROUP, VNET):
        assert group.call("GET", f"{scope}/{LISTED}").json() == everything
    limit(group, "*", but=("Microsoft.Authorization/*/Write",))
    (role,) = group.call("GET", f"{GROUP}/{LISTED}").json()["value"]
    assert (role["actions"], role["notActions"]) == (["*"], ["Microsoft.Authorization/*/Write"])


def test_of_what_does_not_exist_there_are_none(group: Emulator) -> None:
    for scope, code in ((f"{WHOLE}/resourceGroups/gone", "ResourceGroupNotFound"), (VNET, "ResourceNotFound")):
        answer = group.call("GET", f"{scope}/{LISTED}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, code)


def test_what_the_principal_may_not_do_is_refused(group: Emulator) -> None:
    limit(group, "*/read", "Microsoft.Resources/deployments/*")
    answer = group.call("PUT", f"{VNET}?api-version=2024-05-01", {"location": "northeurope"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "AuthorizationFailed")
    assert "perform action 'Microsoft.Network/virtualNetworks/write' over scope" in answer.json()["error"]["message"]
    assert group.call("GET", f"{GROUP}?{VERSION}").status_code == 200
    assert group.call("DELETE", f"{GROUP}?{VERSION}").status_code == 403
    assert group.call("GET", f"{GROUP}/{LISTED}").status_code == 200


@pytest.mark.parametrize(
    ("level", "verb", "status"),
    [
        (None, "validate", 400),
        ("Provider", "validate", 400),
        ("ProviderNoRbac", "validate", 200),
        ("Template", "validate", 200),
        (None, "", 400),
    ],
)
def test_arm_asks_for_the_permission_to_write_at_provider_level(
    group: Emulator, level: str | None, verb: str, status: int
) -> None:
    limit(group, "*", but=("Microsoft.Network/*/write",))
    answer = validate(group, level=level, verb=verb)
    assert answer.status_code == status
    if status == 400:
        error = answer.json()["error"]
        assert (error["code"], "details" in error) == ("InvalidTemplateDeployment", False)
        assert error["message"].startswith(
            "The template deployment failed with error: 'Authorization failed for template resource 'net' of type "
            "'Microsoft.Network/virtualNetworks'. The client 'tests' with object id 'tests' does not have permission "
            f"to perform action 'Microsoft.Network/virtualNetworks/write' at scope '{VNET}'."
        )


def test_several_resources_are_named_in_one_message(group: Emulator) -> None:
    limit(group, "*", but=("Microsoft.Network/*/write",))
    message = validate(group, network(), subnet("s", "10.0.0.0/24"), level="provider").json()["error"]["message"]
    assert message.startswith("Deployment failed with multiple errors: '")
    assert message.count("Authorization failed for template resource") == 2


def test_a_group_is_written_by_an_action_of_the_subscription(azure: Emulator) -> None:
    limit(azure, "*", but=("Microsoft.Resources/subscriptions/resourceGroups/write",))
    made = {
        "type": "Microsoft.Resources/resourceGroups",
        "apiVersion": "2024-03-01",
        "name": "rg",
        "location": "westeurope",
    }
    body = {"location": "westeurope", **deployment(template(made, schema=SUBSCRIPTION_SCHEMA))}
    path = f"{WHOLE}/providers/Microsoft.Resources/deployments/one/validate?{VERSION}"
    answer = azure.call("POST", path, body)
    assert (
        "perform action 'Microsoft.Resources/subscriptions/resourceGroups/write'" in answer.json()["error"]["message"]
    )


def test_at_template_level_resources_are_not_looked_at(group: Emulator) -> None:
    wrong = {**network(), "apiVersion": "1999-01-01"}
    assert validate(group, wrong, level="Template").status_code == 200
    assert validate(group, wrong, level="Provider").status_code == 400
    assert validate(group, level="Whatever").json()["error"]["code"] == "InvalidRequestContent"
