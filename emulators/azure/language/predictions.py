"""What a deployment would make, foretold without running it (for validation, what-if and comparisons)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emulators.azure.language.expressions import Access, Call, Literal
from emulators.azure.language.forecasts import Forecast
from emulators.azure.language.models import Context, Resource
from emulators.azure.language.residuals import Residual, has_residual, quote


@dataclass(frozen=True)
class Prediction:
    """Resources `{id, type, name, apiVersion, location ...}` and outputs by name; what is not known is an expression.

    `unexpanded` names the nested deployments whose templates are not known before the run.
    """

    resources: tuple[dict[str, Any], ...]
    outputs: dict[str, Any]
    unexpanded: tuple[str, ...]


def known_in_advance(
    tenant_id: str, subscription_id: str, group: Mapping[str, Any] | None, name: str, location: str
) -> Context:
    """The context of a prediction from what is known without asking Azure; `group` is {name, location}."""
    subscription_path = f"/subscriptions/{subscription_id}"
    subscription = {
        "id": subscription_path,
        "subscriptionId": subscription_id,
        "tenantId": tenant_id,
        "displayName": _unknown("subscription", "displayName"),
    }
    whole = group and {
        "id": f"{subscription_path}/resourceGroups/{group['name']}",
        "name": group["name"],
        "type": "Microsoft.Resources/resourceGroups",
        "location": group["location"],
        **{key: _unknown("resourceGroup", key) for key in ("tags", "managedBy", "properties")},
    }
    tenant = {key: _unknown("tenant", key) for key in ("countryCode", "displayName")}
    return Context(tenant_id, subscription_id, subscription, whole, name, location, tenant=tenant)


def _unknown(function: str, key: str) -> Residual:
    return Residual(Access(Call(function), Literal(key)))


def predict(template: Mapping[str, Any], parameters: Mapping[str, Mapping[str, Any]], context: Context) -> Prediction:
    """Evaluate a template with its nested ones as far as possible; raises TemplateError."""
    forecast = Forecast(template, parameters, context)
    resources: list[dict[str, Any]] = []
    unexpanded: list[str] = []
    _collect(forecast, resources, unexpanded)
    outputs = {name: _whole(value) for name, (_, value) in forecast.output_values(None).items()}
    return Prediction(tuple(resources), outputs, tuple(unexpanded))


def _collect(forecast: Forecast, resources: list[dict[str, Any]], unexpanded: list[str], condition: Any = True) -> None:
    for resource in forecast.resources:
        if resource.existing or resource.condition is False:
            continue
        holds = condition if resource.condition is True else resource.condition
        predicted = forecast.predict(resource)
        if predicted is None:
            unexpanded.append(resource.id)
        elif isinstance(predicted, Forecast):
            _collect(predicted, resources, unexpanded, holds)
        else:
            resources.append(_show(resource, holds, predicted))


def _show(resource: Resource, condition: Any, body: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": resource.id,
        "type": resource.type,
        **({} if condition is True else {"condition": str(condition)}),
        "name": resource.name,
        "apiVersion": resource.api_version,
        **written(body),
    }


def written(value: Any) -> Any:
    """JSON with each residual as the text of its expression."""
    if isinstance(value, Residual):
        return str(value)
    if isinstance(value, dict):
        return {key: written(item) for key, item in value.items()}
    return [written(item) for item in value] if isinstance(value, list) else value


def _whole(value: Any) -> Any:
    """An output: one expression if any part of it is unknown."""
    return str(Residual(quote(value))) if has_residual(value) else value
