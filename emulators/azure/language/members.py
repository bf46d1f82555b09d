"""The members of the objects in a template, as ARM's reader of requests takes them: it refuses any others.

Held against Microsoft's deployments engine (`bicep snapshot`). Names are read in any case. Nested templates are not
read so strictly, and what lies within `properties`, `sku` and the like is not looked at.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_PLAIN = re.compile(r"\w+")


def _names(text: str) -> Mapping[str, str]:
    return {name.lower(): name for name in text.split()}


_SCHEMA = (
    " type $ref metadata allowedValues nullable minValue maxValue pattern minLength maxLength prefixItems items"
    " properties required additionalProperties sealed discriminator validate"
)
_MEMBERS = {
    "Template": _names(
        "$schema languageVersion contentVersion apiProfile imports extensions definitions parameters variables"
        " functions resources asserts outputs metadata outputsReferences emptyResourceCopies invalidDisabledResources"
        " parsedLanguageVersion"
    ),
    "TemplateResource": _names(
        "extension import type apiVersion name existing comments location extendedLocation dependsOn tags sku kind"
        " zones scale identity scope plan properties resources method managedBy managedByExtended metadata id"
        " subscriptionId resourceGroup copy condition asserts placement @options symbolicName copyLoopSymbolicName"
        " copyContext retryOnContext dependsOnReferences propertyReferences originalName skipEvaluationPaths"
    ),
    "TemplateResourceCopy": _names("name count mode batchSize"),
    "TemplateInputParameter": _names("defaultValue value parentResource originalValue" + _SCHEMA),
    "TemplateOutputParameter": _names("value condition copy" + _SCHEMA),
    "TemplateOutputCopy": _names("count input"),
    "TemplateTypeDefinition": _names(_SCHEMA),
    "TemplateFunctionNamespace": _names("namespace members metadata"),
    "TemplateFunction": _names("parameters output metadata"),
    "TemplateFunctionParameter": _names("name value" + _SCHEMA),
    "TemplateFunctionOutputParameter": _names("value" + _SCHEMA),
}
_NEEDED = {"TemplateResourceCopy": ("name", "count"), "TemplateOutputCopy": ("count",)}
_INNER_SCHEMAS = dict.fromkeys(
    ("items", "additionalProperties", "properties.*", "prefixItems.*"), "TemplateTypeDefinition"
)
_INNER: Mapping[str, Mapping[str, str]] = {  # the type of what a member holds, with .* of each entry in it
    "Template": {
        "parameters.*": "TemplateInputParameter",
        "outputs.*": "TemplateOutputParameter",
        "definitions.*": "TemplateTypeDefinition",
        "functions.*": "TemplateFunctionNamespace",
        "resources.*": "TemplateResource",
    },
    "TemplateResource": {"resources.*": "TemplateResource", "copy": "TemplateResourceCopy"},
    "TemplateInputParameter": _INNER_SCHEMAS,
    "TemplateOutputParameter": {**_INNER_SCHEMAS, "copy": "TemplateOutputCopy"},
    "TemplateTypeDefinition": _INNER_SCHEMAS,
    "TemplateFunctionNamespace": {"members.*": "TemplateFunction"},
    "TemplateFunction": {
        "parameters.*": "TemplateFunctionParameter",
        "output": "TemplateFunctionOutputParameter",
    },
    "TemplateFunctionParameter": _INNER_SCHEMAS,
    "TemplateFunctionOutputParameter": _INNER_SCHEMAS,
}
_LIST, _OBJECT = (list, "System.String[]"), (dict, "Newtonsoft.Json.Linq.JObject")
_SHAPES: Mapping[str, Mapping[str, tuple[type, str]]] = {  # of members that take no other, with ARM's name of it
    "Template": {
        **dict.fromkeys(("metadata", "variables", "parameters", "outputs", "definitions"), _OBJECT),
        "functions": _LIST,
    },
    "TemplateResource": {"dependsOn": _LIST, "copy": _OBJECT},
    "TemplateOutputParameter": {"copy": _OBJECT},
}


def find_member_fault(template: Mapping[str, Any]) -> str:
    """What ARM says of the first member that a template should not have, or lacks; empty if there is none."""
    return next(_faults(template, "Template", "properties.template"), "")


def _faults(value: Mapping[str, Any], kind: str, path: str) -> Iterator[str]:
    given = set()
    for key, item in value.items():
        name, place = _MEMBERS[kind].get(key.lower()), _step(path, key)
        if name is None:
            yield f"Could not find member '{key}' on object of type '{kind}'. {_at(place)}"
            continue
        shape, arm_type = _SHAPES.get(kind, {}).get(name, (object, ""))
        if item is not None and not isinstance(item, shape):
            yield f"Error converting value {json.dumps(item)} to type '{arm_type}'. {_at(place)}"
        if item not in (None, ""):
            given.add(name)
        for inner, where, one in _inner(item, name, kind, place):
            yield from _faults(one, inner, where)
    for name in _NEEDED.get(kind, ()):
        if name not in given:
            yield f"Required property '{name}' not found in JSON. {_at(path)}"


def _inner(item: Any, name: str, kind: str, place: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """The objects within a member: their types and places."""
    inner = _INNER.get(kind, {})
    if name in inner and isinstance(item, dict):
        yield inner[name], place, item
    if f"{name}.*" in inner:
        entries = item.items() if isinstance(item, dict) else enumerate(item) if isinstance(item, list) else ()
        for key, one in entries:
            if isinstance(one, dict):
                yield inner[f"{name}.*"], _step(place, key), one


def _step(path: str, key: str | int) -> str:
    if isinstance(key, int):
        return f"{path}[{key}]"
    return f"{path}.{key}" if _PLAIN.fullmatch(key) else f"{path}['{key}']"


def _at(path: str) -> str:
    return f"Path '{path}', line 1, position 1."
