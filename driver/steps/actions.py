"""The steps of `call`: an ARM action on the owned resources of a type."""

from driver.azure import resources
from driver.azure.operations import POLLS, poll
from driver.models.events import FailureCode
from driver.models.orders import Call, Order
from driver.models.outcomes import Outcome, State, complete, fail, keep_running, succeed
from driver.steps import inventory
from driver.topology import list_owned


class CallState(State):
    """The URLs to poll, of the resources on which the action still runs, and how often they were polled."""

    urls: tuple[str, ...] = ()
    polls: int = 0


def call_action(order: Order, state: CallState, attempt: int) -> Outcome:
    """Begin the action. Every one of them may be repeated: starting what runs and stopping what stands is nothing to
    Azure.
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
    return succeed(CallState(urls=urls), after=POLLS.compute_seconds(0) if urls else 0)


def watch_action(order: Order, state: CallState, attempt: int) -> Outcome:
    """Poll the action until it is over on every resource."""
    operations = {url: poll(order.location, url) for url in state.urls}
    urls = tuple(url for url, operation in operations.items() if not operation.is_over)
    if not urls:
        return complete({}, {})
    polls = state.polls + 1
    retry_after = max(operation.retry_after for operation in operations.values())
    return keep_running(POLLS.compute_seconds(polls, retry_after), CallState(urls=urls, polls=polls))
