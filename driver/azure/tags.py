"""The tags of deployments' records. They tell this driver's from others, and name the resource."""

from driver import VERSION
from driver.models.orders import Order

RESOURCE_TAG = "tnco-resource-id"
REQUEST_TAG = "tnco-request-id"
TRANSITION_TAG = "tnco-transition"
VERSION_TAG = "tnco-driver-version"
# Characters of a value: learn.microsoft.com/azure/azure-resource-manager/management/tag-resources
_LONGEST_TAG = 256


def build_tags(order: Order) -> dict[str, str]:
    """The tags of a deployment's record. A value that is longer than ARM takes is cut."""
    tags = {
        RESOURCE_TAG: order.resource_id,
        REQUEST_TAG: order.request_id,
        TRANSITION_TAG: order.transition,
        VERSION_TAG: VERSION,
    }
    return {name: value[:_LONGEST_TAG] for name, value in tags.items()}
