"""What a Delete releases instead of deleting, because the package retains it."""

from collections.abc import Mapping

from driver.models.orders import Remove
from driver.resource_ids import ResourceId


def find_released(ids: Mapping[str, ResourceId], work: Remove) -> dict[str, str]:
    """By topology key: why it is released. `ids` are what the removal would delete.

    What is retained takes its children along, which are parts of it. What holds something retained, such as its
    resource group, is released as well: its DELETE would delete that, too. A deployment's record is always deleted.
    """
    others = {key: resource_id for key, resource_id in ids.items() if not resource_id.is_deployment}
    if work.retain_all:
        return dict.fromkeys(others, "released: the package retains all")
    kinds = {kind.lower() for kind in work.retain}
    retained = {key: resource_id for key, resource_id in others.items() if resource_id.type.lower() in kinds}
    released = {}
    for key, resource_id in others.items():
        if key in retained:
            released[key] = f"released: the package retains {resource_id.type}"
        elif parent := next((other for other in retained.values() if other in resource_id.list_parents()), None):
            released[key] = f"released: it is a part of {parent}, which the package retains"
        elif inner := next((other for other in retained.values() if other.is_within(resource_id)), None):
            released[key] = f"released: it holds {inner}, which the package retains"
    return released
