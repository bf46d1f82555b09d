"""TNC-O resource packages for the built-in resource types, for the examples.

Shape of the descriptor by "Resource Descriptor" of the TNC-O documentation: properties are texts whatever they mean,
outputs are read-only properties, transitions that are not of the standard lifecycle are operations with properties of
their own.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from driver.commands.drafts import BUILT_IN_OPERATIONS, BY_THE_DRIVER, describe_default, draft_lmproject, dump_yaml
from driver.packages.lifecycle_yaml import read_manifest
from driver.packages.manifests import STANDARD, Manifest, Transition

Template = Mapping[str, Any]
Property = dict[str, Any]

_JINJA_NAME = re.compile(r"{{\s*(\w+)\s*}}")


def resource_package(name: str, lifecycle: str, templates: Mapping[str, Template]) -> dict[str, str]:
    """The files of a TNC-O resource package that uses a built-in type, by path.

    `templates` is keyed by the Bicep file's name without its suffix.
    """
    return {
        "lmproject.yml": draft_lmproject(name),
        "Definitions/lm/resource.yaml": _resource_descriptor(name, lifecycle, templates),
        "Lifecycle/azure/README.md": (
            f"`{name}` is built into the Azure resource driver: no file is needed here. A lifecycle.yaml and templates"
            " in this folder would take the place of the built-in ones.\n"
        ),
    }


def named(expressions: str) -> list[str]:
    """The properties that Jinja2 expressions name, each once."""
    return list(dict.fromkeys(_JINJA_NAME.findall(expressions)))


def _resource_descriptor(name: str, lifecycle: str, templates: Mapping[str, Template]) -> str:
    described = read_manifest(lifecycle)
    main = templates[PurePosixPath(described.transitions["Create"].deploy or "").stem]
    properties = _properties(main, described.resource_group)
    properties["stack_id"] = {"type": "string", "description": "Deployment to adopt instead of creating one."}
    if "Reconfigure" in described.transitions:
        for changed in described.transitions["Reconfigure"].changes:
            properties[changed]["volatile"] = True
    for output, declared in main["outputs"].items():
        if output not in properties:
            properties[output] = {
                "type": "string",
                "read-only": True,
                "description": declared["metadata"]["description"],
            }
    descriptor = {
        "name": f"resource::{name}::1.0",
        "description": main["metadata"]["description"],
        "properties": properties,
        "lifecycle": {name: {} for name in STANDARD if name in _list_declared(described)},
        "default-driver": {"azure": BY_THE_DRIVER},
        "queries": {"drivers": {"azure": BY_THE_DRIVER}},
        "operations": dict(_operations(described, templates, properties)),
    }
    return dump_yaml(descriptor)


def _list_declared(described: Manifest) -> set[str]:
    """The transitions of the descriptor. TNC-O upgrades in place what declares Upgrade, and heals what declares Stop,
    Start and Integrity.
    """
    upgrade = {"Upgrade"} if "Reconfigure" in described.transitions else set()
    return {*described.transitions, *upgrade, "Adopt", "Stop", "Integrity"}


def _operations(
    described: Manifest, templates: Mapping[str, Template], own: Mapping[str, Property]
) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, transition in described.transitions.items():
        if name in STANDARD:
            continue
        if transition.deploy:
            template = templates[PurePosixPath(transition.deploy).stem]
            text = template["metadata"]["description"]
            needed = _properties(template, transition.resource_group or described.resource_group)
        else:
            text = f"Undoes {_counterpart(name)}." if transition.remove else f"Calls `{transition.call}`."
            needed = {one: {"type": "string", "required": True} for one in _names(transition)}
        extra = {one: declared for one, declared in needed.items() if one not in own}
        yield name, {"description": text, **({"properties": extra} if extra else {})}
    for name, text in BUILT_IN_OPERATIONS.items():
        yield name, {"description": text}


def _counterpart(removal: str) -> str:
    """CreateNsgRule of RemoveNsgRule, AddRoute of RemoveRoute."""
    return {"RemoveRoute": "AddRoute"}.get(removal, removal.replace("Remove", "Create"))


def _names(transition: Transition) -> list[str]:
    """The properties that a `remove` names."""
    resources = transition.remove if isinstance(transition.remove, list) else [transition.remove]
    texts = [text for one in resources if one and one != "all" for text in (one.name, one.resource_group)]
    return named(" ".join(texts))


def _properties(template: Template, group: str) -> dict[str, Property]:
    properties: dict[str, Property] = {}
    for name in named(group):
        properties[name] = {"type": "string", "required": True, "description": "Name of the resource group."}
    for name, parameter in template["parameters"].items():
        kind, _, text = parameter["metadata"]["description"].partition(". ")
        properties[name] = {"type": "string", "description": text}
        if kind == "Required":
            properties[name]["required"] = True
        elif default := describe_default(parameter["defaultValue"]):
            properties[name]["default"] = default
    return properties
