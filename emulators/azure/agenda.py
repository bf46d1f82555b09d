"""What happens by itself as time goes on."""

from emulators.azure.deployments import runs
from emulators.azure.resources import groups, writes
from emulators.azure.world import clock
from emulators.azure.world.clock import now
from emulators.azure.world.cloud import Cloud


def advance(cloud: Cloud) -> None:
    """Carry out all that is due."""
    while (entry := cloud.state.next_due(now())) is not None:
        _, _, kind, argument, detail = entry
        cloud.state.changes += 1
        if kind == "operation":
            _operation(cloud, argument)
        elif kind == "step":
            runs.step(cloud, argument, detail)
        elif kind == "step-end":
            runs.step_end(cloud, argument, detail)
        elif kind == "deployment-running":
            runs.running(cloud, argument, detail)
        elif kind == "deployment-end":
            runs.end(cloud, argument, detail)


def put_forward(cloud: Cloud, seconds: float) -> None:
    """Put the clock forward, from one thing that is due to the next, so that each happens at its time."""
    until = now() + seconds
    while cloud.state.agenda and cloud.state.agenda[0][0] <= until:
        clock.advance(max(0.0, cloud.state.agenda[0][0] - now()))
        advance(cloud)
    clock.advance(max(0.0, until - now()))


def _operation(cloud: Cloud, operation_id: str) -> None:
    operation = cloud.state.operations[operation_id]
    if operation.done or now() < operation.due:
        return
    if operation.outcome == "Failed" and operation.kind in ("group", "deployment-delete"):
        operation.done = True
        groups.restore(cloud, operation.target)
    elif operation.kind == "group":
        groups.deleted(cloud, operation)
    elif operation.kind == "deployment-delete":
        operation.done = True
        cloud.state.deployments.pop(operation.target.lower(), None)
    elif operation.kind in ("what-if", "purge"):
        operation.done = True
    else:
        writes.ended(cloud, operation)
