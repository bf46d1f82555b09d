"""Templates, contexts and a runtime for tests of expansions."""

from datetime import UTC, datetime
from typing import Any

from emulators.azure.language import Context, Expansion, Resource, expand

SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"


class World:
    """A runtime that knows some resources, whole ones by id; it remembers what it was asked."""

    def __init__(self, resources: dict[str, dict[str, Any]] | None = None, lists: dict[str, Any] | None = None) -> None:
        self.resources = {key.lower(): value for key, value in (resources or {}).items()}
        self.lists = lists or {}
        self.asked: list[tuple[str, str | None, bool]] = []
        self.listed: list[tuple[str, str, str, Any]] = []

    def reference(self, resource_id: str, api_version: str | None, full: bool) -> Any:
        self.asked.append((resource_id, api_version, full))
        resource = self.resources[resource_id.lower()]
        return resource if full else resource["properties"]

    def list(self, resource_id: str, action: str, api_version: str, body: Any) -> Any:
        self.listed.append((resource_id, action, api_version, body))
        return self.lists[action]


def context(**changes: Any) -> Context:
    """A deployment `main` to the resource group rg."""
    known: dict[str, Any] = {
        "tenant_id": "22222222-2222-2222-2222-222222222222",
        "subscription_id": SUBSCRIPTION,
        "subscription": {"id": f"/subscriptions/{SUBSCRIPTION}", "subscriptionId": SUBSCRIPTION, "displayName": "Test"},
        "resource_group": {"id": GROUP, "name": "rg", "location": "westeurope", "tags": {}},
        "deployment_name": "main",
        "deployment_location": "westeurope",
        "environment": {"name": "AzureCloud", "suffixes": {"storage": "core.windows.net"}},
        "now": datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC),
        "new_guid": lambda: "99999999-9999-9999-9999-999999999999",
        "find_role": {"reader": "acdd72a7-3385-48ef-bd42-f606fba81ae7"}.get,
    }
    return Context(**known | changes)


def template(*resources: dict[str, Any], **sections: Any) -> dict[str, Any]:
    """A template for a resource group."""
    return {"$schema": SCHEMA, "contentVersion": "1.0.0.0", "resources": list(resources), **sections}


def resource(name: str, **sections: Any) -> dict[str, Any]:
    """A resource of a template."""
    return {"type": "Test.Provider/things", "apiVersion": "2024-01-01", "name": name, **sections}


def nested(name: str, inner: dict[str, Any], scope: str = "inner", **sections: Any) -> dict[str, Any]:
    """A nested deployment of a template; `parameters` and `resourceGroup` as sections."""
    parameters = {"parameters": sections.pop("parameters")} if "parameters" in sections else {}
    options = {"mode": "Incremental", "expressionEvaluationOptions": {"scope": scope}, "template": inner, **parameters}
    kind = {"type": "Microsoft.Resources/deployments", "apiVersion": "2024-03-01"}
    return {**kind, "name": name, "properties": options, **sections}


def id_of(name: str) -> str:
    """The id of a resource made by `resource`."""
    return f"{GROUP}/providers/Test.Provider/things/{name}"


def expanded(*resources: dict[str, Any], **sections: Any) -> Expansion:
    """The expansion of a template without parameters of the request."""
    return expand(template(*resources, **sections), {}, context())


def one(expansion: Expansion, name: str) -> Resource:
    """The resource of a name."""
    return next(item for item in expansion.resources if item.name == name)


def value(expression: str, world: World | None = None, **sections: Any) -> Any:
    """What an expression is worth in a run, standing in a resource's properties."""
    expansion = expanded(resource("probe", properties={"value": expression}), **sections)
    return expansion.body(expansion.resources[0], world or World())["properties"]["value"]
