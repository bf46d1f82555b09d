"""What was deleted and is kept: names held back, recovery, lists, purge."""

from typing import Any

from emulators.azure.providers.soft_deletion import BY_TYPE, SERVICES, SoftDeletion, is_kept
from emulators.azure.providers.types import Form
from emulators.azure.resources import operations
from emulators.azure.wire import filters
from emulators.azure.wire.errors import Refusal, refusal
from emulators.azure.wire.messages import Request, Response
from emulators.azure.wire.times import timestamp
from emulators.azure.world import ids
from emulators.azure.world.clock import now
from emulators.azure.world.cloud import Cloud
from emulators.azure.world.entities import Kept, Resource
from emulators.azure.world.ids import ResourceId

PURGE = Form(202, location=True, retry_after=10, body="empty", polling="job", share=0.25)


def serves(rest: tuple[str, ...]) -> bool:
    """Whether a path below the subscription is about what was deleted."""
    return rest[:1] == ("providers",) and _service(rest) is not None


def _service(rest: tuple[str, ...]) -> SoftDeletion | None:
    for service in SERVICES:
        namespace, listed, deleted = service.type.partition("/")[0].lower(), service.listed.lower(), service.deleted
        if rest[1:2] == (namespace,) and (
            rest[2:] == (listed,) or (rest[2:3] == ("locations",) and deleted.lower() in rest)
        ):
            return service
    return None


def keep(cloud: Cloud, resource: Resource) -> None:
    """Keep a resource that is being deleted, if its service does so."""
    service = BY_TYPE.get(resource.type.lower())
    if service is not None and is_kept(service, resource.top):
        cloud.state.kept[_key(service, resource.name)] = Kept(
            resource, now(), now() + service.retention(resource.properties)
        )


def _key(service: SoftDeletion, name: str) -> str:
    """Names are the world's."""
    return f"{service.type}/{name}".lower()


def _find_kept(cloud: Cloud, service: SoftDeletion, name: str) -> Kept | None:
    found = cloud.state.kept.get(_key(service, name))
    return found if found is not None and now() < found.purged else None


def claim_name(cloud: Cloud, rid: ResourceId, body: dict[str, Any]) -> dict[str, Any]:
    """The body of a PUT, that of the deleted one where it is recovered. Raises the refusal of a name that is held."""
    service = BY_TYPE.get(rid.type.lower())
    if service is None or str(rid).lower() in cloud.state.resources:
        return body
    properties = body.get("properties") or {}
    held = cloud.state.held_names.get(_key(service, rid.name), 0.0)
    if now() < held:
        raise Refusal(409, service.code, service.message.format(name=rid.name, id=rid), "service")
    found = _find_kept(cloud, service, rid.name)
    if service.recovers(properties):
        if found is None:
            raise _refuse_absent(service, rid.name)
        del cloud.state.kept[_key(service, rid.name)]
        was = found.resource
        return {**was.top, "location": was.location, "tags": was.tags, "properties": dict(was.properties)}
    if found is not None:
        raise Refusal(409, service.code, service.message.format(name=rid.name, id=found.resource.id), "service")
    return {**body, "properties": {key: value for key, value in properties.items() if key != service.recover[0]}}


def handle(cloud: Cloud, request: Request, rest: tuple[str, ...]) -> Response:
    """`providers/{namespace}/{deleted...}` and `.../locations/{location}/{deleted...}/{name}[/purge]`."""
    service = _service(rest)
    if service is None:
        raise refusal("MethodNotAllowed", method=request.method)
    subscription = request.segments[1]
    if rest[-1] in (service.listed.lower(), service.deleted.lower()) and request.method == "GET":
        found = [
            item
            for item in _find_all(cloud, service, subscription)
            if rest[2] != "locations" or item.resource.location == rest[3]
        ]
        return Response(200, filters.page(request, [_show(service, item) for item in found]))
    purges = rest[-1] == "purge"
    name = request.segments[-2 if purges else -1]
    kept = _find_kept(cloud, service, name)
    if kept is None or kept.resource.location != rest[3]:
        raise _refuse_absent(service, name)
    if (request.method == "POST" and purges) or (request.method == "DELETE" and service.purge_by_delete):
        return _purge(cloud, request, service, kept)
    if request.method == "GET":
        return Response(200, _show(service, kept))
    raise refusal("MethodNotAllowed", method=request.method)


def _find_all(cloud: Cloud, service: SoftDeletion, subscription: str) -> list[Kept]:
    prefix = f"/subscriptions/{subscription}/".lower()
    every = (
        _find_kept(cloud, service, item.resource.name)
        for item in list(cloud.state.kept.values())
        if item.resource.type == service.type
    )
    return [item for item in every if item is not None and item.resource.id.lower().startswith(prefix)]


def _refuse_absent(service: SoftDeletion, name: str) -> Refusal:
    return Refusal(404, service.not_found, f"The deleted resource '{name}' was not found.", "service")


def _purge(cloud: Cloud, request: Request, service: SoftDeletion, kept: Kept) -> Response:
    if kept.resource.properties.get("enablePurgeProtection"):
        status, code, message = service.purge_refusal
        raise Refusal(status, code, message.format(name=kept.resource.name), "service")
    del cloud.state.kept[_key(service, kept.resource.name)]
    seconds = cloud.settings.provisioning_seconds / 60.0 * service.name_held_seconds
    cloud.state.held_names[_key(service, kept.resource.name)] = now() + seconds
    share = PURGE.share * cloud.settings.provisioning_seconds
    operation = operations.begin(cloud, "job", "purge", kept.resource.id, request.api_version, share)
    return Response(202, None, operations.headers(cloud, request, operation, PURGE))


def _show(service: SoftDeletion, kept: Kept) -> dict[str, Any]:
    resource = kept.resource
    subscription = f"/subscriptions/{ids.subscription_of(resource.id)}"
    group = f"/resourceGroups/{ids.group_of(resource.id)}" if service.in_group else ""
    namespace, _, kind = service.type.partition("/")
    place = f"{subscription}/providers/{namespace}/locations/{resource.location}{group}"
    times = {"deletionDate": timestamp(kept.deleted), "scheduledPurgeDate": timestamp(kept.purged)}
    reference = {"vaults": "vaultId", "managedHSMs": "mhsmId", "service": "serviceId"}.get(kind, "configurationStoreId")
    protection = {key: True for key in ("purgeProtectionEnabled",) if resource.properties.get("enablePurgeProtection")}
    properties = {reference: resource.id, "location": resource.location, "tags": resource.tags, **times, **protection}
    return {
        "id": f"{place}/{service.deleted}/{resource.name}",
        "name": resource.name,
        "type": f"{namespace}/{service.deleted}",
        **({"location": resource.location} if service.in_group or kind == "service" else {}),
        "properties": {key: value for key, value in properties.items() if value is not None},
    }


def check_vault(cloud: Cloud, rid: ResourceId, properties: dict[str, Any]) -> None:
    """Purge protection is not taken away; a vault's name is the world's."""
    if rid.namespace.lower() != "microsoft.keyvault" or len(rid.types) > 1:
        return
    if properties.get("enablePurgeProtection") is False:
        message = (
            'The property "enablePurgeProtection" cannot be set to false. Enabling the purge protection for a vault is '
            "an irreversible action."
        )
        raise Refusal(400, "BadRequest", message, "service")
    for other in cloud.state.resources.values():
        same = other.type.lower() == rid.type.lower() and other.name.lower() == rid.name.lower()
        if same and other.id.lower() != str(rid).lower():
            raise Refusal(409, "VaultAlreadyExists", f"The vault name '{rid.name}' is already in use.", "service")
