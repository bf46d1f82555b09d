"""What ARM would refuse in a template of ARM JSON, as far as it is known without ARM.

The Bicep compiler makes no such template, so only what an author wrote as JSON is looked through (source:
learn.microsoft.com/azure/azure-resource-manager/templates/syntax).
"""

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from driver.faults import join_names, suggest_name
from driver.packages.coercions import Unfit
from driver.packages.dependencies import find_dependency_faults
from driver.packages.templates import DEPLOYMENTS, TYPES, Parameter, Template
from driver.packages.values import DEEPEST, coerce_value, measure_depth

_MOST_FAULTS = 20
_VERSION = re.compile(r"\d+(\.\d+){3}")
_JSON_TYPES = {"string": str, "int": int, "bool": bool, "array": list, "object": Mapping}
_CHANGING = re.compile(r"\b(newGuid|utcNow)\(", re.IGNORECASE)
_REFERENCE = re.compile(r"(?<![\w.])(parameters|variables)\(\s*'((?:[^']|'')*)'\s*\)", re.IGNORECASE)


def find_structure_faults(template: Template) -> list[str]:
    """The faults of a template of ARM JSON, each with file and, where it is known, line; none of another."""
    if not template.source.file.endswith(".json"):
        return []
    if measure_depth(template.body) > DEEPEST:
        return [f"{template.source.file}: it is nested more than {DEEPEST} deep"]
    return list(islice(_find_faults(template), _MOST_FAULTS))


def find_changing_defaults(template: Template) -> list[str]:
    """The warnings about defaults that are others each time: a deployment may be sent again, unchanged."""
    return [
        f"{template.source.find_place('param', parameter.name)}: its default has {found[1]}(), which gives another"
        " value each time a deployment is sent: a name from it makes another resource"
        for parameter in template.parameters
        if (found := _CHANGING.search(str(parameter.declared.get("defaultValue"))))
    ]


def find_missing_version(template: Template) -> str:
    """The warning about a template without contentVersion, or with one that ARM does not take; empty if it has one."""
    version = template.body.get("contentVersion")
    if isinstance(version, str) and _VERSION.fullmatch(version):
        return ""
    given = "is missing" if version is None else f"is '{str(version)[:50]}'"
    return f"{template.source.file}: 'contentVersion' {given}: ARM takes four numbers, such as \"1.0.0.0\""


def _find_faults(template: Template) -> Iterator[str]:
    body, source = template.body, template.source
    for section, kind in (("parameters", "param"), ("variables", ""), ("outputs", "output")):
        first: dict[str, str] = {}
        for name in _read_object(body, section):
            if (before := first.setdefault(name.lower(), name)) != name:
                place = source.find_place(kind, name) if kind else f"{source.file}, {section}"
                yield f"{place}: '{before}' and '{name}' are one name, for ARM compares without case: rename one"
    for parameter in template.parameters:
        if fault := _find_default_fault(parameter):
            yield f"{source.find_place('param', parameter.name)}: {fault}"
    for name, declared in _read_object(body, "outputs").items():
        if fault := _find_output_fault(declared):
            yield f"{source.find_place('output', name)}: {fault}"
    for path, fault in _find_resource_faults(body.get("resources"), "", "", "apiProfile" in body):
        yield f"{source.file}, resource {path}: {fault}"
    for path, fault in find_dependency_faults(body.get("resources")):
        yield f"{source.file}, resource {path}: {fault}"
    yield from _find_unknown_names(template)


def _find_default_fault(parameter: Parameter) -> str:
    """What is wrong with a default that has no expression; empty if nothing is."""
    value = parameter.declared.get("defaultValue")
    if value is None or (isinstance(value, str) and value.startswith("[") and not value.startswith("[[")):
        return ""
    kind = parameter.type.removeprefix("secure")
    is_of_type = isinstance(value, _JSON_TYPES[kind]) and not (kind == "int" and isinstance(value, bool))
    if not is_of_type:
        return f"the defaultValue is no {kind}, which is the type of the parameter"
    if (value in ("", [], {}) and not parameter.allowed) or any(_walk_expressions(value)):
        return ""
    try:
        coerce_value(parameter, value)
    except Unfit as unfit:
        return f"the defaultValue does not fit: {unfit}"
    return ""


