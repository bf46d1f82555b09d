"""Subscriptions and their resource providers."""

from typing import Any

from emulators.azure.providers import ROWS, storage_rules, type_of
from emulators.azure.resources import groups, soft_deletion
from emulators.azure.wire.errors import Refusal, refusal, unsupported
from emulators.azure.wire.messages import Request, Response
from emulators.azure.world import locations
from emulators.azure.world.cloud import Cloud

_OTHERS = ("Microsoft.EventHub", "Microsoft.KeyVault", "Microsoft.RecoveryServices", "Microsoft.Sql", "Microsoft.Web")


def handle(cloud: Cloud, request: Request, tenant_id: str) -> Response:
    """`/subscriptions[/{id}[/locations | /providers[/{namespace}[/register]] | /resources | /tagNames]]`."""
    if soft_deletion.serves(request.lowered[2:]):
        return soft_deletion.handle(cloud, request, request.lowered[2:])
    if request.lowered[-1] != "checknameavailability":
        groups.version(request)
    if len(request.segments) == 1:
        known = cloud.settings.subscriptions or {key.split("/")[2] for key in cloud.state.groups}
        return Response(200, {"value": [_subscription(item, tenant_id) for item in sorted(known)]})
    subscription = request.segments[1]
    if len(request.segments) == 2:
        return Response(200, _subscription(subscription, tenant_id))
    part = request.lowered[2]
    if part == "locations":
        return Response(200, {"value": _locations(subscription)})
    if part == "resources":
        return Response(200, groups.resource_list(cloud, request, f"/subscriptions/{subscription}"))
    if part == "providers":
        return _providers(cloud, request, subscription)
    raise unsupported(f"{request.method} {request.path}")


def show_tenant_provider(cloud: Cloud, request: Request) -> Response:
    """`/providers/{namespace}`, which everybody may read: no subscription's registration is shown."""
    groups.version(request)
    found, types = _find_namespace(cloud, request.segments[1])
    shown = _provider("", found, types)
    del shown["registrationState"], shown["registrationPolicy"]
    return Response(200, {**shown, "id": f"/providers/{found}"})


def describe_provider(cloud: Cloud, name: str) -> dict[str, Any]:
    """A provider as the template function providers() returns it: namespace, resourceTypes."""
    found, types = _find_namespace(cloud, name)
    shown = _provider("", found, types)
    return {key: shown[key] for key in ("namespace", "resourceTypes")}


def _find_namespace(cloud: Cloud, name: str) -> tuple[str, dict[str, tuple[str, ...]]]:
    """A namespace as Azure spells it, with its types. It has none that no template has named."""
    known = _namespaces(cloud)
    found = next((one for one in known if one.lower() == name.lower()), None)
    if found is None and not name.lower().startswith("microsoft."):
        raise Refusal(404, "InvalidResourceNamespace", f"The resource namespace '{name}' is invalid.")
    return (name, {}) if found is None else (found, known[found])


def _subscription(subscription: str, tenant_id: str) -> dict[str, Any]:
    return {
        "id": f"/subscriptions/{subscription}",
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionId": subscription,
        "tenantId": tenant_id,
        "displayName": "Embedded Azure",
        "state": "Enabled",
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "PayAsYouGo_2014-09-01",
            "spendingLimit": "Off",
        },
    }


def _locations(subscription: str) -> list[dict[str, Any]]:
    return [
        {"id": f"/subscriptions/{subscription}/locations/{name}", "name": name, "displayName": shown}
        for name, shown in zip(locations.NAMES, locations.DISPLAY_NAMES, strict=True)
    ]


def _providers(cloud: Cloud, request: Request, subscription: str) -> Response:
    if request.lowered[4:] == ("checknameavailability",):
        return _name_available(cloud, request)
    if len(request.segments) == 3:
        every = _namespaces(cloud).items()
        return Response(200, {"value": [_provider(subscription, name, types) for name, types in every]})
    found, types = _find_namespace(cloud, request.segments[3])
    key = f"{subscription}/{found}".lower()
    if request.method == "POST" and request.lowered[4:] == ("unregister",):
        cloud.state.unregistered.append(key)
    elif request.method == "POST" and request.lowered[4:] == ("register",):
        cloud.state.unregistered = [item for item in cloud.state.unregistered if item != key]
    elif request.method != "GET" or len(request.segments) != 4:
        raise refusal("MethodNotAllowed", method=request.method)
    shown = _provider(subscription, found, types)
    if key in cloud.state.unregistered:
        shown["registrationState"] = "Unregistered"
    return Response(200, shown)


def _name_available(cloud: Cloud, request: Request) -> Response:
    if request.lowered[3] != "microsoft.storage":
        raise unsupported(f"checkNameAvailability of {request.segments[3]}")
    name = str(request.body().get("name", ""))
    taken = any(item.type == storage_rules.ACCOUNT and item.name == name for item in cloud.state.resources.values())
    if not taken:
        return Response(200, {"nameAvailable": True})
    message = f"The storage account named {name} is already taken."
    return Response(200, {"nameAvailable": False, "reason": "AlreadyExists", "message": message})


def _namespaces(cloud: Cloud) -> dict[str, dict[str, tuple[str, ...]]]:
    """Types and their versions by namespace: those with a table, and those that templates or requests have named."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for row in ROWS.values():
        namespace, _, kind = row.name.partition("/")
        if row.versions:
            found.setdefault(namespace, {})[kind] = row.versions
    for name in _OTHERS:
        found.setdefault(name, {})
    made = [(resource.type, [resource.api_version]) for resource in cloud.state.resources.values()]
    for name, versions in [*cloud.state.met.items(), *made]:
        if not type_of(name).versions:
            namespace, kind = _spelled(found, name)
            types = found.setdefault(namespace, {})
            types[kind] = tuple(sorted({*types.get(kind, ()), *versions}))
    return found


def _spelled(found: dict[str, dict[str, tuple[str, ...]]], name: str) -> tuple[str, str]:
    """Namespace and type of a name, in the case in which they are known already."""
    namespace, _, kind = name.partition("/")
    namespace = next((one for one in found if one.lower() == namespace.lower()), namespace)
    return namespace, next((one for one in found.get(namespace, ()) if one.lower() == kind.lower()), kind)


def _provider(subscription: str, namespace: str, types: dict[str, tuple[str, ...]]) -> dict[str, Any]:
    return {
        "id": f"/subscriptions/{subscription}/providers/{namespace}",
        "namespace": namespace,
        "resourceTypes": [
            {
                "resourceType": kind,
                "locations": list(locations.DISPLAY_NAMES),
                "apiVersions": list(reversed(versions)),
                "capabilities": "SupportsTags, SupportsLocation",
            }
            for kind, versions in types.items()
        ],
        "registrationState": "Registered",
        "registrationPolicy": "RegistrationRequired",
    }
