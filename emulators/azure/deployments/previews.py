"""What a template would write, as far as that is known without a run."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from emulators.azure.deployments import descriptions, expansions
from emulators.azure.deployments.runtime import CloudRuntime
from emulators.azure.language import Expansion, TemplateError
from emulators.azure.language import Resource as Declared
from emulators.azure.language.forecasts import Forecast
from emulators.azure.language.predictions import written
from emulators.azure.language.residuals import has_residual
from emulators.azure.world.cloud import Cloud
from emulators.azure.world.entities import Deployment


@dataclass(frozen=True)
class Previewed:
    """A resource that a template would write. `body` is its request's, with the expressions that only a run can
    evaluate as text; without one, `reason` says why it is not known.
    """

    id: str
    declared: Declared
    body: dict[str, Any] | None = None
    reason: str = ""


def preview_resources(cloud: Cloud, deployment: Deployment) -> list[Previewed]:
    """The resources of a deployment and of its nested ones.

    What is in Azure is read; what the same template makes is foretold from the template.
    """
    expansion = expansions.expansion_of(cloud, deployment)
    parameters = deployment.properties.get("parameters") or {}
    try:
        forecast: Forecast | None = Forecast(expansion.template, parameters, expansion.context)
    except (TemplateError, LookupError):
        forecast = None  # the run finds out what is wrong; what can be read is previewed all the same
    return list(_preview_template(expansion, forecast, CloudRuntime(cloud)))


def _preview_template(expansion: Expansion, forecast: Forecast | None, runtime: CloudRuntime) -> Iterator[Previewed]:
    """The resources of a template whose parameters are known."""
    foretold = {item.id: item for item in forecast.resources if isinstance(item.id, str)} if forecast else {}
    if forecast is not None:
        for item in forecast.resources:  # so that nested templates see what the ones before them make
            _predict(forecast, item)
    for declared in descriptions.deployed(expansion):
        twin = foretold.get(declared.id)
        is_nested = declared.type.lower() == descriptions.TYPE.lower()
        try:
            if is_nested:
                inner = expansion.nested(declared, runtime)
                below = _forecast_nested(forecast, twin)
            else:
                yield Previewed(declared.id, declared, expansion.body(declared, runtime))
                continue
        except (LookupError, TemplateError) as error:  # hangs on what the same template makes
            if forecast is None or twin is None:
                yield Previewed(declared.id, declared, reason=str(error))
            else:
                yield from _preview_forecast(forecast, twin)
            continue
        yield from _preview_template(inner, below, runtime)


def _predict(forecast: Forecast, item: Declared) -> None:
    if item.existing or item.condition is False:
        return
    try:
        forecast.predict(item)
    except (LookupError, TemplateError):
        return  # it is told of when its turn comes


def _forecast_nested(forecast: Forecast | None, twin: Declared | None) -> Forecast | None:
    if forecast is None or twin is None:
        return None
    try:
        return forecast.nested(twin, None)
    except (LookupError, TemplateError):
        return None


def _preview_forecast(forecast: Forecast, declared: Declared) -> Iterator[Previewed]:
    """A resource as the template foretells it; a nested deployment's resources in its place."""
    if has_residual(declared.id):
        yield Previewed(str(declared.id), declared, reason="its name hangs on what only the run will know")
        return
    try:
        found = forecast.predict(declared)
    except (LookupError, TemplateError) as error:
        yield Previewed(declared.id, declared, reason=str(error))
        return
    if isinstance(found, dict):
        yield Previewed(declared.id, declared, written(found))
    elif found is None:
        yield Previewed(declared.id, declared, reason="its template hangs on what only the run will know")
    else:
        for item in found.resources:
            if not item.existing and item.condition is not False:
                yield from _preview_forecast(found, item)
