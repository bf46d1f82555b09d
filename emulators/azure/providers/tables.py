"""The tables of resource types: tables/{namespace}.yaml, one for each provider.

A table has `versions`, the api-versions of its types, oldest first; `types`, the rows of those that are modelled; and
`others`, what is known of the types that keep what is sent. `generic` is what these have in common. A child's versions
are its parent's. `texts` of a row are fields with a text: `{name: text}`. `named` of any.yaml are the texts of
properties of any type that is not modelled, by patterns of their names.
"""

from pathlib import Path
from typing import Any

import yaml

from emulators.azure.providers import (
    address_rules,
    authorization_rules,
    compute_rules,
    network_rules,
    security_rules,
    storage_rules,
)
from emulators.azure.providers.types import ResourceType

_FOLDER = Path(__file__).with_name("tables")
_STATE = {"name": "provisioningState", "computed": "state"}
# What tables may name with `!function`.
_FUNCTIONS = {
    function.__name__: function
    for function in (
        address_rules.load_balancer,
        address_rules.network_interface,
        address_rules.public_ip,
        authorization_rules.role_assignment,
        compute_rules.machine_changed,
        compute_rules.virtual_machine,
        network_rules.new_guid,
        network_rules.peering,
        network_rules.peering_changed,
        network_rules.private_dns_link,
        network_rules.route,
        network_rules.security_group,
        network_rules.subnet,
        network_rules.virtual_network,
        security_rules.security_rule,
        storage_rules.account,
    )
}


class _Loader(yaml.CSafeLoader):
    """YAML in which dates are texts and `!function` names one of the functions above."""


_Loader.yaml_implicit_resolvers = {
    letter: [(tag, form) for tag, form in found if tag != "tag:yaml.org,2002:timestamp"]
    for letter, found in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_constructor("!function", lambda _, node: _FUNCTIONS[node.value])


def read_rows() -> dict[str, ResourceType]:
    """All rows by the type's name in lower case; `{namespace}/*` is the one of the types that no table names."""
    rows = [row for path in sorted(_FOLDER.glob("*.yaml")) for row in _rows(path)]
    return {row.name.lower(): row for row in rows}


def read_patterns() -> dict[str, Any]:
    """The texts of properties by regular expressions of their names."""
    patterns: dict[str, Any] = _read_table(_FOLDER / "any.yaml")["named"]
    return patterns


def _read_table(path: Path) -> dict[str, Any]:
    table: dict[str, Any] = yaml.load(path.read_text(), _Loader)  # noqa: S506 - a safe loader with one tag more
    return table


def _rows(path: Path) -> list[ResourceType]:
    table = _read_table(path)
    generic = {"fields": [_STATE], **table.get("generic", {})}
    found = {"*": _row(path.stem, "*", "", generic)}
    for kind, row in table.get("types", {}).items():
        parent = found.get(kind.rpartition("/")[0])
        versions = row.get("versions") or (parent.versions if parent else table["versions"])
        found[kind] = _row(path.stem, kind, versions, {"modelled": True, **row})
    for kind, row in table.get("others", {}).items():
        fields = [*generic["fields"], *row.get("fields", ())]
        found[kind] = _row(path.stem, kind, row.get("versions", ""), {**generic, **row, "fields": fields})
    return list(found.values())


def _row(namespace: str, kind: str, versions: str | tuple[str, ...], row: dict[str, Any]) -> ResourceType:
    """A row from its entry in a table; a dotted text needs the field that it is added to."""
    texts = row.get("texts", {})
    fields = list(row.get("fields", ()))
    for name, text in texts.items():
        holder = name.partition(".")[0]
        if holder != name and holder not in {field["name"] for field in fields}:
            fields.append({"name": holder})
        fields.append({"name": name, "text": text})
    known = {key: value for key, value in row.items() if key != "texts"}
    split = tuple(versions.split()) if isinstance(versions, str) else versions
    return ResourceType(**{**known, "name": f"{namespace}/{kind}", "versions": split, "fields": fields})
