"""What the built-in resource types are asked to make, in the spelling of old descriptors, and what is there then."""

from tests.e2e.catalogue.forms import Entry
from tests.e2e.catalogue.machines import VIRTUAL_EDGE, VIRTUAL_MACHINE
from tests.e2e.catalogue.networks import (
    NETWORK_SECURITY_GROUP,
    RESOURCE_GROUP,
    ROUTE_TABLE,
    SUBNETWORK,
    VIRTUAL_NETWORK,
)
from tests.e2e.catalogue.services import (
    LOAD_BALANCER,
    NAT_GATEWAY,
    NETWORK_INTERFACE,
    PRIVATE_DNS_ZONE,
    PUBLIC_IP_ADDRESS,
    STORAGE_ACCOUNT,
)

CATALOGUE: tuple[Entry, ...] = (
    RESOURCE_GROUP,
    VIRTUAL_NETWORK,
    SUBNETWORK,
    NETWORK_SECURITY_GROUP,
    ROUTE_TABLE,
    STORAGE_ACCOUNT,
    PUBLIC_IP_ADDRESS,
    NETWORK_INTERFACE,
    VIRTUAL_MACHINE,
    LOAD_BALANCER,
    NAT_GATEWAY,
    PRIVATE_DNS_ZONE,
    VIRTUAL_EDGE,
)
