"""The command `new`: a whole TNC-O resource package for a template."""

import argparse
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from driver.adoption_plans import STACK_ID
from driver.commands.drafts import BUILT_IN_OPERATIONS, BY_THE_DRIVER, describe_default, draft_lmproject, dump_yaml
from driver.commands.projects import DESCRIPTOR, LIFECYCLE, PROJECT, find_settings
from driver.errors import InvalidRequest
from driver.packages.catalogue import load_own_package
from driver.packages.manifests import FILE, build_schema
from driver.packages.templates import DEPLOYMENTS, Parameter, Template, walk_resources

PROPERTIES = "properties.yaml"
SCHEMA = "lifecycle.schema.json"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,62}")
_QUOTED = re.compile(r"""['"]([^'"\n]+\.\w+)['"]""")  # in a template: perhaps another file that it reads
_PLAIN = re.compile(r"[A-Za-z][\w.-]*")  # a file name that needs no quotes
_KINDS = (".bicep", ".json")
_GROUP = "resourcegroup_name"
_LOCATION = "location"
_MOST_OF_LINE = 100  # characters of a comment


def write_package(options: argparse.Namespace) -> int:
    """Write the folder of a package for the template. Returns the exit status. Raises InvalidRequest if the folder
    exists, or the template cannot be used.
    """
    name, folder = str(options.name), Path(str(options.name))
    if not _NAME.fullmatch(name):
        raise InvalidRequest(f"NAME is '{name}': it takes letters, digits, _ and -, and begins with a letter")
    if folder.exists():
        raise InvalidRequest(f"{folder} exists already, and nothing is overwritten: choose another name, or remove it")
    for path, content in build_package(name, options.template).items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        print(f"wrote {file.as_posix()}")
    print(f"next: azure-driver check {folder} --resource-properties {folder / PROPERTIES}")
    return 0


def build_package(name: str, template: Path) -> dict[str, bytes]:
    """The files of a package by path. Raises InvalidRequest if the template cannot be used."""
    if template.suffix not in _KINDS:
        raise InvalidRequest(f"{template}: it takes a template, a file that ends with .bicep or .json")
    sources = dict(_read_sources(template.resolve().parent, template.name))
    file = template.name
    draft = f"version: 1\nresourceGroup: x\nlocation: x\ntransitions: {{Create: {{deploy: {json.dumps(file)}}}}}\n"
    package = load_own_package({**sources, FILE: draft.encode()}, find_settings())
    if package is None:
        raise ValueError("a package with a lifecycle.yaml")
    body, _ = package.load_template(file)
    texts = {
        f"{LIFECYCLE}/{FILE}": _draft_lifecycle(file, body),
        DESCRIPTOR: _draft_descriptor(name, body),
        PROJECT: draft_lmproject(name),
        PROPERTIES: "\n".join(_draft_properties(name, body)) + "\n",
        SCHEMA: json.dumps(build_schema(), indent=2) + "\n",
    }
    return {
        **{f"{LIFECYCLE}/{path}": content for path, content in sources.items()},
        **{path: text.encode() for path, text in texts.items()},
    }


def _read_sources(folder: Path, entry: str) -> Iterator[tuple[str, bytes]]:
    """A template and the files beside it that it names, such as modules, by path."""
    seen, open_paths = {entry}, [entry]
    while open_paths:
        path = open_paths.pop()
        content = (folder / path).read_bytes()
        yield path, content
        text = content.decode("utf-8-sig", errors="replace") if path.endswith(_KINDS) else ""
        for named in _QUOTED.findall(text):
            found = (folder / PurePosixPath(path).parent / named).resolve()
            if not found.is_file():
                continue
            if not found.is_relative_to(folder):
                raise InvalidRequest(f"{path}: it names '{named}', outside of its folder: put the file into {folder}")
            inner = found.relative_to(folder).as_posix()
            if inner not in seen:
                seen.add(inner)
                open_paths.append(inner)


def _draft_lifecycle(file: str, template: Template) -> str:
    place = f'resourceGroup: "{{{{ {_GROUP} }}}}"'
    if template.scope == "subscription":
        place = f'location: "{{{{ {_LOCATION} }}}}"      # where the record of the deployment is kept'
    deploy = f"    deploy: {file if _PLAIN.fullmatch(file) else json.dumps(file)}"
    lines = [
        f"# yaml-language-server: $schema=../../{SCHEMA}",
        "version: 1",
        place,
        "transitions:",
        "  Create:",
        deploy,
        "  Start:                          # TNC-O heals by Stop, Start and Integrity",
        deploy,
        "    ifMissing: true",
        "  Delete:",
        "    remove: all",
    ]
    kind = _find_main_type(template)
    if kind:
        lines += ["reference:", f"  type: {kind}"]
        outputs = [name for name in template.outputs if _is_id(template.body["outputs"][name], kind)]
        lines += ["  outputs:", *(f"    {name}: id" for name in outputs)] if outputs else []
    return "\n".join(lines) + "\n"


