"""The steps of `call`: an ARM action on the owned resources of a type."""

from driver.azure import resources
from driver.azure.operations import POLLS, poll
from driver.models.events import FailureCode
from driver.models.orders import Call, Order
from driver.models.outcomes import Outcome, State, complete, fail, keep_running, succeed
from driver.steps import inventory
from driver.topology import list_owned
from driver.waiting import compute_age, tell_time


class CallState(State):
    """The URLs of the operations that still run, and when they began."""

    urls: tuple[str, ...] = ()
    since: str = ""


def call_action(order: Order, state: CallState, attempt: int) -> Outcome:
    """Begin the action on each target. If the step runs twice, the second POST does no harm: to start a resource that
    runs, or to stop one that is stopped, is no error in Azure.
    """
    work = order.work
    if not isinstance(work, Call):
        raise TypeError(f"a step of call was called for a {work.verb}")
    topology, _ = inventory.expand_former_entries(order.location, order.topology, groups=False)
    targets = [entry.id for entry in list_owned(topology).values() if entry.id.is_of_type(work.on)]
    if not targets:
        return fail(FailureCode.RESOURCE_NOT_FOUND, f"'{work.action}': this resource owns no {work.on}", state)
    operations = [resources.act(order.location, target, work.action) for target in targets]
    urls = tuple(operation.url for operation in operations if operation.url)
    wait = POLLS.compute_seconds(0, max(operation.retry_after for operation in operations))
    return succeed(CallState(urls=urls, since=tell_time()), after=wait if urls else 0)


def watch_action(order: Order, state: CallState, attempt: int) -> Outcome:
    """Poll the operations. The transition completes when all of them are over."""
    operations = {url: poll(order.location, url) for url in state.urls}
    urls = tuple(url for url, operation in operations.items() if not operation.is_over)
    if not urls:
        return complete({}, {})
    retry_after = max(operation.retry_after for operation in operations.values())
    wait = POLLS.compute_seconds(compute_age(state.since), retry_after)
    return keep_running(wait, CallState(urls=urls, since=state.since or tell_time()))
