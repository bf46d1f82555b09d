"""Parameters of deployments that refer to secrets of key vaults."""

from typing import Any

import pytest

from tests.azure.emulator import SUBSCRIPTION, Emulator
from tests.azure.templates import template

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv"
DEPLOYMENT = f"{GROUP}/providers/Microsoft.Resources/deployments/one"
VERSION = "api-version=2022-09-01"
VAULT_VERSION = "api-version=2023-07-01"
LENGTH = {"type": "int", "value": "[length(parameters('s'))]"}


@pytest.fixture
def group(azure: Emulator) -> Emulator:
    azure.call("PUT", f"{GROUP}?{VERSION}", {"location": "westeurope"})
    return azure


def vault(**properties: Any) -> dict[str, Any]:
    return {
        "type": "Microsoft.KeyVault/vaults",
        "name": "kv",
        **common(enabledForTemplateDeployment=True, **properties),
    }


def secret() -> dict[str, Any]:
    return {"type": "Microsoft.KeyVault/vaults/secrets", "name": "kv/word", "dependsOn": ["kv"], **common(value="hush")}


def common(**properties: Any) -> dict[str, Any]:
    return {"apiVersion": "2023-07-01", "location": "westeurope", "properties": properties}


def reference(name: str = "word") -> dict[str, Any]:
    return {"reference": {"keyVault": {"id": VAULT}, "secretName": name}}


def measuring() -> dict[str, Any]:
    """A template that tells how long its secret is."""
    return template(parameters={"s": {"type": "securestring"}}, outputs={"length": LENGTH})


def deploy(azure: Emulator, body: dict[str, Any], **parameters: Any) -> dict[str, Any]:
    """The record of a deployment, or its refusal."""
    properties = {"mode": "Incremental", "template": body, "parameters": parameters}
    answer = azure.call("PUT", f"{DEPLOYMENT}?{VERSION}", {"properties": properties})
    azure.advance(600)
    found: dict[str, Any] = (azure.call("GET", f"{DEPLOYMENT}?{VERSION}") if answer.ok else answer).json()
    return found


def test_a_parameter_gets_the_secret_that_it_refers_to(group: Emulator) -> None:
    deploy(group, template(vault(), secret()))
    record = deploy(group, measuring(), s=reference())
    assert record["properties"]["outputs"]["length"]["value"] == len("hush")
    assert "hush" not in str(record)
    assert "hush" not in group.call("GET", f"{VAULT}/secrets/word?{VAULT_VERSION}").text


def test_a_nested_deployment_reads_the_secret_once_it_begins(group: Emulator) -> None:
    inner = {
        "type": "Microsoft.Resources/deployments",
        "apiVersion": "2022-09-01",
        "name": "deep",
        "dependsOn": ["[resourceId('Microsoft.KeyVault/vaults/secrets', 'kv', 'word')]"],
        "properties": {
            "mode": "Incremental",
            "expressionEvaluationOptions": {"scope": "inner"},
            "template": measuring(),
            "parameters": {"s": reference()},
        },
    }
    told = {"length": {"type": "int", "value": "[reference('deep').outputs.length.value]"}}
    record = deploy(group, template(vault(), secret(), inner, outputs=told))
    assert record["properties"]["outputs"]["length"]["value"] == len("hush"), record


@pytest.mark.parametrize(
    ("there", "name", "code", "message"),
    [
        ([], "word", "KeyVaultParameterReferenceNotFound", "could not be found"),
        ([vault()], "other", "KeyVaultParameterReferenceSecretRetrieveFailed", "Http status code: 'NotFound'"),
        (
            [{**vault(), "properties": {}}, secret()],
            "word",
            "KeyVaultParameterReferenceSecretRetrieveFailed",
            "parameter 's' cannot be retrieved. Http status code: 'Forbidden'",
        ),
    ],
)
def test_a_secret_that_cannot_be_read_refuses_the_deployment(
    group: Emulator, there: list[dict[str, Any]], name: str, code: str, message: str
) -> None:
    deploy(group, template(*there))
    error = deploy(group, measuring(), s=reference(name))["error"]
    assert error["code"] == code
    assert message in error["message"]