def _find_main_type(template: Template) -> str:
    """The ARM type of what a template creates, if that is of one type, apart from children; empty otherwise."""
    kinds = {
        kind.lower(): kind
        for kind, resource in walk_resources(template.body.get("resources"), "")
        if kind.count("/") == 1 and kind.lower() != DEPLOYMENTS.lower() and resource.get("existing") is not True
    }
    return next(iter(kinds.values())) if len(kinds) == 1 else ""


def _is_id(declared: Any, kind: str) -> bool:
    value = declared.get("value") if isinstance(declared, Mapping) else None
    return isinstance(value, str) and value.lower().startswith(f"[resourceid('{kind.lower()}'")


def _draft_descriptor(name: str, template: Template) -> str:
    metadata = template.body.get("metadata")
    properties = dict(_list_properties(template))
    properties[STACK_ID] = {"type": "string", "description": "Deployment to adopt instead of creating one."}
    for output, declared in (template.body.get("outputs") or {}).items():
        text = _read_description(declared)
        described = {"description": text} if text else {}
        properties.setdefault(output, {"type": "string", "read-only": True, **described})
    descriptor = {
        "name": f"resource::{name}::1.0",
        "description": _read_description({"metadata": metadata}) or f"{name}, by a template of the package's own.",
        "properties": properties,
        "lifecycle": {one: {} for one in ("Create", "Start", "Stop", "Integrity", "Delete", "Adopt")},
        "default-driver": {"azure": BY_THE_DRIVER},
        "operations": {one: {"description": text} for one, text in BUILT_IN_OPERATIONS.items()},
    }
    if _find_main_type(template):
        descriptor["queries"] = {"drivers": {"azure": BY_THE_DRIVER}}
    return dump_yaml(descriptor)


def _list_properties(template: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    """The properties of a template's parameters, and the one that says where it is deployed."""
    name, text = _find_place(template)
    if all(parameter.name != name for parameter in template.parameters):
        yield name, {"type": "string", "required": True, "description": text}
    for parameter in template.parameters:
        described = _read_description(parameter.declared)
        declared: dict[str, Any] = {"type": "string", **({"description": described} if described else {})}
        if parameter.required:
            declared["required"] = True
        elif not parameter.secure and (default := describe_default(parameter.declared.get("defaultValue", ""))):
            declared["default"] = default
        yield parameter.name, declared


def _find_place(template: Template) -> tuple[str, str]:
    """The property that says where a template is deployed, and what it is."""
    if template.scope == "subscription":
        return _LOCATION, "Azure location where the record of the deployment is kept."
    return _GROUP, "Name of the resource group."


def _read_description(declared: Any) -> str:
    """The description in the metadata of a declaration, without the word Required or Optional at its beginning."""
    metadata = declared.get("metadata") if isinstance(declared, Mapping) else None
    text = str(metadata.get("description", "")) if isinstance(metadata, Mapping) else ""
    return re.sub(r"^(Required|Optional|Conditional)\. ", "", text).strip()


def _draft_properties(name: str, template: Template) -> Iterator[str]:
    """The lines of an example of properties: what has a default is a comment."""
    yield f"# Properties of {name}, an example: change them before you create anything."
    place, text = _find_place(template)
    if all(parameter.name != place for parameter in template.parameters):
        yield f"{place}: {'rg-example' if place == _GROUP else 'westeurope'}  # {text}"
    for parameter in template.parameters:
        described = " ".join(_read_description(parameter.declared).split())[:_MOST_OF_LINE]
        comment = f"  # {described}" if described else ""
        value = parameter.declared.get("defaultValue")
        if parameter.required:
            yield f"{parameter.name}: {json.dumps(propose_value(parameter), ensure_ascii=False)}{comment}"
        elif value is None or parameter.secure or not describe_default(value):
            yield f"# {parameter.name}:{comment}"
        else:
            yield f"# {parameter.name}: {json.dumps(value, ensure_ascii=False)}{comment}"


def propose_value(parameter: Parameter) -> Any:
    """A value that a parameter takes, for an example."""
    if parameter.allowed:
        return [parameter.allowed[0]] if parameter.type == "array" else parameter.allowed[0]
    if parameter.type == "int":
        highest = 1 if parameter.maximum is None else parameter.maximum
        return min(1, highest) if parameter.minimum is None else parameter.minimum
    if parameter.type == "bool":
        return True
    if parameter.type in ("object", "secureobject"):
        return {}
    if parameter.type == "array":
        return ["example"] * (parameter.shortest or 0)
    text = "change-me" if parameter.secure else "example"
    return text.ljust(parameter.shortest or 0, "x")[: parameter.longest]
