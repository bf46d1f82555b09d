"""What happens by itself as time goes on."""

from emulators.azure import groups, resources, runs
from emulators.azure.clock import now
from emulators.azure.cloud import Cloud


def advance(cloud: Cloud) -> None:
    """Carry out all that is due."""
    moment = now()
    while (entry := cloud.state.next_due(moment)) is not None:
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


def _operation(cloud: Cloud, operation_id: str) -> None:
    operation = cloud.state.operations[operation_id]
    if operation.done:
        return
    if operation.kind == "group":
        groups.deleted(cloud, operation)
    elif operation.kind == "deployment-delete":
        operation.done = True
        cloud.state.deployments.pop(operation.target.lower(), None)
    else:
        resources.ended(cloud, operation)
