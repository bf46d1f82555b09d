"""What the principal of a deployment location lacks for a deployment, and for the Delete of what it makes."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from driver.azure import permissions, resources
from driver.azure.permissions import Permissions
from driver.azure.refusals import Refusal
from driver.azure.verdicts import FINAL
from driver.models.orders import AzureLocation, Deploy, Order
from driver.resource_ids import DEPLOYMENT_TYPE, GROUP_TYPE, ResourceId
from driver.steps.calls import call_at_once
from driver.steps.findings import Findings, doubt
from driver.topology import list_owned

_GROUP_ACTIONS = "Microsoft.Resources/subscriptions/resourceGroups"
# Actions on the deployment itself without which it fails, and those without which something else does.
_NEEDED = ("read", "write", "operations/read", "operationStatuses/read")
_USEFUL = ("validate/action", "cancel/action", "delete")
_MOST_SCOPES = 16
_MOST_LOOKS = 32


@dataclass(frozen=True)
class Wanted:
    """What a deployment writes: `ids`, and `types` of which no id is known."""

    ids: tuple[ResourceId, ...]
    types: tuple[str, ...] = ()


@dataclass
class _Lack:
    """Actions that are not allowed, by the scope at which they are needed."""

    actions: dict[str, list[str]] = field(default_factory=dict)

    def add(self, scope: str, actions: Iterable[str]) -> None:
        known = self.actions.setdefault(scope, [])
        known += [action for action in actions if action not in known]

    def list_texts(self, location: AzureLocation) -> Iterator[str]:
        for scope, actions in self.actions.items():
            if actions:
                yield f"the application {location.client_id} may not do {', '.join(sorted(actions))} at {scope}"


def read_permissions(location: AzureLocation, scope: str) -> Permissions | Refusal:
    """What the principal may do in a resource group, in the subscription while there is no such group; or the refusal
    to tell it.
    """
    try:
        return permissions.read_permissions(location, scope)
    except Refusal as refused:
        group = ResourceId.parse(scope)
        if group.is_group and refused.cause.code.lower() == "resourcegroupnotfound":
            return read_permissions(location, f"/subscriptions/{group.subscription}")
        return refused


def check_grants(order: Order, work: Deploy, scope: str, own: Permissions | Refusal | None, wanted: Wanted) -> Findings:
    """What is lacking for a deployment to `scope`, where the principal has its `own` permissions."""
    if not isinstance(own, Permissions):
        return doubt(f"the permissions at {scope} cannot be read", own)
    lacking, hampered = _Lack(), _Lack()
    lacking.add(scope, _select_missing(own, (f"{DEPLOYMENT_TYPE}/{action}" for action in _NEEDED)))
    hampered.add(scope, _select_missing(own, (f"{DEPLOYMENT_TYPE}/{action}" for action in _USEFUL)))
    for kind in wanted.types:
        is_part = any(kind.lower().startswith(f"{one.lower()}/") for one in wanted.types)
        deletes = not is_part and not _is_kept(kind, work)
        lacking.add(scope, _select_missing(own, _list_actions(kind, deletes)))
    granted, findings = _read_scopes(order.location, {scope.lower(): own}, wanted.ids)
    missing = {
        one: found
        for one in wanted.ids
        if (found := _select_missing(granted.get(_find_scope(one).lower()), _list_id_actions(one, wanted, work)))
    }
    for one, actions in _confirm(order, missing).items():
        lacking.add(_find_scope(one), actions)
    faults = tuple((FINAL.code, text) for text in lacking.list_texts(order.location))
    return findings + Findings(faults, tuple(hampered.list_texts(order.location)))


def _read_scopes(
    location: AzureLocation, known: Mapping[str, Permissions], ids: Iterable[ResourceId]
) -> tuple[dict[str, Permissions], Findings]:
    """The permissions in all resource groups and subscriptions of the ids, by scope in lower case."""
    granted, findings = dict(known), Findings()
    scopes = {scope.lower(): scope for one in ids if (scope := _find_scope(one))}
    unread = [scope for folded, scope in scopes.items() if folded not in known][:_MOST_SCOPES]
    for scope, answer in call_at_once(lambda one: read_permissions(location, one), unread).items():
        if isinstance(answer, Permissions):
            granted[scope.lower()] = answer
        else:
            findings += doubt(f"the permissions at {scope} cannot be read", answer)
    return granted, findings


def _find_scope(resource_id: ResourceId) -> str:
    """The resource group, else the subscription of a resource, as an id; empty if it is in none."""
    subscription = f"/subscriptions/{resource_id.subscription}" if resource_id.subscription else ""
    if resource_id.resource_group and not resource_id.is_group:
        return f"{subscription}/resourceGroups/{resource_id.resource_group}"
    return subscription


def _list_id_actions(resource_id: ResourceId, wanted: Wanted, work: Deploy) -> list[str]:
    """The actions on a resource. A Delete deletes no part of something that it deletes."""
    is_part = any(resource_id != other and resource_id.is_within(other) for other in wanted.ids)
    is_deleted = not is_part and not _is_kept(resource_id.type, work)
    return _list_actions(resource_id.type, is_deleted)


def _list_actions(kind: str, deletes: bool) -> list[str]:
    name = _GROUP_ACTIONS if kind.lower() == GROUP_TYPE.lower() else kind
    return [f"{name}/write", *([f"{name}/delete"] if deletes else [])]


def _is_kept(kind: str, work: Deploy) -> bool:
    kept = (DEPLOYMENT_TYPE.lower(), *map(str.lower, work.kept))
    return kind.lower() in kept or "*" in kept


def _select_missing(granted: Permissions | None, actions: Iterable[str]) -> list[str]:
    """The actions that are not allowed; none where nothing is known."""
    return [action for action in actions if granted is not None and not granted.allow(action)]


def _confirm(order: Order, missing: Mapping[ResourceId, list[str]]) -> dict[ResourceId, list[str]]:
    """What is missing of these actions at the resources themselves: a role may be assigned at one that exists."""
    some = list(missing)[:_MOST_LOOKS]
    confirmed = call_at_once(lambda one: _select_confirmed(order, one, missing[one]), some)
    return {**missing, **confirmed}


def _select_confirmed(order: Order, resource_id: ResourceId, actions: list[str]) -> list[str]:
    granted = Permissions()
    for scope in () if resource_id.is_group else (resource_id, *resource_id.list_parents()):
        try:
            granted = permissions.read_permissions(order.location, scope.text)
            break
        except Refusal as refused:
            if not refused.is_absence:
                break
    left = _select_missing(granted, actions)
    owned = {entry.id for entry in list_owned(order.topology).values()}
    if any(action.endswith("/delete") for action in left) and resource_id not in owned and _exists(order, resource_id):
        return [action for action in left if not action.endswith("/delete")]  # what was there is never deleted
    return left


def _exists(order: Order, resource_id: ResourceId) -> bool:
    try:
        return resources.get(order.location, resource_id) is not None
    except Refusal:
        return False
