"""The keys of ARM templates, which ARM reads in any case: a template is read once with the documented spelling."""

from collections.abc import Mapping
from typing import Any

Names = Mapping[str, str]


def _list_names(text: str) -> Names:
    return {name.lower(): name for name in text.split()}


_SECTIONS = _list_names(
    "$schema contentVersion languageVersion apiProfile metadata definitions parameters functions variables resources"
    " outputs extensions imports"
)
_DECLARATION = _list_names(
    "type value defaultValue allowedValues minValue maxValue minLength maxLength metadata condition copy nullable items"
    " prefixItems properties additionalProperties discriminator"
)
_DISCRIMINATOR = _list_names("propertyName mapping")
_RESOURCE = _list_names(
    "type apiVersion name dependsOn condition copy scope comments resources existing resourceGroup subscriptionId"
    " location tags properties sku kind plan zones identity managedBy extendedLocation import extension"
)
_DEPLOYMENT = _list_names("mode template templateLink parameters parametersLink expressionEvaluationOptions")
_LINK = _list_names("uri id relativePath contentVersion queryString")
_DEEPEST = 20  # levels of children and nested templates that are renamed


def spell_template(body: Any, level: int = 0) -> Any:
    """A template, nested ones included, with ARM's spelling of the keys of its sections, declarations and resources.
    What is no template stays as it is.
    """
    if not isinstance(body, Mapping) or level > _DEEPEST:
        return body
    spelled = _rename_keys(body, _SECTIONS)
    for section in ("parameters", "outputs", "definitions"):
        if isinstance(spelled.get(section), Mapping):
            declared = spelled[section].items()
            spelled[section] = {name: _spell_type(one, 0) for name, one in declared}
    if "resources" in spelled:
        spelled["resources"] = _spell_resources(spelled["resources"], level + 1)
    return spelled


def spell_declaration(declared: Any) -> Mapping[str, Any]:
    """A declaration of a type with ARM's spelling of its keys; empty if it is no object."""
    return _rename_keys(declared, _DECLARATION) if isinstance(declared, Mapping) else {}


def _spell_type(declared: Any, level: int) -> Any:
    """A declaration of a type, and those of its parts, with ARM's spelling of their keys."""
    if not isinstance(declared, Mapping) or level > _DEEPEST:
        return declared
    spelled = _rename_keys(declared, _DECLARATION)
    for key in ("items", "additionalProperties"):
        if key in spelled:
            spelled[key] = _spell_type(spelled[key], level + 1)
    if isinstance(spelled.get("prefixItems"), list):
        spelled["prefixItems"] = [_spell_type(one, level + 1) for one in spelled["prefixItems"]]
    if isinstance(members := spelled.get("properties"), Mapping):
        spelled["properties"] = {name: _spell_type(one, level + 1) for name, one in members.items()}
    if isinstance(discriminator := spelled.get("discriminator"), Mapping):
        named = _rename_keys(discriminator, _DISCRIMINATOR)
        if isinstance(variants := named.get("mapping"), Mapping):
            named["mapping"] = {name: _spell_type(one, level + 1) for name, one in variants.items()}
        spelled["discriminator"] = named
    return spelled


def _spell_resources(resources: Any, level: int) -> Any:
    if isinstance(resources, Mapping):
        return {symbol: _spell_resource(one, level) for symbol, one in resources.items()}
    return [_spell_resource(one, level) for one in resources] if isinstance(resources, list) else resources


def _spell_resource(resource: Any, level: int) -> Any:
    if not isinstance(resource, Mapping) or level > _DEEPEST:
        return resource
    spelled = _rename_keys(resource, _RESOURCE)
    if "resources" in spelled:
        spelled["resources"] = _spell_resources(spelled["resources"], level + 1)
    properties = spelled.get("properties")
    is_deployment = str(spelled.get("type", "")).lower() == "microsoft.resources/deployments"
    if is_deployment and isinstance(properties, Mapping):
        nested = _rename_keys(properties, _DEPLOYMENT)
        if "template" in nested:
            nested["template"] = spell_template(nested["template"], level + 1)
        if "templateLink" in nested:
            nested["templateLink"] = _rename_keys(nested["templateLink"], _LINK)
        spelled["properties"] = nested
    return spelled


def _rename_keys(value: Any, names: Names) -> Any:
    """A copy of an object in which keys have the spelling of `names`; of two that differ in case both stay."""
    if not isinstance(value, Mapping):
        return value
    return {_spell_key(key, value, names): item for key, item in value.items()}


def _spell_key(key: str, value: Mapping[str, Any], names: Names) -> str:
    spelled = names.get(key.lower(), key)
    return key if spelled in value else spelled
