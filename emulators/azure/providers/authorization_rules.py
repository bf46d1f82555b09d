"""What Microsoft.Authorization checks before it accepts a resource."""

from typing import Any

from emulators.azure.wire.errors import Refusal
from emulators.azure.world.ids import ResourceId
from emulators.azure.world.state import State


def role_assignment(state: State, rid: ResourceId, properties: dict[str, Any]) -> None:
    """One assignment for each role, principal and scope."""
    wanted = (properties.get("roleDefinitionId"), properties.get("principalId"))
    for other in state.children_of(rid.scope):
        held = (other.properties.get("roleDefinitionId"), other.properties.get("principalId"))
        if other.type == rid.type and held == wanted and other.name.lower() != rid.name.lower():
            raise Refusal(409, "RoleAssignmentExists", "The role assignment already exists.", "service")
