"""Virtual machines and disks as Microsoft.Compute shows them."""

from typing import Any

from emulators.azure.providers.types import ABSENT
from emulators.azure.providers.usage import VM, users
from emulators.azure.wire.times import offset_time
from emulators.azure.world.entities import Resource
from emulators.azure.world.state import State

Item = dict[str, Any]
_OS_DISK = ("osType", "name", "createOption", "vhd", "caching", "managedDisk", "deleteOption", "diskSizeGB")
_DATA_DISK = ("lun", "name", "createOption", "caching", "managedDisk", "deleteOption", "diskSizeGB", "toBeDetached")
_IMAGE = ("publisher", "offer", "sku", "version", "exactVersion", "id", "sharedGalleryImageId")


def _ordered(value: Item, order: tuple[str, ...]) -> Item:
    known = {key: value[key] for key in order if value.get(key) is not None}
    return known | {key: part for key, part in value.items() if key not in order and part is not None}


def _windows(resource: Resource) -> bool:
    image = (resource.properties.get("storageProfile") or {}).get("imageReference") or {}
    named = "windows" in f"{image.get('publisher', '')}{image.get('offer', '')}".lower()
    return named or "windowsConfiguration" in (resource.properties.get("osProfile") or {})


def storage_profile(_state: State, resource: Resource, _item: Item, version: str) -> Any:
    """Names and ids of managed disks stand there once the machine is made."""
    stored = resource.properties.get("storageProfile") or {}
    modern = version >= "2021-03-01"
    image = dict(stored.get("imageReference") or {})
    if image.get("version") == "latest" and modern:
        image["exactVersion"] = "1.0.0"
    disk = dict(stored.get("osDisk") or {})
    disk.setdefault("osType", "Windows" if _windows(resource) else "Linux")
    disk.setdefault("createOption", "FromImage")
    disk.setdefault("caching", "ReadWrite")
    if "vhd" not in disk:
        disk.setdefault("managedDisk", {"storageAccountType": "Standard_LRS"})
    if modern:
        disk.setdefault("deleteOption", "Detach")
    disk.setdefault("diskSizeGB", 127 if _windows(resource) else 30)
    data = [_ordered({"toBeDetached": False} | item, _DATA_DISK) for item in stored.get("dataDisks") or []]
    shown = {"imageReference": _ordered(image, _IMAGE)} if image else {}
    return shown | {"osDisk": _ordered(disk, _OS_DISK), "dataDisks": data}


def os_profile(_state: State, resource: Resource, _item: Item, version: str) -> Any:
    stored = resource.properties.get("osProfile")
    if not stored:
        return ABSENT
    shown = _ordered(stored, ("computerName", "adminUsername"))
    shown.pop("secrets", None)
    name = "windowsConfiguration" if _windows(resource) else "linuxConfiguration"
    shown[name] = _configuration(shown.pop(name, None) or {}, _windows(resource), version)
    return shown | {
        "secrets": stored.get("secrets") or [],
        "allowExtensionOperations": stored.get("allowExtensionOperations", True),
        "requireGuestProvisionSignal": True,
    }


def _configuration(sent: Item, windows: bool, version: str) -> Item:
    modern = version >= "2021-03-01"
    shown: Item = {"provisionVMAgent": True, "enableAutomaticUpdates": True} if windows else {}
    if not windows:
        shown = {"disablePasswordAuthentication": sent.get("disablePasswordAuthentication", False)}
        if "ssh" in sent:
            shown["ssh"] = sent["ssh"]
        shown["provisionVMAgent"] = sent.get("provisionVMAgent", True)
    if modern:
        patches = {"patchMode": "AutomaticByOS" if windows else "ImageDefault", "assessmentMode": "ImageDefault"}
        shown["patchSettings"] = patches | (sent.get("patchSettings") or {})
    if "2022-03-01" <= version < "2024-01-01" and not windows:
        shown["enableVMAgentPlatformUpdates"] = False
    return shown | {key: value for key, value in sent.items() if key not in shown}


def instance_view(resource: Resource) -> Item:
    """What `$expand=instanceView` adds; the last status is the power state."""
    moment = offset_time(resource.changed)
    done = {
        "code": "ProvisioningState/succeeded",
        "level": "Info",
        "displayStatus": "Provisioning succeeded",
        "time": moment,
    }
    power = resource.facts.get("power", "starting")
    computer = (resource.properties.get("osProfile") or {}).get("computerName", resource.name)
    disk = ((resource.properties.get("storageProfile") or {}).get("osDisk") or {}).get("name", resource.name)
    ready = {"code": "ProvisioningState/succeeded", "level": "Info", "displayStatus": "Ready"}
    agent = {
        "vmAgentVersion": "2.11.1.12",
        "statuses": [ready | {"message": "Guest Agent is running", "time": moment}],
        "extensionHandlers": [],
    }
    guest = {"computerName": computer, "osName": "linux", "osVersion": "1.0", "vmAgent": agent}
    return ({} if power == "deallocated" else guest) | {
        "disks": [{"name": disk, "statuses": [done]}],
        "hyperVGeneration": "V1",
        "statuses": [
            done,
            {"code": f"PowerState/{power}", "level": "Info", "displayStatus": f"VM {power}"},
        ],
    }


def disk_bytes(_state: State, resource: Resource, _item: Item) -> Any:
    return int(resource.properties.get("diskSizeGB", 30)) * 1024**3


def disk_owner(state: State, resource: Resource, _item: Item) -> Any:
    owner = _machine_with(state, resource)
    return ABSENT if owner is None else owner.id


def disk_state(state: State, resource: Resource, _item: Item) -> Any:
    owner = _machine_with(state, resource)
    if owner is None:
        return "Unattached"
    return "Reserved" if owner.facts.get("power") == "deallocated" else "Attached"


def _machine_with(state: State, disk: Resource) -> Resource | None:
    return next((user for user, _ in users(state, disk.id) if user.type == VM), None)


def created_offset(_state: State, resource: Resource, _item: Item) -> Any:
    return offset_time(resource.created)


def sku_tier(_state: State, resource: Resource, _item: Item) -> Any:
    name = str((resource.top.get("sku") or {}).get("name", "Standard_LRS"))
    return name.split("_", 1)[0].removesuffix("SSD").removesuffix("V2") or "Standard"
