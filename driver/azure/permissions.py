"""What a principal may do at a scope, as ARM lists it: an action is allowed if one of the roles allows it and that role
does not except it.

Sources: learn.microsoft.com "Permissions - List For Resource Group" and "Azure role definitions".
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from driver.azure import operations
from driver.models.orders import AzureLocation

_VERSION = "2022-04-01"


@dataclass(frozen=True)
class Permissions:
    """What the roles of a principal allow: patterns of actions and of exceptions from them, in lower case."""

    roles: tuple[tuple[frozenset[str], frozenset[str]], ...] = ()

    def allow(self, action: str) -> bool:
        """Whether an action such as `Microsoft.Network/virtualNetworks/write` is allowed."""
        return any(
            _is_matched(action, allowed) and not _is_matched(action, excepted) for allowed, excepted in self.roles
        )

    def __or__(self, other: "Permissions") -> "Permissions":
        return Permissions(self.roles + other.roles)


def read_permissions(location: AzureLocation, scope: str) -> Permissions:
    """What the principal of a location may do at a scope: a subscription, a resource group or a resource, by its id.
    Raises a Refusal. Deny assignments are not listed.
    """
    listed = operations.list_values(location, f"{scope}/providers/Microsoft.Authorization/permissions", _VERSION)
    return Permissions(tuple((_read_patterns(one, "actions"), _read_patterns(one, "notActions")) for one in listed))


def _read_patterns(role: Mapping[str, Any], key: str) -> frozenset[str]:
    return frozenset(str(pattern).lower() for pattern in role.get(key) or ())


def _is_matched(action: str, patterns: Iterable[str]) -> bool:
    wanted = action.lower()
    return any(re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), wanted) for pattern in patterns)