def _find_output_fault(declared: Any) -> str:
    if not isinstance(declared, Mapping):
        return 'it takes an object with type and value: {"type": "string", "value": ...}'
    kind = declared.get("type")
    if "$ref" not in declared and (not isinstance(kind, str) or kind.lower() not in map(str.lower, TYPES)):
        given = "'type' is missing" if kind is None else f"its type is '{str(kind)[:50]}'"
        return f"{given}: it takes one of {', '.join(TYPES)}"
    if "value" not in declared and "copy" not in declared:
        return "'value' is missing"
    return ""


def _find_resource_faults(resources: Any, outer: str, parent: str, has_profile: bool) -> Iterator[tuple[str, str]]:
    """Path and fault of each resource, child resources included, that ARM could not deploy."""
    listed = enumerate(resources) if isinstance(resources, list) else ()
    named = resources.items() if isinstance(resources, Mapping) else listed
    for key, resource in named:
        path = f"{outer}{key}"
        if not isinstance(resource, Mapping):
            yield path, "it takes an object with type, apiVersion and name"
            continue
        needed = ("type", "name") if has_profile else ("type", "apiVersion", "name")
        if resource.get("import") or resource.get("extension"):
            continue
        if missing := [name for name in needed if name not in resource]:
            near = "".join(suggest_name(name, [one for one in resource if one not in needed]) for name in missing[:1])
            yield path, f"{' and '.join(map(repr, missing))} is missing{near}"
            continue
        if _has_idle_batch(resource.get("copy")):
            yield path, 'its copy has a batchSize, which ARM takes only with "mode": "serial"'
        kind, name = str(resource["type"]), str(resource["name"])
        is_child = bool(parent) and not ("/" in kind and kind.lower().startswith(parent.lower()))
        whole = f"{parent}/{kind}" if is_child else kind
        if not is_child and "/" not in kind and not kind.startswith("["):
            yield path, f"its type is '{kind[:100]}': it takes one such as Microsoft.Network/virtualNetworks"
        elif not is_child and "[" not in kind + name and kind.count("/") != name.count("/") + 1:
            given = name.count("/") + 1
            yield path, f"{kind[:100]} takes {kind.count('/')} names joined by '/'; '{name[:100]}' has {given}"
        yield from _find_resource_faults(resource.get("resources"), f"{path}.resources.", whole, has_profile)


def _has_idle_batch(loop: Any) -> bool:
    """Whether a copy has a size of batches and makes none: it is parallel, and of more than no resources."""
    if not isinstance(loop, Mapping):
        return False
    read = {name.lower(): value for name, value in loop.items()}
    mode = str(read.get("mode") or "parallel").lower()
    return read.get("batchsize") is not None and mode == "parallel" and read.get("count") != 0


def _find_unknown_names(template: Template) -> Iterator[str]:
    """Names in parameters() and variables() that the template does not declare. Nested templates are left out."""
    body = template.body
    variables = dict(_read_object(body, "variables"))
    loops = variables.pop("copy") if isinstance(variables.get("copy"), list) else []
    named = [one.get("name") for one in loops if isinstance(one, Mapping)]
    names = [*variables, *map(str, named)]
    known = {"parameters": list(_read_object(body, "parameters")), "variables": names}
    told: set[tuple[str, str]] = set()
    for text in _walk_expressions({key: value for key, value in body.items() if key != "functions"}):
        for match in _REFERENCE.finditer(text):
            section, name = match[1].lower(), match[2]
            if name.lower() not in map(str.lower, known[section]) and (section, name) not in told:
                told.add((section, name))
                at = template.source.text.find(match[0])
                line = f" line {template.source.text.count(chr(10), 0, at) + 1}" if at >= 0 else ""
                yield (
                    f"{template.source.file}{line}: {section}('{name[:100]}') is used and not declared"
                    f"{suggest_name(name, known[section])} (there are {join_names(known[section]) or 'none'})"
                )


def _walk_expressions(value: Any) -> Iterator[str]:
    """The expressions of a template's values, without those of nested templates, which may have names of their own."""
    if isinstance(value, str):
        if value.startswith("[") and not value.startswith("[[") and value.endswith("]"):
            yield value
    elif isinstance(value, Mapping):
        is_nested = str(value.get("type", "")).lower() == DEPLOYMENTS.lower()
        for key, inner in value.items():
            if not (is_nested and key == "properties"):
                yield from _walk_expressions(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _walk_expressions(inner)


def _read_object(body: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = body.get(key)
    return found if isinstance(found, Mapping) else {}
