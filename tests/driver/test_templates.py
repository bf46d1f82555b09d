"""What an ARM template declares."""

from typing import Any

import pytest

from driver.errors import InvalidRequest
from driver.packages.templates import Parameter, list_resource_types, read_template

GROUP = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
SUBSCRIPTION = "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#"


def declared(parameter: dict[str, Any], **body: Any) -> Parameter:
    """The one parameter of a template."""
    return read_template(
        {"$schema": GROUP, "resources": [], "parameters": {"p": parameter}, **body}, "main.json"
    ).parameters[0]


@pytest.mark.parametrize(
    ("schema", "scope"),
    [(GROUP, "resourceGroup"), (GROUP.upper(), "resourceGroup"), (SUBSCRIPTION.rstrip("#"), "subscription")],
)
def test_the_schema_tells_the_scope(schema: str, scope: str) -> None:
    assert read_template({"$schema": schema, "resources": {}}, "main.json").scope == scope


@pytest.mark.parametrize(
    "body",
    [
        [],
        "text",
        {},
        {"$schema": GROUP},
        {"$schema": "https://x/managementGroupDeploymentTemplate.json#", "resources": []},
        {"$schema": GROUP, "resources": "none"},
        {"$schema": GROUP, "resources": 5},
        {"$schema": GROUP, "resources": [], "parameters": {"p": {}}},
        {"$schema": GROUP, "resources": [], "parameters": {"p": "text"}},
        {"$schema": GROUP, "resources": [], "parameters": ["p"]},
        {"$schema": GROUP, "resources": [], "parameters": []},
        {"$schema": GROUP, "resources": [], "parameters": {"p": {"type": "int", "minValue": "1"}}},
        {"$schema": GROUP, "resources": [], "parameters": {"p": {"type": "int", "maxValue": True}}},
        {"$schema": GROUP, "resources": [], "parameters": {"p": {"type": "string", "allowedValues": "a"}}},
        {"$schema": GROUP, "resources": [], "parameters": {"p": {"$ref": "#/definitions/a"}}, "definitions": ["a"]},
        {"$schema": GROUP, "resources": [], "outputs": ["p"]},
    ],
)
def test_what_is_no_template_is_said_with_the_file(body: Any) -> None:
    with pytest.raises(InvalidRequest, match=r"^main\.json\b"):
        read_template(body, "main.json")


def test_a_file_of_parameters_is_no_template() -> None:
    body = {"$schema": GROUP.replace("deploymentTemplate", "deploymentParameters"), "resources": []}
    with pytest.raises(InvalidRequest, match=r"^main\.json: this is a file of parameters, and no template$"):
        read_template(body, "main.json")


def test_all_faults_at_once() -> None:
    with pytest.raises(InvalidRequest) as caught:
        read_template({"parameters": {"a": {}, "b": {"$ref": "#/definitions/none"}}}, "main.json")
    assert len(caught.value.faults) == 5


def test_constraints_of_a_parameter() -> None:
    found = declared(
        {
            "type": "Int",
            "allowedValues": [1, 2],
            "minValue": 1,
            "maxValue": 2,
            "minLength": 3,
            "maxLength": 4,
            "metadata": {"nameOf": "Microsoft.Network/virtualNetworks"},
        }
    )
    assert found == Parameter("p", "int", True, (1, 2), 1, 2, 3, 4, "Microsoft.Network/virtualNetworks")


@pytest.mark.parametrize(
    ("parameter", "required"),
    [
        ({"type": "string"}, True),
        ({"type": "string", "defaultValue": ""}, False),
        ({"type": "string", "defaultValue": None}, False),
        ({"type": "string", "nullable": True}, False),
    ],
)
def test_required(parameter: dict[str, Any], required: bool) -> None:
    assert declared(parameter).required is required


@pytest.mark.parametrize(("kind", "secure"), [("secureString", True), ("SecureObject", True), ("string", False)])
def test_secure(kind: str, secure: bool) -> None:
    assert declared({"type": kind}).secure is secure


GRAPH = {"imports": {"graph": {"provider": "MicrosoftGraph", "version": "1.0.0"}}}
NEWER_GRAPH = {"extensions": {"graph": {"name": "MicrosoftGraph", "version": "1.0.0"}}}
TEAM = {"import": "graph", "type": "Microsoft.Graph/groups@v1.0", "properties": {"displayName": "team"}}
NEWER_TEAM = {"extension": "graph", "type": "Microsoft.Graph/groups@v1.0", "properties": {"displayName": "team"}}
TABLE = {"type": "Microsoft.Network/routeTables", "apiVersion": "2024-05-01", "name": "a", "location": "westeurope"}


