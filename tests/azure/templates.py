"""Small ARM templates for the tests."""

from typing import Any

GROUP_SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
SUBSCRIPTION_SCHEMA = "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#"


def template(
    *resources: dict[str, Any],
    parameters: dict[str, Any] | None = None,
    outputs: dict[str, Any] | None = None,
    schema: str = GROUP_SCHEMA,
) -> dict[str, Any]:
    return {
        "$schema": schema,
        "contentVersion": "1.0.0.0",
        "parameters": parameters or {},
        "resources": list(resources),
        "outputs": outputs or {},
    }


def network(name: str = "net", **properties: Any) -> dict[str, Any]:
    return {
        "type": "Microsoft.Network/virtualNetworks",
        "apiVersion": "2024-05-01",
        "name": name,
        "location": "northeurope",
        "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}, **properties},
    }


def subnet(name: str, prefix: str, vnet: str = "net", *depends_on: str, **properties: Any) -> dict[str, Any]:
    return {
        "type": "Microsoft.Network/virtualNetworks/subnets",
        "apiVersion": "2024-05-01",
        "name": f"{vnet}/{name}",
        "dependsOn": list(depends_on),
        "properties": {"addressPrefix": prefix, **properties},
    }


def vnet_id(name: str = "net") -> str:
    return f"[resourceId('Microsoft.Network/virtualNetworks', '{name}')]"


def deployment(body: dict[str, Any], **parameters: Any) -> dict[str, Any]:
    """The body of a PUT."""
    values = {name: {"value": value} for name, value in parameters.items()}
    return {"properties": {"mode": "Incremental", "template": body, "parameters": values}}
