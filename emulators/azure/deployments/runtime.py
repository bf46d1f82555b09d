"""What a template's functions can learn of the world while it is deployed."""

from collections.abc import Mapping
from typing import Any

from emulators.azure.deployments import descriptions, records
from emulators.azure.language.functions_resources import SECURE_OUTPUTS
from emulators.azure.language.models import Unmodelled
from emulators.azure.providers import KNOWN, actions
from emulators.azure.resources import checks, groups
from emulators.azure.resources.views import show
from emulators.azure.wire.errors import Refusal
from emulators.azure.world import ids
from emulators.azure.world.clock import now
from emulators.azure.world.cloud import Cloud
from emulators.azure.world.entities import Deployment, Look, Resource


class CloudRuntime:
    """The language's Runtime over this cloud's state. What a deployment's run asks for is noted in its record."""

    def __init__(self, cloud: Cloud, deployment: Deployment | None = None) -> None:
        self._cloud = cloud
        self._deployment = deployment

    def reference(self, resource_id: str, api_version: str | None, full: bool) -> Any:
        """Properties of a resource, a deployment or a group; LookupError where there is none."""
        whole = self._whole(resource_id, api_version)
        self._note("Read", resource_id)
        if not full:
            return _note_model(whole.get("type", ""), whole.get("properties", {}))
        rid = ids.parse(resource_id)
        extra = {
            "apiVersion": api_version,
            "subscriptionId": ids.subscription_of(resource_id),
            "resourceGroupName": ids.group_of(resource_id),
            "resourceId": resource_id.split("/providers/", 1)[-1],
            "scope": rid.scope if rid else "",
        }
        return whole | extra

    def _whole(self, resource_id: str, api_version: str | None) -> dict[str, Any]:
        state = self._cloud.state
        key = resource_id.lower()
        resource = state.resources.get(key)
        if resource is not None:
            return show(state, resource, (api_version or resource.api_version).lower())
        deployment = state.deployments.get(key)
        if deployment is not None:
            return records.show(deployment)
        group = state.groups.get(key)
        if group is not None:
            return groups.show(group)
        rid = ids.parse(resource_id)
        name = f"{rid.type}/{rid.full_name}" if rid else resource_id
        raise LookupError(f"The Resource '{name}' under resource group '{ids.group_of(resource_id)}' was not found.")

    def list(self, resource_id: str, action: str, api_version: str, body: Any) -> Any:
        """The answer of a list* action."""
        if action.lower() == SECURE_OUTPUTS:
            return self._outputs(resource_id)
        resource = self._cloud.state.resources.get(resource_id.lower())
        rid = ids.parse(resource_id)
        if resource is None and rid is not None and checks.there(self._cloud, rid):
            resource = Resource(resource_id, rid.type, rid.name, api_version)
        if resource is None:
            raise LookupError(f"The resource '{resource_id}' was not found.")
        try:
            answer = actions.answer(resource, action)
        except Refusal as error:
            raise LookupError(error.message) from error
        self._note("Action", resource.id, action)
        return answer

    def _outputs(self, deployment_id: str) -> dict[str, Any]:
        """The outputs of a nested deployment with the values of the secure ones."""
        found = self._cloud.secure_outputs.get(deployment_id.lower())
        if found is None:
            raise LookupError(f"The outputs of the deployment '{deployment_id}' were not found.")
        return found

    def _note(self, operation: str, resource_id: str, action: str = "") -> None:
        """An operation of the deployment, unless it wrote the resource itself."""
        deployment, rid = self._deployment, ids.parse(resource_id)
        if deployment is None or rid is None or rid.type.lower() == descriptions.TYPE.lower():
            return
        written = {step.resource_id.lower() for step in deployment.steps}
        known = any(
            (item.operation, item.resource_id.lower(), item.action) == (operation, resource_id.lower(), action)
            for item in deployment.looks
        )
        if not known and (operation == "Action" or resource_id.lower() not in written):
            deployment.looks.append(Look(operation, resource_id, rid.type, rid.full_name, action, now()))


def _note_model(kind: str, properties: dict[str, Any]) -> dict[str, Any]:
    """The properties; those of a type that keeps what is sent know that they are not all, at each level."""
    is_kept = kind.lower() not in KNOWN and kind.lower() != descriptions.TYPE.lower()
    noted: dict[str, Any] = _note_kept(kind, properties) if is_kept else properties
    return noted


def _note_kept(kind: str, value: Any) -> Any:
    if isinstance(value, dict):
        return Unmodelled(((key, _note_kept(kind, part)) for key, part in value.items()), kind)
    return [_note_kept(kind, part) for part in value] if isinstance(value, list) else value


def subscription_object(subscription_id: str, tenant_id: str) -> Mapping[str, Any]:
    """What subscription() returns."""
    return {
        "id": f"/subscriptions/{subscription_id}",
        "subscriptionId": subscription_id,
        "tenantId": tenant_id,
        "displayName": "Embedded Azure",
    }
