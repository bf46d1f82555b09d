"""The control endpoint /emulator/: faults, counters, a look at the state, reset. Azure has nothing like it."""

from dataclasses import asdict

from emulators.azure import agenda
from emulators.azure.resources import groups
from emulators.azure.resources.views import listed
from emulators.azure.wire.messages import Request, Response
from emulators.azure.world.cloud import Cloud
from emulators.azure.world.counters import Counters
from emulators.azure.world.state import State


def handle(cloud: Cloud, request: Request) -> Response:
    """`/emulator/{faults | counters | resources | clock | reset}`; no token is asked for."""
    call = (request.method, request.lowered[1:])
    if call == ("POST", ("faults",)):
        try:
            fault = cloud.faults.add(request.body())
        except (ValueError, TypeError) as error:
            return Response(400, {"error": str(error)})
        return Response(201, asdict(fault))
    if call == ("GET", ("faults",)):
        return Response(200, {"value": [asdict(fault) for fault in cloud.faults.active]})
    if call == ("DELETE", ("faults",)):
        cloud.faults.clear()
        return Response(204)
    if call == ("GET", ("counters",)):
        return Response(200, cloud.counters.report())
    if call == ("DELETE", ("counters",)):
        cloud.counters = Counters()
        return Response(204)
    if call == ("GET", ("resources",)):
        return Response(200, _everything(cloud))
    if call == ("POST", ("clock",)):
        agenda.put_forward(cloud, float(request.body()["advance"]))
        return Response(204)
    if call == ("POST", ("reset",)):
        cloud.state, cloud.counters = State(signing_key=cloud.state.signing_key), Counters()
        cloud.faults.clear()
        cloud.expansions.clear()
        return Response(204)
    return Response(404, {"error": f"there is no {request.method} {request.path}"})


def _everything(cloud: Cloud) -> dict[str, object]:
    """`{"resourceGroups", "resources", "deployments"}`: children and extension resources too."""
    return {
        "resourceGroups": [groups.show(group) for group in cloud.state.groups.values()],
        "resources": [
            listed(cloud.state, resource, frozenset({"provisioningstate"}))
            for resource in cloud.state.resources.values()
        ],
        "deployments": [
            {"id": item.id, "provisioningState": item.state, "correlationId": item.correlation_id}
            for item in cloud.state.deployments.values()
        ],
    }
