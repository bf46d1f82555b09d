"""Microsoft.ManagedIdentity and Microsoft.Authorization: identities, role assignments, locks, policies."""

from typing import Any

from emulators.azure.providers.network_rules import new_guid
from emulators.azure.providers.types import Field, Form, ResourceType
from emulators.azure.providers.versions import AUTHORIZATION, IDENTITY, POLICY
from emulators.azure.wire.errors import Refusal
from emulators.azure.world.ids import ResourceId
from emulators.azure.world.state import State

AUTHORIZATION_ORDER = ("properties", "id", "type", "name")
_GONE = Form(200, body="resource")  # a delete that answers with what it has deleted


def role_assignment(state: State, rid: ResourceId, properties: dict[str, Any]) -> None:
    """One assignment for each role, principal and scope."""
    wanted = (properties.get("roleDefinitionId"), properties.get("principalId"))
    for other in state.children_of(rid.scope):
        held = (other.properties.get("roleDefinitionId"), other.properties.get("principalId"))
        if other.type == ROLE_ASSIGNMENT.name and held == wanted and other.name.lower() != rid.name.lower():
            raise Refusal(409, "RoleAssignmentExists", "The role assignment already exists.", "service")


IDENTITY_TYPE = ResourceType(
    "Microsoft.ManagedIdentity/userAssignedIdentities",
    IDENTITY,
    ("location", "tags", "id", "name", "type", "properties"),
    (
        Field("tenantId", computed="tenant"),
        Field("principalId", new_guid),
        Field("clientId", new_guid),
    ),
    (Field("tags", {}),),
    create=Form(201, self_location=True),
    name_rule=r"[A-Za-z0-9][\w-]{2,127}",
    name_error="InvalidIdentityName",
    not_found="gateway",
)

ROLE_ASSIGNMENT = ResourceType(
    "Microsoft.Authorization/roleAssignments",
    AUTHORIZATION,
    AUTHORIZATION_ORDER,
    (
        Field("roleDefinitionId"),
        Field("principalId"),
        Field("principalType", "ServicePrincipal"),
        Field("scope", computed="scope"),
        Field("condition", computed="null"),
        Field("conditionVersion", computed="null"),
        Field("createdOn", computed="created"),
        Field("updatedOn", computed="changed"),
        Field("createdBy", computed="creator"),
        Field("updatedBy", computed="writer"),
        Field("delegatedManagedIdentityResourceId", computed="null"),
        Field("description", computed="null"),
    ),
    update=Form(200),
    delete=_GONE,
    located=False,
    not_found="RoleAssignmentNotFound",
    accept=role_assignment,
)

LOCK = ResourceType(
    "Microsoft.Authorization/locks",
    ("2015-01-01", "2016-09-01", "2017-04-01", "2020-05-01"),
    AUTHORIZATION_ORDER,
    (Field("level"), Field("notes"), Field("owners")),
    located=False,
    not_found="gateway",
)

POLICIES = tuple(
    ResourceType(f"Microsoft.Authorization/{kind}", POLICY, AUTHORIZATION_ORDER, delete=_GONE, located=False)
    for kind in ("policyAssignments", "policyDefinitions", "policySetDefinitions")
)

TYPES: tuple[ResourceType, ...] = (IDENTITY_TYPE, ROLE_ASSIGNMENT, LOCK, *POLICIES)
