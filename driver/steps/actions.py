"""The steps of `call`: an ARM action on the owned resources of a type."""

from typing import Any

from driver.azure import resources
from driver.azure.connection import FIRST_POLL, next_delay, poll
from driver.models import Call, FailureCode, Order, Outcome, completed, failed, running
from driver.steps import inventory
from driver.topology import arm_type, owned


def call_action(order: Order, state: dict[str, Any], attempt: int) -> Outcome:
    """Begin the action. Every one of them may be repeated: starting what runs and stopping what stands is nothing to
    Azure.
    """
    work = order.work
    if not isinstance(work, Call):
        raise TypeError(f"a step of call was called for a {work.verb}")
    resources_owned, _ = inventory.expanded(order.location, order.topology, groups=False)
    targets = [entry.id for entry in owned(resources_owned).values() if arm_type(entry.id).lower() == work.on.lower()]
    if not targets:
        return failed(
            FailureCode.RESOURCE_NOT_FOUND, f"'{work.action}': this resource owns no {work.on}", {"topology": {}}
        )
    begun = [resources.act(order.location, target, work.action) for target in targets]
    urls = [one.url for one in begun if one.url]
    return Outcome(kind="Succeeded", after=FIRST_POLL if urls else 0, state={"urls": urls, "delay": FIRST_POLL})


def watch_action(order: Order, state: dict[str, Any], attempt: int) -> Outcome:
    """Poll the action until it is over on every resource."""
    looks = {url: poll(order.location, url) for url in state["urls"]}
    urls = [url for url, look in looks.items() if not look.is_over]
    if not urls:
        return completed({}, {})
    delay = next_delay(state["delay"])
    return running(max([delay, *(look.retry_after for look in looks.values())]), {"urls": urls, "delay": delay})
