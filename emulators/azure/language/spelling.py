"""The keys of a template, which ARM reads in any case, as its documentation spells them."""

from collections.abc import Mapping
from typing import Any


def _spelled(names: str) -> Mapping[str, str]:
    return {name.lower(): name for name in names.split()}


SECTIONS = _spelled(
    "$schema contentVersion languageVersion apiProfile metadata definitions parameters functions variables resources "
    "outputs extensions imports"
)
RESOURCE = _spelled(
    "type apiVersion name dependsOn condition copy scope comments resources existing resourceGroup subscriptionId "
    "location tags properties sku kind plan zones identity managedBy extendedLocation"
)
COPY = _spelled("name count mode batchSize")
DECLARATION = _spelled(
    "type value defaultValue allowedValues minValue maxValue minLength maxLength metadata condition copy nullable "
    "items prefixItems properties additionalProperties discriminator"
)


def spell(template: Mapping[str, Any]) -> Mapping[str, Any]:
    """A template whose sections, declarations and resources have the keys that are documented."""
    spelled = dict(_rename(template, SECTIONS))
    for section in ("parameters", "outputs"):
        if isinstance(spelled.get(section), Mapping):
            spelled[section] = {name: _rename(one, DECLARATION) for name, one in spelled[section].items()}
    if "resources" in spelled:
        spelled["resources"] = _spell_resources(spelled["resources"])
    return spelled


def _spell_resources(resources: Any) -> Any:
    if isinstance(resources, Mapping):
        return {symbol: _spell_resource(raw) for symbol, raw in resources.items()}
    return [_spell_resource(raw) for raw in resources] if isinstance(resources, list) else resources


def _spell_resource(raw: Any) -> Any:
    spelled = _rename(raw, RESOURCE)
    if isinstance(spelled, Mapping) and "copy" in spelled:
        spelled = {**spelled, "copy": _rename(spelled["copy"], COPY)}
    if isinstance(spelled, Mapping) and "resources" in spelled:
        return {**spelled, "resources": _spell_resources(spelled["resources"])}
    return spelled


def _rename(value: Any, names: Mapping[str, str]) -> Any:
    """The value itself, unless it is an object with a key in another case."""
    if not isinstance(value, Mapping) or all(names.get(key.lower(), key) == key for key in value):
        return value
    return {names.get(key.lower(), key): item for key, item in value.items()}
