"""Functions about role-based access control: roleDefinitions, getRoleAssignmentName."""

import re
from typing import Any

from emulators.azure.language.expressions import Call
from emulators.azure.language.functions_logic import Evaluate, Scoped, left, take
from emulators.azure.language.hashes import guid
from emulators.azure.language.models import TemplateError
from emulators.azure.language.scopes import Scope
from emulators.azure.language.signatures import Function

_GUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_DEFINITION = re.compile(rf"(?:/.*)?/providers/Microsoft\.Authorization/roleDefinitions/({_GUID})", re.IGNORECASE)
_PATH = re.compile(r"/|(?:/[^/]+)+")
_TYPE = "Microsoft.Authorization/roleDefinitions"


def _role_definitions(call: Call, scope: Scope, evaluate: Evaluate) -> Any:
    [name] = take(call, scope, evaluate, 1)
    if scope.context.find_role is None:
        return left(call, scope, [name])
    found = scope.context.find_role(name) if isinstance(name, str) else None
    if found is None:
        raise TemplateError(
            f"The template function '{call.name}' knows no built-in role '{name}'. "
            "Please see https://aka.ms/arm-functions for usage details."
        )
    return {"id": f"/providers/{_TYPE}/{found}", "roleDefinitionId": found}


def _assignment_name(given: dict[str, Any]) -> str:
    """guid() of the scope in lower case, the principal and the role; as Microsoft's engine computes it."""
    values = {key.lower(): value for key, value in given.items()}
    place, principal = _member(values, "scope"), _member(values, "principalId")
    definition = _DEFINITION.fullmatch(_member(values, "roleDefinitionId"))
    if not _PATH.fullmatch(place):
        raise _unfit("scope", "a valid Azure resource scope (an absolute path starting with '/')", place)
    if not re.fullmatch(_GUID, principal, re.IGNORECASE):
        raise _unfit("principalId", "a valid GUID", principal)
    if definition is None:
        kind = f"a fully qualified resource id of type '{_TYPE}' whose name is a valid GUID"
        raise _unfit("roleDefinitionId", kind, values["roledefinitionid"])
    return guid(place.lower(), principal.lower(), definition[1].lower())


def _member(values: dict[str, Any], name: str) -> str:
    value = values.get(name.lower())
    if not isinstance(value, str):
        raise TemplateError(f"its argument has no text '{name}'")
    return value


def _unfit(name: str, expected: str, value: str) -> TemplateError:
    return TemplateError(f"the '{name}' of its argument must be {expected}, but is '{value}'")


SCOPED: dict[str, Scoped] = {"roledefinitions": _role_definitions}
TABLE = {"getroleassignmentname": Function(_assignment_name, "object")}
