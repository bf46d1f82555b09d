"""What Microsoft.Compute checks and does beside keeping a resource: disks come and go with a machine."""

import hashlib
from typing import Any

from emulators.azure.wire.errors import Refusal
from emulators.azure.world.clock import now
from emulators.azure.world.entities import Resource
from emulators.azure.world.ids import ResourceId
from emulators.azure.world.state import State

Properties = dict[str, Any]
_SECRETS = ("adminPassword", "customData")


def virtual_machine(state: State, rid: ResourceId, properties: Properties) -> None:
    """Interfaces and disks must be there and free; secrets are not kept."""
    for item in (properties.get("networkProfile") or {}).get("networkInterfaces") or []:
        _present(state, str(item.get("id", "")))
        for key in state.referrers.get(str(item.get("id", "")).lower(), ()):
            user = state.resources.get(key)
            if user is not None and user.type.endswith("/virtualMachines") and key != str(rid).lower():
                message = f"Network interface {item['id']} is in use by the virtual machine {user.id}."
                raise Refusal(400, "NetworkInterfaceAlreadyInUse", message, "service")
    storage = properties.get("storageProfile") or {}
    for disk in [storage.get("osDisk") or {}, *(storage.get("dataDisks") or [])]:
        if str(disk.get("createOption", "")).lower() == "attach" and disk.get("managedDisk", {}).get("id"):
            attached = _present(state, disk["managedDisk"]["id"])
            disk.setdefault("name", attached.name)
            disk.setdefault("diskSizeGB", attached.properties.get("diskSizeGB", 30))
            kind = (attached.top.get("sku") or {}).get("name", "Standard_LRS")
            disk["managedDisk"] = {"storageAccountType": kind, "id": attached.id}
    for name in [key for key, value in properties.items() if value == {}]:
        del properties[name]
    for secret in _SECRETS:
        (properties.get("osProfile") or {}).pop(secret, None)
    _keep_disks(state.resources.get(str(rid).lower()), properties)


def _present(state: State, resource_id: str) -> Resource:
    found = state.resources.get(resource_id.lower())
    if found is None:
        raise Refusal(404, "NotFound", f"Resource {resource_id} not found.", "service")
    return found


def _keep_disks(existing: Resource | None, properties: Properties) -> None:
    """An update that does not name the disks means the ones that are there."""
    if existing is None:
        return
    before = existing.properties.get("storageProfile") or {}
    storage = properties.setdefault("storageProfile", {})
    storage["osDisk"] = _kept_disk(before.get("osDisk") or {}, storage.get("osDisk") or {})
    if "imageReference" not in storage and "imageReference" in before:
        storage["imageReference"] = before["imageReference"]
    kept = {disk.get("lun"): disk for disk in before.get("dataDisks") or []}
    if "dataDisks" in storage:
        storage["dataDisks"] = [_kept_disk(kept.get(disk.get("lun"), {}), disk) for disk in storage["dataDisks"]]
    elif "dataDisks" in before:
        storage["dataDisks"] = before["dataDisks"]
    for name in ("osProfile", "networkProfile", "hardwareProfile"):
        if name not in properties and name in existing.properties:
            properties[name] = existing.properties[name]


def _kept_disk(before: Properties, wanted: Properties) -> Properties:
    """The disk that is there, under its id, with what is wanted of it."""
    disk = {**before, **wanted}
    if "managedDisk" in disk:
        disk["managedDisk"] = {**(before.get("managedDisk") or {}), **(wanted.get("managedDisk") or {})}
    return disk


def machine_changed(state: State, machine: Resource, deleted: bool) -> None:
    """When a machine is ready its new managed disks are there; when it is gone those marked `Delete` go too."""
    storage = machine.properties.get("storageProfile") or {}
    disks = [storage.setdefault("osDisk", {}), *(storage.get("dataDisks") or [])]
    if deleted:
        nics = (machine.properties.get("networkProfile") or {}).get("networkInterfaces") or []
        parts = [(disk.get("managedDisk") or {}, disk) for disk in disks]
        parts += [(nic, nic.get("properties") or {}) for nic in nics]
        for target, options in parts:
            if options.get("deleteOption") == "Delete" and target.get("id"):
                _drop(state, target["id"])
        return
    machine.facts.setdefault("power", "running")
    for number, disk in enumerate(disks):
        _make_disk(state, machine, disk, number)
    targets = state.references.get(machine.id.lower(), [])
    made = [(disk.get("managedDisk") or {}).get("id", "").lower() for disk in disks]
    state.refer(machine.id, list(dict.fromkeys([*targets, *(key for key in made if key)])))


def _make_disk(state: State, machine: Resource, disk: Properties, number: int) -> None:
    if "vhd" in disk or (disk.get("managedDisk") or {}).get("id"):
        return
    tag = hashlib.sha256(machine.id.encode()).hexdigest()[:32]
    disk.setdefault("name", f"{machine.name}_{'OsDisk' if number == 0 else 'disk'}_{number + 1}_{tag}")
    scope = machine.id.rsplit("/providers/", 1)[0]
    kind = str((disk.get("managedDisk") or {}).get("storageAccountType", "Standard_LRS"))
    made = Resource(
        f"{scope}/providers/Microsoft.Compute/disks/{disk['name']}",
        "Microsoft.Compute/disks",
        disk["name"],
        "2023-10-02",
        location=machine.location,
        tags=machine.tags,
        top={"sku": {"name": kind}} | ({"zones": machine.top["zones"]} if "zones" in machine.top else {}),
        properties={
            "creationData": {"createOption": disk.get("createOption", "FromImage")},
            "diskSizeGB": disk.get("diskSizeGB", 30),
        },
        created=now(),
        changed=now(),
    )
    state.add(made, scope)
    disk["managedDisk"] = {"storageAccountType": kind, "id": made.id}


def _drop(state: State, resource_id: str) -> None:
    resource = state.resources.get(resource_id.lower())
    if resource is not None:
        state.remove(resource.id, resource.id.rsplit("/providers/", 1)[0])
