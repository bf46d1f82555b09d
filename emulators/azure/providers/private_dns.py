"""Microsoft.Network/privateDnsZones: zones, links to networks, record sets."""

from emulators.azure.providers.types import Field, Form, ResourceType
from emulators.azure.providers.versions import PRIVATE_DNS

ORDER = ("id", "name", "type", "etag", "location", "tags", "properties")
_ZONE = "Microsoft.Network/privateDnsZones"


def accepted(body: str) -> Form:
    """202 with both polling headers; a PUT carries `{}`."""
    return Form(202, "Updating", True, True, 30, body, "privateDns", 0.3)


ZONE = ResourceType(
    _ZONE,
    PRIVATE_DNS,
    ORDER,
    (
        Field("maxNumberOfRecordSets", 25000),
        Field("maxNumberOfVirtualNetworkLinks", 1000),
        Field("maxNumberOfVirtualNetworkLinksWithRegistration", 100),
        Field("numberOfRecordSets", computed="recordSets"),
        Field("numberOfVirtualNetworkLinks", computed="zoneLinks"),
        Field("numberOfVirtualNetworkLinksWithRegistration", 0),
        Field("provisioningState", computed="state"),
    ),
    create=accepted("object"),
    update=accepted("object"),
    delete=accepted("empty"),
    name_rule=r"[\w-]{1,63}(\.[\w-]{1,63}){1,33}",
    name_error="BadRequest",
    name_text="The zone name is invalid.",
    etag="{}",
    refuses_children="virtualNetworkLinks",
)

LINK = ResourceType(
    _ZONE + "/virtualNetworkLinks",
    PRIVATE_DNS,
    ORDER,
    (
        Field("provisioningState", computed="state"),
        Field("registrationEnabled", False),
        Field("virtualNetwork"),
        Field("virtualNetworkLinkState", "Completed"),
    ),
    create=accepted("object"),
    update=accepted("object"),
    delete=accepted("empty"),
    etag='"{}"',
    own_etag=True,
    not_found="gateway",
)


def record_set(kind: str, record: str) -> ResourceType:
    return ResourceType(
        f"{_ZONE}/{kind}",
        PRIVATE_DNS,
        ORDER,
        (
            Field("metadata"),
            Field("fqdn", computed="fqdn"),
            Field("ttl", 3600),
            Field(record),
            Field("isAutoRegistered", False),
        ),
        create=Form(201, etag=True),
        update=Form(200, etag=True),
        delete=Form(200, body="empty"),
        located=False,
        etag="{}",
        own_etag=True,
        not_found="gateway",
    )


RECORDS = (
    record_set("A", "aRecords"),
    record_set("AAAA", "aaaaRecords"),
    record_set("CNAME", "cnameRecord"),
    record_set("MX", "mxRecords"),
    record_set("PTR", "ptrRecords"),
    record_set("SRV", "srvRecords"),
    record_set("TXT", "txtRecords"),
)
TYPES: tuple[ResourceType, ...] = (ZONE, LINK, *RECORDS)