def nest(name: str, body: dict[str, Any]) -> dict[str, Any]:
    properties = {"mode": "Incremental", "template": {"$schema": GROUP, **body}}
    return {
        "type": "Microsoft.Resources/deployments",
        "apiVersion": "2025-04-01",
        "name": name,
        "properties": properties,
    }


@pytest.mark.parametrize(
    ("body", "path", "extension"),
    [
        ({**GRAPH, "resources": {"team": TEAM}}, "'team' (Microsoft.Graph/groups@v1.0)", "MicrosoftGraph"),
        ({**NEWER_GRAPH, "resources": {"team": NEWER_TEAM}}, "'team' (Microsoft.Graph/groups@v1.0)", "MicrosoftGraph"),
        ({**GRAPH, "resources": [{**TEAM, "name": "t"}]}, "'t' (Microsoft.Graph/groups@v1.0)", "MicrosoftGraph"),
        ({"resources": {"team": TEAM}}, "'team' (Microsoft.Graph/groups@v1.0)", "graph"),
        ({**GRAPH, "resources": {"team": {**TEAM, "condition": False}}}, "'team' (Micro", "MicrosoftGraph"),
        (
            {"resources": [nest("m", {"resources": [nest("inner", {**GRAPH, "resources": {"team": TEAM}})]})]},
            "'m' (Microsoft.Resources/deployments) > 'inner' (Microsoft.Resources/deployments) > 'team' (",
            "MicrosoftGraph",
        ),
        (
            {**NEWER_GRAPH, "resources": {"m": nest("inner", {"resources": {"team": NEWER_TEAM}})}},
            "'m' (Microsoft.Resources/deployments) > 'team'",
            "MicrosoftGraph",
        ),
    ],
)
def test_a_resource_without_an_arm_id_is_refused(body: dict[str, Any], path: str, extension: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        read_template({"$schema": GROUP, "languageVersion": "2.0", **body}, "main.json")
    (fault,) = caught.value.faults
    assert fault.startswith(f"main.json: resource {path}")
    assert f"is one of the extension '{extension}': it has no ARM id" in fault
    assert "the driver can neither own nor delete it" in fault


@pytest.mark.parametrize(
    "body",
    [
        {"imports": {"az": {"provider": "AzureResourceManager"}}, "resources": {"a": {"import": "az", **TABLE}}},
        {"extensions": {"az": {"name": "AzureResourceManager"}}, "resources": {"a": {"extension": "az", **TABLE}}},
        {"imports": {"sys": {"provider": "System", "version": "1.0.0"}}, "resources": {"a": TABLE}},
        {**GRAPH, "resources": {"a": TABLE}},
        {**GRAPH, "resources": {"team": {**TEAM, "existing": True}}},
        {"imports": "none", "extensions": ["none"], "resources": [TABLE, "none", {"properties": "none"}]},
        {"resources": [nest("wrong", {"resources": 5}), nest("none", {"resources": None})]},
    ],
)
def test_arms_own_extensions_and_what_is_only_referred_to_are_taken(body: dict[str, Any]) -> None:
    assert read_template({"$schema": GROUP, "languageVersion": "2.0", **body}, "main.json").scope == "resourceGroup"


def test_types_are_resolved_through_their_definitions() -> None:
    definitions = {
        "sku": {"$ref": "#/definitions/names", "minLength": 2, "nullable": True},
        "names": {"type": "string", "allowedValues": ["a", "b"], "minLength": 1},
    }
    found = declared({"$ref": "#/definitions/sku"}, definitions=definitions)
    assert (found.type, found.allowed, found.shortest, found.required) == ("string", ("a", "b"), 2, False)


def test_a_definition_that_leads_to_itself_is_a_fault() -> None:
    definitions = {"a": {"$ref": "#/definitions/b"}, "b": {"$ref": "#/definitions/a"}}
    with pytest.raises(InvalidRequest, match="leads to no type definition"):
        declared({"$ref": "#/definitions/a"}, definitions=definitions)


RESOURCES = [
    {
        "type": "Microsoft.Network/virtualNetworks",
        "resources": [{"type": "subnets"}, {"type": "Microsoft.Network/virtualNetworks/virtualNetworkPeerings"}],
    },
    {
        "type": "Microsoft.Resources/deployments",
        "properties": {"template": {"resources": {"vm": {"type": "Microsoft.Compute/virtualMachines"}}}},
    },
]


@pytest.mark.parametrize("resources", [RESOURCES, {str(at): one for at, one in enumerate(RESOURCES)}])
def test_all_resource_types_nested_ones_too(resources: Any) -> None:
    assert list_resource_types({"resources": resources}) == {
        "microsoft.network/virtualnetworks",
        "microsoft.network/virtualnetworks/subnets",
        "microsoft.network/virtualnetworks/virtualnetworkpeerings",
        "microsoft.resources/deployments",
        "microsoft.compute/virtualmachines",
    }
