"""What the record of a deployment says of its template: parameters, providers, dependencies, hash."""

import hashlib
import json
from typing import Any

from emulators.azure.language import Expansion, Resource
from emulators.azure.language.models import UnknownCount
from emulators.azure.providers import type_of

TYPE = "Microsoft.Resources/deployments"
_TYPES = {
    "string": "String",
    "int": "Int",
    "bool": "Bool",
    "array": "Array",
    "object": "Object",
    "securestring": "SecureString",
    "secureobject": "SecureObject",
}


def describe(expansion: Expansion, template: dict[str, Any], properties: dict[str, Any]) -> dict[str, Any]:
    """What the record says of its template: templateHash, parameters, mode, debugSetting, providers, dependencies."""
    link = {"templateLink": properties["templateLink"]} if "templateLink" in properties else {}
    shown: dict[str, Any] = {**link, "templateHash": template_hash(template)}
    if "parameters" in template or "parameters" in properties:
        shown["parameters"] = typed(expansion.parameters())
    shown["mode"] = str(properties.get("mode", "Incremental")).capitalize()
    level = (properties.get("debugSetting") or {}).get("detailLevel")
    if level:
        words = [word.strip() for word in level.split(",")]
        shown["debugSetting"] = {"detailLevel": ", ".join(word[:1].upper() + word[1:] for word in words)}
    shown["providers"] = _providers(expansion)
    shown["dependencies"] = _dependencies(expansion)
    return shown


def deployed(expansion: Expansion) -> list[Resource]:
    """The resources of a template that a deployment writes."""
    return [resource for resource in expansion.resources if resource.condition and not resource.existing]


def _providers(expansion: Expansion) -> list[dict[str, Any]]:
    found: dict[str, dict[str, list[str | None]]] = {}
    for resource in deployed(expansion):
        namespace, _, kind = type_of(resource.type).name.partition("/")
        places = found.setdefault(namespace, {}).setdefault(kind, [])
        place = location_of(expansion, resource)
        if place not in places:
            places.append(place)
    return [
        {
            "namespace": namespace,
            "resourceTypes": [{"resourceType": kind, "locations": places} for kind, places in kinds.items()],
        }
        for namespace, kinds in found.items()
    ]


def location_of(expansion: Expansion, resource: Resource) -> str | None:
    """Where a resource will be, as far as that is known before it is deployed. Raises TemplateError if the resource
    holds an expression that no run can evaluate.
    """
    if resource.type.lower() == TYPE.lower():
        return None
    try:
        location = expansion.body(resource, None).get("location")
    except UnknownCount:
        return None
    return location.replace(" ", "").lower() if isinstance(location, str) else None


def _dependencies(expansion: Expansion) -> list[dict[str, Any]]:
    known = {resource.id.lower(): resource for resource in deployed(expansion)}
    return [
        {"dependsOn": [_named(known[key.lower()]) for key in resource.depends_on if key.lower() in known]}
        | _named(resource)
        for resource in deployed(expansion)
        if resource.depends_on
    ]


def _named(resource: Resource) -> dict[str, str]:
    return {"id": resource.id, "resourceType": resource.type, "resourceName": resource.name}


def typed(values: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Parameters or outputs as ARM shows them: names camel-cased, types capitalised, secure ones without a value."""
    return {
        camel(name): {
            key: _TYPES.get(str(part).lower(), part) if key == "type" else part for key, part in value.items()
        }
        for name, value in values.items()
    }


def camel(name: str) -> str:
    """`VMSS` -> `vmss`, `AZURE_ID` -> `azurE_ID`, `NewNSG` -> `newNSG`: the JSON library of ARM does this."""
    if not name[:1].isupper():
        return name
    letters = list(name)
    for at, letter in enumerate(letters):
        if at == 1 and not letter.isupper():
            break
        if at > 0 and at + 1 < len(letters) and not letters[at + 1].isupper():
            break
        letters[at] = letter.lower()
    return "".join(letters)


def template_hash(template: dict[str, Any]) -> str:
    """Bicep's own hash where the template carries one, else one of the same form."""
    generator = (template.get("metadata") or {}).get("_generator") or {}
    if "templateHash" in generator:
        return str(generator["templateHash"])
    digest = hashlib.sha256(json.dumps(template, sort_keys=True).encode()).digest()
    return str(int.from_bytes(digest[:8], "big"))
