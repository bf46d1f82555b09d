"""What became of the requests of a benchmark, by their events."""

from benchmarks.faults.report import Check
from benchmarks.faults.stand import EVENT_SECONDS, GROUP
from benchmarks.load import CollectedEvents
from dev.brent import execute, request_body, resource_group
from dev.endpoints import Endpoints
from dev.stack import DEPLOYMENT_LOCATION


def create_group(stack: Endpoints, collected: CollectedEvents) -> str:
    """Creates the resource group and returns its requestId."""
    request_id = execute(stack.driver, request_body(resource_group(GROUP), "Create", DEPLOYMENT_LOCATION))
    if not collected.wait_for({request_id}, EVENT_SECONDS):
        raise TimeoutError(f"no event for the Create of the resource group within {EVENT_SECONDS:g} s")
    return request_id


def check_events(collected: CollectedEvents, accepted: set[str]) -> list[Check]:
    of_accepted = [event for event in collected.seen if event.key in accepted]
    print(f"  {len(of_accepted)} events for {len(accepted)} requests (more: at least once on the wire)")
    return [
        Check("accepted requests without an event", 0, len(accepted - {event.key for event in of_accepted})),
        Check("statuses", {"COMPLETE"}, {event.value["status"] for event in of_accepted}),
    ]


def known_ids(collected: CollectedEvents, request_ids: set[str]) -> set[str]:
    """The ids in the topologies of these requests' events, in lower case."""
    topologies = (event.value["associatedTopology"] for event in collected.seen if event.key in request_ids)
    return {entry["id"].lower() for topology in topologies for entry in topology.values() if entry}
