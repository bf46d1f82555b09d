"""Nested deployments: the record of one, made when its parent comes to it."""

from emulators.azure.deployments import descriptions, expansions, records
from emulators.azure.language import Expansion, Resource
from emulators.azure.wire.errors import Refusal
from emulators.azure.world.clock import now
from emulators.azure.world.cloud import Cloud
from emulators.azure.world.entities import Deployment, Step


def add_record(cloud: Cloud, parent: Deployment, this: Step, expansion: Expansion, resource: Resource) -> Deployment:
    """A nested deployment has a record of its own and runs within its parent's wave."""
    context = expansion.context
    scope = context.scope_id
    if context.resource_group is not None:
        scope = str(context.resource_group["id"])
        if scope.lower() not in cloud.state.groups:
            raise Refusal(
                404, "ResourceGroupNotFound", f"Resource group '{context.resource_group['name']}' could not be found."
            )
    number = expansions.new_number(f"{parent.number}/{resource.id}")
    made = Deployment(
        f"{scope}/providers/{descriptions.TYPE}/{context.deployment_name}",
        context.deployment_name,
        scope,
        number,
        parent.tenant_id,
        parent.correlation_id,
        {},
        now(),
        max(this.until, now()),
        now(),
        location=context.deployment_location if context.resource_group is None else None,
        parent=parent.id.lower(),
    )
    before = cloud.state.deployments.get(made.id.lower())
    if before is not None and before.active:
        raise records.still_active(before)
    this.status_code = "OK"
    made.shown = descriptions.describe(expansion, {"parameters": {}, "nested": number}, {})
    made.shown["apiVersion"] = parent.shown.get("apiVersion", "")
    cloud.expansions[number] = expansion
    cloud.state.deployments[made.id.lower()] = made
    this.nested = made.id.lower()
    return made
