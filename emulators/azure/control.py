"""The control endpoint /emulator/: faults, settings, counters, a look at the state, reset. Azure has none."""

from collections.abc import Callable, Mapping

from emulators.azure import agenda
from emulators.azure.faults import scripts
from emulators.azure.resources import groups
from emulators.azure.resources.storing import BY_AZURE
from emulators.azure.resources.views import listed
from emulators.azure.wire.errors import Refusal
from emulators.azure.wire.messages import Request, Response
from emulators.azure.world.cloud import Cloud
from emulators.azure.world.counters import Counters
from emulators.azure.world.settings import BadSettingError


def handle(cloud: Cloud, request: Request) -> Response:
    """`/emulator/{faults | settings | counters | calls | resources | clock | reset}`; no token is asked for."""
    handler = _HANDLERS.get(f"{request.method} {'/'.join(request.lowered[1:])}")
    if handler is None:
        return Response(
            404, {"error": f"there is no {request.method} {request.path}; there are {', '.join(_HANDLERS)}"}
        )
    try:
        return handler(cloud, request)
    except (scripts.BadScriptError, BadSettingError, Refusal) as error:
        return Response(400, {"error": error.message if isinstance(error, Refusal) else str(error)})


def _add_faults(cloud: Cloud, request: Request) -> Response:
    return Response(201, {"value": [cloud.faults.add(fault).show() for fault in scripts.parse_faults(request.body())]})


def _show_faults(cloud: Cloud, request: Request) -> Response:
    return Response(200, {"value": [play.show() for play in cloud.faults.active]})


def _clear_faults(cloud: Cloud, request: Request) -> Response:
    cloud.faults.clear()
    return Response(204)


def _show_settings(cloud: Cloud, request: Request) -> Response:
    return Response(200, cloud.settings.model_dump(mode="json", by_alias=True))


def _change_settings(cloud: Cloud, request: Request) -> Response:
    cloud.settings = cloud.settings.change(request.body())
    return Response(204)


def _show_counters(cloud: Cloud, request: Request) -> Response:
    return Response(200, cloud.counters.report())


def _clear_counters(cloud: Cloud, request: Request) -> Response:
    cloud.counters = Counters()
    return Response(204)


def _show_calls(cloud: Cloud, request: Request) -> Response:
    return Response(200, {"value": list(cloud.counters.calls)})


def _show_everything(cloud: Cloud, request: Request) -> Response:
    """`{"resourceGroups", "resources", "deployments"}`: children and extension resources too. `byAzure`: Azure has made
    the resource beside another, with which it goes. ARM shows nothing of a
    deployment's record that is being deleted; here it says `deleting`.
    """
    operations = cloud.state.operations.values()
    deleting = {one.target.lower() for one in operations if one.kind == "deployment-delete" and not one.done}
    everything = {
        "resourceGroups": [groups.show(group) for group in cloud.state.groups.values()],
        "resources": [
            {**listed(cloud.state, resource, frozenset({"provisioningstate"})), "byAzure": BY_AZURE in resource.facts}
            for resource in cloud.state.resources.values()
        ],
        "deployments": [
            {
                "id": item.id,
                "provisioningState": item.state,
                "correlationId": item.correlation_id,
                "until": item.until,
                "deleting": item.id.lower() in deleting,
            }
            for item in cloud.state.deployments.values()
        ],
    }
    return Response(200, everything)


def _put_clock_forward(cloud: Cloud, request: Request) -> Response:
    agenda.put_forward(cloud, float(request.body()["advance"]))
    return Response(204)


def _reset(cloud: Cloud, request: Request) -> Response:
    cloud.reset()
    return Response(204)


_HANDLERS: Mapping[str, Callable[[Cloud, Request], Response]] = {
    "POST faults": _add_faults,
    "GET faults": _show_faults,
    "DELETE faults": _clear_faults,
    "GET settings": _show_settings,
    "POST settings": _change_settings,
    "GET counters": _show_counters,
    "DELETE counters": _clear_counters,
    "GET calls": _show_calls,
    "GET resources": _show_everything,
    "POST clock": _put_clock_forward,
    "POST reset": _reset,
}
