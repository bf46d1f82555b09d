"""The members of the objects in a template of ARM JSON: ARM takes no others, and reads their names in any case.

The tables are what Microsoft's deployments engine takes (`bicep snapshot` of an ARM template). What lies within
`properties`, `sku` and the like belongs to the resource provider. Nested templates, which the engine does not read so
strictly, are left to ARM.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from driver.errors import InvalidRequest
from driver.faults import suggest_name
from driver.packages.sources import Source

_MOST_FAULTS = 20


def _list_names(text: str) -> Mapping[str, str]:
    return {name.lower(): name for name in text.split()}


_TYPE = (
    " type $ref metadata allowedValues nullable minValue maxValue pattern minLength maxLength prefixItems items"
    " properties required additionalProperties sealed discriminator validate"
)
_MEMBERS = {  # the last line of a template and of a resource: what the engine takes and does not use
    "a template": _list_names(
        "$schema languageVersion contentVersion apiProfile imports extensions definitions parameters variables"
        " functions resources asserts outputs metadata"
        " outputsReferences emptyResourceCopies invalidDisabledResources parsedLanguageVersion"
    ),
    "a resource": _list_names(
        "extension import type apiVersion name existing comments location extendedLocation dependsOn tags sku kind"
        " zones scale identity scope plan properties resources method managedBy managedByExtended metadata id"
        " subscriptionId resourceGroup copy condition asserts placement @options"
        " symbolicName copyLoopSymbolicName copyContext retryOnContext dependsOnReferences propertyReferences"
        " originalName skipEvaluationPaths"
    ),
    "a parameter": _list_names("defaultValue value parentResource originalValue" + _TYPE),
    "an output": _list_names("value condition copy" + _TYPE),
    "a type definition": _list_names(_TYPE),
    "the copy of a resource": _list_names("name count mode batchSize"),
    "the copy of an output": _list_names("count input"),
    "a function namespace": _list_names("namespace members metadata"),
    "a function": _list_names("parameters output metadata"),
    "a parameter of a function": _list_names("name value" + _TYPE),
    "the output of a function": _list_names("value" + _TYPE),
}
_INNER_TYPES = dict.fromkeys(("items", "additionalProperties"), ("a type definition", False)) | dict.fromkeys(
    ("properties", "prefixItems"), ("a type definition", True)
)
_INNER: Mapping[str, Mapping[str, tuple[str, bool]]] = {  # what a member holds, and whether it holds many of them
    "a template": {
        "parameters": ("a parameter", True),
        "outputs": ("an output", True),
        "definitions": ("a type definition", True),
        "functions": ("a function namespace", True),
        "resources": ("a resource", True),
    },
    "a resource": {"resources": ("a resource", True), "copy": ("the copy of a resource", False)},
    "a parameter": _INNER_TYPES,
    "an output": {**_INNER_TYPES, "copy": ("the copy of an output", False)},
    "a type definition": _INNER_TYPES,
    "a function namespace": {"members": ("a function", True)},
    "a function": {"parameters": ("a parameter of a function", True), "output": ("the output of a function", False)},
    "a parameter of a function": _INNER_TYPES,
    "the output of a function": _INNER_TYPES,
}
_WORDS = {"parameters": "param", "outputs": "output"}  # by which a Source finds the line
_SHAPES: Mapping[tuple[str, str], type] = {
    ("a template", "metadata"): Mapping,
    ("a template", "variables"): Mapping,
    ("a template", "functions"): list,
    ("a resource", "dependsOn"): list,
    ("a resource", "copy"): Mapping,
}
_NEEDED = {"the copy of a resource": ("name", "count"), "the copy of an output": ("count",)}


def check_members(body: Mapping[str, Any], source: Source) -> None:
    """Raises InvalidRequest with the members of a template that ARM would not take, and with those that are missing.
    A template that Bicep has compiled passes: a later compiler may know more.
    """
    metadata = body.get("metadata")
    if isinstance(metadata, Mapping) and "_generator" in metadata:
        return
    if faults := list(islice(_find_faults(body, source), _MOST_FAULTS)):
        raise InvalidRequest(*faults)


def _find_faults(body: Mapping[str, Any], source: Source) -> Iterator[str]:
    waiting = deque([("a template", source.file, body)])
    while waiting:
        kind, place, found = waiting.popleft()
        known = _MEMBERS[kind]
        values = {known.get(name.lower(), name): value for name, value in found.items() if value is not None}
        for name in found:
            if name.lower() not in known:
                yield f"{place}: '{name[:100]}' is no member of {kind}{suggest_name(name, known.values())}"
        for name in _NEEDED.get(kind, ()):
            if values.get(name, "") == "":
                yield f"{place}: '{name}' is missing"
        for name, value in values.items():
            shape = _SHAPES.get((kind, name))
            if shape and not isinstance(value, shape):
                yield f"{place}: '{name}' takes {'a list' if shape is list else 'an object'}"
        waiting += _list_inner(kind, place, values, source)


def _list_inner(
    kind: str, place: str, values: Mapping[str, Any], source: Source
) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Kind and place of each object within an object, and the object."""
    for name, (inner, is_many) in _INNER.get(kind, {}).items():
        value = values.get(name)
        entries: Any = value if is_many else {"": value}
        listed = enumerate(entries) if isinstance(entries, list) else ()
        for key, one in entries.items() if isinstance(entries, Mapping) else listed:
            if isinstance(one, Mapping):
                yield inner, _find_place(kind, place, name, str(key), source), one


def _find_place(kind: str, place: str, name: str, key: str, source: Source) -> str:
    if kind != "a template":
        return f"{place}.{name}.{key}".rstrip(".")
    if word := _WORDS.get(name):
        return source.find_place(word, key)
    return f"{place}, {'resource ' if name == 'resources' else f'{name}.'}{key}"
