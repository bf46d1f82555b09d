"""Microsoft.Compute: virtual machines with extensions and power states, managed disks."""

from emulators.azure.providers import compute_rules as rules
from emulators.azure.providers.network_rules import new_guid
from emulators.azure.providers.types import Action, Field, Form, InUse, ResourceType
from emulators.azure.providers.versions import COMPUTE, DISKS

ORDER = ("name", "id", "type", "location", "tags", "plan", "identity", "zones", "sku", "properties", "etag")
_NEW = "2021-03-01"  # from here on provisioningState stands near the front


def asynchronous(
    status: int, state: str, share: float, retry_after: int | None = None, poll: int | None = None
) -> Form:
    """A write of a virtual machine: Azure-AsyncOperation without Location."""
    return Form(
        status, state, True, False, retry_after, polling="compute", share=share, poll_retry_after=poll, etag=True
    )


def accepted(share: float, retry_after: int | None = None, poll: int | None = None, polling: str = "compute") -> Form:
    """202 with both polling headers and no body."""
    return Form(202, "Updating", True, True, retry_after, "empty", polling, share, poll_retry_after=poll)


VM = ResourceType(
    "Microsoft.Compute/virtualMachines",
    COMPUTE,
    ORDER,
    (
        Field("vmId", new_guid, before=_NEW),
        Field("hardwareProfile"),
        Field("provisioningState", computed="state", since=_NEW),
        Field("vmId", new_guid, since=_NEW),
        Field("storageProfile", reworked="vmStorage"),
        Field("osProfile", reworked="vmOs"),
        Field("networkProfile"),
        Field("diagnosticsProfile"),
        Field("provisioningState", computed="state", before=_NEW),
        Field("timeCreated", computed="createdOffset", since="2021-11-01"),
    ),
    create=asynchronous(201, "Creating", 0.5, 10, 30),
    update=asynchronous(200, "Updating", 0.2),
    delete=accepted(0.3, 10, 30),
    name_rule=r"[^_\W]([\w.-]{0,62}\w)?",
    name_error="InvalidParameter",
    not_found="service",
    etag='"{}"',
    etag_since="2024-07-01",
    actions=(
        Action("start", accepted(0.15), {"power": "running"}),
        Action("powerOff", accepted(0.1), {"power": "stopped"}),
        Action("deallocate", accepted(0.2), {"power": "deallocated"}),
        Action("restart", accepted(0.2), {"power": "running"}),
        Action("redeploy", accepted(0.5), {"power": "running"}),
    ),
    accept=rules.virtual_machine,
    follow_up=rules.machine_changed,
)

EXTENSION = ResourceType(
    "Microsoft.Compute/virtualMachines/extensions",
    COMPUTE,
    ORDER,
    (
        Field("autoUpgradeMinorVersion", False),
        Field("provisioningState", computed="state"),
        Field("publisher"),
        Field("type"),
        Field("typeHandlerVersion"),
        Field("settings", {}),
        Field("protectedSettings", dropped=True),
    ),
    create=asynchronous(201, "Creating", 0.2),
    update=asynchronous(200, "Updating", 0.2),
    delete=accepted(0.1),
    not_found="gateway",
)

_DISK_WRITE = Form(202, "Updating", True, True, 2, "sent", "disk", 0.05)

DISK = ResourceType(
    "Microsoft.Compute/disks",
    DISKS,
    ("name", "id", "type", "location", "tags", "zones", "sku", "managedBy", "properties"),
    (
        Field("osType"),
        Field("hyperVGeneration"),
        Field("creationData"),
        Field("diskSizeGB", computed="diskSize"),
        Field("diskIOPSReadWrite", 500),
        Field("diskMBpsReadWrite", 60),
        Field("encryption", {"type": "EncryptionAtRestWithPlatformKey"}),
        Field("networkAccessPolicy", "AllowAll", since="2020-05-01"),
        Field("publicNetworkAccess", "Enabled", since="2021-04-01"),
        Field("timeCreated", computed="createdOffset"),
        Field("provisioningState", computed="state"),
        Field("diskState", computed="diskState"),
        Field("diskSizeBytes", computed="diskBytes"),
        Field("uniqueId", new_guid),
    ),
    (Field("sku", {"name": "Standard_LRS"}), Field("sku.tier", computed="skuTier")),
    create=_DISK_WRITE,
    update=_DISK_WRITE,
    delete=accepted(0.05, polling="disk"),
    name_rule=r"[A-Za-z0-9]([\w.-]{0,78}\w)?",
    name_error="InvalidParameter",
    not_found="service",
    in_use=InUse("OperationNotAllowed", "Disk {name} is attached to VM {user}.", 409, "service", (VM.name,)),
)

TYPES: tuple[ResourceType, ...] = (VM, EXTENSION, DISK)
