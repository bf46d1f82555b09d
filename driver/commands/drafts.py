"""Texts of a new package: lmproject.yml, resource.yaml and its properties, in the shape that TNC-O and lmctl take.

By "Resource Descriptor" of the TNC-O documentation properties are texts whatever they mean, and outputs are read-only
properties.
"""

import json
from typing import Any

import yaml

BY_THE_DRIVER = {"selector": {"infrastructure-type": ["*"]}}
BUILT_IN_OPERATIONS = {
    "Precheck": "Asks Azure whether it would take a Create, and changes nothing.",
    "WhatIf": "Reports what a Create would change, and changes nothing.",
    "CheckDrift": "Reports what differs from what a Create would make.",
}


class _WithoutAliases(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def draft_lmproject(name: str) -> str:
    """The lmproject.yml of a resource package."""
    return f"schema: '2.0'\nname: {name}\nversion: '1.0'\ntype: Resource\nresource-manager: brent\n"


def dump_yaml(content: Any) -> str:
    """YAML in the order of the content, without anchors."""
    return yaml.dump(content, Dumper=_WithoutAliases, sort_keys=False, width=120, allow_unicode=True)


def describe_default(value: Any) -> str:
    """A default as the text of a property; empty where it is an expression, which only ARM can evaluate."""
    if isinstance(value, str):
        return "" if value.startswith("[") else value
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ", ".join(value)
    return json.dumps(value)
