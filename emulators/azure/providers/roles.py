"""The role definitions that every subscription has: roles.yaml."""

from pathlib import Path
from typing import Any

import yaml

from emulators.azure.world import ids
from emulators.azure.world.entities import Resource
from emulators.azure.world.ids import ResourceId

TYPE = "Microsoft.Authorization/roleDefinitions"
_TABLE: dict[str, dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("roles.yaml").read_text())
_ROLES = {role["id"]: {"name": name, **role} for name, role in _TABLE["general"].items()}
_ROLES |= {guid: {"name": name} for name, guid in _TABLE["others"].items()}


def find_built_in(rid: ResourceId) -> Resource | None:
    """The built-in role of that id; None where it is none."""
    role = _ROLES.get(rid.name.lower()) if rid.type.lower() == TYPE.lower() else None
    return None if role is None else _make(rid.scope, rid.name.lower(), role)


def find_id(name: str) -> str | None:
    """The GUID of the built-in role of a name, without case."""
    return next((guid for guid, role in _ROLES.items() if role["name"].lower() == name.lower()), None)


def list_built_in(scope: str) -> list[Resource]:
    """All of them, as the subscription of a scope has them."""
    return [_make(scope, guid, role) for guid, role in _ROLES.items()]


def _make(scope: str, guid: str, role: dict[str, Any]) -> Resource:
    properties = {"roleName": role["name"], "type": "BuiltInRole", "assignableScopes": ["/"]}
    if "description" in role:
        properties["description"] = role["description"]
    if "actions" in role:
        none: dict[str, Any] = {"notActions": [], "dataActions": [], "notDataActions": []}
        shown = {key: role[key] for key in ("actions", "notActions") if key in role}
        properties["permissions"] = [none | shown]
    place = f"/subscriptions/{ids.subscription_of(scope)}/providers/{TYPE}/{guid}"
    return Resource(place, TYPE, guid, "2022-04-01", properties=properties)
